package org.mailevents.retention;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;

/**
 * Goes through a table from its oldest row on and deletes what is too old. It goes back no more than once an hour, for what it had to keep and for what has
 * come late out of the spool: where it has deleted, the indexes are full of dead entries until PostgreSQL's vacuum has been.
 */
final class ExpiredRows {

    /** A statement on so many rows takes some milliseconds, so no lock and no transaction lasts. Rows of one webhook stay together. */
    static final int ROWS = 1_000;
    private static final Duration LOOK_AGAIN = Duration.ofHours(1);

    private final String table;
    private final String disposable;
    /** All up to here has been looked at; a start begins at the first row. */
    private Instant position = Instant.EPOCH;
    private Instant lookedAgain = Instant.EPOCH;

    /**
     * @param table      one with a received_at that has an index
     * @param disposable the SQL condition of what may go, or else is kept however old it is
     */
    ExpiredRows(String table, String disposable) {
        this.table = table;
        this.disposable = disposable;
    }

    /**
     * @param changed how many rows it changed or deleted
     * @param more    whether there are more that are old enough
     */
    record Step(int changed, boolean more) {
    }

    /** The rows of a step. */
    record Oldest(int rows, Instant newest) {
    }

    /**
     * Deletes the next rows that were received before a time.
     *
     * @param parameters of the condition of what may go
     */
    Step step(Connection connection, Instant now, Instant before, Instant... parameters) throws SQLException {
        Oldest oldest = oldest(connection, table, position, before);
        if (oldest.rows() == 0) {
            lookAgain(now);
            return new Step(0, false);
        }
        // by time and not by id: what came together lies together on the disk, and ids are all over their index
        int deleted;
        try (PreparedStatement delete = connection.prepareStatement("DELETE FROM " + table + " WHERE received_at > ? AND received_at <= ? AND ("
                + disposable + ")")) {
            set(delete, position, oldest.newest());
            for (int i = 0; i < parameters.length; i++) {
                delete.setObject(3 + i, timestamp(parameters[i]));
            }
            deleted = delete.executeUpdate();
        }
        position = oldest.newest();
        return new Step(deleted, oldest.rows() == ROWS);
    }

    /** How many of a table's rows a step takes that were received after a time and before another, and when the last of them was. */
    static Oldest oldest(Connection connection, String table, Instant after, Instant before) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT COUNT(*), MAX(received_at) FROM (SELECT received_at FROM " + table
                + " WHERE received_at > ? AND received_at < ? ORDER BY received_at LIMIT " + ROWS + ") AS oldest")) {
            set(select, after, before);
            try (ResultSet row = select.executeQuery()) {
                row.next();
                return new Oldest(row.getInt(1), instant(row, 2));
            }
        }
    }

    private void lookAgain(Instant now) {
        if (!lookedAgain.plus(LOOK_AGAIN).isAfter(now)) {
            position = Instant.EPOCH;
            lookedAgain = now;
        }
    }

    private static void set(PreparedStatement statement, Instant after, Instant until) throws SQLException {
        statement.setObject(1, timestamp(after));
        statement.setObject(2, timestamp(until));
    }

    private static OffsetDateTime timestamp(Instant time) {
        return time.atOffset(ZoneOffset.UTC);
    }

    private static Instant instant(ResultSet row, int column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }
}
