package org.mailevents.alert;

import freemarker.cache.StringTemplateLoader;
import freemarker.core.ParseException;
import freemarker.core.TemplateClassResolver;
import freemarker.template.Configuration;
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import freemarker.template.TemplateNotFoundException;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.mailevents.alert.Alert.Bounce;
import org.mailevents.operate.BrokenFile;
import org.mailevents.operate.FolderWatch;
import org.mailevents.operate.PendingEdits;
import org.mailevents.operate.Settings;

/**
 * The words of a mail, from the FreeMarker templates in {@code routes/templates/}. What is saved there is used once all of it was
 * tried out on samples; until then mails go out with what was before it.
 */
final class AlertTemplates {

    /** A mail's words; a notice has no HTML. */
    record Words(String subject, String text, String html) {
    }

    private static final List<Mailing> SAMPLES = List.of(new Notice("failed", 2, 50, Instant.EPOCH, Instant.EPOCH),
            new Notice("filling", 0, 80, Instant.EPOCH, Instant.EPOCH),
            sample("list-owner", List.of(bounce("2", "x"))),
            sample("sample", Stream.of("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "99", "sample").flatMap(code ->
                    Stream.of(bounce(code, "x"), bounce(code, ""))).toList()));

    private final PendingEdits edits;
    private final Path folder;
    private final String language;
    private final String zone;
    private final String spool;
    private Map<String, String> live;
    private volatile Configuration templates;

    /** @throws BrokenFile the first mistake */
    AlertTemplates(CamelContext context) throws Exception {
        Settings settings = new Settings(context);
        edits = PendingEdits.of(context);
        folder = settings.routes().resolve("templates");
        language = settings.required("alert.language");
        zone = settings.zone("webhook.time-zone").getId();
        spool = Path.of(settings.required("spool.directory")).toAbsolutePath().normalize().toString();
        FolderWatch watch = new FolderWatch(folder, "\\.ftlh?");
        live = watch.first();
        if (!live.containsKey(path("words." + language + ".ftl"))) {
            throw new IllegalArgumentException("Set alert.language to a language that has its words: there is no "
                    + path("words." + language + ".ftl"));
        }
        templates = tried(live);
        watch.start(context, this::take);
    }

    Words render(Mailing mailing) throws IOException, TemplateException {
        return render(templates, mailing);
    }

    private void take(Map<String, String> saved) {
        try {
            templates = tried(saved);
            List<String> changed = saved.keySet().stream().filter(file -> !saved.get(file).equals(live.get(file))).toList();
            live = saved;
            edits.report("templates", changed, List.of());
        } catch (BrokenFile e) {
            edits.report("templates", List.of(), List.of(e));
        }
    }

    private Configuration tried(Map<String, String> files) throws BrokenFile {
        FolderWatch.requireText(files);
        Configuration configuration = configuration(files);
        for (String file : files.keySet()) {
            attempt(file, () -> configuration.getTemplate(Path.of(file).getFileName().toString()));
        }
        for (Mailing sample : SAMPLES) {
            attempt(folder.toString(), () -> {
                Words words = render(configuration, sample);
                if (words.subject().isEmpty() || words.text().isBlank() || sample instanceof Alert && words.html().isBlank()) {
                    throw new BrokenFile(folder.toString(), 0, "a template gives an empty subject or text");
                }
                return words;
            });
        }
        return configuration;
    }

    private static Configuration configuration(Map<String, String> files) {
        StringTemplateLoader texts = new StringTemplateLoader();
        files.forEach((file, text) -> texts.putTemplate(Path.of(file).getFileName().toString(), text));
        Configuration configuration = new Configuration(Configuration.VERSION_2_3_34);
        configuration.setTemplateLoader(texts);
        configuration.setTemplateExceptionHandler(TemplateExceptionHandler.RETHROW_HANDLER);
        configuration.setLogTemplateExceptions(false);
        configuration.setNewBuiltinClassResolver(TemplateClassResolver.ALLOWS_NOTHING_RESOLVER);
        return configuration;
    }

    private interface Attempt {
        Object make() throws BrokenFile, IOException, TemplateException;
    }

    private void attempt(String file, Attempt attempt) throws BrokenFile {
        try {
            attempt.make();
        } catch (ParseException e) {
            throw new BrokenFile(path(e.getTemplateName()), e.getLineNumber(), e.getEditorMessage());
        } catch (TemplateNotFoundException e) {
            throw new BrokenFile(path(e.getTemplateName()), 0, "it is needed, and it is gone");
        } catch (TemplateException e) {
            throw new BrokenFile(path(e.getTemplateSourceName()), e.getLineNumber(), e.getMessageWithoutStackTop().split("----")[0]);
        } catch (IOException e) {
            throw new BrokenFile(file, 0, e.getMessage());
        } catch (Endless e) {
            throw new BrokenFile(path(e.getMessage()), 0, "it goes on without end");
        }
    }

    private Words render(Configuration templates, Mailing mailing) throws IOException, TemplateException {
        return mailing instanceof Alert
                ? new Words(fill(templates, "alert.subject.ftl", "alert", mailing).strip(), fill(templates, "alert.txt.ftl", "alert", mailing),
                        fill(templates, "alert.html.ftlh", "alert", mailing))
                : new Words(fill(templates, "notice.subject.ftl", "notice", mailing).strip(),
                        fill(templates, "notice.txt.ftl", "notice", mailing), null);
    }

    private String fill(Configuration templates, String template, String name, Mailing mailing) throws IOException, TemplateException {
        StringWriter text = new Bounded(template);
        try {
            templates.getTemplate(template).process(Map.of(name, mailing, "language", language, "zone", zone, "folder", spool), text);
        } catch (StackOverflowError e) {
            throw new Endless(template);
        }
        return text.toString();
    }

    private String path(String template) {
        return folder.resolve(template).toString();
    }

    private static Alert sample(String audience, List<Bounce> bounces) {
        return new Alert(new UUID(0, 0), audience, bounces);
    }

    private static Bounce bounce(String code, String text) {
        return new Bounce(text, code, text, text, text, text, text, text, text, text);
    }

    /** A template, named by the message, that repeats or calls itself without end. */
    private static final class Endless extends RuntimeException {

        Endless(String template) {
            super(template);
        }
    }

    /** Ends before a template fills the heap. A mail of 500 long bounces has two million characters. */
    private static final class Bounded extends StringWriter {

        private static final int MAX_LENGTH = 10_000_000;
        private final String template;

        Bounded(String template) {
            this.template = template;
        }

        @Override
        public void write(String text) {
            super.write(text);
            check();
        }

        @Override
        public void write(char[] text, int from, int length) {
            super.write(text, from, length);
            check();
        }

        private void check() {
            if (getBuffer().length() > MAX_LENGTH) {
                throw new Endless(template);
            }
        }
    }
}
