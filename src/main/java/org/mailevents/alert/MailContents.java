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
import org.jdbi.v3.core.statement.StatementContext;
import org.mailevents.alert.Alert.Acknowledgement;
import org.mailevents.alert.Alert.Answered;
import org.mailevents.alert.Alert.Bounce;
import org.mailevents.alert.Alert.Count;
import org.mailevents.alert.Alert.Destination;
import org.mailevents.alert.Alert.Ending;
import org.mailevents.answer.Act;
import org.mailevents.digest.DigestQueries;

/** Reads what a mail of the outbox says. A mail that is sent again says the same. */
final class MailContents {

    /** Longer texts are cut, in characters. A mail reports what happened, and the row in mail_event has the whole text. */
    private static final int MAX_TEXT = 1_000;
    private static final int MAX_DOMAINS = 5;
    private static final int MAX_ANSWERS = 20;
    private static final String LAST_MAIL = "(SELECT MAX(m.made_at) FROM alert_mail m WHERE m.audience = :audience AND m.made_at < :made"
            + " AND m.what IN ('opened', 'update', 'acknowledged', 'closed'))";
    private static final String ANSWER = "SELECT %1$s AS at, recipient AS \"by\", what AS act, %2$s AS ended, COALESCE(cause, '') AS cause,"
            + " COALESCE(domain, '') AS domain, until_time AS \"until\", COALESCE(frequency, '') AS frequency FROM alert_answer"
            + " WHERE audience = :audience AND (what <> :acknowledge OR incident_id = :incident) AND %1$s >= " + LAST_MAIL
            + " AND (%1$s < :made OR %2$s AND :tellsAnswer AND %1$s = :made)";
    private static final String ANSWERED = ANSWER.formatted("answered_at", "FALSE") + " UNION ALL "
            + ANSWER.formatted("undone_at", "TRUE") + " ORDER BY at, ended LIMIT " + MAX_ANSWERS;
    private static final String FROM_INCIDENT = " FROM mail_event e JOIN alert_mail m ON m.mail_id = e.alert_id WHERE m.incident_id = ?";

    /** The query cuts the texts too, because all of them together may not fit into memory. */
    private static final String BOUNCE = "SELECT e.recipient, " + Stream.of("status", "cause", "created_text", "subject", "sender",
            "message_id", "api_data", "enhanced_code", "reason").map(column -> "LEFT(e." + column + ", " + 2 * MAX_TEXT + ") AS " + column)
            .collect(Collectors.joining(", "))
            + ", e.dead, EXISTS (SELECT 1 FROM event_by_address before WHERE before.address = LOWER(e.recipient)"
            + " AND before.event_type = 'bounces' AND before.received_at < e.received_at) AS known";

    /** The personal data of old bounces may have been removed while their incident lasts. Such bounces are counted, but not listed. */
    private static final String NOT_REMOVED = " AND COALESCE(e.recipient, e.message_id, e.reason, e.extra) IS NOT NULL";

    private final Jdbi jdbi;
    private final Map<String, String> ownRecipients;
    private final DigestQueries digests;

    /**
     * @param ownRecipients the addresses that alerts go to, by the form in which they are stored
     * @param digests       count what a digest tells
     */
    MailContents(Jdbi jdbi, Map<String, String> ownRecipients, DigestQueries digests) {
        this.jdbi = jdbi;
        this.ownRecipients = ownRecipients;
        this.digests = digests;
    }

    /** A mail of the outbox, and its incident if it has one. */
    private record Outgoing(UUID mailId, UUID incidentId, int number, String audience, String what, String about, Instant madeAt,
                            Instant openedAt, Instant lastBounceAt, String subject, Boolean allClear,
                            Instant acknowledgedAt, String acknowledgedBy) {

        Acknowledgement acknowledged() {
            return acknowledgedAt == null ? null : new Acknowledgement(acknowledgedAt, line(acknowledgedBy));
        }
    }

    /** @throws IllegalStateException if a later version of Mail Events has added the mail, and this version does not know its kind */
    Mailing read(Handle handle, UUID mail) {
        Outgoing outgoing = handle.select("SELECT m.mail_id, m.incident_id, m.number, m.audience, m.what, m.about, m.made_at, i.opened_at,"
                + " i.last_bounce_at, i.subject, i.all_clear, i.acknowledged_at, i.acknowledged_by FROM alert_mail m"
                + " LEFT JOIN alert_incident i ON i.incident_id = m.incident_id"
                + " WHERE m.mail_id = ?", mail).mapTo(Outgoing.class).one();
        if (outgoing.incidentId() != null) {
            return alert(handle, outgoing);
        }
        return outgoing.what().equals(Digest.WHAT) ? digest(outgoing) : notice(handle, outgoing);
    }

    private Digest digest(Outgoing mail) {
        DigestPeriod period = DigestPeriod.parse(mail.about());
        return new Digest(mail.mailId(), mail.audience(), mail.madeAt(), period.from(), period.until(),
                digests.read(mail.audience(), period.from(), period.until()));
    }

