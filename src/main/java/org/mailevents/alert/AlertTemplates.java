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
import java.time.ZoneId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.mailevents.operate.BrokenFile;
import org.mailevents.operate.Failure;
import org.mailevents.operate.FolderWatch;
import org.mailevents.operate.PendingEdits;
import org.mailevents.operate.Settings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The words of a mail, from the FreeMarker templates and the table of causes in {@code routes/templates/}. What is saved there is used once
 * all of it was tried out on samples; until then mails go out with what was before it.
 */
final class AlertTemplates {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");
    private static final String CAUSES = "causes.json";

    /**
     * A mail's words; a notice has neither HTML nor CSV, and an alert has a CSV, with a file name, where it has more bounces than it lists.
     */
    record Words(String subject, String text, String html, String file, String csv) {
    }

    /** What is in use. */
    private record Edition(Configuration templates, Causes causes) {
    }

    private final PendingEdits edits;
    private final Path folder;
    private final Settings settings;
    private final ZoneId zone;
    private final String spool;
    private Map<String, String> live;
    private volatile Edition edition;
    private volatile Edition before;

    /** @throws BrokenFile the first mistake */
    AlertTemplates(CamelContext context) throws Exception {
        settings = new Settings(context);
        edits = PendingEdits.of(context);
        folder = settings.routes().resolve("templates");
        zone = settings.zone("webhook.time-zone");
        spool = Path.of(settings.required("spool.directory")).toAbsolutePath().normalize().toString();
        FolderWatch watch = new FolderWatch(folder, "\\.(ftlh?|json)");
        live = watch.first();
        for (String setting : languageSettings()) {
            if (!live.containsKey(path("words." + settings.required(setting) + ".ftl"))) {
                throw new IllegalArgumentException("Set " + setting + " to a language that has its words: there is no "
                        + path("words." + settings.text(setting) + ".ftl"));
            }
        }
        edition = tried(live);
        watch.start(context, this::take);
    }

    private Set<String> languageSettings() {
        Set<String> keys = new TreeSet<>(settings.audiences("alert.language"));
        keys.add("alert.language");
        return keys;
    }

    private String language(String audience) {
        String own = settings.text("alert.language." + audience);
        return own.isEmpty() ? settings.required("alert.language") : own;
    }

    /**
     * The mail's words, in the language of its audience. A template may pass the trial and fail on what really bounced: then the mail goes out
     * with the templates before it, or else with what happened and nothing more.
     */
    Words render(Mailing mailing) throws IOException {
        String language = language(mailing.recipients().equals("alert.fallback") ? "fallback" : mailing.audience());
        for (Edition some : Stream.of(edition, before).filter(Objects::nonNull).distinct().toList()) {
            try {
                return render(some, mailing, language);
            } catch (TemplateException | Endless e) {
                LOG.error("A template fails on a mail, which goes out without it: {}", Failure.describe(e));
            }
        }
        return mailing instanceof Alert alert ? plain(alert) : new Words("[Mail Events] " + mailing, ((Notice) mailing).facts().toString(), null, null, null);
    }

    private static Words plain(Alert alert) {
        StringBuilder text = new StringBuilder(alert + ", " + alert.total() + " in all\n\n");
        for (int i = 0; i < alert.bounces().size(); i++) {
            Alert.Bounce bounce = alert.bounces().get(i);
            text.append(i + 1).append(". ").append(bounce.recipient()).append('\n')
                    .append("   ").append(bounce.code()).append(' ').append(bounce.reason()).append("\n\n");
        }
        return new Words(alert.subject() == null ? "[Bounce] " + alert.total() : threaded(alert), text.toString(), null, null, null);
    }

    /** The languages that have all of their texts. */
    Set<String> languages() {
        Set<String> languages = new TreeSet<>(edition.causes().languages());
        languages.removeIf(language -> !live.containsKey(path("words." + language + ".ftl")));
        return languages;
    }

    /** The same in a language of the caller's choice. */
    Words render(Mailing mailing, String language) throws IOException, TemplateException {
        return render(edition, mailing, language);
    }

    private void take(Map<String, String> saved) {
        try {
            Edition tried = tried(saved);
            before = edition;
            edition = tried;
            List<String> changed = saved.keySet().stream().filter(file -> !saved.get(file).equals(live.get(file))).toList();
            live = saved;
            edits.report("templates", changed, List.of());
        } catch (BrokenFile e) {
            edits.report("templates", List.of(), List.of(e));
        }
    }

