package org.mailevents.store;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * The statements about {@code event_count}: how many events of a type and status happened in each hour. The events are counted in slots of
 * ten minutes of the time of receipt, so that a slot can be counted again without counting any event twice.
 */
public final class EventCounts {

    static final Duration SLOT = Duration.ofMinutes(10);

    /** After the end of a slot, its events are committed or in the spool by this time. The clocks of two processes may differ a little. */
    private static final Duration SETTLED = Duration.ofMinutes(1);

    /**
     * SQL, the same for both databases: the status under which an event is counted. For a bounce it is the id of its cause. A status that
     * the vendor has not documented is {@code other}, because a caller can send any text.
     */
    public static final String STATUS = "CASE WHEN event_type = 'bounces' THEN COALESCE(cause, 'unknown')"
            + " WHEN event_type = 'deliveries' AND status IN ('queued', 'succeeded', 'deferred', 'failed') THEN status ELSE 'other' END";

    /** SQL: the type under which an event is counted; an undocumented type is {@code other}. */
    public static final String TYPE = "CASE WHEN event_type IN ('deliveries', 'bounces', 'blocks') THEN event_type ELSE 'other' END";

    /** SQL: the hour in which an event happened, or was received if its own time is unknown. */
    public static final String HOUR = "DATE_TRUNC('hour', COALESCE(occurred_at, received_at) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'";

    /** The counts of a slot. A recount never lowers a count, because events of the slot may have been deleted since. */
    private static final String COUNT = "SELECT hour_of, type_of, status_of, MAX(events) AS events FROM ("
            + "SELECT occurred_hour AS hour_of, event_type AS type_of, status AS status_of, events FROM event_count WHERE received_slot = ?"
            + " UNION ALL SELECT hour_of, type_of, status_of, COUNT(*) AS events FROM (SELECT " + HOUR + " AS hour_of, " + TYPE
            + " AS type_of, " + STATUS + " AS status_of FROM mail_event WHERE received_at >= ? AND received_at < ?) slot"
            + " GROUP BY hour_of, type_of, status_of) counted GROUP BY hour_of, type_of, status_of";

    private EventCounts() {
    }

    private record Count(Instant hourOf, String typeOf, String statusOf, long events) {
    }

    /**
     * Marks the slots of late events for a recount, in the transaction that stores the events.
     *
     * @param received when the events were received; a time that is not counted yet does no harm
     */
    static void markForRecount(Handle handle, Collection<Instant> received) {
        try (PreparedBatch insert = handle.prepareBatch("INSERT INTO event_recount (received_slot) VALUES (?)")) {
            received.stream().map(EventCounts::slot).distinct().forEach(slot -> insert.add(slot));
            insert.execute();
        }
    }

    /** All events that were received before this time are counted. */
    static Instant countedUntil(Handle handle) {
        return time(handle, "SELECT until_time FROM event_counted");
    }

    /**
     * Recounts the oldest marked slot.
     *
     * @param countedUntil a slot after this time only loses its mark, because it will be counted anyway
     * @return whether a slot was marked
     */
    static boolean recountSlot(Handle handle, Instant countedUntil) {
        Instant marked = time(handle, "SELECT MIN(received_slot) FROM event_recount");
        if (marked == null) {
            return false;
        }
        handle.execute("DELETE FROM event_recount WHERE received_slot = ?", marked);
        if (marked.isBefore(countedUntil)) {
            count(handle, marked);
        }
        return true;
    }

    /**
     * Counts the next slot that has events.
     *
     * @return false when no such slot is over yet
     */
    static boolean countNextSlot(Handle handle, Instant countedUntil, Instant now) {
        Instant next = time(handle, "SELECT MIN(received_at) FROM mail_event WHERE received_at >= ?", countedUntil);
        if (next == null || slot(next).plus(SLOT).plus(SETTLED).isAfter(now)) {
            return false;
        }
        count(handle, slot(next));
        handle.execute("UPDATE event_counted SET until_time = ?", slot(next).plus(SLOT));
        return true;
    }

    private static void count(Handle handle, Instant slot) {
        DestinationCounts.count(handle, slot);
        List<Count> counts = handle.select(COUNT, slot, slot, slot.plus(SLOT)).mapTo(Count.class).list();
        handle.execute("DELETE FROM event_count WHERE received_slot = ?", slot);
        try (PreparedBatch insert = handle.prepareBatch("INSERT INTO event_count"
                + " (received_slot, occurred_hour, event_type, status, events) VALUES (?, ?, ?, ?, ?)")) {
            counts.forEach(count -> insert.add(slot, count.hourOf(), count.typeOf(), count.statusOf(), count.events()));
            insert.execute();
        }
    }

    private static Instant slot(Instant received) {
        return Instant.ofEpochSecond(Math.floorDiv(received.getEpochSecond(), SLOT.toSeconds()) * SLOT.toSeconds());
    }

    private static Instant time(Handle handle, String sql, Object... parameters) {
        return handle.select(sql, parameters).mapTo(Instant.class).one();
    }
}
