package org.mailevents.console;

import java.time.Instant;
import java.util.UUID;

/**
 * An event as the API answers it.
 *
 * @param status  of a delivery, as the vendor sent it; of a bounce {@code bounced}; of another type, the name of the type
 * @param code    of a bounce, or of another type: the status as the vendor sent it; of a delivery null
 * @param cause   of a bounce or of a failed delivery; otherwise null, as {@code dead}
 * @param alertId the mail that reports this bounce; null if there is none
 */
record EventView(UUID eventId, String messageId, String recipient, String eventType, String status, String code, String cause, Boolean dead,
        String kind, String audience, String routeRevision, String reason, String enhancedCode, String sender, String subject,
        String apiData, Instant occurredAt, Instant receivedAt, String alertState, UUID alertId) {

    /** SQL: the status. */
    static final String STATUS = "CASE event_type WHEN 'deliveries' THEN status WHEN 'bounces' THEN 'bounced' ELSE event_type END";
    /** SQL: the columns of {@code mail_event} for a record. */
    static final String COLUMNS = "event_id, message_id, recipient, event_type, " + STATUS + " AS status,"
            + " CASE WHEN event_type <> 'deliveries' THEN status END AS code, cause, dead, kind, audience, route_revision, reason,"
            + " enhanced_code, sender, subject, api_data, occurred_at, received_at, alert_state, alert_id";
}
