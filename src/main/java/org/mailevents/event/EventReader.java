package org.mailevents.event;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads one element of a webhook's array into a {@link MailEvent}, or says why it cannot.
 * The databases' limits are checked here, on every database alike, because one value that PostgreSQL refuses would fail the
 * INSERT of all its neighbours. A delivery or bounce beyond them is set aside; of other types, whose records nobody has
 * described, such a value only stays out of its column.
 */
public final class EventReader {

    private static final Set<String> KNOWN_KEYS = Set.of("created", "returnPath", "from", "to", "messageId", "reason", "senderIp",
            "sourceIp", "status", "subject", "apiData", "envelopeFrom", "envelopeTo");
    /** Beyond these PostgreSQL and Java no longer agree on how a year is written. */
    private static final int FIRST_YEAR = 1970;
    private static final int LAST_YEAR = 9999;
    private static final Set<String> INDEXED_KEYS = Set.of("messageId", "to", "envelopeTo");
    private static final DateTimeFormatter CREATED =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withResolverStyle(ResolverStyle.STRICT);
    /** RFC 3463, section 2; not a part of an IP address such as 192.0.2.10. */
    private static final Pattern ENHANCED_CODE = Pattern.compile("(?<![\\d.])[245]\\.\\d{1,3}\\.\\d{1,3}(?![\\d.]*\\d)");
    /** A Message-ID and an address are indexed, and PostgreSQL indexes 2,704 bytes; a mail's line has at most 998 (RFC 5322, 2.1.1). */
    private static final int MAX_KEY_BYTES = 998;
    /** Of a character of Java's in UTF-8. */
    private static final int MAX_BYTES = 3;
    /** A reply is kept up to here, in bytes of UTF-8. An SMTP reply has some hundred; what is a thousand times as long would fill mails and memory. */
    private static final int MAX_REASON = 16 * 1_024;
    /** H2's varchar ends at 1,048,576 characters. */
    private static final int MAX_TEXT = 1_000_000;
    /** The order of keys is not stable in what the vendor sends, and an id must not depend on it. */
    private static final ObjectMapper SORTED = JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

    private final ZoneId zone;

    /** @param zone the zone of {@code created}, which is sent without one */
    public EventReader(ZoneId zone) {
        this.zone = zone;
    }

    /**
     * @param element one element of the array
     * @param beside  the unknown keys beside the array, which are kept with each of its events
     * @return the event, without kind and audience
     * @throws UnstorableEvent with a reason for the reader of {@code rejected_event}
     */
    public MailEvent read(String serverComposition, String eventType, JsonNode element, ObjectNode beside, Instant receivedAt)
            throws UnstorableEvent {
        if (!element.isObject()) {
            throw new UnstorableEvent("the element is no JSON object but " + element.getNodeType().name().toLowerCase());
        }
        boolean delivery = eventType.equals("deliveries") || eventType.equals("bounces");
        if (delivery) {
            requireStorable(element);
        }
        String messageId = text(element, "messageId");
        String recipient = firstOf(text(element, "to"), text(element, "envelopeTo"));
        String envelopeFrom = text(element, "envelopeFrom");
        String createdText = text(element, "created");
        String reason = text(element, "reason");
        String status = text(element, "status");
        if (delivery) {
            require("messageId", messageId);
            require("to", recipient);
        }
        String kept = cut(reason);
        String extra = extra(element, beside, kept == reason ? 0 : reason.length());
        if (extra != null && extra.length() > MAX_TEXT) {
            throw new UnstorableEvent("its unknown keys are longer than " + MAX_TEXT + " characters");
        }
        UUID id = delivery
                ? EventId.of(serverComposition, eventType, messageId, recipient, status, createdText, reason)
                : EventId.of(serverComposition, eventType, canonical(element));
        return new MailEvent(id, eventType, status, null, null, messageId, recipient,
                firstOf(text(element, "from"), envelopeFrom), firstOf(text(element, "returnPath"), envelopeFrom),
                text(element, "subject"), text(element, "apiData"), kept, enhancedCode(kept),
                text(element, "sourceIp"), text(element, "senderIp"), serverComposition,
                occurredAt(createdText, delivery), createdText, receivedAt, extra);
    }

