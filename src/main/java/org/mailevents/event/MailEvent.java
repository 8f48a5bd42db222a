package org.mailevents.event;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonRawValue;
import com.fasterxml.jackson.databind.annotation.JsonSerialize;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import java.time.Instant;
import java.util.Locale;
import java.util.UUID;

/**
 * One delivery, bounce or other event as it is stored: a row of {@code mail_event}. The routes read its components by name, for instance
 * <code>${body.status}</code>. A step {@code marshal: json} writes an event as a JSON object of the same names. Its times are in UTC
 * (RFC 3339).
 *
 * @param eventId           the id, which is the same each time the event arrives; see {@link EventId}
 * @param eventType         {@code deliveries}, {@code bounces} or a different type, as sent
 * @param status            the word of a delivery or the code of a bounce, as sent
 * @param cause             the id of the cause of a bounce or of a failed delivery, such as {@code mailbox-full}; null for other events
 * @param dead              whether the address is dead, so that writing to it is of no use
 * @param kind              the kind of the cause of a bounce, or the kind that the routes set, or null
 * @param audience          the audience that the routes want to alert, {@code none} for a muted event, or null if they decide nothing
 * @param messageId         the Message-ID with its angle brackets, as sent
 * @param recipient         the address to which the mail was sent ({@code to}, in version 1 {@code envelopeTo})
 * @param sender            {@code from}
 * @param returnPath        the envelope sender
 * @param subject           the subject, decoded by the vendor
 * @param apiData           the header {@code X-Api-Data} that the sender set, to find the mail in the sender's own records
 * @param reason            the receiving server's reply or the vendor's words
 * @param enhancedCode      the RFC 3463 status code found in the reason, for instance {@code 5.1.1}, or null
 * @param sourceIp          the address of the machine that handed the mail to the vendor
 * @param senderIp          the vendor's address that delivered it
 * @param serverComposition the vendor's name for the customer's servers
 * @param occurredAt        {@code created} as an instant, or null where none was sent
 * @param createdText       {@code created} as sent, without a zone
 * @param receivedAt        when the webhook arrived
 * @param extra             the keys without a column, as a JSON object, or null
 */
public record MailEvent(
        UUID eventId, String eventType, String status, String cause, boolean dead, String kind, String audience,
        String messageId, String recipient, String sender, String returnPath, String subject, String apiData,
        String reason, String enhancedCode, String sourceIp, String senderIp, String serverComposition,
        @JsonSerialize(using = ToStringSerializer.class) Instant occurredAt, String createdText,
        @JsonSerialize(using = ToStringSerializer.class) Instant receivedAt, @JsonRawValue String extra) {

    /**
     * The recipient in lower case, because receiving servers treat an address in upper and lower case alike. It is for comparisons; the
     * {@link #recipient} is as it was sent.
     *
     * @return the hash if recipients are hashed ({@code privacy.hash-recipients}); null if there is no recipient
     */
    @JsonProperty
    public String address() {
        return recipient == null ? null : recipient.toLowerCase(Locale.ROOT);
    }

    /**
     * The part of the recipient behind the last at sign, in lower case (RFC 5321, 2.4: a domain is not case-sensitive).
     * The hash of a recipient keeps the domain.
     *
     * @return null if the recipient has no at sign, as may be with a hash of something that is not an address
     */
    @JsonProperty
    public String domain() {
        int at = recipient == null ? -1 : recipient.lastIndexOf('@');
        return at < 0 ? null : recipient.substring(at + 1).toLowerCase(Locale.ROOT);
    }

    /** The event type of bounces. */
    public static final String BOUNCES = "bounces";
    /** The event type of deliveries. */
    public static final String DELIVERIES = "deliveries";

    /** The id only. Error messages quote their objects, and no address may get into a log. */
    @Override
    public String toString() {
        return "MailEvent[" + eventId + "]";
    }

    /** Compares the ids, which are made from the content. */
    @Override
    public boolean equals(Object other) {
        return other instanceof MailEvent event && eventId.equals(event.eventId);
    }

    @Override
    public int hashCode() {
        return eventId.hashCode();
    }

    /** The same event with the decisions of the routes. Both may be null. A bounce without an audience gets {@code alert.undecided}. */
    public MailEvent decided(String kind, String audience) {
        return new MailEvent(eventId, eventType, status, cause, dead, kind, audience, messageId, recipient, sender, returnPath, subject,
                apiData, reason, enhancedCode, sourceIp, senderIp, serverComposition, occurredAt, createdText, receivedAt, extra);
    }
}
