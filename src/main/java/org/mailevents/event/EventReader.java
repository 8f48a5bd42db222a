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
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
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

    private static final Set<String> KNOWN_KEYS = Set.of("created", "returnPath", "from", "to", "messageId", "reason", "senderIp",
            "sourceIp", "status", "subject", "apiData", "envelopeFrom", "envelopeTo");
    /** Outside these years PostgreSQL and Java write a year differently. */
    private static final int FIRST_YEAR = 1970;
    private static final int LAST_YEAR = 9999;
    private static final Set<String> INDEXED_KEYS = Set.of("messageId", "to", "envelopeTo");
    private static final DateTimeFormatter CREATED =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withResolverStyle(ResolverStyle.STRICT);
    /**
     * An enhanced status code (RFC 3463, section 2), but not a part of an IP address such as 192.0.2.10. What stands before it is looked
     * at only after its first two characters, because nearly no character of a reply is one of these digits.
     */
    private static final Pattern ENHANCED_CODE = Pattern.compile("[245]\\.(?<![\\d.]..)\\d{1,3}\\.\\d{1,3}(?![\\d.]*\\d)");
    /** PostgreSQL indexes at most 2,704 bytes of a Message-ID or an address. A line of a mail has at most 998 (RFC 5322, 2.1.1). */
    private static final int MAX_KEY_BYTES = 998;
    /** The most bytes that a Java char takes in UTF-8. */
    private static final int MAX_BYTES = 3;
    /** How many bytes of UTF-8 are stored of a reply. A usual reply has some hundred. A reply of megabytes would fill mails and memory. */
    private static final int MAX_REASON = 16 * 1_024;
    /** In characters. A varchar of H2 has at most 1,048,576. */
    private static final int MAX_TEXT = 1_000_000;
    /** The vendor does not send keys in a stable order, and an id must not depend on the order. */
    private static final ObjectMapper SORTED = JsonMapper.builder().enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

    private static final Causes.Conclusion NO_FAILURE = new Causes.Conclusion(null, null, false);

    private final ZoneId zone;
    private final Causes causes;
    private volatile Occurred lastOccurred = Occurred.UNKNOWN;

    /**
     * A time that was read. The events of a webhook often have the same, and to read it takes as long as to hash the event.
     *
     * @param at    the time in the zone of {@code webhook.time-zone}; null if there is none
     * @param asUtc the time as if it were in UTC, so that an id does not depend on a setting; null if there is none
     */
    private record Occurred(String created, Instant at, Instant asUtc) {

        static final Occurred UNKNOWN = new Occurred("", null, null);
    }

    /**
     * @param zone   the time zone of {@code created}, which is sent without a zone
     * @param causes decides the cause of each bounce and of each failed delivery
     */
    public EventReader(ZoneId zone, Causes causes) {
        this.zone = zone;
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
        Element values = Element.of(element);
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
        if (extra != null && extra.length() > MAX_TEXT) {
            throw new UnstorableEvent("the unknown keys are longer than " + MAX_TEXT + " characters");
        }
        Occurred occurred = occurred(createdText, delivery);
        UUID id = delivery
                ? EventId.at(occurred.asUtc, fields.serverComposition(), eventType, messageId, recipient, status, createdText, reason)
                : EventId.at(occurred.asUtc, fields.serverComposition(), eventType, canonical(element));
        Causes.Conclusion failure = bounce ? causes.decide(kept, recipient, status)
                : delivery && "failed".equals(status) ? causes.decide(kept, recipient, "") : NO_FAILURE;
        return new MailEvent(id, eventType, status, failure.cause(), failure.dead(), bounce ? failure.kind() : null, null, messageId,
                recipient,
                firstOf(values.text("from"), envelopeFrom), firstOf(values.text("returnPath"), envelopeFrom),
                values.text("subject"), values.text("apiData"), kept, enhancedCode(kept),
                values.text("sourceIp"), values.text("senderIp"), fields.serverComposition(),
                occurred.at, createdText, receivedAt, extra);
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

    private Occurred occurred(String created, boolean delivery) throws UnstorableEvent {
        if (created == null || created.isBlank()) {
            return Occurred.UNKNOWN;
        }
        Occurred latest = lastOccurred;
        if (created.equals(latest.created)) {
            return latest;
        }
        try {
            LocalDateTime time = LocalDateTime.parse(created, CREATED);
            if (time.getYear() >= FIRST_YEAR && time.getYear() <= LAST_YEAR) {
                latest = new Occurred(created, time.atZone(zone).toInstant(), time.toInstant(ZoneOffset.UTC));
                lastOccurred = latest;
                return latest;
            }
        } catch (DateTimeException e) {
            // The exception below says so.
        }
        if (delivery) {
            throw new UnstorableEvent("created is not a date and time in the form YYYY-MM-DD HH:MM:SS, from 1970 to 9999");
        }
        return Occurred.UNKNOWN;
    }

    private static String enhancedCode(String reason) {
        Matcher matcher = ENHANCED_CODE.matcher(reason == null ? "" : reason);
        return matcher.find() ? matcher.group() : null;
    }

    /** The beginning of a reply, cut between two characters. A short reply is returned unchanged, as the same object. */
    private static String cut(String reason) {
        if (reason == null || reason.length() <= MAX_REASON / MAX_BYTES) {
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

    /**
     * An element of the array.
     *
     * @param flaws why a database would refuse the value of a known key, by the key. Nearly always empty
     */
    private record Element(JsonNode node, Map<String, String> flaws) {

        static Element of(JsonNode node) {
            Map<String, String> flaws = Map.of();
            for (Map.Entry<String, JsonNode> field : node.properties()) {
                String flaw = KNOWN_KEYS.contains(field.getKey()) ? flaw(field.getKey(), value(field.getValue())) : null;
                if (flaw != null) {
                    flaws = new LinkedHashMap<>(flaws);
                    flaws.put(field.getKey(), flaw);
                }
            }
            return new Element(node, flaws);
        }

        void requireStorable() throws UnstorableEvent {
            if (!flaws.isEmpty()) {
                throw new UnstorableEvent(flaws.values().iterator().next());
            }
        }

        /** The text of a known key, if a database can store it. Any other value goes into {@link #extra}. */
        String text(String key) {
            return flaws.containsKey(key) ? null : value(node.path(key));
        }

        /** A number counts as its text. */
        private static String value(JsonNode value) {
            return value.isValueNode() && !value.isNull() ? value.asText() : null;
        }

        /**
         * The values that have no column.
         *
         * @param beside       the values beside the array
         * @param reasonLength how many characters the reply had before it was cut, or 0 if it was not cut
         * @return a JSON object, or null if there are none
         */
        String extra(ObjectNode beside, int reasonLength) {
            ObjectNode extra = JsonNodeFactory.instance.objectNode().setAll(beside);
            if (reasonLength > 0) {
                extra.put("reasonLength", reasonLength);
            }
            for (Map.Entry<String, JsonNode> field : node.properties()) {
                if (!KNOWN_KEYS.contains(field.getKey()) || field.getValue().isContainerNode() || flaws.containsKey(field.getKey())) {
                    extra.set(field.getKey(), field.getValue());
                }
            }
            return extra.isEmpty() ? null : LoneSurrogates.escape(extra.toString());
        }

        /** Why a database would refuse a text, or null. */
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
                return key + " holds half of a surrogate pair, which is not a character";
            }
            if (text.length() > MAX_KEY_BYTES / MAX_BYTES && INDEXED_KEYS.contains(key)
                    && text.getBytes(StandardCharsets.UTF_8).length > MAX_KEY_BYTES) {
                return key + " is longer than the " + MAX_KEY_BYTES + " bytes that RFC 5322 allows a line";
            }
            return null;
        }
    }
}
