package org.mailevents.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.stream.Collectors;

/**
 * The statements about {@code event_count}: how many events of a type and status happened in each hour. The events are counted in slots,
 * which are ten minutes of the time of receipt, so that a slot can be counted again without counting any event twice.
 */
public final class EventCounts {

    static final Duration SLOT = Duration.ofMinutes(10);

    /** After the end of a slot, its events are committed or in the spool by this time. The clocks of two processes may differ a little. */
    private static final Duration SETTLED = Duration.ofMinutes(1);

    /**
     * SQL, the same for both databases: the status under which an event is counted. For a bounce it is the vendor's code. A status that the
     * vendor has not documented is {@code other}, because a caller can send any text.
     */
    public static final String STATUS = "CASE WHEN event_type = 'deliveries' AND status IN ('queued', 'succeeded', 'deferred', 'failed')"
            + " OR event_type = 'bounces' AND status IN ('1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '99')"
            + " THEN status ELSE 'other' END";

    /** SQL: the type under which an event is counted; an undocumented type is {@code other}. */
    public static final String TYPE = "CASE WHEN event_type IN ('deliveries', 'bounces', 'blocks') THEN event_type ELSE 'other' END";

    /** SQL: the hour in which an event happened, or was received if its own time is unknown. */
    public static final String HOUR = "DATE_TRUNC('hour', COALESCE(occurred_at, received_at) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'";

    /** The counts of a slot. A recount never lowers a count, because events of the slot may have been deleted since. */
    private static final String COUNT = "SELECT hour_of, type_of, status_of, MAX(events) FROM ("
            + "SELECT occurred_hour AS hour_of, event_type AS type_of, status AS status_of, events FROM event_count WHERE received_slot = ?"
            + " UNION ALL SELECT hour_of, type_of, status_of, COUNT(*) AS events FROM (SELECT " + HOUR + " AS hour_of, " + TYPE
            + " AS type_of, " + STATUS + " AS status_of FROM mail_event WHERE received_at >= ? AND received_at < ?) slot"
            + " GROUP BY hour_of, type_of, status_of) counted GROUP BY hour_of, type_of, status_of";

    private EventCounts() {
    }

    /**
     * Marks the slots of late events for a recount, in the transaction that stores the events.
     *
     * @param received when the events were received; a time that is not counted yet does no harm
     */
    static void markForRecount(Connection connection, Collection<Instant> received) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO event_recount (received_slot) VALUES (?)")) {
            for (Instant slot : received.stream().map(EventCounts::slot).collect(Collectors.toSet())) {
                insert.setObject(1, timestamp(slot));
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    /** Locks the progress until the end of the transaction: one process counts at a time, and the others wait. */
    static Instant lockCountedUntil(Connection connection) throws SQLException {
        return time(connection, "SELECT until_time FROM event_counted FOR UPDATE");
    }

    /**
     * Recounts the oldest marked slot.
     *
     * @param countedUntil a slot after this time only loses its mark, because it will be counted anyway
     * @return whether a slot was marked
     */
    static boolean recountSlot(Connection connection, Instant countedUntil) throws SQLException {
        Instant marked = time(connection, "SELECT MIN(received_slot) FROM event_recount");
        if (marked == null) {
            return false;
        }
        update(connection, "DELETE FROM event_recount WHERE received_slot = ?", marked);
        if (marked.isBefore(countedUntil)) {
            count(connection, marked);
        }
        return true;
    }

    /**
     * Counts the next slot that has events.
     *
     * @return false when no such slot is over yet
     */
    static boolean countNextSlot(Connection connection, Instant countedUntil, Instant now) throws SQLException {
        Instant next = time(connection, "SELECT MIN(received_at) FROM mail_event WHERE received_at >= ?", countedUntil);
        if (next == null || slot(next).plus(SLOT).plus(SETTLED).isAfter(now)) {
            return false;
        }
        count(connection, slot(next));
        update(connection, "UPDATE event_counted SET until_time = ?", slot(next).plus(SLOT));
        return true;
    }

    private static void count(Connection connection, Instant slot) throws SQLException {
        try (PreparedStatement select = prepare(connection, COUNT, slot, slot, slot.plus(SLOT)); ResultSet counts = select.executeQuery();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO event_count"
                        + " (received_slot, occurred_hour, event_type, status, events) VALUES (?, ?, ?, ?, ?)")) {
            while (counts.next()) {
                insert.setObject(1, timestamp(slot));
                insert.setObject(2, counts.getObject(1, OffsetDateTime.class));
                insert.setString(3, counts.getString(2));
                insert.setString(4, counts.getString(3));
                insert.setLong(5, counts.getLong(4));
                insert.addBatch();
            }
            update(connection, "DELETE FROM event_count WHERE received_slot = ?", slot);
            insert.executeBatch();
        }
    }

    private static Instant slot(Instant received) {
        return Instant.ofEpochSecond(Math.floorDiv(received.getEpochSecond(), SLOT.toSeconds()) * SLOT.toSeconds());
    }

    private static OffsetDateTime timestamp(Instant time) {
        return time.atOffset(ZoneOffset.UTC);
    }

    private static Instant time(Connection connection, String sql, Instant... parameters) throws SQLException {
        try (PreparedStatement select = prepare(connection, sql, parameters); ResultSet row = select.executeQuery()) {
            OffsetDateTime time = row.next() ? row.getObject(1, OffsetDateTime.class) : null;
            return time == null ? null : time.toInstant();
        }
    }

    private static void update(Connection connection, String sql, Instant... parameters) throws SQLException {
        try (PreparedStatement update = prepare(connection, sql, parameters)) {
            update.executeUpdate();
        }
    }

    private static PreparedStatement prepare(Connection connection, String sql, Instant... parameters) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, timestamp(parameters[i]));
        }
        return statement;
    }
}
