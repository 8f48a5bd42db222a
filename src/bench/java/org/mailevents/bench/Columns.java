package org.mailevents.bench;

import java.util.List;

/** The columns of {@code mail_event} that the INSERT of a new event sets. */
final class Columns {

    static final List<String> NAMES = List.of("event_id", "event_type", "status", "cause", "dead", "kind", "audience", "message_id",
            "recipient", "sender", "return_path", "subject", "api_data", "reason", "enhanced_code", "source_ip", "sender_ip",
            "server_composition", "occurred_at", "created_text", "received_at", "extra", "alert_state");

    private Columns() {
    }

    static String type(String name) {
        return name.equals("event_id") ? "uuid" : name.equals("dead") ? "boolean"
                : name.endsWith("_at") ? "timestamp with time zone" : "varchar";
    }
}
