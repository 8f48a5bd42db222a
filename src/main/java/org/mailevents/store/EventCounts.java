package org.mailevents.store;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
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
    public static final String HOUR = hour("mail_event");

    /** The counts of a slot. A recount never lowers a count, because events of the slot may have been deleted since. */
    private static final String COUNT = "SELECT hour_of, type_of, status_of, MAX(events) AS events FROM ("
            + "SELECT occurred_hour AS hour_of, event_type AS type_of, status AS status_of, events FROM event_count WHERE received_slot = ?"
            + " UNION ALL SELECT hour_of, type_of, status_of, COUNT(*) AS events FROM (SELECT " + HOUR + " AS hour_of, " + TYPE
            + " AS type_of, " + STATUS + " AS status_of FROM mail_event WHERE received_at >= ? AND received_at < ?) slot"
            + " GROUP BY hour_of, type_of, status_of) counted GROUP BY hour_of, type_of, status_of";

    /**
     * SQL: the failed deliveries whose bounce was received from one time (inclusive) to another (exclusive), with the hour in which they
     * happened. A failed delivery belongs to its first bounce. From each bounce, the query looks into the index for the message.
     */
    private static final String PAIRED = "SELECT f.event_id AS failed_id, " + hour("f") + " AS hour_of FROM mail_event b"
            + " JOIN mail_event f ON f.message_id = b.message_id AND f.recipient = b.recipient"
            + " WHERE b.event_type = 'bounces' AND b.received_at >= ? AND b.received_at < ?"
            + " AND f.event_type = 'deliveries' AND f.status = 'failed' AND COALESCE((SELECT 1 FROM mail_event o"
            + " WHERE o.message_id = b.message_id AND o.recipient = b.recipient AND o.event_type = 'bounces'"
            + " AND o.received_at < b.received_at LIMIT 1), 0) = 0";

    /** SQL: as {@link #PAIRED}, how many there are in each hour: {@code hour_of} and {@code events}. */
    public static final String PAIRED_BY_HOUR = "SELECT hour_of, COUNT(DISTINCT failed_id) AS events FROM (" + PAIRED
            + ") AS paired GROUP BY hour_of";

    private static final String COUNT_PAIRS = "SELECT hour_of, MAX(events) AS events FROM (SELECT occurred_hour AS hour_of, events"
            + " FROM paired_count WHERE received_slot = ? UNION ALL " + PAIRED_BY_HOUR + ") AS counted GROUP BY hour_of";

    /** The bounces of the failed deliveries of a slot that were received in another slot, and are counted already. */
    private static final String COUNTED_BOUNCES = "SELECT DISTINCT b.received_at FROM mail_event f"
            + " JOIN mail_event b ON b.message_id = f.message_id AND b.recipient = f.recipient"
            + " WHERE f.event_type = 'deliveries' AND f.status = 'failed' AND f.received_at >= ? AND f.received_at < ?"
            + " AND b.event_type = 'bounces' AND (b.received_at < ? OR b.received_at >= ?) AND b.received_at < ?";

    private EventCounts() {
    }

    private static String hour(String table) {
        return "DATE_TRUNC('hour', COALESCE(" + table + ".occurred_at, " + table + ".received_at) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'";
    }

    private record Pairs(Instant hourOf, long events) {
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
     * @return the slot, or empty if none was marked
     */
    static Optional<Instant> recountSlot(Handle handle, Instant countedUntil) {
        Instant marked = time(handle, "SELECT MIN(received_slot) FROM event_recount");
        if (marked == null) {
            return Optional.empty();
        }
        handle.execute("DELETE FROM event_recount WHERE received_slot = ?", marked);
        if (marked.isBefore(countedUntil)) {
            count(handle, marked, countedUntil);
        }
        return Optional.of(marked);
    }

    /**
     * Counts the next slot that has events.
     *
     * @return false when no such slot is over yet
     */
    static boolean countNextSlot(Handle handle, Instant countedUntil, Instant now) {
        Instant next = time(handle, "SELECT MIN(received_at) FROM mail_event WHERE received_at >= ?", countedUntil);
        if (next == null || settled(slot(next)).isAfter(now)) {
            return false;
        }
        count(handle, slot(next), slot(next));
        handle.execute("UPDATE event_counted SET until_time = ?", slot(next).plus(SLOT));
        return true;
    }

    /** @param countedUntil all slots before this time are counted */
    private static void count(Handle handle, Instant slot, Instant countedUntil) {
        DestinationCounts.count(handle, slot);
        List<Count> counts = handle.select(COUNT, slot, slot, slot.plus(SLOT)).mapTo(Count.class).list();
        handle.execute("DELETE FROM event_count WHERE received_slot = ?", slot);
        try (PreparedBatch insert = handle.prepareBatch("INSERT INTO event_count"
                + " (received_slot, occurred_hour, event_type, status, events) VALUES (?, ?, ?, ?, ?)")) {
            counts.forEach(count -> insert.add(slot, count.hourOf(), count.typeOf(), count.statusOf(), count.events()));
            insert.execute();
        }
        ReceiptDelays.count(handle, slot);
        countPairs(handle, slot);
        // a bounce that came long before its failed delivery, or whose failed delivery was stored late
        handle.select(COUNTED_BOUNCES, slot, slot.plus(SLOT), slot, slot.plus(SLOT), countedUntil).mapTo(Instant.class).stream()
                .map(EventCounts::slot).distinct().toList().forEach(other -> countPairs(handle, other));
    }

    /** A recount never lowers a count here either. */
    private static void countPairs(Handle handle, Instant slot) {
        List<Pairs> pairs = handle.select(COUNT_PAIRS, slot, slot, slot.plus(SLOT)).mapTo(Pairs.class).list();
        handle.execute("DELETE FROM paired_count WHERE received_slot = ?", slot);
        try (PreparedBatch insert = handle.prepareBatch("INSERT INTO paired_count (received_slot, occurred_hour, events)"
                + " VALUES (?, ?, ?)")) {
            pairs.forEach(each -> insert.add(slot, each.hourOf(), each.events()));
            insert.execute();
        }
    }

    /** When the events of a slot are committed or in the spool. */
    static Instant settled(Instant slot) {
        return slot.plus(SLOT).plus(SETTLED);
    }

    static Instant slot(Instant received) {
        return Instant.ofEpochSecond(Math.floorDiv(received.getEpochSecond(), SLOT.toSeconds()) * SLOT.toSeconds());
    }

    private static Instant time(Handle handle, String sql, Object... parameters) {
        return handle.select(sql, parameters).mapTo(Instant.class).one();
    }
}
