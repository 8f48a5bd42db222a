package org.mailevents.alert;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.StatementContext;
import org.mailevents.alert.Alert.Bounce;
import org.mailevents.alert.Alert.Count;
import org.mailevents.log.FailureText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads what a mail of the outbox tells; the same for the same mail, as often as it has to be sent. */
final class MailContents {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");

    /** So long a text is cut: a mail tells what happened, its row has all of it. */
    private static final int MAX_TEXT = 1_000;
    private static final int MAX_DOMAINS = 5;
    /** Figures must not keep a mail waiting. */
    private static final Duration MAX_COUNTING = Duration.ofSeconds(3);

    private final Jdbi jdbi;
    private final double urgentRate;
    private final Map<String, String> ownRecipients;

    /**
     * @param urgentRate    in percent: above it a mail is urgent
     * @param ownRecipients whom alerts go to, by what is stored of them
     */
    MailContents(Jdbi jdbi, double urgentRate, Map<String, String> ownRecipients) {
        this.jdbi = jdbi;
        this.urgentRate = urgentRate;
        this.ownRecipients = ownRecipients;
    }

    /** A mail of the outbox, and its incident if it has one. */
    private record Outgoing(UUID mailId, UUID incidentId, String audience, String what, String about, Instant madeAt, Instant openedAt, Instant lastBounceAt,
                            String subject) {
    }

    Mailing of(Handle handle, UUID mail) {
        Outgoing outgoing = handle.select("SELECT m.mail_id, m.incident_id, m.audience, m.what, m.about, m.made_at, i.opened_at, i.last_bounce_at,"
                + " i.subject FROM alert_mail m LEFT JOIN alert_incident i ON i.incident_id = m.incident_id WHERE m.mail_id = ?", mail)
                .mapTo(Outgoing.class).one();
        return outgoing.incidentId() == null ? notice(handle, outgoing) : alert(handle, outgoing);
    }

    private Notice notice(Handle handle, Outgoing mail) {
        return new Notice(mail.mailId(), mail.what(), switch (mail.what()) {
            case "unreachable" -> unreachable(handle, Notice.addresses(mail.about()));
            case "silent" -> Map.of("since", Instant.parse(mail.about()));
            case "returned" -> Map.of("since", Instant.parse(mail.about()), "until", mail.madeAt());
            default -> throw new IllegalStateException("alert_mail tells nothing that is called " + mail.what());
        }, mail.madeAt());
    }

    /** What the first mail server said stands for all. Templates from before there were several addresses show them as one. */
    private Map<String, Object> unreachable(Handle handle, List<String> stored) {
        List<String> addresses = stored.stream().map(address -> line(ownRecipients.getOrDefault(address, address))).toList();
        return Map.of("address", String.join(", ", addresses), "addresses", addresses, "reason", handle.select("SELECT LEFT(reason, " + 2 * MAX_TEXT
                + ") AS reason FROM mail_event WHERE alert_state = 'own' AND LOWER(recipient) = ? ORDER BY received_at DESC LIMIT 1",
                stored.get(0)).mapTo(String.class).findFirst().map(MailContents::line).orElse(""));
    }

    private Alert alert(Handle handle, Outgoing mail) {
        IncidentPhase stage = IncidentPhase.of(mail.what());
        Figures figures = figures(mail);
        List<Count> causes = handle.select("SELECT e.status AS what, COUNT(*) AS count, COUNT(*) FILTER (WHERE e.alert_id = ?) AS news"
                + FROM_INCIDENT + " GROUP BY e.status ORDER BY count DESC, what", mail.mailId(), mail.incidentId()).map(MailContents::count).list();
        List<Count> domains = handle.select("SELECT LOWER(SUBSTRING(e.recipient FROM POSITION('@' IN e.recipient) + 1)) AS what,"
                + " COUNT(*) AS count, COUNT(*) FILTER (WHERE e.alert_id = ?) AS news" + FROM_INCIDENT
                + " GROUP BY 1 ORDER BY count DESC, what LIMIT " + MAX_DOMAINS, mail.mailId(), mail.incidentId()).map(MailContents::count).list();
        boolean all = stage == IncidentPhase.CLOSED && causes.stream().mapToLong(Count::count).sum() <= Incidents.MAX_BOUNCES
                && handle.select("SELECT COALESCE(SUM(" + Incidents.SIZE + "), 0)" + FROM_INCIDENT, mail.incidentId()).mapTo(long.class).one()
                        <= Incidents.MAX_SIZE;
        List<String> thread = handle.select("SELECT message_id FROM alert_mail WHERE incident_id = ? AND mail_id <> ?"
                + " ORDER BY number", mail.incidentId(), mail.mailId()).mapTo(String.class).list();
        return new Alert(mail.mailId(), stage, mail.audience(), mail.madeAt(), mail.openedAt(), mail.lastBounceAt(), mail.subject(), ends(thread), causes, domains,
                bounces(handle, mail, all), figures,
                stage != IncidentPhase.CLOSED && figures != null && figures.above(urgentRate));
    }

