package org.mailevents.store;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;

/**
 * The statements about {@code loose_end}: the events after which another one should have followed in time. A slot of ten minutes is
 * examined once, as soon as that time is over. So a step reads only what was received in one slot, however large the table is. The list
 * itself is then checked again and again, because the missing event may still arrive.
 */
public final class LooseEnds {

    /** A failed delivery and its bounce arrive within seconds of each other. */
    private static final Duration PAIRED_WITHIN = Duration.ofDays(1);
    /** Older loose ends are forgotten: the vendor keeps its logs so long, and then nobody can find out any more. */
    private static final Duration KEPT = Duration.ofDays(40);
    /** How many loose ends a step checks again. */
    private static final int BATCH = 1_000;

    /** The codes of bounces that no server has refused, so no failed delivery belongs to them: the vendor did not reach a server. */
    private static final String NOT_REFUSED = "'1', '3', '9', '10', '11'";

    /** @param age a loose end is looked for once the events of a slot are so old */
    private record Kind(String what, Duration age, String event, String follower) {
    }

    private final List<Kind> kinds;
    /** Where the next check of the list goes on. */
    private UUID checkedUntil = new UUID(0, 0);

    /** @param overdue after this time a message should have ended */
    LooseEnds(Duration overdue) {
        kinds = List.of(
                new Kind("overdue", overdue, "e.event_type = 'deliveries' AND e.status = 'queued'",
                        "NOT (s.event_type = 'deliveries' AND s.status IN ('queued', 'deferred'))"),
                new Kind("no-bounce", PAIRED_WITHIN, "e.event_type = 'deliveries' AND e.status = 'failed'", "s.event_type = 'bounces'"),
                new Kind("no-failed", PAIRED_WITHIN, "e.event_type = 'bounces' AND e.status NOT IN (" + NOT_REFUSED + ")",
                        "s.event_type = 'deliveries' AND s.status IN ('failed', 'succeeded')"));
    }

    /**
     * How many loose ends there are now.
     *
     * @param overdue  messages that were accepted long ago and have no end
     * @param unpaired failures of which one of two events has not come
     */
    public record Count(long overdue, long unpaired) {
    }

    /** Counts the list. Events that have just arrived may still be counted, because the list is checked every few seconds or minutes. */
    public static Count count(Handle handle) {
        Map<String, Long> counts = handle.select("SELECT what, COUNT(*) AS events FROM loose_end GROUP BY what")
                .reduceRows(new HashMap<>(), (found, row) -> {
                    found.put(row.getColumn("what", String.class), row.getColumn("events", Long.class));
                    return found;
                });
        return new Count(counts.getOrDefault("overdue", 0L), counts.getOrDefault("no-bounce", 0L) + counts.getOrDefault("no-failed", 0L));
    }

    /**
     * Examines the next slot that is old enough and has events.
     *
     * @return false when there is no such slot yet
     */
    boolean examineNextSlot(Handle handle, Instant now) {
        return kinds.stream().anyMatch(kind -> examineNextSlot(handle, kind, now));
    }

    private static boolean examineNextSlot(Handle handle, Kind kind, Instant now) {
        Instant examined = progress(handle, kind);
        Instant from = examined.isBefore(now.minus(KEPT)) ? now.minus(KEPT) : examined;
        Instant next = handle.select("SELECT MIN(received_at) FROM mail_event WHERE received_at >= ?", from).mapTo(Instant.class).one();
        if (next == null || EventCounts.settled(EventCounts.slot(next)).plus(kind.age()).isAfter(now)) {
            return false;
        }
        Instant slot = EventCounts.slot(next);
        examine(handle, kind, slot);
        handle.execute("UPDATE loose_end_progress SET until_time = ? WHERE what = ?", slot.plus(EventCounts.SLOT), kind.what());
        return true;
    }

    /** Examines a slot again in which events were stored late. A slot that is not examined yet will be examined anyway. */
    void examineAgain(Handle handle, Instant slot) {
        kinds.stream().filter(kind -> slot.isBefore(progress(handle, kind))).forEach(kind -> examine(handle, kind, slot));
    }

    private static Instant progress(Handle handle, Kind kind) {
        return handle.select("SELECT until_time FROM loose_end_progress WHERE what = ?", kind.what()).mapTo(Instant.class).one();
    }

    /** One look into the index for each event. As NOT EXISTS, PostgreSQL might read the whole table for a few events. */
    private static void examine(Handle handle, Kind kind, Instant slot) {
        handle.execute("INSERT INTO loose_end (event_id, what, due_at) SELECT e.event_id, '" + kind.what()
                + "', e.received_at + CAST(? AS integer) * INTERVAL '1' SECOND FROM mail_event e WHERE e.received_at >= ?"
                + " AND e.received_at < ? AND " + kind.event() + " AND e.message_id IS NOT NULL AND e.recipient IS NOT NULL"
                + " AND COALESCE((SELECT 1 FROM mail_event s WHERE s.message_id = e.message_id AND s.recipient = e.recipient AND "
                + kind.follower() + " LIMIT 1), 0) = 0 ON CONFLICT DO NOTHING",
                Math.toIntExact(kind.age().toSeconds()), slot, slot.plus(EventCounts.SLOT));
    }

    /**
     * Checks the next part of the list, and takes off it what has been followed, deleted or made anonymous since, and what is too old.
     *
     * @return how many loose ends were checked
     */
    int check(Handle handle, Instant now) {
        UUID[] part = handle.select("SELECT event_id FROM loose_end WHERE event_id > ? ORDER BY event_id LIMIT " + BATCH, checkedUntil)
                .mapTo(UUID.class).list().toArray(UUID[]::new);
        checkedUntil = part.length < BATCH ? new UUID(0, 0) : part[part.length - 1];
        if (part.length > 0) {
            handle.execute("DELETE FROM loose_end WHERE event_id = ANY (?) AND (due_at < ? OR event_id NOT IN ("
                    + "SELECT event_id FROM overdue_message WHERE event_id = ANY (?)"
                    + " UNION ALL SELECT event_id FROM unpaired_failure WHERE event_id = ANY (?)))", part, now.minus(KEPT), part, part);
        }
        return part.length;
    }
}
