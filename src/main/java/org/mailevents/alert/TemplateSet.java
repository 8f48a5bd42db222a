package org.mailevents.alert;

import freemarker.template.Configuration;
import freemarker.template.TemplateException;
import java.io.IOException;
import java.time.Instant;
import java.time.ZoneId;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.mailevents.cause.CauseRules;
import org.mailevents.settings.Settings;

/** One version of the templates. It makes the words of mails, with the causes and rules that are active at that moment. */
final class TemplateSet {

    private final Settings settings;
    private final Configuration templates;
    private final Supplier<CauseRules> rules;
    private final ZoneId zone;
    private final String spool;

    TemplateSet(Settings settings, Configuration templates, Supplier<CauseRules> rules) {
        this.settings = settings;
        this.templates = templates;
        this.rules = rules;
        this.zone = settings.zone("webhook.time-zone");
        this.spool = SpoolPlace.of(settings);
    }

    Configuration templates() {
        return templates;
    }

    /**
     * @param memory how many bytes the templates may allocate altogether, garbage included
     * @throws Rendering.EndlessTemplate if a template needs too much time or memory
     */
    MailWords render(Mailing mailing, String language, long memory) throws IOException, TemplateException {
        return Rendering.run(memory, rendering -> mailing instanceof Alert alert ? words(rendering, alert, language)
                : mailing instanceof Digest digest ? words(rendering, digest, language) : words(rendering, (Notice) mailing, language));
    }

    private MailWords words(Rendering rendering, Notice notice, String language) throws IOException, TemplateException {
        Map<String, Object> facts = new HashMap<>();
        notice.facts().forEach((name, fact) -> facts.put(name, fact instanceof Instant instant ? AlertView.time(instant, zone) : fact));
        facts.putAll(Map.of("from", settings.text("alert.from"), "duration", settings.text("alert.silence")));
        Map<String, Object> model = Map.of("language", language, "zone", zone.getId(), "folder", spool,
                "notice", Map.of("what", notice.what(), "facts", facts));
        return MailWords.plain(line(rendering.fill(templates, "notice.subject.ftl", model)),
                rendering.fill(templates, "notice.txt.ftl", model));
    }

    private MailWords words(Rendering rendering, Alert alert, String language) throws IOException, TemplateException {
        AlertView view = AlertView.of(alert, rules.get(), language, zone);
        Map<String, Object> model = Map.of("language", language, "zone", zone.getId(), "alert", view);
        // mail programs split a thread when the subject changes, so all mails of an incident have the subject of the first one
        String subject = alert.subject() == null ? line(rendering.fill(templates, "alert.subject.ftl", model)) : repeatedSubject(alert);
        boolean attached = !view.file().isEmpty();
        return new MailWords(subject, rendering.fill(templates, "alert.txt.ftl", model),
                rendering.fill(templates, "alert.html.ftlh", model), attached ? view.file() : null,
                attached ? rendering.fill(templates, "alert.csv.ftl", model) : null);
    }

    private MailWords words(Rendering rendering, Digest digest, String language) throws IOException, TemplateException {
        ZoneId zone = settings.alertZone();
        String page = settings.text("console.url").isEmpty() ? "" : settings.webUrl("console.url");
        DigestView view = DigestView.of(digest, rules.get().table(), language, zone, page);
        Map<String, Object> model = Map.of("language", language, "zone", zone.getId(), "digest", view,
                "contact", settings.text("alert.contact"));
        boolean attached = !view.file().isEmpty();
        return new MailWords(line(rendering.fill(templates, "digest.subject.ftl", model)),
                rendering.fill(templates, "digest.txt.ftl", model),
                rendering.fill(templates, "digest.html.ftlh", model), attached ? view.file() : null,
                attached ? rendering.fill(templates, "digest.csv.ftl", model) : null);
    }

    /** The subject of the incident's first mail. It has a Re: once a mail was sent to which this one replies. */
    static String repeatedSubject(Alert alert) {
        return alert.thread().isEmpty() ? alert.subject() : "Re: " + alert.subject();
    }

    /** A template may write the subject on several lines. */
    private static String line(String text) {
        return text.strip().replaceAll("\\s*\\R\\s*", " ");
    }
}
