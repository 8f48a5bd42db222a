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
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
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

    private static final List<Mailing> SAMPLES = List.of(new Notice("failed", 2, 50, Instant.EPOCH), new Notice("filling", 0, 80, Instant.EPOCH),
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
        spool = settings.required("spool.directory");
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
        }
    }

    private Words render(Configuration templates, Mailing mailing) throws IOException, TemplateException {
        return mailing instanceof Alert
                ? new Words(fill(templates, "alert.subject.ftl", "alert", mailing).strip(), fill(templates, "alert.txt.ftl", "alert", mailing),
                        fill(templates, "alert.html.ftlh", "alert", mailing))
                : new Words(fill(templates, "notice.subject.ftl", "notice", mailing).strip(), fill(templates, "notice.txt.ftl", "notice", mailing), null);
    }

    private String fill(Configuration templates, String template, String name, Mailing mailing) throws IOException, TemplateException {
        StringWriter text = new StringWriter();
        templates.getTemplate(template).process(Map.of(name, mailing, "language", language, "zone", zone, "folder", spool), text);
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
}
