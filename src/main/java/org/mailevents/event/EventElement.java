package org.mailevents.event;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * An element of a webhook's array.
 *
 * @param flaws why a database would refuse the value of a known key, by the key. Nearly always empty
 */
record EventElement(JsonNode node, Map<String, String> flaws) {

    private static final Set<String> KNOWN_KEYS = Set.of("created", "returnPath", "from", "to", "messageId", "reason", "senderIp",
            "sourceIp", "status", "subject", "apiData", "envelopeFrom", "envelopeTo");
    private static final Set<String> INDEXED_KEYS = Set.of("messageId", "to", "envelopeTo");
    /** PostgreSQL indexes at most 2,704 bytes of a Message-ID or an address. A line of a mail has at most 998 (RFC 5322, 2.1.1). */
    private static final int MAX_KEY_BYTES = 998;
    /** The most bytes that a Java char takes in UTF-8. */
    static final int MAX_BYTES = 3;
    /** In characters. A varchar of H2 has at most 1,048,576. */
    private static final int MAX_TEXT = 1_000_000;

    static EventElement of(JsonNode node) {
        Map<String, String> flaws = Map.of();
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            String flaw = KNOWN_KEYS.contains(field.getKey()) ? flaw(field.getKey(), value(field.getValue())) : null;
            if (flaw != null) {
                flaws = new LinkedHashMap<>(flaws);
                flaws.put(field.getKey(), flaw);
            }
        }
        return new EventElement(node, flaws);
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
     * @throws UnstorableEvent if these values are too long
     */
    String extra(ObjectNode beside, int reasonLength) throws UnstorableEvent {
        ObjectNode extra = JsonNodeFactory.instance.objectNode().setAll(beside);
        if (reasonLength > 0) {
            extra.put("reasonLength", reasonLength);
        }
        for (Map.Entry<String, JsonNode> field : node.properties()) {
            if (!KNOWN_KEYS.contains(field.getKey()) || field.getValue().isContainerNode() || flaws.containsKey(field.getKey())) {
                extra.set(field.getKey(), field.getValue());
            }
        }
        if (extra.isEmpty()) {
            return null;
        }
        String text = LoneSurrogates.escape(extra.toString());
        if (text.length() > MAX_TEXT) {
            throw new UnstorableEvent("the unknown keys are longer than " + MAX_TEXT + " characters");
        }
        return text;
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
