package org.mailevents.reconcile;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.ObjIntConsumer;
import org.mailevents.event.EventReader;
import org.mailevents.event.MailEvent;
import org.mailevents.event.UnstorableEvent;
import org.mailevents.event.WebhookBody;
import org.mailevents.event.WebhookFields;
import org.mailevents.privacy.HiddenRecipients;
import org.mailevents.reconcile.VendorApi.DayCount;

/**
 * Makes events of listed records, and sends those that are missing on their way as a webhook. Such an event has the same id as that of the
 * webhook that is missing, so it is stored and told once, even if the webhook still comes.
 */
final class Repair {

    private final EventReader reader;
    private final HiddenRecipients hidden;
    private final String serverComposition;
    private final StoredRecords stored;
    private final ReconciledDays days;
    private final Clock clock;
    private final ObjIntConsumer<WebhookBody> spool;

    /** @param spool keeps a webhook with so many events on the disk until it is stored; throws an exception if it cannot */
    Repair(EventReader reader, HiddenRecipients hidden, String serverComposition, StoredRecords stored, ReconciledDays days, Clock clock,
            ObjIntConsumer<WebhookBody> spool) {
        this.reader = reader;
        this.hidden = hidden;
        this.serverComposition = serverComposition;
        this.stored = stored;
        this.days = days;
        this.clock = clock;
        this.spool = spool;
    }

    /** The records that a webhook could bring. Any other record would become a rejected event. */
    List<ListedRecord> read(String eventType, Collection<ObjectNode> elements) {
        List<ListedRecord> records = new ArrayList<>();
        for (ObjectNode element : elements) {
            JsonNode kept = hidden.inElement(element);
            try {
                MailEvent event = event(eventType, kept);
                if (event.occurredAt() != null) {
                    records.add(new ListedRecord((ObjectNode) kept, event));
                }
            } catch (UnstorableEvent e) {
                // Its webhook was rejected, too.
            }
        }
        return records;
    }

    private MailEvent event(String eventType, JsonNode element) throws UnstorableEvent {
        return reader.read(new WebhookFields(eventType, serverComposition, JsonNodeFactory.instance.objectNode()), element,
                clock.instant());
    }

    /**
     * What is missing of a part of a day.
     *
     * @param elements the elements of a webhook with these events, by the ids of the events
     */
    record Missing(String eventType, List<MailEvent> events, Map<UUID, ObjectNode> elements) {

        RepairedCounts counts() {
            if (eventType.equals(MailEvent.BOUNCES)) {
                return new RepairedCounts(DayCount.NONE, events.size(), 0);
            }
            DayCount deliveries = new DayCount(with("queued"), with("succeeded"), with("failed"));
            return new RepairedCounts(deliveries, 0, events.size() - deliveries.total());
        }

        private long with(String status) {
            return events.stream().filter(event -> status.equals(event.status())).count();
        }
    }

    /**
     * Finds what is missing of a part of a day.
     *
     * @param offset how far the times of the records are ahead of those of the webhooks
     */
    Missing missing(ListedPart part, Duration offset) {
        String eventType = DayParts.resource(part.name());
        Map<UUID, ObjectNode> elements = new HashMap<>();
        List<MailEvent> events = new ArrayList<>();
        for (ListedRecord record : part.records()) {
            ObjectNode element = record.minus(offset);
            try {
                MailEvent event = event(eventType, element);
                if (elements.put(event.eventId(), element) == null) {
                    events.add(event);
                }
            } catch (UnstorableEvent e) {
                throw new IllegalStateException("A record that could be stored cannot be stored with its time corrected", e);
            }
        }
        return new Missing(eventType, stored.missing(events), elements);
    }

    /**
     * Why the events would be stored a second time: the vendor lists them with another reason or in another spelling than its webhooks.
     * Empty if they are really missing.
     */
    Optional<String> contradiction(Missing missing) {
        return stored.hasOneLike(missing.eventType(), missing.events()) ? Optional.of("The vendor's list has events that are stored with"
                + " the same message, recipient, status and time, but with another reason or spelling. They would be stored and told a"
                + " second time.") : Optional.empty();
    }

    /** Sends the missing events on their way. */
    void repair(LocalDate day, Missing missing) {
        if (!missing.events().isEmpty()) {
            days.noteRepaired(day, missing.events());
            spool.accept(webhook(missing.eventType(), missing.events().stream().map(event -> missing.elements().get(event.eventId()))
                    .toList()), missing.events().size());
        }
    }

    private WebhookBody webhook(String eventType, List<ObjectNode> elements) {
        ObjectNode webhook = JsonNodeFactory.instance.objectNode().put("event_type", eventType)
                .put("server_composition", serverComposition);
        webhook.putObject("event").putArray(eventType).addAll(elements);
        return WebhookBody.of(false, webhook.toString());
    }
}
