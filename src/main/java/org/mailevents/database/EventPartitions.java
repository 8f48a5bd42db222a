package org.mailevents.database;

import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.event.EventId;

/**
 * The partitions of {@code mail_event} on PostgreSQL. An id begins with the event's own time, so the table is partitioned by its key, and
 * the key alone makes an event unique in all partitions. New events then change only the indexes of one or two partitions. These fit into
 * memory, however many events are stored.
 *
 * <p>An event goes into the default partition if its time is unknown or has no partition. That is a time far from the present.
 */
public final class EventPartitions {

    /** The partition of the events whose time has no other partition. */
    public static final String DEFAULT = "mail_event_default";

    private static final String TABLE = "mail_event";
    /**
     * The periods from that of yesterday on. So a partition exists at least a day before its first event, even if clocks and time zones
     * differ. Older events find the partition that was made for them when their time was the present, or go into the default partition.
     */
    private static final int PERIODS = 4;
    private static final DateTimeFormatter NAME = DateTimeFormatter.ofPattern("'" + TABLE + "_'uuuuMMdd");
    private static final Pattern BOUNDS = Pattern.compile("FOR VALUES FROM \\('([0-9a-f-]{36})'\\) TO \\('([0-9a-f-]{36})'\\)");

    private final Jdbi jdbi;
    private final PartitionLength length;

    /** @param jdbi gives connections without a time limit, because rows of the default partition may have to be moved */
    EventPartitions(Jdbi jdbi, PartitionLength length) {
        this.jdbi = jdbi;
        this.length = length;
    }

    /**
     * A partition other than the default one.
     *
     * @param from  the earliest time of its events, as {@code created} says it, read as if it were in UTC
     * @param until its events are earlier than this time
     */
    public record Partition(String name, Instant from, Instant until) {

        private static Partition between(LocalDate from, LocalDate until) {
            return new Partition(from.format(NAME), from.atStartOfDay(ZoneOffset.UTC).toInstant(),
                    until.atStartOfDay(ZoneOffset.UTC).toInstant());
        }

        private LocalDate firstDay() {
            return LocalDate.ofInstant(from, ZoneOffset.UTC);
        }

        private LocalDate end() {
            return LocalDate.ofInstant(until, ZoneOffset.UTC);
        }
    }

    /** All partitions except for the default one, the oldest first. */
    public static List<Partition> list(Handle handle) {
        return handle.select("SELECT p.relname AS name, pg_get_expr(p.relpartbound, p.oid) AS bounds FROM pg_inherits"
                + " JOIN pg_class p ON p.oid = inhrelid WHERE inhparent = CAST(? AS regclass)", TABLE)
                .map((row, context) -> partition(row.getString("name"), row.getString("bounds")))
                .stream().flatMap(List::stream).sorted(Comparator.comparing(Partition::from)).toList();
    }

    private static List<Partition> partition(String name, String bounds) {
        Matcher range = BOUNDS.matcher(bounds);
        return range.matches() ? List.of(new Partition(name, time(range.group(1)), time(range.group(2)))) : List.of();
    }

    private static Instant time(String lowestId) {
        return EventId.time(UUID.fromString(lowestId));
    }

    /**
     * Creates the partitions that are missing at a time. Any number of processes may do this at the same time.
     *
     * @throws org.jdbi.v3.core.JdbiException if that fails, for instance because a long statement uses the default partition
     */
    public void prepare(Instant now) {
        if (jdbi.withHandle(handle -> missing(handle, now)).isEmpty()) {
            return;
        }
        jdbi.useTransaction(handle -> {
            Housekeeping.PARTITIONS.lock(handle);
            // statements that come after this one wait for the same tables
            handle.execute("SET LOCAL lock_timeout = '2s'");
            missing(handle, now).forEach(partition -> create(handle, partition));
        });
    }

    private List<Partition> missing(Handle handle, Instant now) {
        List<Partition> existing = list(handle);
        List<Partition> missing = new ArrayList<>();
        LocalDate first = length.first(LocalDate.ofInstant(now, ZoneOffset.UTC).minusDays(1));
        for (int i = 0; i < PERIODS; i++) {
            LocalDate next = length.next(first);
            missing.addAll(gaps(first, next, existing));
            first = next;
        }
        return missing;
    }

    /** A partition of another length may cover a part of a period: after a change of {@code store.partition}, the old partitions stay. */
    private static List<Partition> gaps(LocalDate from, LocalDate until, List<Partition> existing) {
        List<Partition> gaps = new ArrayList<>();
        LocalDate covered = from;
        for (Partition partition : existing) {
            if (partition.end().isAfter(covered) && partition.firstDay().isBefore(until)) {
                if (partition.firstDay().isAfter(covered)) {
                    gaps.add(Partition.between(covered, partition.firstDay()));
                }
                covered = partition.end();
            }
        }
        if (covered.isBefore(until)) {
            gaps.add(Partition.between(covered, until));
        }
        return gaps;
    }

    /**
     * Creates a partition, and moves its rows out of the default partition. Until the end of the transaction, no event is written into the
     * default partition. The other partitions work as usual, because the new one is made as a separate table and then attached
     * ({@code CREATE TABLE … PARTITION OF} would lock the whole table).
     */
    private static void create(Handle handle, Partition partition) {
        UUID from = EventId.lowest(partition.from());
        UUID until = EventId.lowest(partition.until());
        handle.execute("CREATE TABLE " + partition.name() + " (LIKE " + TABLE + " INCLUDING ALL)");
        handle.execute("LOCK TABLE " + DEFAULT + " IN ACCESS EXCLUSIVE MODE");
        handle.execute("WITH moved AS (DELETE FROM " + DEFAULT + " WHERE event_id >= ? AND event_id < ? RETURNING *)"
                + " INSERT INTO " + partition.name() + " SELECT * FROM moved", from, until);
        handle.execute("ALTER TABLE " + TABLE + " ATTACH PARTITION " + partition.name() + " FOR VALUES FROM ('" + from + "') TO ('" + until
                + "')");
    }
}