    private static final String FROM_INCIDENT = " FROM mail_event e JOIN alert_mail m ON m.mail_id = e.alert_id WHERE m.incident_id = ?";

    /** Texts are cut where they are read, too: all of them may be more than the memory has room for. */
    private static final String BOUNCE = "SELECT e.recipient, " + Stream.of("status", "kind", "created_text", "subject", "sender", "message_id", "api_data",
            "enhanced_code", "reason").map(column -> "LEFT(e." + column + ", " + 2 * MAX_TEXT + ") AS " + column).collect(Collectors.joining(", "))
            + ", EXISTS (SELECT 1 FROM mail_event before WHERE before.recipient = e.recipient"
            + " AND before.event_type = 'bounces' AND before.received_at < e.received_at) AS known";

    /** Of an incident that lasts longer than a month, personal data may have been removed: what is left of those bounces is counted. */
    private static final String NOT_REMOVED = " AND COALESCE(e.recipient, e.message_id, e.reason, e.extra) IS NOT NULL";

    private static List<Bounce> bounces(Handle handle, Outgoing mail, boolean all) {
        return handle.select(BOUNCE + FROM_INCIDENT + (all ? NOT_REMOVED : " AND m.mail_id = ?") + " ORDER BY e.occurred_at, e.recipient, e.event_id",
                all ? new Object[] {mail.incidentId()} : new Object[] {mail.incidentId(), mail.mailId()}).map(MailContents::bounce).list();
    }

    /** The bounces stored last. */
    static List<Bounce> latest(Handle handle, int count) {
        return handle.select(BOUNCE + " FROM mail_event e WHERE e.event_type = 'bounces' ORDER BY e.received_at DESC LIMIT " + count)
                .map(MailContents::bounce).list();
    }

    private static Bounce bounce(ResultSet row, StatementContext context) throws SQLException {
        return new Bounce(line(row, "recipient"), line(row, "status"), line(row, "kind"), line(row, "created_text"), line(row, "subject"),
                line(row, "sender"), line(row, "message_id"), line(row, "api_data"), line(row, "enhanced_code"), line(row, "reason"),
                row.getBoolean("known"));
    }

    /** The thread's first mail and the last one before this. */
    private static List<String> ends(List<String> thread) {
        return thread.size() < 2 ? thread : List.of(thread.get(0), thread.get(thread.size() - 1));
    }

    private Figures figures(Outgoing mail) {
        try {
            return Figures.within(MAX_COUNTING, jdbi, mail.audience(), mail.madeAt());
        } catch (JdbiException e) {
            LOG.warn("A mail goes out without figures: {}", FailureText.describe(e));
            return null;
        }
    }

    private static Count count(ResultSet row, StatementContext context) throws SQLException {
        return new Count(line(row, "what"), row.getLong("count"), row.getLong("news"));
    }

    private static String line(ResultSet row, String column) throws SQLException {
        return line(row.getString(column));
    }

    /** Control characters and line breaks become spaces: a subject of several lines must not look like lines of the mail. */
    private static String line(String text) {
        String line = text == null ? "" : text.replaceAll("[\\p{Cc}\\p{Zl}\\p{Zp}]+", " ").strip();
        return line.length() <= MAX_TEXT ? line : line.substring(0, line.offsetByCodePoints(0, line.codePointCount(0, MAX_TEXT))) + "…";
    }
}
