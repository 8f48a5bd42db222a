package org.mailevents.event;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

/**
 * One webhook, or a piece of a long webhook, after it was read. It is the body of the exchange in the routes.
 *
 * @param receivedAt when the webhook arrived
 * @param length     about how many characters the body has
 * @param copy       makes a body of the same content, without the secret, for a replay
 * @param eventType  {@code deliveries}, {@code bounces}, a different type, or null if the body could not be read
 * @param events     the elements of the array that can be stored
 * @param rejected   the elements that cannot be stored, or the whole body
 * @param problem    the answer to a body that could not be read, otherwise null
 */
public record Webhook(Instant receivedAt, int length, Supplier<WebhookBody> copy, String eventType, List<MailEvent> events,
        List<RejectedEvent> rejected, Problem problem) {

    public Webhook {
        events = List.copyOf(events);
        rejected = List.copyOf(rejected);
    }

    /** @param rejected the whole body, or null if the body is too large for a row */
    public static Webhook unreadable(Instant receivedAt, WebhookBody body, RejectedEvent rejected, Problem problem) {
        List<RejectedEvent> rows = rejected == null ? List.of() : List.of(rejected);
        return new Webhook(receivedAt, Math.toIntExact(body.length()), () -> body, null, List.of(), rows, problem);
    }

    /** Several webhooks of the same type as one. It has no copy, because all of them are on disk already. */
    public static Webhook of(Collection<Webhook> webhooks) {
        Webhook first = webhooks.iterator().next();
        int length = webhooks.stream().mapToInt(Webhook::length).sum();
        List<MailEvent> events = webhooks.stream().flatMap(webhook -> webhook.events.stream()).toList();
        List<RejectedEvent> rejected = webhooks.stream().flatMap(webhook -> webhook.rejected.stream()).toList();
        return new Webhook(first.receivedAt, length, null, first.eventType, events, rejected, null);
    }

    /** The same webhook with events that carry the decisions of the routes. */
    public Webhook withEvents(List<MailEvent> decided) {
        return new Webhook(receivedAt, length, copy, eventType, decided, rejected, problem);
    }

    /** The count only. Error messages quote their objects, and no address may get into a log. */
    @Override
    public String toString() {
        return "Webhook[received=" + received() + "]";
    }

    /**
     * Compares the identity. Camel asks for the hash each time a route reads a property by name, and a hash of all events would be slow.
     */
    @Override
    public boolean equals(Object other) {
        return this == other;
    }

    @Override
    public int hashCode() {
        return System.identityHashCode(this);
    }

    /** How many elements the webhook has. A body that could not be read counts as one. */
    public int received() {
        return problem == null ? events.size() + rejected.size() : 1;
    }

    /** Whether the body could not be read and is too large for a row of {@code rejected_event}. */
    public boolean isForAFile() {
        return problem != null && rejected.isEmpty();
    }
}
