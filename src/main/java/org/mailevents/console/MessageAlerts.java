package org.mailevents.console;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;

/** Reads the alerts that told somebody about a bounce. */
final class MessageAlerts {

    private static final String MAILS = "SELECT m.mail_id, m.incident_id, m.number, m.what, m.audience, m.made_at, m.sent_at,"
            + " i.acknowledged_at, i.acknowledged_by FROM alert_mail m LEFT JOIN alert_incident i ON i.incident_id = m.incident_id"
            + " WHERE m.mail_id = ANY (?) ORDER BY m.made_at";
    private static final String DELIVERIES = "SELECT mail_id, channel, recipient, sent_at, gave_up_at, retry_at, failure"
            + " FROM alert_delivery WHERE mail_id = ANY (?) ORDER BY channel, recipient";

    private MessageAlerts() {
    }

    /**
     * An alert.
     *
     * @param what           the part of the mail in its incident
     * @param sentAt         when the first recipient was told; null before that
     * @param acknowledgedBy the recipient who takes care of the incident; null if nobody does
     */
    record Alert(UUID alertId, UUID incidentId, Integer number, String what, String audience, Instant madeAt, Instant sentAt,
            List<Delivery> deliveries, Instant acknowledgedAt, String acknowledgedBy) {
    }

    /**
     * @param retryAt the time of the next attempt; null once the mail was sent or given up
     * @param failure what the server last answered
     */
    record Delivery(String channel, String recipient, Instant sentAt, Instant gaveUpAt, Instant retryAt, String failure) {
    }

    private record Mail(UUID mailId, UUID incidentId, Integer number, String what, String audience, Instant madeAt, Instant sentAt,
            Instant acknowledgedAt, String acknowledgedBy) {
    }

    private record DeliveryRow(UUID mailId, String channel, String recipient, Instant sentAt, Instant gaveUpAt, Instant retryAt,
            String failure) {
    }

    /** The alerts with these ids, the oldest first. */
    static List<Alert> read(Handle handle, UUID[] ids) {
        if (ids.length == 0) {
            return List.of();
        }
        Map<UUID, List<Delivery>> deliveries = handle.select(DELIVERIES, (Object) ids).mapTo(DeliveryRow.class).stream()
                .collect(Collectors.groupingBy(DeliveryRow::mailId, Collectors.mapping(row -> new Delivery(row.channel(), row.recipient(),
                        row.sentAt(), row.gaveUpAt(), row.retryAt(), row.failure()), Collectors.toList())));
        return handle.select(MAILS, (Object) ids).mapTo(Mail.class).map(mail -> new Alert(mail.mailId(), mail.incidentId(), mail.number(),
                mail.what(), mail.audience(), mail.madeAt(), mail.sentAt(), deliveries.getOrDefault(mail.mailId(), List.of()),
                mail.acknowledgedAt(), mail.acknowledgedBy())).list();
    }
}
