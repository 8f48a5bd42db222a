package org.mailevents.alert;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.jdbi.v3.core.Handle;
import org.mailevents.alert.Alert.Bounce;
import org.mailevents.channel.Channel;
import org.mailevents.channel.Channels;
import org.mailevents.database.Database;
import org.mailevents.database.JdbiFactory;
import org.mailevents.live.LiveCauses;
import org.mailevents.metrics.Meters;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;

/**
 * Writes a page that shows the mails which the templates in {@code routes/templates/} make. The page has mails of every kind in each
 * language, with the HTML part as a mail program shows it and the text part below. Under each mail stand the messages of the channels that
 * an audience uses. Nothing is sent.
 */
public final class Preview {

    /** The file of the page. */
    public static final Path FILE = Path.of("data/preview.html");

    private static final int MAX_STORED = 60;

    private final CamelContext context;

    public Preview(CamelContext context) {
        this.context = context;
    }

    /**
     * @param stored whether the page shows the latest bounces of the database instead of samples
     * @return the absolute path of the page
     * @throws IllegalStateException if no bounce is stored, or the database cannot be opened
     * @throws org.mailevents.route.BrokenFile the first mistake in the templates
     */
    public Path write(boolean stored) throws Exception {
        List<Alert> alerts = stored ? stored() : new Samples(LiveCauses.in(context).rules()).alerts();
        AlertTemplates templates = new AlertTemplates(context);
        Set<Channel> channels = new Channels(new Settings(context)).used();
        StringBuilder page = new StringBuilder("<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
                + "<title>Mail Events: preview</title>\n<body style=\"font-family:sans-serif;margin:24px\">\n");
        for (String language : templates.languages()) {
            for (Alert alert : alerts) {
                page.append(section(language, alert.phase().toString(), templates.sample(alert, language)));
                for (Channel channel : channels) {
                    page.append("<details><summary>").append(channel).append("</summary>\n")
                            .append(text(templates.sample(alert, channel, language))).append("</details>\n");
                }
            }
            if (!stored) {
                page.append(section(language, Digest.WHAT, templates.sample(DigestSamples.full(), language)));
            }
        }
        Files.createDirectories(FILE.getParent());
        return Files.writeString(FILE, page).toAbsolutePath();
    }

    private List<Alert> stored() {
        Meters meters = mandatoryFindSingleByType(context, Meters.class);
        try (Database database = Database.open(new Settings(context), meters, TimeSource.of(context));
                Handle handle = JdbiFactory.create(database).open()) {
            List<Bounce> bounces = MailContents.latest(handle, MAX_STORED);
            if (bounces.isEmpty()) {
                throw new IllegalStateException("The database has no bounce. Run preview without the word stored to see samples.");
            }
            Instant now = TimeSource.of(context).instant();
            Figures figures = Figures.of(new BounceCounts(handle), "list-owner", now, 1);
            return List.of(Samples.alert("list-owner", IncidentPhase.OPENED, bounces.subList(0, 1), figures, null),
                    Samples.alert("list-owner", IncidentPhase.UPDATE, bounces, figures, null),
                    Samples.alert("list-owner", IncidentPhase.CLOSED, bounces, figures, null));
        }
    }

    private static String section(String language, String what, MailWords words) {
        return "<h2>" + language + ", " + what + ": " + escaped(words.subject()) + "</h2>\n"
                + "<iframe title=\"HTML\" sandbox style=\"width:100%;height:900px;border:1px solid #999\""
                + " srcdoc=\"" + escaped(words.html()) + "\"></iframe>\n"
                + text(words.text());
    }

    private static String text(String text) {
        return "<pre style=\"white-space:pre-wrap;border:1px solid #999;padding:12px\">" + escaped(text) + "</pre>\n";
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace("\"", "&quot;");
    }
}