    private Edition tried(Map<String, String> files) throws BrokenFile {
        FolderWatch.requireText(files);
        if (!files.containsKey(path(CAUSES))) {
            throw new BrokenFile(path(CAUSES), 0, "it is needed, and it is gone");
        }
        Edition tried = new Edition(configuration(files), Causes.parse(path(CAUSES), files.get(path(CAUSES))));
        for (String file : files.keySet()) {
            if (!file.equals(path(CAUSES))) {
                attempt(file, () -> tried.templates().getTemplate(Path.of(file).getFileName().toString()));
            }
        }
        for (String setting : languageSettings()) {
            String language = settings.required(setting);
            Optional<String> lacking = tried.causes().lacking(language);
            if (lacking.isPresent()) {
                throw new BrokenFile(path(CAUSES), 0, lacking.get() + " lacks the language " + language + " of " + setting);
            }
            for (Mailing sample : Samples.ALL) {
                attempt(folder.toString(), () -> {
                    Words words = render(tried, sample, language);
                    if (words.subject().isEmpty() || words.text().isBlank() || sample instanceof Alert && words.html().isBlank()) {
                        throw new BrokenFile(folder.toString(), 0, "a template gives an empty subject or text");
                    }
                    return words;
                });
            }
        }
        return tried;
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

    private Words render(Edition edition, Mailing mailing, String language) throws IOException, TemplateException {
        Configuration templates = edition.templates();
        if (mailing instanceof Notice notice) {
            Map<String, Object> model = Map.of("language", language, "zone", zone.getId(), "folder", spool, "notice", shown(notice));
            return new Words(line(fill(templates, "notice.subject.ftl", model)), fill(templates, "notice.txt.ftl", model), null, null, null);
        }
        Alert alert = (Alert) mailing;
        AlertView view = AlertView.of(alert, edition.causes(), language, zone);
        Map<String, Object> model = Map.of("language", language, "zone", zone.getId(), "alert", view);
        boolean attached = !view.file().isEmpty();
        return new Words(subject(alert, templates, model), fill(templates, "alert.txt.ftl", model), fill(templates, "alert.html.ftlh", model),
                attached ? view.file() : null, attached ? fill(templates, "alert.csv.ftl", model) : null);
    }

    /** Mail programs split a thread whose subject changes, so the first mail's holds for all. */
    private static String subject(Alert alert, Configuration templates, Map<String, Object> model) throws IOException, TemplateException {
        if (alert.subject() == null) {
            return line(fill(templates, "alert.subject.ftl", model));
        }
        return threaded(alert);
    }

    private static String threaded(Alert alert) {
        return alert.thread().isEmpty() ? alert.subject() : "Re: " + alert.subject();
    }

    /** A subject is one line, however many its template has. */
    private static String line(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", " ");
    }

    /** What the templates see of a notice. */
    private Map<String, Object> shown(Notice notice) {
        Map<String, Object> facts = new HashMap<>();
        notice.facts().forEach((name, fact) -> facts.put(name, fact instanceof Instant instant ? AlertView.time(instant, zone) : fact));
        facts.putAll(Map.of("from", settings.text("alert.from"), "duration", settings.text("alert.silence")));
        return Map.of("what", notice.what(), "facts", facts);
    }

    private static String fill(Configuration templates, String template, Map<String, Object> model) throws IOException, TemplateException {
        StringWriter text = new Bounded(template);
        try {
            templates.getTemplate(template).process(model, text);
        } catch (StackOverflowError e) {
            throw new Endless(template);
        }
        return text.toString();
    }

    private String path(String template) {
        return folder.resolve(template).toString();
    }

    /** A template, named by the message, that repeats or calls itself without end. */
    private static final class Endless extends RuntimeException {

        Endless(String template) {
            super(template);
        }
    }

    /** Ends before a template fills the heap. 50 listed bounces have some hundred thousand characters, a CSV of 10,000 some three million. */
    private static final class Bounded extends StringWriter {

        private static final int MAX_LENGTH = 1_000_000;
        private static final int MAX_CSV_LENGTH = 20_000_000;
        private final String template;
        private final int maxLength;

        Bounded(String template) {
            this.template = template;
            this.maxLength = template.endsWith(".csv.ftl") ? MAX_CSV_LENGTH : MAX_LENGTH;
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
            if (getBuffer().length() > maxLength) {
                throw new Endless(template);
            }
        }
    }
}
