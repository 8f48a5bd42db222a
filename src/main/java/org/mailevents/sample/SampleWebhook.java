package org.mailevents.sample;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * A webhook in the two formats that the vendor's console offers
 * (<a href="https://smtps.jp/docs/apiv2/webhook/event/index.html">vendor's documentation</a>).
 */
record SampleWebhook(String eventType, List<SampleEvent> events) {

    /** The vendor's default. */
    static final int MAX_EVENTS = 100;

    private static final ObjectMapper JSON = new ObjectMapper();

    /** @param apiKey the secret in the body; empty for none */
    String json(String apiKey) {
        ObjectNode fields = JSON.createObjectNode().put("event_type", eventType).put("server_composition", "pro");
        if (!apiKey.isEmpty()) {
            fields.put("api_key", apiKey);
        }
        fields.set("event", JSON.valueToTree(event()));
        return text(fields);
    }

    /** @param apiKey the secret in the body; empty for none */
    String form(String apiKey) {
        // the vendor escapes these two characters
        String event = text(event()).replace("<", "\\u003C").replace(">", "\\u003E");
        return "event_type=" + eventType + "&server_composition=pro" + (apiKey.isEmpty() ? "" : "&api_key=" + encoded(apiKey)) + "&event="
                + encoded(event);
    }

    private Map<String, Object> event() {
        return Map.of(eventType, events.stream().map(SampleEvent::element).toList());
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private static String text(Object json) {
        try {
            return JSON.writeValueAsString(json);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A map of texts cannot be written as JSON", e);
        }
    }
}
