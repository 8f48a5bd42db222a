package org.mailevents.alert;

import freemarker.template.Configuration;
import freemarker.template.TemplateException;
import java.io.IOException;
import java.time.ZoneId;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.mailevents.cause.CauseRules;
import org.mailevents.channel.Channel;
import org.mailevents.settings.Settings;

/** One version of the templates. It makes the words of mails, with the causes and rules that are active at that moment. */
final class TemplateSet {

    private final Settings settings;
    private final Configuration templates;
    private final Supplier<CauseRules> rules;
    private final AlertViews views;
    private final String spool;

    TemplateSet(Settings settings, Configuration templates, Supplier<CauseRules> rules) {
        this.settings = settings;
        this.templates = templates;
        this.rules = rules;
        this.views = new AlertViews(settings);
        this.spool = SpoolPlace.of(settings);
    }

    Configuration templates() {
        return templates;
    }

    /**
     * @param answers the links by which the recipient answers; null if there are none
     * @param memory  how many bytes the templates may allocate altogether, garbage included
     * @throws Rendering.EndlessTemplate if a template needs too much time or memory
     */
    MailWords render(Mailing mailing, String language, AnswerLinks answers, long memory) throws IOException, TemplateException {
        return Rendering.run(memory, rendering -> mailing instanceof Alert alert ? words(rendering, alert, language, answers)
                : mailing instanceof Digest digest ? words(rendering, digest, language, answers)
                : words(rendering, (Notice) mailing, language));
    }

    private MailWords words(Rendering rendering, Notice notice, String language) throws IOException, TemplateException {
        Map<String, Object> facts = new HashMap<>();
        notice.facts().forEach((name, fact) -> facts.put(name, fact instanceof Instant instant ? views.time(instant) : fact));
        facts.putAll(Map.of("from", settings.text("alert.from"), "duration", settings.text("alert.silence")));
        Map<String, Object> model = Map.of("language", language, "zone", views.zone(), "contact", contact(), "folder", spool,
                "notice", Map.of("what", notice.what(), "facts", facts));
        return MailWords.plain(line(rendering.fill(templates, "notice.subject.ftl", model)),
                rendering.fill(templates, "notice.txt.ftl", model));
    }

    private MailWords words(Rendering rendering, Alert alert, String language, AnswerLinks answers) throws IOException, TemplateException {
        AlertView view = views.of(alert, rules.get(), language, answers);
        Map<String, Object> model = Map.of("language", language, "zone", views.zone(), "contact", contact(), "alert", view);
        // mail programs split a thread when the subject changes, so all mails of an incident have the subject of the first one
        String subject = alert.subject() == null ? line(rendering.fill(templates, "alert.subject.ftl", model)) : repeatedSubject(alert);
        boolean attached = !view.file().isEmpty();
        return new MailWords(subject, rendering.fill(templates, "alert.txt.ftl", model),
                rendering.fill(templates, "alert.html.ftlh", model), attached ? view.file() : null,
                attached ? rendering.fill(templates, "alert.csv.ftl", model) : null);
    }

    private MailWords words(Rendering rendering, Digest digest, String language, AnswerLinks answers)
            throws IOException, TemplateException {
        ZoneId zone = settings.alertZone();
        String page = settings.text("console.url").isEmpty() ? "" : settings.webUrl("console.url");
        DigestView view = DigestView.of(digest, rules.get().table(), language, zone, page);
        Map<String, Object> model = Map.of("language", language, "zone", zone.getId(), "contact", contact(), "digest", view,
                "howOften", answers == null ? "" : answers.lessOften());
        boolean attached = !view.file().isEmpty();
        return new MailWords(line(rendering.fill(templates, "digest.subject.ftl", model)),
                rendering.fill(templates, "digest.txt.ftl", model),
                rendering.fill(templates, "digest.html.ftlh", model), attached ? view.file() : null,
                attached ? rendering.fill(templates, "digest.csv.ftl", model) : null);
    }

    /**
     * The message of a channel.
     *
     * @param channelSettings those of the channel for the audience
     * @throws MessageForm.BrokenMessage if the text is not in the form of the channel
     */
    String render(Alert alert, Channel channel, Map<String, String> channelSettings, String language, long memory)
            throws IOException, TemplateException {
        Map<String, Object> model = Map.of("language", language, "zone", views.zone(), "alert",
                views.of(alert, rules.get(), language, null), "incident", IncidentFacts.of(alert), "channel", channelSettings, "cut",
                CutText.FUNCTION);
        String text = Rendering.run(memory, rendering -> rendering.fill(templates, channel.template(), model)).strip();
        MessageForm.require(channel, text);
        return text;
    }

    private String contact() {
        return settings.text("alert.contact");
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
