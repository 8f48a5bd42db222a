package org.mailevents.alert;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * Changes rows of mail_event whose texts may be large. H2 has in memory all rows that one UPDATE changes, as they were and as they become, and until the
 * transaction ends the last 48 of them together.
 */
final class BounceRows {

    /** About how many bytes a row has, in all that may be long. */
    static final String STORED_SIZE = "500 + LENGTH(CONCAT_WS('', e.status, e.sender, e.return_path, e.subject, e.api_data, e.reason, e.source_ip,"
            + " e.sender_ip, e.server_composition, e.created_text, e.extra))";
    private static final long MAX_SIZE = 1_000_000;

    private BounceRows() {
    }

    /** @param size as {@link #STORED_SIZE} says */
    record Stored(UUID eventId, long size) {

        /** Whether few such rows are already much for a transaction. */
        boolean isLarge() {
            return size > 50_000;
        }
    }

    /**
     * Changes all rows in this transaction.
     *
     * @param from   the state that a row must be in
     * @param change what stands between SET and WHERE
     * @return how many were changed
     */
    static int update(Handle handle, List<Stored> rows, String from, String change, Object... parameters) {
        return steps(rows).stream().mapToInt(step -> step(handle, step, from, change, parameters)).sum();
    }

    /** Changes the rows step by step, each step in its own transaction. */
    static void updateInSteps(Jdbi jdbi, List<Stored> rows, String from, String change) {
        for (List<UUID> step : steps(rows)) {
            jdbi.useHandle(handle -> step(handle, step, from, change));
        }
    }

    private static List<List<UUID>> steps(List<Stored> rows) {
        List<List<UUID>> steps = new ArrayList<>();
        long size = MAX_SIZE;
        for (Stored row : rows) {
            size += row.size();
            if (size > MAX_SIZE) {
                steps.add(new ArrayList<>());
                size = row.size();
            }
            steps.get(steps.size() - 1).add(row.eventId());
        }
        return steps;
    }

    private static int step(Handle handle, List<UUID> rows, String from, String change, Object... parameters) {
        // by their ids, and without a cast: H2 would look again for each row which ones they are, or cast all of them again
        return handle.execute("UPDATE mail_event SET " + change + " WHERE alert_state = '" + from + "' AND event_id = ANY (?)",
                Stream.concat(Stream.of(parameters), Stream.of((Object) rows.toArray(UUID[]::new))).toArray());
    }
}
