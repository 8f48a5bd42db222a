package org.mailevents.event;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

/**
 * One POST of the vendor, read, or a piece of it where it is long: what flows through the routes.
 *
 * @param receivedAt when it arrived
 * @param length     of its body, in characters, about
 * @param copy       gives a body of the same content, without its secret, so that it can be sent in again
 * @param eventType  {@code deliveries}, {@code bounces}, another type, or null where the body could not be read
 * @param events     the elements of its array that can be stored
 * @param rejected   the elements that cannot, or the whole body
 * @param problem    the answer to a body that could not be read, else null
 */
public record Webhook(Instant receivedAt, int length, Supplier<WebhookBody> copy, String eventType, List<MailEvent> events,
        List<RejectedEvent> rejected, Problem problem) {

    public Webhook {
        events = List.copyOf(events);
        rejected = List.copyOf(rejected);
    }

    /** @param rejected the whole body, or null where it is too large for a row */
    public static Webhook unreadable(Instant receivedAt, WebhookBody body, RejectedEvent rejected, Problem problem) {
        return new Webhook(receivedAt, Math.toIntExact(body.length()), () -> body, null, List.of(), rejected == null ? List.of() : List.of(rejected), problem);
    }

    /** Several ones of the same type as one, which are on disk already. */
    public static Webhook of(Collection<Webhook> webhooks) {
        Webhook first = webhooks.iterator().next();
        return new Webhook(first.receivedAt, webhooks.stream().mapToInt(Webhook::length).sum(), null, first.eventType, webhooks.stream().flatMap(webhook -> webhook.events.stream()).toList(),
                webhooks.stream().flatMap(webhook -> webhook.rejected.stream()).toList(), null);
    }

    /** The same webhook with its events as the routes decided on them. */
    public Webhook withEvents(List<MailEvent> decided) {
        return new Webhook(receivedAt, length, copy, eventType, decided, rejected, problem);
    }

    /** Counts only: error messages quote what they are about, and no address belongs into a log. */
    @Override
    public String toString() {
        return "Webhook[received=" + received() + "]";
    }

    /** Itself only. Camel asks for the hash of whatever a route reads by name, at each reading, and this would be one of all that came. */
    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    /** How many elements came in; a body that could not be read counts as one. */
    public int received() {
        return problem == null ? events.size() + rejected.size() : 1;
    }

    /** Whether it could not be read, and is too large for a row of {@code rejected_event}. */
    public boolean isForAFile() {
        return problem != null && rejected.isEmpty();
    }
}
