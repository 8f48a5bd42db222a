package org.mailevents.alert;

import freemarker.cache.StringTemplateLoader;
import freemarker.cache.StrongCacheStorage;
import freemarker.core.ParseException;
import freemarker.core.TemplateClassResolver;
import freemarker.core._CoreAPI;
import freemarker.template.Configuration;
import freemarker.template.Template;
import freemarker.template.TemplateException;
import freemarker.template.TemplateExceptionHandler;
import freemarker.template.TemplateNotFoundException;
import java.io.IOException;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.mailevents.alert.Rendering.Endless;
import org.mailevents.live.BrokenFile;
import org.mailevents.live.FolderWatch;
import org.mailevents.live.PendingEdits;
import org.mailevents.log.FailureText;
import org.mailevents.settings.Settings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The words of a mail, from the FreeMarker templates and the table of causes in {@code routes/templates/}. What is saved there is used once
 * all of it was tried out on samples; until then mails go out with what was before it.
 */
final class AlertTemplates {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");
    private static final String CAUSES = "causes.json";
    /** What a sample may take: our own templates take a third of it. Real mails may have 10,000 bounces. */
    private static final long SAMPLE_MEMORY = 32_000_000;

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
    /** Those that left a thread behind which nobody can stop: the next mail would leave another. */
    private final Set<Edition> unstoppable = ConcurrentHashMap.newKeySet();

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
        for (Edition some : Stream.of(edition, before).filter(Objects::nonNull).distinct().filter(one -> !unstoppable.contains(one)).toList()) {
            try {
                return render(some, mailing, language, Long.MAX_VALUE);
            } catch (Endless e) {
                if (e.stillRuns()) {
                    unstoppable.add(some);
                }
                LOG.error("A template fails on a mail, which goes out without it: {}", broken(e).getMessage());
            } catch (TemplateException e) {
                LOG.error("A template fails on a mail, which goes out without it: {}", FailureText.describe(e));
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
        return render(edition, mailing, language, Long.MAX_VALUE);
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
                attempt(file, () -> {
                    Template template = tried.templates().getTemplate(Path.of(file).getFileName().toString());
                    // an inside of FreeMarker: it gives a loop without a body a step, at which Rendering can stop it
                    _CoreAPI.addThreadInterruptedChecks(template);
                    return template;
                });
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
                    Words words = render(tried, sample, language, SAMPLE_MEMORY);
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
        // each template is parsed once, and stays as it was changed after that
        configuration.setCacheStorage(new StrongCacheStorage());
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
            throw broken(e);
        }
    }

    private BrokenFile broken(Endless endless) {
        return new BrokenFile(path(endless.template()), endless.line(), endless.getMessage());
    }

    private Words render(Edition edition, Mailing mailing, String language, long memory) throws IOException, TemplateException {
        return Rendering.of(memory, rendering -> render(rendering, edition, mailing, language));
    }

    private Words render(Rendering rendering, Edition edition, Mailing mailing, String language) throws IOException, TemplateException {
        Configuration templates = edition.templates();
        if (mailing instanceof Notice notice) {
            Map<String, Object> model = Map.of("language", language, "zone", zone.getId(), "folder", spool, "notice", shown(notice));
            return new Words(line(rendering.fill(templates, "notice.subject.ftl", model)), rendering.fill(templates, "notice.txt.ftl", model), null, null,
                    null);
        }
        Alert alert = (Alert) mailing;
        AlertView view = AlertView.of(alert, edition.causes(), language, zone);
        Map<String, Object> model = Map.of("language", language, "zone", zone.getId(), "alert", view);
        boolean attached = !view.file().isEmpty();
        return new Words(subject(rendering, alert, templates, model), rendering.fill(templates, "alert.txt.ftl", model),
                rendering.fill(templates, "alert.html.ftlh", model), attached ? view.file() : null,
                attached ? rendering.fill(templates, "alert.csv.ftl", model) : null);
    }

    /** Mail programs split a thread whose subject changes, so the first mail's holds for all. */
    private static String subject(Rendering rendering, Alert alert, Configuration templates, Map<String, Object> model)
            throws IOException, TemplateException {
        if (alert.subject() == null) {
            return line(rendering.fill(templates, "alert.subject.ftl", model));
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

    private String path(String template) {
        return folder.resolve(template).toString();
    }
}
