package org.mailevents.event;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;

/**
 * What cannot be stored as an event, kept as a row of {@code rejected_event}.
 *
 * @param rejectedId the same for the same payload, so that a repeated webhook adds no second row
 * @param receivedAt when it arrived
 * @param reason     what to change, for the reader of the table
 * @param payload    for an element a webhook of its own that can be posted again, for an unreadable body its text; no secret in it
 */
public record RejectedEvent(UUID rejectedId, Instant receivedAt, String reason, String payload) {

    private static final ObjectMapper JSON = new ObjectMapper();

    public RejectedEvent(Instant receivedAt, String reason, String payload) {
        this(EventId.of(payload), receivedAt, reason, payload);
    }

    /** An event that could be read, and that the database refuses. */
    public static RejectedEvent of(MailEvent event, String reason) {
        Map<String, String> known = new LinkedHashMap<>();
        known.put("created", event.createdText());
        known.put("returnPath", event.returnPath());
        known.put("from", event.sender());
        known.put("to", event.recipient());
        known.put("messageId", event.messageId());
        known.put("reason", event.reason());
        known.put("senderIp", event.senderIp());
        known.put("sourceIp", event.sourceIp());
        known.put("status", event.status());
        known.put("subject", event.subject());
        known.put("apiData", event.apiData());
        known.values().removeIf(value -> value == null);
        ObjectNode element = extra(event);
        known.forEach(element::put);
        ObjectNode beside = JsonNodeFactory.instance.objectNode();
        return new RejectedEvent(event.receivedAt(), reason, payload(beside, event.serverComposition(), event.eventType(), element));
    }

    /** A rejected element as a webhook of its own; {@code beside} are the unknown keys beside its array. */
    public static String payload(ObjectNode beside, String serverComposition, String eventType, JsonNode element) {
        ObjectNode webhook = beside.deepCopy();
        webhook.put("event_type", eventType).put("server_composition", serverComposition);
        webhook.putObject("event").putArray(eventType).add(element);
        return LoneSurrogates.escape(webhook.toString());
    }

    private static ObjectNode extra(MailEvent event) {
        try {
            return event.extra() == null ? JsonNodeFactory.instance.objectNode() : (ObjectNode) JSON.readTree(event.extra());
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("extra was written as a JSON object", e);
        }
    }
}
