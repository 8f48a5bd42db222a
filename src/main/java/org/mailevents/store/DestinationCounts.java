package org.mailevents.store;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * The statements about {@code destination_count}: how many messages to a destination were delivered or bounced in each hour, and why. They
 * are counted in the slots of {@link EventCounts}. A slot names only the destinations with the most messages and those with the most
 * bounces, so that the table stays small, whatever domains callers send. The others are counted together.
 */
public final class DestinationCounts {

    /** How many destinations of a slot have rows because of their messages, and how many because of their bounces. */
    private static final int NAMED = 20;
    /** The name under which the other destinations are counted, and the recipients without a domain. */
    public static final String OTHERS = "";

    /** SQL: the destination of an event. A recipient without a domain would stay in the counts when personal data is removed. */
    public static final String DOMAIN = "CASE WHEN POSITION('@' IN recipient) > 0"
            + " THEN LOWER(SUBSTRING(recipient FROM POSITION('@' IN recipient) + 1)) ELSE '" + OTHERS + "' END";
    /** SQL: why a message bounced; null if it was delivered. */
    public static final String CAUSE = "CASE WHEN event_type = 'bounces' THEN COALESCE(cause, 'unknown') END";
    /**
     * SQL: an event with which a message is finished. A failed delivery is not counted, because its bounce is the same failure. The
     * recipient is null once personal data has been removed.
     */
    public static final String FINISHED = "recipient IS NOT NULL"
            + " AND (event_type = 'bounces' OR event_type = 'deliveries' AND status = 'succeeded')";

    static final String COUNT = "SELECT hour_of, domain_of, cause_of, COUNT(*) AS events FROM (SELECT " + EventCounts.HOUR + " AS hour_of, "
            + DOMAIN + " AS domain_of, " + CAUSE + " AS cause_of FROM mail_event WHERE received_at >= ? AND received_at < ? AND " + FINISHED
            + ") slot GROUP BY hour_of, domain_of, cause_of";

    private DestinationCounts() {
    }

    private record Count(Instant hourOf, String domainOf, String causeOf, long events) {

        Count underName(boolean named) {
            return named ? this : new Count(hourOf, OTHERS, causeOf, 0);
        }
    }

    /** Counts a slot. Fewer messages than before mean that events of the slot have been deleted since, and the earlier counts stay. */
    static void count(Handle handle, Instant slot) {
        List<Count> counts = handle.select(COUNT, slot, slot.plus(EventCounts.SLOT)).mapTo(Count.class).list();
        long before = handle.select("SELECT COALESCE(SUM(events), 0) FROM destination_count WHERE received_slot = ?", slot)
                .mapTo(Long.class).one();
        if (counts.stream().mapToLong(Count::events).sum() < before) {
            return;
        }
        handle.execute("DELETE FROM destination_count WHERE received_slot = ?", slot);
        try (PreparedBatch insert = handle.prepareBatch("INSERT INTO destination_count"
                + " (received_slot, occurred_hour, domain, cause, events) VALUES (?, ?, ?, ?, ?)")) {
            byName(counts).forEach((count, events) -> insert.add(slot, count.hourOf(), count.domainOf(), count.causeOf(), events));
            insert.execute();
        }
    }

    private static Map<Count, Long> byName(List<Count> counts) {
        Set<String> named = new HashSet<>(largest(counts, any -> true));
        named.addAll(largest(counts, count -> count.causeOf() != null));
        Map<Count, Long> sums = new HashMap<>();
        counts.forEach(count -> sums.merge(count.underName(named.contains(count.domainOf())), count.events(), Long::sum));
        return sums;
    }

    private static List<String> largest(List<Count> counts, Predicate<Count> counted) {
        Map<String, Long> sums = new HashMap<>();
        counts.stream().filter(counted).forEach(count -> sums.merge(count.domainOf(), count.events(), Long::sum));
        return sums.entrySet().stream().sorted(Map.Entry.<String, Long>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey())).limit(NAMED).map(Map.Entry::getKey).toList();
    }
}
