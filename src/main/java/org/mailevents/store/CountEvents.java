package org.mailevents.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.stream.Collectors;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.mailevents.database.Database;
import org.mailevents.log.FailureText;
import org.mailevents.settings.TimeSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the events of each hour by status into {@code event_count}, so that nobody has to read millions of rows for a chart, and so that the counts
 * stay when the rows are deleted. Ten minutes of what was received are counted once they are over, and not in the INSERT of the events: all
 * writers would wait for each other at the one row of the current hour. Any number of processes may do this on one database.
 */
public final class CountEvents extends RouteBuilder {

    private static final String ID = "count-events";
    private static final Logger LOG = LoggerFactory.getLogger(ID);

    static final Duration SLOT = Duration.ofMinutes(10);
    /** What was received is committed, or in the spool, by then; and the clocks of two processes may differ a little. */
    private static final Duration SETTLED = Duration.ofMinutes(1);

    /**
     * The status of an event as it is counted: bounces by their code, and of each only the documented ones, because a caller can write
     * anything. The same words in both databases.
     */
    public static final String STATUS = "CASE WHEN event_type = 'deliveries' AND status IN ('queued', 'succeeded', 'deferred', 'failed')"
            + " OR event_type = 'bounces' AND status IN ('1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '99') THEN status ELSE 'other' END";
    /** Likewise the type. */
    public static final String TYPE = "CASE WHEN event_type IN ('deliveries', 'bounces', 'blocks') THEN event_type ELSE 'other' END";
    /** When it happened, or where nobody said so, when it was received. */
    public static final String HOUR = "DATE_TRUNC('hour', COALESCE(occurred_at, received_at) AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'";

    /** Counted again, it is never less: rows may have been deleted since. */
    private static final String COUNT = "SELECT hour_of, type_of, status_of, MAX(events) FROM ("
            + "SELECT occurred_hour AS hour_of, event_type AS type_of, status AS status_of, events FROM event_count WHERE received_slot = ?"
            + " UNION ALL SELECT hour_of, type_of, status_of, COUNT(*) AS events FROM (SELECT " + HOUR + " AS hour_of, " + TYPE + " AS type_of, "
            + STATUS + " AS status_of FROM mail_event WHERE received_at >= ? AND received_at < ?) slot GROUP BY hour_of, type_of, status_of"
            + ") counted GROUP BY hour_of, type_of, status_of";

    /** Millions of rows take more than the five seconds after which others give up. */
    private static final int PATIENCE_MILLIS = 120_000;
    /** After it has counted again, it rests so many times as long as that took: while a spool is sent in, there is more all the time. */
    private static final int REST = 10;

    private Database database;
    private Clock clock;
    private int failures;
    private long restedAt = System.nanoTime();

    @Override
    public void configure() {
        database = Database.of(getContext());
        clock = TimeSource.of(getContext());

        // @formatter:off
        // greedy: while there is more, as after an update of a large table, at once
        from("scheduler:count-events?delay=2000&greedy=true").routeId(ID)
            .description("Counts the events of the last ten minutes by hour and status, once these are over")
            .onException(Throwable.class).handled(true).logExhausted(false).process(this::failed).end()
            .setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, constant(false))
            .filter(exchange -> !database.isDown())
                .process(this::step)
            .end();
        // @formatter:on
    }

    /**
     * Events of these times are stored in this transaction although they were received before, so their time is counted again.
     * A time that is not counted yet may be among them.
     */
    static void again(Connection connection, Collection<Instant> received) throws SQLException {
        try (PreparedStatement insert = connection.prepareStatement("INSERT INTO event_recount (received_slot) VALUES (?)")) {
            for (Instant slot : received.stream().map(CountEvents::slot).collect(Collectors.toSet())) {
                insert.setObject(1, at(slot));
                insert.addBatch();
            }
            insert.executeBatch();
        }
    }

    private void step(Exchange exchange) throws SQLException {
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            connection.setNetworkTimeout(Runnable::run, PATIENCE_MILLIS); // the pool sets it back
            try {
                exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, count(connection));
                connection.commit();
                failures = 0;
            } finally {
                connection.rollback();
                connection.setAutoCommit(true);
            }
        }
    }

    /** @return whether there was something to count */
    private boolean count(Connection connection) throws SQLException {
        // one process at a time: the others wait for its row
        Instant until = time(connection, "SELECT until_time FROM event_counted FOR UPDATE");
        long began = System.nanoTime();
        Instant again = began - restedAt < 0 ? null : time(connection, "SELECT MIN(received_slot) FROM event_recount");
        if (again != null) {
            update(connection, "DELETE FROM event_recount WHERE received_slot = ?", again);
            if (again.isBefore(until)) {
                count(connection, again);
            }
            restedAt = System.nanoTime() + REST * (System.nanoTime() - began);
            return true;
        }
        Instant next = time(connection, "SELECT MIN(received_at) FROM mail_event WHERE received_at >= ?", until);
        if (next == null || slot(next).plus(SLOT).plus(SETTLED).isAfter(clock.instant())) {
            return false;
        }
        count(connection, slot(next));
        update(connection, "UPDATE event_counted SET until_time = ?", slot(next).plus(SLOT));
        return true;
    }

    private static void count(Connection connection, Instant slot) throws SQLException {
        try (PreparedStatement count = prepare(connection, COUNT, slot, slot, slot.plus(SLOT)); ResultSet counts = count.executeQuery();
                PreparedStatement insert = connection.prepareStatement("INSERT INTO event_count (received_slot, occurred_hour, event_type, status, events)"
                        + " VALUES (?, ?, ?, ?, ?)")) {
            while (counts.next()) {
                insert.setObject(1, at(slot));
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

    private static OffsetDateTime at(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
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
            statement.setObject(i + 1, at(parameters[i]));
        }
        return statement;
    }

    /** Told once, because what fails does so every few seconds, and not at the first time, because an outage may just have ended. */
    private void failed(Exchange exchange) {
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        if (!(Database.isAbsent(failure) && !database.answers()) && ++failures == 2) {
            LOG.error("Events cannot be counted for the page now: {}", FailureText.describe(failure));
        }
    }
}
