package org.mailevents.webhook;

import java.util.List;
import org.mailevents.event.MailEvent;
import org.mailevents.event.RejectedEvent;

/**
 * One POST of the vendor, read: what flows through the routes.
 *
 * @param eventType {@code deliveries}, {@code bounces}, another type, or null where the body could not be read
 * @param events    the elements of its array that can be stored
 * @param rejected  the elements that cannot, or the whole body
 * @param problem   the answer to a body that could not be read, else null
 */
public record Webhook(String eventType, List<MailEvent> events, List<RejectedEvent> rejected, Problem problem) {

    public Webhook {
        events = List.copyOf(events);
        rejected = List.copyOf(rejected);
    }

    static Webhook unreadable(RejectedEvent body, Problem problem) {
        return new Webhook(null, List.of(), List.of(body), problem);
    }

    /** The same webhook with its events as the routes decided on them. */
    public Webhook withEvents(List<MailEvent> decided) {
        return new Webhook(eventType, decided, rejected, problem);
    }

    /** Counts only: error messages quote what they are about, and no address belongs into a log. */
    @Override
    public String toString() {
        return "Webhook[received=" + received() + "]";
    }

    /** How many elements came in. */
    public int received() {
        return events.size() + rejected.size();
    }
}