    private Notice notice(Handle handle, Outgoing mail) {
        return new Notice(mail.mailId(), mail.what(), switch (mail.what()) {
            case Notice.UNREACHABLE -> unreachable(handle, Notice.parts(mail.about()));
            case Notice.REFUSED -> refused(handle, Notice.parts(mail.about()));
            case "silent" -> Map.of("since", Instant.parse(mail.about()));
            case "returned" -> Map.of("since", Instant.parse(mail.about()), "until", mail.madeAt());
            default -> throw new IllegalStateException("This version does not know such a mail: alert_mail.what is " + mail.what());
        }, mail.madeAt());
    }

    /** The reason is that of the first address. Old templates know only one address and show all of them in its place. */
    private Map<String, Object> unreachable(Handle handle, List<String> stored) {
        List<String> addresses = stored.stream().map(address -> line(ownRecipients.getOrDefault(address, address))).toList();
        String reason = handle.select("SELECT LEFT(reason, " + 2 * MAX_TEXT + ") FROM mail_event WHERE alert_state = 'own'"
                + " AND LOWER(recipient) = ? ORDER BY received_at DESC LIMIT 1", stored.get(0)).mapTo(String.class).findFirst().orElse("");
        return Map.of("address", String.join(", ", addresses), "addresses", addresses, "reason", line(reason));
    }

    /** @param parts the setting to look at, and the delivery that is refused */
    private static Map<String, Object> refused(Handle handle, List<String> parts) {
        return handle.select("SELECT m.audience, d.channel, d.recipient AS address, COALESCE(d.failure, '') AS reply FROM alert_delivery d"
                + " JOIN alert_mail m ON m.mail_id = d.mail_id WHERE d.delivery_id = ?", UUID.fromString(parts.get(1)))
                .map((row, context) -> Map.<String, Object>of("setting", parts.get(0), "audience", line(row.getString("audience")),
                        "channel", row.getString("channel"), "address", row.getString("address"), "reply", line(row.getString("reply"))))
                .one();
    }

    private Alert alert(Handle handle, Outgoing mail) {
        IncidentPhase phase = IncidentPhase.of(mail.what());
        boolean closes = phase == IncidentPhase.CLOSED;
        Instant firstNews = handle.select("SELECT MIN(received_at) FROM mail_event WHERE alert_id = ?", mail.mailId()).mapTo(Instant.class)
                .findOne().orElse(null);
        long hours = Figures.hours(firstNews, mail.madeAt());
        Figures figures = BounceCounts.within(jdbi, counts -> Figures.of(counts, mail.audience(), mail.madeAt(), hours), null);
        List<Count> causes = handle.select("SELECT e.cause AS what, COUNT(*) AS count, COUNT(*) FILTER (WHERE e.alert_id = ?) AS news"
                + FROM_INCIDENT + " GROUP BY e.cause ORDER BY count DESC, what", mail.mailId(), mail.incidentId())
                .map(MailContents::count).list();
        List<Count> domains = handle.select("SELECT " + BounceCounts.DOMAIN + " AS what,"
                + " COUNT(*) AS count, COUNT(*) FILTER (WHERE e.alert_id = ?) AS news" + FROM_INCIDENT
                + " GROUP BY 1 ORDER BY count DESC, what LIMIT " + MAX_DOMAINS, mail.mailId(), mail.incidentId())
                .map(MailContents::count).list();
        boolean listsAll = closes && causes.stream().mapToLong(Count::count).sum() <= PendingBounces.MAX_BOUNCES
                && handle.select("SELECT COALESCE(SUM(" + PendingBounces.LISTED_SIZE + "), 0)" + FROM_INCIDENT, mail.incidentId())
                        .mapTo(long.class).one() <= PendingBounces.MAX_SIZE;
        List<String> thread = handle.select("SELECT message_id FROM alert_mail WHERE incident_id = ? AND mail_id <> ? AND what <> ?"
                + " ORDER BY number", mail.incidentId(), mail.mailId(), IncidentPhase.UNTOLD_END).mapTo(String.class).list();
        return new Alert(mail.mailId(), mail.incidentId(), mail.number(), phase, closes ? ending(handle, mail, domains) : null,
                mail.allClear(), mail.audience(), mail.madeAt(), mail.openedAt(), mail.lastBounceAt(), mail.subject(),
                firstAndLast(thread), causes, destinations(handle, domains, mail, firstNews), bounces(handle, mail, listsAll), figures,
                UrgencyText.read(mail.about()), mail.acknowledged(), answered(handle, mail, phase));
    }

