package org.mailevents.store;

import java.util.ArrayList;
import java.util.List;
import org.mailevents.event.MailEvent;
import org.mailevents.event.RejectedEvent;
import org.mailevents.settings.Settings;
import org.mailevents.store.Insert.Column;

/** The INSERTs of the two tables that hold the elements of webhooks. */
final class EventTables {

    /** Each row is its own outbox: the alert of an event with an audience is pending from the start, unless the audience is muted. */
    private static final List<Column<MailEvent>> EVENT_COLUMNS = List.of(
            new Column<>("event_id", "uuid", MailEvent::eventId),
            new Column<>("event_type", "varchar", MailEvent::eventType),
            new Column<>("status", "varchar", MailEvent::status),
            new Column<>("cause", "varchar", MailEvent::cause),
            new Column<>("dead", "boolean", event -> event.cause() == null ? null : event.dead()),
            new Column<>("kind", "varchar", MailEvent::kind),
            new Column<>("audience", "varchar", MailEvent::audience),
            new Column<>("message_id", "varchar", MailEvent::messageId),
            new Column<>("recipient", "varchar", MailEvent::recipient),
            new Column<>("sender", "varchar", MailEvent::sender),
            new Column<>("return_path", "varchar", MailEvent::returnPath),
            new Column<>("subject", "varchar", MailEvent::subject),
            new Column<>("api_data", "varchar", MailEvent::apiData),
            new Column<>("reason", "varchar", MailEvent::reason),
            new Column<>("enhanced_code", "varchar", MailEvent::enhancedCode),
            new Column<>("source_ip", "varchar", MailEvent::sourceIp),
            new Column<>("sender_ip", "varchar", MailEvent::senderIp),
            new Column<>("server_composition", "varchar", MailEvent::serverComposition),
            new Column<>("occurred_at", "timestamp with time zone", MailEvent::occurredAt),
            new Column<>("created_text", "varchar", MailEvent::createdText),
            new Column<>("received_at", "timestamp with time zone", MailEvent::receivedAt),
            new Column<>("extra", "varchar", MailEvent::extra),
            new Column<>("alert_state", "varchar", EventTables::alertState));

    static final Insert<RejectedEvent> REJECTED = new Insert<>("rejected_event", List.of(
            new Column<>("rejected_id", "uuid", RejectedEvent::rejectedId),
            new Column<>("received_at", "timestamp with time zone", RejectedEvent::receivedAt),
            new Column<>("reason", "varchar", RejectedEvent::reason),
            new Column<>("payload", "text", RejectedEvent::payload)));

    private EventTables() {
    }

    /** @param revision the revision of the routes that decided the events */
    static Insert<MailEvent> events(String revision) {
        List<Column<MailEvent>> columns = new ArrayList<>(EVENT_COLUMNS);
        columns.add(new Column<>("route_revision", "varchar", event -> revision));
        return new Insert<>("mail_event", columns);
    }

    private static String alertState(MailEvent event) {
        return event.audience() == null || event.audience().equals(Settings.MUTED) ? null : "pending";
    }
}
