package org.mailevents.retention;

import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;

/**
 * Walks through a table from its oldest row on and deletes the rows that are too old. The walk restarts at most once an hour, for rows that
 * it had to keep and for late rows from the spool. It does not restart more often, because after a deletion the indexes are full of dead
 * entries until PostgreSQL's vacuum has run.
 */
final class ExpiredRows {

    /** A statement on this many rows takes some milliseconds, so that no lock and no transaction lasts long. */
    static final int MAX_ROWS = 1_000;
    private static final Duration RESTART_INTERVAL = Duration.ofHours(1);

    private final String table;
    private final String disposable;
    /** The walk has passed all rows received until this time. In each process it begins at the first row. */
    private Instant passedUntil = Instant.EPOCH;
    private Instant restartedAt = Instant.EPOCH;

    /**
     * @param table      a table with a column {@code received_at} that has an index
     * @param disposable the SQL condition of rows that may go; all other rows stay, however old they are
     */
    ExpiredRows(String table, String disposable) {
        this.table = table;
        this.disposable = disposable;
    }

    /**
     * What one step has done.
     *
     * @param changed how many rows were changed or deleted
     * @param more    whether there may be more rows that are old enough
     */
    record Step(int changed, boolean more) {

        static final Step NONE = new Step(0, false);
    }

    /**
     * The rows of a step. All rows that were received at the same moment belong to the same step, even when these are more than the size
     * says.
     *
     * @param newest when the last of them was received; null when there are no rows
     */
    record OldestRows(int size, Instant newest) {
    }

    /**
     * Deletes the next rows that were received before a time.
     *
     * @param parameters the parameters of the condition
     */
    Step step(Handle handle, Instant now, Instant before, Instant... parameters) {
        OldestRows oldest = oldest(handle, table, passedUntil, before);
        if (oldest.size() == 0) {
            restartIfDue(now);
            return Step.NONE;
        }
        // by time and not by id: rows received together lie together on the disk, and their ids are spread over the whole index
        int deleted = handle.execute("DELETE FROM " + table + " WHERE received_at > ? AND received_at <= ? AND (" + disposable + ")",
                Stream.concat(Stream.of(passedUntil, oldest.newest()), Stream.of(parameters)).toArray());
        passedUntil = oldest.newest();
        return new Step(deleted, oldest.size() == MAX_ROWS);
    }

    /** The oldest rows of a table that were received after a time and before another. */
    static OldestRows oldest(Handle handle, String table, Instant after, Instant before) {
        return handle.select("SELECT COUNT(*) AS size, MAX(received_at) AS newest FROM (SELECT received_at FROM " + table
                + " WHERE received_at > ? AND received_at < ? ORDER BY received_at LIMIT " + MAX_ROWS + ") AS oldest", after, before)
                .mapTo(OldestRows.class).one();
    }

    private void restartIfDue(Instant now) {
        if (!restartedAt.plus(RESTART_INTERVAL).isAfter(now)) {
            passedUntil = Instant.EPOCH;
            restartedAt = now;
        }
    }
}
