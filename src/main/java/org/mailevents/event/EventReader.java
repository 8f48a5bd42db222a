package org.mailevents.event;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Locale;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads one element of a webhook's array into a {@link MailEvent}, or says why the element cannot be stored.
 *
 * <p>The limits of the databases are checked here, and are the same for each database. One value that PostgreSQL refuses would fail the
 * INSERT that many events share. A delivery or bounce beyond the limits becomes a rejected event. The vendor has not described the
 * records of other types, so such a value of theirs is only left out of its column.
 */
public final class EventReader {

    /**
     * An enhanced status code (RFC 3463, section 2), but not a part of an IP address such as 192.0.2.10. What stands before it is looked
     * at only after its first two characters, because nearly no character of a reply is one of these digits.
     */
    private static final Pattern ENHANCED_CODE = Pattern.compile("[245]\\.(?<![\\d.]..)\\d{1,3}\\.\\d{1,3}(?![\\d.]*\\d)");
    /** How many bytes of UTF-8 are stored of a reply. A usual reply has some hundred. A reply of megabytes would fill mails and memory. */
    private static final int MAX_REASON = 16 * 1_024;
    /** The vendor does not send keys in a stable order, and an id must not depend on the order. */
    private static final ObjectMapper SORTED = JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

    private static final Causes.Conclusion NO_FAILURE = new Causes.Conclusion(null, null, false);

    private final CreatedTimes times;
    private final Causes causes;

    /**
     * @param zone   the time zone of {@code created}, which is sent without a zone
     * @param causes decides the cause of each bounce and of each failed delivery
     */
    public EventReader(ZoneId zone, Causes causes) {
        this.times = new CreatedTimes(zone);
        this.causes = causes;
    }

    /**
     * @param fields     the fields of the webhook
     * @param element    one element of its array
     * @param receivedAt when the webhook arrived
     * @return the event, without an audience
     * @throws UnstorableEvent if the element cannot be stored; the message is the reason in {@code rejected_event}
     */
    public MailEvent read(WebhookFields fields, JsonNode element, Instant receivedAt) throws UnstorableEvent {
        if (!element.isObject()) {
            String type = element.getNodeType().name().toLowerCase(Locale.ROOT);
            throw new UnstorableEvent("the element is not a JSON object but of the type " + type);
        }
        String eventType = fields.eventType();
        boolean bounce = eventType.equals(MailEvent.BOUNCES);
        boolean delivery = bounce || eventType.equals(MailEvent.DELIVERIES);
        EventElement values = EventElement.of(element);
        if (delivery) {
            values.requireStorable();
        }
        String messageId = values.text("messageId");
        String recipient = firstOf(values.text("to"), values.text("envelopeTo"));
        String envelopeFrom = values.text("envelopeFrom");
        String createdText = values.text("created");
        String reason = values.text("reason");
        String status = values.text("status");
        if (delivery) {
            require("messageId", messageId);
            require("to", recipient);
        }
        String kept = cut(reason);
        String extra = values.extra(fields.unknown(), kept == reason ? 0 : reason.length());
        CreatedTimes.Occurred occurred = times.read(createdText);
        if (delivery && occurred == CreatedTimes.Occurred.UNREADABLE) {
            throw new UnstorableEvent("created is not a date and time in the form YYYY-MM-DD HH:MM:SS, from 1970 to 9999");
        }
        UUID id = delivery
                ? EventId.at(occurred.asUtc(), fields.serverComposition(), eventType, messageId, recipient, status, createdText, reason)
                : EventId.at(occurred.asUtc(), fields.serverComposition(), eventType, canonical(element));
        Causes.Conclusion failure = bounce ? causes.decide(kept, recipient, status)
                : delivery && "failed".equals(status) ? causes.decide(kept, recipient, "") : NO_FAILURE;
        return new MailEvent(id, eventType, status, failure.cause(), failure.dead(), bounce ? failure.kind() : null, null, messageId,
                recipient,
                firstOf(values.text("from"), envelopeFrom), firstOf(values.text("returnPath"), envelopeFrom),
                values.text("subject"), values.text("apiData"), kept, enhancedCode(kept),
                values.text("sourceIp"), values.text("senderIp"), fields.serverComposition(),
                occurred.at(), createdText, receivedAt, extra);
    }

    /**
     * A stored event as it was before the routes decided: without an audience, and with the kind of its cause. The cause stays, even if
     * the rules have been edited since.
     */
    public MailEvent undecided(MailEvent stored) {
        boolean bounce = stored.eventType().equals(MailEvent.BOUNCES) && stored.cause() != null;
        return stored.decided(bounce ? kindOfCause(stored) : null, null);
    }

    /** For some codes, the kind also depends on whether a rule applied, so the rules are asked first. */
    private String kindOfCause(MailEvent bounce) {
        Causes.Conclusion today = causes.decide(bounce.reason(), bounce.recipient(), bounce.status());
        return today.cause().equals(bounce.cause()) ? today.kind()
                : causes.all().stream().filter(cause -> cause.cause().equals(bounce.cause())).map(Causes.Conclusion::kind).findFirst()
                        .orElse(bounce.kind());
    }

    private static String firstOf(String text, String other) {
        return text == null || text.isBlank() && other != null ? other : text;
    }

    private static void require(String key, String text) throws UnstorableEvent {
        if (text == null || text.isBlank()) {
            throw new UnstorableEvent(key + " is missing");
        }
    }

    private static String enhancedCode(String reason) {
        Matcher matcher = ENHANCED_CODE.matcher(reason == null ? "" : reason);
        return matcher.find() ? matcher.group() : null;
    }

    /** The beginning of a reply, cut between two characters. A short reply is returned unchanged, as the same object. */
    private static String cut(String reason) {
        if (reason == null || reason.length() <= MAX_REASON / EventElement.MAX_BYTES) {
            return reason;
        }
        CharBuffer text = CharBuffer.wrap(reason);
        StandardCharsets.UTF_8.newEncoder().encode(text, ByteBuffer.allocate(MAX_REASON), true);
        return text.hasRemaining() ? reason.substring(0, text.position()) : reason;
    }

    private static String canonical(JsonNode element) {
        try {
            return LoneSurrogates.escape(SORTED.writeValueAsString(SORTED.treeToValue(element, Object.class)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A JSON tree could not be written although it was read", e);
        }
    }
}
