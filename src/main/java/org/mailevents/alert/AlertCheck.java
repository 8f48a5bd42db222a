package org.mailevents.alert;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.mailevents.cause.CauseRules;
import org.mailevents.channel.Channels;
import org.mailevents.digest.DigestSchedule;
import org.mailevents.live.FolderWatch;
import org.mailevents.live.LiveCauses;
import org.mailevents.route.BrokenFile;
import org.mailevents.settings.Settings;

/**
 * Looks for all mistakes in the settings, the templates and the causes of the alerts, while the start stops at the first one. It opens
 * nothing.
 */
public final class AlertCheck {

    private AlertCheck() {
    }

    /**
     * What was found.
     *
     * @param templates how many files of templates were checked
     * @param mistakes  the files with a mistake
     * @param settings  what is wrong with the settings of the alerts
     * @param warnings  what is probably wrong with them
     */
    public record Result(int templates, List<BrokenFile> mistakes, List<String> settings, List<String> warnings) {
    }

    /** What is probably wrong with the settings of the alerts, though they can be used. */
    public static List<String> warnings(CamelContext context) {
        Settings settings = new Settings(context);
        return new Recipients(settings, new Channels(settings)).warnings();
    }

    /** Checks the settings and the templates of a context. */
    public static Result of(CamelContext context) {
        Settings settings = new Settings(context);
        Map<String, String> files = FolderWatch.ofTemplates(settings.routes()).first();
        List<String> refused = new ArrayList<>();
        Channels channels = new Channels(settings);
        TemplateValidation validation = new TemplateValidation(settings);
        add(refused, () -> new AlertMail(settings, new Recipients(settings, channels)));
        settings.audiences("alert.to").stream().sorted().forEach(key -> add(refused, () -> Recipients.addresses(settings, key)));
        settings.audiences("alert.hours").stream().sorted().forEach(key -> add(refused, () -> settings.hours(key)));
        add(refused, () -> AlertPolicy.of(settings));
        settings.audiences(DigestSchedule.SETTING).stream().sorted().forEach(key -> add(refused, () -> DigestSchedule.of(settings, key)));
        refused.addAll(channels.mistakes());
        add(refused, () -> validation.requireWords(files.keySet()));
        List<BrokenFile> mistakes = new ArrayList<>();
        if (refused.isEmpty()) {
            add(refused, () -> mistakes.addAll(mistakes(settings, validation, files)));
        }
        return new Result(files.size(), mistakes, refused, refused.isEmpty() ? warnings(context) : List.of());
    }

    /** The sample mails need all templates and the causes. */
    private static List<BrokenFile> mistakes(Settings settings, TemplateValidation validation, Map<String, String> files) {
        List<BrokenFile> mistakes = validation.unreadable(files);
        try {
            CauseRules rules = LiveCauses.validated(settings);
            if (mistakes.isEmpty()) {
                validation.validated(files, () -> rules);
            }
        } catch (BrokenFile e) {
            mistakes.add(e);
        }
        return mistakes;
    }

    private static void add(List<String> refused, Runnable part) {
        try {
            part.run();
        } catch (IllegalArgumentException e) {
            refused.add(e.getMessage());
        }
    }
}