    /**
     * What was answered and undone since the last mail. What happened at the very moment of a mail belongs to the next one, except that the
     * mail which says that nobody takes care of the incident any more also names who has undone it.
     */
    private static List<Answered> answered(Handle handle, Outgoing mail, IncidentPhase phase) {
        return handle.createQuery(ANSWERED).bind("made", mail.madeAt()).bind("audience", mail.audience())
                .bind("incident", mail.incidentId()).bind("acknowledge", Act.ACKNOWLEDGE.toString())
                .bind("tellsAnswer", phase == IncidentPhase.ACKNOWLEDGED).mapTo(Answered.class).list();
    }

    private static List<Bounce> bounces(Handle handle, Outgoing mail, boolean listsAll) {
        return handle.select(BOUNCE + FROM_INCIDENT + (listsAll ? NOT_REMOVED : " AND m.mail_id = ?")
                + " ORDER BY e.occurred_at, e.recipient, e.event_id",
                listsAll ? new Object[] {mail.incidentId()} : new Object[] {mail.incidentId(), mail.mailId()})
                .map(MailContents::bounce).list();
    }

    /** The bounces that were received last, newest first. */
    static List<Bounce> latest(Handle handle, int count) {
        return handle.select(BOUNCE + " FROM mail_event e WHERE e.event_type = 'bounces' ORDER BY e.received_at DESC LIMIT " + count)
                .map(MailContents::bounce).list();
    }

    private static Bounce bounce(ResultSet row, StatementContext context) throws SQLException {
        return new Bounce(line(row.getString("recipient")), line(row.getString("status")), line(row.getString("cause")),
                row.getBoolean("dead"), line(row.getString("created_text")), line(row.getString("subject")), line(row.getString("sender")),
                line(row.getString("message_id")), line(row.getString("api_data")), line(row.getString("enhanced_code")),
                line(row.getString("reason")), row.getBoolean("known"));
    }

    private static List<String> firstAndLast(List<String> thread) {
        return thread.size() < 2 ? thread : List.of(thread.get(0), thread.get(thread.size() - 1));
    }

    private List<Destination> destinations(Handle handle, List<Count> domains, Outgoing mail, Instant firstNews) {
        Instant lastMail = handle.select("SELECT MAX(made_at) FROM alert_mail WHERE incident_id = ? AND number < ?"
                + " AND what IN ('opened', 'update')", mail.incidentId(), mail.number()).mapTo(Instant.class).findOne().orElse(null);
        Instant since = Figures.since(mail.madeAt().minus(Duration.ofHours(Figures.hours(firstNews, mail.madeAt()))), lastMail, firstNews);
        List<String> withNews = domains.stream().filter(domain -> domain.news() > 0).map(Count::what).toList();
        Map<String, Long> finished = BounceCounts.within(jdbi, counts -> counts.finished(withNews, since, mail.madeAt()),
                Map.of());
        return domains.stream().map(domain -> new Destination(domain.what(), domain.count(), domain.news(),
                finished.getOrDefault(domain.what(), 0L))).toList();
    }

    /**
     * Why the incident is over. Its most frequent destination takes mail again if two things are true: in the hour up to its last bounce,
     * at least half of the mail there bounced, most of it for a cause of the whole destination; and later mail succeeded there. Otherwise
     * nothing more is known than that it is quiet.
     */
    private Ending ending(Handle handle, Outgoing mail, List<Count> domains) {
        String domain = domains.isEmpty() ? "" : domains.get(0).what();
        String there = FROM_INCIDENT + " AND " + BounceCounts.DOMAIN + " = ?";
        Instant last = handle.select("SELECT MAX(e.received_at)" + there, mail.incidentId(), domain).mapTo(Instant.class).findOne()
                .orElse(mail.lastBounceAt());
        Instant before = last.minus(Duration.ofHours(1));
        List<Count> causes = handle.select("SELECT e.cause AS what, COUNT(*) AS count, 0 AS news" + there + " AND e.received_at > ?"
                + " GROUP BY e.cause ORDER BY count DESC, what", mail.incidentId(), domain, before).map(MailContents::count).list();
        if (causes.isEmpty() || !BounceCounts.OF_DESTINATION.contains(causes.get(0).what())) {
            return Ending.QUIET;
        }
        long bounced = causes.stream().mapToLong(Count::count).sum();
        return BounceCounts.within(jdbi, counts -> counts.hasTaken(domain, last, mail.madeAt())
                && 2 * bounced >= counts.finished(List.of(domain), before, last).getOrDefault(domain, bounced), false)
                ? Ending.TAKEN_AGAIN : Ending.QUIET;
    }

    private static Count count(ResultSet row, StatementContext context) throws SQLException {
        return new Count(line(row.getString("what")), row.getLong("count"), row.getLong("news"));
    }

    /** Control characters and line breaks become spaces. Otherwise a subject of several lines would look like lines of the mail. */
    private static String line(String text) {
        String line = text == null ? "" : text.replaceAll("[\\p{Cc}\\p{Zl}\\p{Zp}]+", " ").strip();
        return line.length() <= MAX_TEXT ? line
                : line.substring(0, line.offsetByCodePoints(0, line.codePointCount(0, MAX_TEXT))) + "…";
    }
}
