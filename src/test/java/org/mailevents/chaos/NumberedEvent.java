package org.mailevents.chaos;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import org.mailevents.support.Payload;

/**
 * A delivery or bounce. Its number is in its Message-ID and its recipient, so that a test can find it afterwards. The event is the same in
 * every webhook.
 *
 * @param type {@code deliveries} or {@code bounces}
 */
record NumberedEvent(String type, int number) {

    private static final List<String> STATUSES = List.of("queued", "succeeded", "deferred", "failed", "expired");
    private static final List<String> CODES = List.of("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "99", "42");
    /** The page shows the events of the last hours. The time is the same in every webhook, because it belongs to the event's identity. */
    private static final String CREATED = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withZone(ZoneId.of("Asia/Tokyo"))
            .format(Instant.now());
    private static final ObjectNode DELIVERY = Payload.delivery("queued");
    private static final ObjectNode BOUNCE = Payload.bounce("2");

    boolean bounce() {
        return type.equals("bounces");
    }

    String recipient() {
        return name() + "@example.net";
    }

    ObjectNode json() {
        ObjectNode element = (bounce() ? BOUNCE : DELIVERY).deepCopy();
        return element.put("status", status()).put("messageId", messageId()).put("to", recipient()).put("created", CREATED);
    }

    /** The values that its row must have. */
    Map<String, String> row() {
        return Map.of("message_id", messageId(), "recipient", recipient(), "event_type", type, "status", status());
    }

    private String status() {
        List<String> all = bounce() ? CODES : STATUSES;
        return all.get(number % all.size());
    }

    String messageId() {
        return "<" + name() + "@mta01.example.com>";
    }

    private String name() {
        return type + "-" + number;
    }
}
