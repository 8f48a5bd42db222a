package org.mailevents.digest;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.mailevents.digest.DigestFacts.DeadAddress;

/**
 * Finds the dead addresses that mail was still sent to. An address is dead as in the view {@code undeliverable_recipient}: it bounced as
 * dead, or the vendor sends nothing to it, and it has not taken mail since.
 */
final class DeadAddresses {

    /** More addresses are not looked at. */
    private static final int MAX_ADDRESSES = 100_000;
    /** So that one statement neither takes long nor returns much. */
    private static final int BATCH = 500;
    private static final String IS_DEAD = "event_type = 'bounces' AND (dead OR cause = 'not-attempted')";
    /**
     * Mail to a dead address bounces again, so the address is among the latest dead bounces, even if it has been dead for a long time. Few
     * of them have a delivery in the time of the digest, and only of these the history is read.
     */
    static final String CANDIDATES = "SELECT DISTINCT b.address FROM (" + DigestQueries.ofAudience("LOWER(recipient) AS address",
            "received_at >= :since AND received_at < :until AND " + IS_DEAD) + ") AS b"
            + " WHERE EXISTS (SELECT 1 FROM event_by_address d WHERE d.address = b.address AND d.event_type = 'deliveries'"
            + " AND d.received_at >= :from AND d.received_at < :until) LIMIT " + MAX_ADDRESSES;
    /** A join, because H2 would use no index for addresses in a list. */
    static final String HISTORY = "SELECT e.recipient, e.event_type, e.status, e.cause, e.message_id, e.received_at,"
            + " COALESCE(e.occurred_at, e.received_at) AS happened_at FROM UNNEST(CAST(:addresses AS varchar ARRAY)) AS a(address)"
            + " JOIN event_by_address e ON e.address = a.address WHERE (e.event_type = 'deliveries' OR " + IS_DEAD + ")"
            + " AND e.received_at < :until";

    private final Handle handle;
    private final Instant from;
    private final Instant until;

    DeadAddresses(Handle handle, Instant from, Instant until) {
        this.handle = handle;
        this.from = from;
        this.until = until;
    }

    private record Event(String recipient, String eventType, String status, String cause, String messageId, Instant receivedAt,
                         Instant happenedAt) {

        boolean isBounce() {
            return eventType.equals("bounces");
        }

        /** As in the view: the case of a domain does not matter (RFC 5321, 2.4), and the case of a local part does. */
        String mailbox() {
            int at = recipient.indexOf('@') + 1;
            return recipient.substring(0, at) + recipient.substring(at).toLowerCase(Locale.ROOT);
        }
    }

    /**
     * The dead addresses to which a message was sent within the time, after they were dead, those with the most messages first.
     *
     * @param since an address counts if it bounced for the audience since then
     * @param limit for all queries together
     * @return null if this takes longer
     */
    List<DeadAddress> writtenTo(String audience, Instant since, Duration limit) {
        long begun = System.nanoTime();
        List<String> candidates = handle.createQuery(CANDIDATES).bind("audience", audience).bind("since", since).bind("from", from)
                .bind("until", until).mapTo(String.class).list();
        List<DeadAddress> found = new ArrayList<>();
        for (int i = 0; i < candidates.size(); i += BATCH) {
            if (System.nanoTime() - begun > limit.toNanos()) {
                return null;
            }
            String[] batch = candidates.subList(i, Math.min(i + BATCH, candidates.size())).toArray(String[]::new);
            Map<String, List<Event>> mailboxes = handle.createQuery(HISTORY).bind("addresses", batch).bind("until", until)
                    .mapTo(Event.class).list().stream().collect(Collectors.groupingBy(Event::mailbox));
            mailboxes.values().stream().flatMap(events -> dead(events).stream()).forEach(found::add);
        }
        found.sort(Comparator.comparing(DeadAddress::mails).reversed().thenComparing(DeadAddress::recipient));
        return found;
    }

    private Optional<DeadAddress> dead(List<Event> events) {
        Instant lastTaken = events.stream().filter(event -> "succeeded".equals(event.status()) && !event.isBounce())
                .map(Event::happenedAt).max(Comparator.naturalOrder()).orElse(Instant.MIN);
        List<Event> bounces = events.stream().filter(event -> event.isBounce() && !event.happenedAt().isBefore(lastTaken))
                .sorted(Comparator.comparing(Event::happenedAt)).toList();
        if (bounces.isEmpty()) {
            return Optional.empty();
        }
        Event first = bounces.get(0);
        Event last = bounces.get(bounces.size() - 1);
        Map<String, List<Event>> messages = events.stream().filter(event -> !event.isBounce() && event.messageId() != null)
                .collect(Collectors.groupingBy(Event::messageId));
        messages.remove(first.messageId());
        // a message that was on its way when the address bounced does not count
        messages.values().removeIf(message -> message.stream().anyMatch(event -> !event.happenedAt().isAfter(first.happenedAt()))
                || message.stream().allMatch(event -> event.receivedAt().isBefore(from)));
        return messages.values().stream().flatMap(List::stream).map(Event::happenedAt).max(Comparator.naturalOrder())
                .map(lastMailAt -> new DeadAddress(last.recipient(), last.cause(), first.happenedAt(), last.happenedAt(), messages.size(),
                        lastMailAt));
    }
}
