package org.mailevents.event;

import java.time.Instant;
import java.util.UUID;

/**
 * One delivery, bounce or other event, as it is stored: a row of {@code mail_event}.
 * The routes read its components by name, for instance <code>${body.status}</code>.
 *
 * @param eventId           the same for the same event, however often it arrives; see {@link EventId}
 * @param eventType         {@code deliveries}, {@code bounces} or another type, as sent
 * @param status            as sent: a word for a delivery, the code for a bounce
 * @param kind              what the routes make of the status, or null
 * @param audience          who the routes want alerted, or null for nobody
 * @param messageId         with its angle brackets, as sent
 * @param recipient         the address the mail was for ({@code to}, in version 1 {@code envelopeTo})
 * @param sender            {@code from}
 * @param returnPath        the envelope sender
 * @param subject           decoded by the vendor
 * @param apiData           the sender's own {@code X-Api-Data} header, to correlate with one's own records
 * @param reason            the receiving server's reply or the vendor's words
 * @param enhancedCode      the RFC 3463 status code found in the reason, for instance {@code 5.1.1}, or null
 * @param sourceIp          who handed the mail in
 * @param senderIp          the vendor's address that delivered it
 * @param serverComposition the vendor's name for the customer's servers
 * @param occurredAt        {@code created} as an instant, or null where none was sent
 * @param createdText       {@code created} as sent, without a zone
 * @param receivedAt        when the webhook arrived here
 * @param extra             the keys we do not know, as a JSON object, or null
 */
public record MailEvent(
        UUID eventId, String eventType, String status, String kind, String audience,
        String messageId, String recipient, String sender, String returnPath, String subject, String apiData,
        String reason, String enhancedCode, String sourceIp, String senderIp, String serverComposition,
        Instant occurredAt, String createdText, Instant receivedAt, String extra) {

    /** The id only: error messages quote what they are about, and no address belongs into a log. */
    @Override
    public String toString() {
        return "MailEvent[" + eventId + "]";
    }

    /** By its id, which stands for its content. */
    @Override
    public boolean equals(Object other) {
        return other instanceof MailEvent event && eventId.equals(event.eventId);
    }

    @Override
    public int hashCode() {
        return eventId.hashCode();
    }

    /** The same event with what the routes decided; either may be null. */
    public MailEvent decided(String kind, String audience) {
        return new MailEvent(eventId, eventType, status, kind, audience, messageId, recipient, sender, returnPath, subject, apiData,
                reason, enhancedCode, sourceIp, senderIp, serverComposition, occurredAt, createdText, receivedAt, extra);
    }
}
