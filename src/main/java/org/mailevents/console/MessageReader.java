package org.mailevents.console;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.event.SentElement;

/**
 * Reads all that is known about a message to one recipient: its events, the state of the address, and the alerts that told somebody about
 * it.
 */
final class MessageReader {

    private static final int MOST = 1_000;
    /** The statuses from the weakest to the strongest, as in the view {@code message_status}. */
    private static final List<String> STATUSES = List.of("queued", "deferred", "succeeded", "failed", "bounced");
    /**
     * Events of the same second are in the order in which they follow each other. An event without a recipient belongs to every recipient
     * of its message.
     */
    static final String EVENTS = "SELECT " + EventView.COLUMNS + ", status AS sent_status, return_path, source_ip, sender_ip, created_text,"
            + " extra FROM event_by_address WHERE message_id IN (:id, CONCAT('<', CAST(:id AS varchar), '>'))"
            + " AND (CAST(:to AS varchar) IS NULL OR address = LOWER(CAST(:to AS varchar)) OR recipient IS NULL)"
            + " ORDER BY COALESCE(occurred_at, received_at), CASE WHEN event_type = 'bounces' THEN 5 WHEN event_type <> 'deliveries' THEN 6"
            + " WHEN status = 'queued' THEN 0 WHEN status = 'deferred' THEN 1 ELSE 2 END, received_at, event_id LIMIT " + MOST;

    private final Jdbi jdbi;

    /** @param jdbi limits the time of its statements */
    MessageReader(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    private record Row(EventView event, Sent sent) {
    }

    /** The columns of an event that only its element has. */
    private record Sent(String sentStatus, String returnPath, String sourceIp, String senderIp, String createdText, String extra) {

        private String value(EventView event, String key) {
            return switch (key) {
                case "status" -> sentStatus;
                case "to" -> event.recipient();
                case "reason" -> event.reason();
                case "apiData" -> event.apiData();
                case "from" -> event.sender();
                case "returnPath" -> returnPath;
                case "subject" -> event.subject();
                case "messageId" -> event.messageId();
                case "created" -> createdText;
                case "sourceIp" -> sourceIp;
                case "senderIp" -> senderIp;
                default -> throw new IllegalStateException("No column holds the key " + key);
            };
        }

        Event with(EventView event) {
            try {
                return new Event(event, SentElement.of(key -> value(event, key), extra));
            } catch (JsonProcessingException e) {
                throw new IllegalStateException("The extra keys of the event " + event.eventId() + " are not a JSON object", e);
            }
        }
    }

    /** @param raw the element as the vendor sent it, without the personal data that has been removed since */
    record Event(@JsonUnwrapped EventView event, ObjectNode raw) {
    }

    /**
     * A message to one recipient.
     *
     * @param recipient null if no event names one
     * @param outcome   the strongest status, or null if nothing is known of its delivery
     * @param events    the oldest first, at most 1,000
     * @param address   null if there is no recipient
     * @param alerts    the mails that report a bounce of this message, the oldest first
     */
    record Message(String messageId, String recipient, String sender, String subject, String apiData, String outcome, List<Event> events,
            AddressState address, List<MessageAlerts.Alert> alerts) {
    }

    /** The recipients of a message, of whom the caller has to choose one. */
    record Choice(String messageId, String sender, String subject, List<Recipient> recipients) {
    }

    /** @param outcome as in {@link Message} */
    record Recipient(String recipient, String outcome) {
    }

    /**
     * @param id with or without angle brackets
     * @param to as it is stored, in whatever case; null or empty asks for the only recipient
     * @return a {@link Message}; a {@link Choice} if the message has several recipients and none is named; null if there is no such message
     */
    Object read(String id, String to) {
        String named = to == null || to.isBlank() ? null : to.strip();
        if (id == null || id.isBlank()) {
            throw new IllegalArgumentException("Set id to the Message-ID of a message, and to to its recipient.");
        }
        return jdbi.inTransaction(handle -> {
            List<Row> rows = handle.createQuery(EVENTS).bind("id", id.strip()).bind("to", named).reduceRows(
                    new ArrayList<>(), (read, row) -> {
                        read.add(new Row(row.getRow(EventView.class), row.getRow(Sent.class)));
                        return read;
                    });
            Map<String, List<EventView>> recipients = byRecipient(rows);
            return rows.isEmpty() || named != null && recipients.isEmpty() ? null
                    : recipients.size() > 1 ? choice(rows, recipients) : message(handle, rows);
        });
    }

    /** Their events by recipients. The case of an address makes no second recipient. */
    private static Map<String, List<EventView>> byRecipient(List<Row> rows) {
        Map<String, List<EventView>> recipients = new TreeMap<>();
        rows.stream().map(Row::event).filter(event -> event.recipient() != null).forEach(event -> recipients
                .computeIfAbsent(event.recipient().toLowerCase(Locale.ROOT), address -> new ArrayList<>()).add(event));
        return recipients;
    }

    private static Choice choice(List<Row> rows, Map<String, List<EventView>> recipients) {
        return new Choice(first(rows, EventView::messageId), first(rows, EventView::sender), first(rows, EventView::subject),
                recipients.values().stream().map(events -> new Recipient(events.get(0).recipient(), outcome(events))).toList());
    }

    private static Message message(Handle handle, List<Row> rows) {
        List<EventView> events = rows.stream().map(Row::event).toList();
        String recipient = first(rows, EventView::recipient);
        UUID[] alerts = events.stream().map(EventView::alertId).filter(Objects::nonNull).distinct().toArray(UUID[]::new);
        return new Message(first(rows, EventView::messageId), recipient, first(rows, EventView::sender), first(rows, EventView::subject),
                first(rows, EventView::apiData), outcome(events), rows.stream().map(row -> row.sent().with(row.event())).toList(),
                recipient == null ? null : AddressState.read(handle, recipient), MessageAlerts.read(handle, alerts));
    }

    private static String first(List<Row> rows, Function<EventView, String> value) {
        return rows.stream().map(Row::event).map(value).filter(text -> text != null && !text.isEmpty()).findFirst().orElse(null);
    }

    /** A status that the vendor has not documented is weaker than the others. */
    private static String outcome(List<EventView> events) {
        Stream<EventView> ends = events.stream().filter(event -> List.of("deliveries", "bounces").contains(event.eventType()));
        return ends.map(EventView::status).filter(Objects::nonNull).max(Comparator.comparing(STATUSES::indexOf)).orElse(null);
    }
}