    private static void requireStorable(JsonNode element) throws UnstorableEvent {
        for (Map.Entry<String, JsonNode> field : element.properties()) {
            String flaw = KNOWN_KEYS.contains(field.getKey()) ? flaw(field.getKey(), value(field.getValue())) : null;
            if (flaw != null) {
                throw new UnstorableEvent(flaw);
            }
        }
    }

    /** A known key's text, where the database can store it. What it cannot, and what is no text, stays in {@link #extra}. */
    private static String text(JsonNode element, String key) {
        String value = value(element.path(key));
        return flaw(key, value) == null ? value : null;
    }

    /** A number is taken as its text. */
    private static String value(JsonNode value) {
        return value.isValueNode() && !value.isNull() ? value.asText() : null;
    }

    private static String firstOf(String text, String other) {
        return text == null || text.isBlank() && other != null ? other : text;
    }

    /** Why a database would refuse this, or null. */
    private static String flaw(String key, String text) {
        if (text == null) {
            return null;
        }
        if (text.length() > MAX_TEXT && !key.equals("reason")) {
            return key + " is longer than " + MAX_TEXT + " characters";
        }
        if (text.indexOf('\0') >= 0) {
            return key + " holds a NUL character, which PostgreSQL cannot store";
        }
        if (LoneSurrogates.in(text)) {
            return key + " holds half of a surrogate pair, which is no character";
        }
        if (text.length() > MAX_KEY_BYTES / MAX_BYTES && INDEXED_KEYS.contains(key)
                && text.getBytes(StandardCharsets.UTF_8).length > MAX_KEY_BYTES) {
            return key + " is longer than the " + MAX_KEY_BYTES + " bytes that RFC 5322 allows a line";
        }
        return null;
    }

    private static void require(String key, String text) throws UnstorableEvent {
        if (text == null || text.isBlank()) {
            throw new UnstorableEvent(key + " is missing");
        }
    }

    private Instant occurredAt(String created, boolean delivery) throws UnstorableEvent {
        if (created == null || created.isBlank()) {
            return null;
        }
        try {
            LocalDateTime time = LocalDateTime.parse(created, CREATED);
            if (time.getYear() >= FIRST_YEAR && time.getYear() <= LAST_YEAR) {
                return time.atZone(zone).toInstant();
            }
        } catch (DateTimeException e) {
            // said below
        }
        if (delivery) {
            throw new UnstorableEvent("created is no date and time in the form YYYY-MM-DD HH:MM:SS, from 1970 to 9999");
        }
        return null;
    }

    private static String enhancedCode(String reason) {
        Matcher matcher = ENHANCED_CODE.matcher(reason == null ? "" : reason);
        return matcher.find() ? matcher.group() : null;
    }

    /** The beginning of a reply, whole characters; the same text where it is short enough. */
    private static String cut(String reason) {
        if (reason == null || reason.length() <= MAX_REASON / MAX_BYTES) {
            return reason;
        }
        CharBuffer text = CharBuffer.wrap(reason);
        StandardCharsets.UTF_8.newEncoder().encode(text, ByteBuffer.allocate(MAX_REASON), true);
        return text.hasRemaining() ? reason.substring(0, text.position()) : reason;
    }

    /** @param reasonLength how many characters the reply had before it was cut, or 0 */
    private static String extra(JsonNode element, ObjectNode beside, int reasonLength) {
        ObjectNode extra = JsonNodeFactory.instance.objectNode().setAll(beside);
        if (reasonLength > 0) {
            extra.put("reasonLength", reasonLength);
        }
        for (Map.Entry<String, JsonNode> field : element.properties()) {
            if (!KNOWN_KEYS.contains(field.getKey()) || field.getValue().isContainerNode()
                    || flaw(field.getKey(), value(field.getValue())) != null) {
                extra.set(field.getKey(), field.getValue());
            }
        }
        return extra.isEmpty() ? null : LoneSurrogates.escape(extra.toString());
    }

    private static String canonical(JsonNode element) {
        try {
            return LoneSurrogates.escape(SORTED.writeValueAsString(SORTED.treeToValue(element, Object.class)));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a tree that was read can be written", e);
        }
    }
}
