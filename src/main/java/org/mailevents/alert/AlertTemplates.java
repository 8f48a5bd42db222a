package org.mailevents.alert;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import freemarker.template.TemplateException;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.mailevents.alert.Rendering.EndlessTemplate;
import org.mailevents.channel.Channel;
import org.mailevents.channel.Channels;
import org.mailevents.live.FolderWatch;
import org.mailevents.live.LiveCauses;
import org.mailevents.live.PendingEdits;
import org.mailevents.log.FailureText;
import org.mailevents.route.BrokenFile;
import org.mailevents.settings.Settings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the words of a mail with the FreeMarker templates in {@code routes/templates/} and the active table of causes. An edit of the
 * templates is activated once the whole folder is validated. Until then, the previous version keeps making the mails.
 */
final class AlertTemplates {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");

    private final PendingEdits edits;
    private final Settings settings;
    private final TemplateValidation validation;
    private final LiveCauses causes;
    private volatile Map<String, String> activeFiles;
    private volatile TemplateSet active;
    private volatile TemplateSet previous;
    /**
     * The versions whose endless template left a thread behind that nothing can stop. Their next mail would leave another thread behind.
     */
    private final Set<TemplateSet> unstoppable = ConcurrentHashMap.newKeySet();

    /** @throws BrokenFile the first mistake */
    AlertTemplates(CamelContext context) throws Exception {
        settings = new Settings(context);
        edits = mandatoryFindSingleByType(context, PendingEdits.class);
        validation = new TemplateValidation(settings);
        causes = LiveCauses.in(context);
        FolderWatch watch = FolderWatch.ofTemplates(settings.routes());
        activeFiles = watch.first();
        validation.requireWords(activeFiles.keySet());
        active = validation.validated(activeFiles, causes::rules);
        watch.start(context, this::activate);
        causes.require(rules -> validation.validated(activeFiles, () -> rules));
    }

    /**
     * Makes the words of a mail in the language of its audience. A template may pass the validation and fail on a real bounce. Then the
     * previous version of the templates makes the words. If that fails too, the mail says what happened without a template.
     *
     * @param answers the links by which the recipient answers; null if there are none
     */
    MailWords render(Mailing mailing, AnswerLinks answers) throws IOException {
        String language = language(mailing instanceof Notice notice && notice.goesToFallback() ? "fallback" : mailing.audience());
        return firstThatWorks(templates -> templates.render(mailing, language, answers, Long.MAX_VALUE))
                .orElseGet(() -> mailing instanceof Alert alert ? withoutTemplate(alert)
                        : MailWords.plain("[Mail Events] " + mailing, mailing instanceof Digest digest ? digest.facts().toString()
                                : ((Notice) mailing).facts().toString()));
    }

    /**
     * Makes the message of a channel in the language of its audience.
     *
     * @param settings those of the channel for the audience
     * @throws IOException if neither the active nor the previous version of the templates makes one; a service would refuse any other text
     */
    String render(Alert alert, Channel channel, Map<String, String> settings) throws IOException {
        String language = language(alert.audience());
        return firstThatWorks(templates -> templates.render(alert, channel, settings, language, Long.MAX_VALUE))
                .orElseThrow(() -> new IOException("the template " + channel.template() + " fails on this alert. Correct the template"));
    }

    private interface Work<T> {
        T make(TemplateSet templates) throws IOException, TemplateException;
    }

    private <T> Optional<T> firstThatWorks(Work<T> work) throws IOException {
        for (TemplateSet templates : Stream.of(active, previous).filter(Objects::nonNull).distinct().toList()) {
            if (unstoppable.contains(templates)) {
                continue;
            }
            try {
                return Optional.of(work.make(templates));
            } catch (EndlessTemplate e) {
                if (e.stillRuns()) {
                    unstoppable.add(templates);
                }
                logFailure(validation.broken(e).getMessage());
            } catch (TemplateException e) {
                logFailure(FailureText.describe(e));
            }
        }
        return Optional.empty();
    }

    private static void logFailure(String failure) {
        LOG.error("A template fails on an alert. The alert is sent without this version of the templates: {}", failure);
    }

    private static MailWords withoutTemplate(Alert alert) {
        StringBuilder text = new StringBuilder(alert + " (" + alert.total() + " in all)\n\n");
        for (int i = 0; i < alert.bounces().size(); i++) {
            Alert.Bounce bounce = alert.bounces().get(i);
            text.append(i + 1).append(". ").append(bounce.recipient()).append('\n')
                    .append("   ").append(bounce.cause()).append(' ').append(bounce.reason()).append("\n\n");
        }
        return MailWords.plain(alert.subject() == null ? "[Bounce] " + alert.total() : TemplateSet.repeatedSubject(alert), text.toString());
    }

    private String language(String audience) {
        String own = settings.text("alert.language." + audience);
        return own.isEmpty() ? settings.required("alert.language") : own;
    }

    /** The languages in which every text exists. */
    Set<String> languages() {
        Set<String> languages = new TreeSet<>(causes.rules().table().languages());
        languages.removeIf(language -> !activeFiles.containsKey(validation.wordsFile(language)));
        return languages;
    }

    /** Makes the words of a sample with the active templates in a given language. */
    MailWords sample(Mailing sample, String language) throws IOException, TemplateException {
        AnswerLinks answers = settings.text("console.url").isEmpty() ? null : Samples.answers(sample);
        return active.render(sample, language, answers, Long.MAX_VALUE);
    }

    /** Makes the message of a channel about a sample, without the real settings of the channel. */
    String sample(Alert sample, Channel channel, String language) throws IOException, TemplateException {
        return active.render(sample, channel, Channels.sampleSettings(channel), language, Long.MAX_VALUE);
    }

    private void activate(Map<String, String> saved) {
        try {
            TemplateSet validated = validation.validated(saved, causes::rules);
            previous = active;
            active = validated;
            List<String> changed = saved.keySet().stream().filter(file -> !saved.get(file).equals(activeFiles.get(file))).toList();
            activeFiles = saved;
            edits.report("templates", changed, List.of());
        } catch (BrokenFile e) {
            edits.report("templates", List.of(), List.of(e));
        }
    }
}
