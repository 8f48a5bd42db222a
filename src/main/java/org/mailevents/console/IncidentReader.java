package org.mailevents.console;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/** Reads what happened in an incident: its mails, its bounces, the deliveries of its mails, and the answers of their recipients. */
final class IncidentReader {

    /** How many rows each list of an incident has at most. */
    private static final int MOST = 200;
    /** An answer to another mail that kept recipients from mails of this incident: a mute with an end, or a digest. */
    private static final String HELD_MEANWHILE = "a.audience = i.audience AND (a.what = 'less-often' OR a.until_time IS NOT NULL)"
            + " AND a.answered_at <= COALESCE(i.closed_at, a.answered_at)"
            + " AND COALESCE(a.undone_at, a.until_time, i.opened_at) >= i.opened_at";

    private final Jdbi jdbi;

    IncidentReader(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /**
     * An incident as the API answers it.
     *
     * @param closedAt       null while the incident is open
     * @param acknowledgedBy the recipient who takes care of the incident; null if nobody does
     * @param mails          the newest first
     * @param bounces        the most frequent cause and destination first
     * @param deliveries     those of the newest mail first
     * @param answers        those to its mails, and all that kept recipients from its mails, the newest first
     */
    record View(UUID incidentId, String audience, Instant openedAt, Instant lastBounceAt, Instant closedAt, Instant acknowledgedAt,
            String acknowledgedBy, List<Mail> mails, List<Bounces> bounces, List<Delivery> deliveries, List<Answer> answers) {
    }

    private record Incident(UUID incidentId, String audience, Instant openedAt, Instant lastBounceAt, Instant closedAt,
            Instant acknowledgedAt, String acknowledgedBy) {
    }

    /**
     * @param what   the part of the mail in the incident
     * @param sentAt when the first recipient was told; null before that
     */
    record Mail(int number, String what, Instant madeAt, Instant sentAt) {
    }

    /** How many bounces have one cause and one destination. */
    record Bounces(String cause, String domain, long bounces) {
    }

    /**
     * @param number  of the mail
     * @param retryAt the time of the next attempt; null once the mail was sent or given up
     * @param failure what the server last answered
     */
    record Delivery(int number, String channel, String recipient, Instant sentAt, Instant gaveUpAt, Instant retryAt, String failure) {
    }

    /** A row of {@code alert_answer}, with the names of its columns. */
    record Answer(String what, String recipient, String cause, String domain, Instant untilTime, String frequency, Instant answeredAt,
            Instant undoneAt) {
    }

    /**
     * @param id null counts as an id that is not valid
     * @return empty if there is no such incident
     * @throws IllegalArgumentException if the id is not valid
     */
    Optional<View> read(String id) {
        UUID incident = uuid(id);
        return jdbi.inTransaction(handle -> handle.select("SELECT incident_id, audience, opened_at, last_bounce_at, closed_at,"
                + " acknowledged_at, acknowledged_by FROM alert_incident WHERE incident_id = ?", incident).mapTo(Incident.class).findOne()
                .map(found -> view(handle, found)));
    }

    private static UUID uuid(String id) {
        try {
            return UUID.fromString(id == null ? "" : id);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("Set id to the incidentId of an incident, as GET /api/incidents names it.", e);
        }
    }

    private static View view(Handle handle, Incident incident) {
        return new View(incident.incidentId(), incident.audience(), incident.openedAt(), incident.lastBounceAt(), incident.closedAt(),
                incident.acknowledgedAt(), incident.acknowledgedBy(),
                list(handle, Mail.class, incident, "SELECT number, what, made_at, sent_at FROM alert_mail WHERE incident_id = ?"
                        + " ORDER BY number DESC"),
                list(handle, Bounces.class, incident, "SELECT e.cause, LOWER(SUBSTRING(e.recipient FROM POSITION('@' IN e.recipient) + 1))"
                        + " AS domain, COUNT(*) AS bounces FROM mail_event e JOIN alert_mail m ON m.mail_id = e.alert_id"
                        + " WHERE m.incident_id = ? GROUP BY 1, 2 ORDER BY bounces DESC, 1, 2"),
                list(handle, Delivery.class, incident, "SELECT m.number, d.channel, d.recipient, d.sent_at, d.gave_up_at, d.retry_at,"
                        + " d.failure FROM alert_delivery d JOIN alert_mail m ON m.mail_id = d.mail_id WHERE m.incident_id = ?"
                        + " ORDER BY m.number DESC, d.channel, d.recipient"),
                list(handle, Answer.class, incident, "SELECT a.what, a.recipient, a.cause, a.domain, a.until_time, a.frequency,"
                        + " a.answered_at, a.undone_at FROM alert_answer a JOIN alert_incident i ON i.incident_id = ?"
                        + " WHERE a.incident_id = i.incident_id OR " + HELD_MEANWHILE + " ORDER BY a.answered_at DESC"));
    }

    private static <T> List<T> list(Handle handle, Class<T> type, Incident incident, String sql) {
        return handle.select(sql + " LIMIT " + MOST, incident.incidentId()).mapTo(type).list();
    }
}
