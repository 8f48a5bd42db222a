package org.mailevents.sample;

import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Map;

/** A mail of the shop. Its methods make the events that Customers Mail Cloud reports; their seconds count from when the mail was queued. */
record SampleMessage(String id, ZonedDateTime queuedAt, String from, String to, String subject, String apiData) {

    private static final DateTimeFormatter CREATED = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");

    SampleEvent queued() {
        Map<String, String> element = element(queuedAt, "queued", "");
        element.put("sourceIp", "192.0.2.10");
        element.put("senderIp", "");
        return new SampleEvent("deliveries", queuedAt, element);
    }

    SampleEvent delivery(long seconds, String status, String reason) {
        ZonedDateTime at = queuedAt.plusSeconds(seconds);
        Map<String, String> element = element(at, status, reason);
        element.put("sourceIp", "");
        element.put("senderIp", "198.51.100.7");
        return new SampleEvent("deliveries", at, element);
    }

    SampleEvent bounce(long seconds, String code, String reason) {
        ZonedDateTime at = queuedAt.plusSeconds(seconds);
        return new SampleEvent("bounces", at, element(at, code, reason));
    }

    /** An event of the Pro plan. The vendor does not document its fields, so these are a guess. */
    SampleEvent block(long seconds, String code) {
        ZonedDateTime at = queuedAt.plusSeconds(seconds);
        return new SampleEvent("blocks", at, Map.of("created", CREATED.format(at), "email", to, "status", code));
    }

    private Map<String, String> element(ZonedDateTime at, String status, String reason) {
        return new HashMap<>(Map.of("created", CREATED.format(at), "status", status, "reason", reason, "messageId", id, "from", from,
                "returnPath", "bounce@return.shop.example.jp", "to", to, "subject", subject, "apiData", apiData));
    }
}
