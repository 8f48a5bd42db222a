package org.mailevents.alert;

import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * Updates rows of mail_event whose texts may be large. H2 holds every row that one UPDATE changes in memory, in its old and its new form.
 * It also holds the rows of a transaction's last 48 UPDATEs until the transaction ends. So the rows are updated in steps of a limited size.
 */
final class BounceRows {

    /** An SQL expression: about how many bytes a row has in its columns of unlimited length. */
    static final String STORED_SIZE = "500 + LENGTH(CONCAT_WS('', e.status, e.sender, e.return_path, e.subject, e.api_data, e.reason,"
            + " e.source_ip, e.sender_ip, e.server_composition, e.created_text, e.extra))";
    private static final long MAX_SIZE = 1_000_000;

    private BounceRows() {
    }

    /** @param size in bytes, as {@link #STORED_SIZE} computes it */
    record Stored(UUID eventId, long size) {

        /** Whether a transaction should change only a few such rows. */
        boolean isLarge() {
            return size > 50_000;
        }
    }

    /**
     * Changes all rows in the transaction of the handle.
     *
     * @param from   the {@code alert_state} that a row must have to be changed
     * @param change the assignments between SET and WHERE
     * @return how many rows were changed
     */
    static int update(Handle handle, List<Stored> rows, String from, String change, Object... parameters) {
        return steps(rows).stream().mapToInt(step -> update(handle, step.toArray(UUID[]::new), from, change, parameters)).sum();
    }

    /** Changes the rows step by step. Each step is its own transaction. */
    static void updateInSteps(Jdbi jdbi, List<Stored> rows, String from, String change) {
        for (List<UUID> step : steps(rows)) {
            jdbi.useHandle(handle -> update(handle, step.toArray(UUID[]::new), from, change));
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

    private static int update(Handle handle, UUID[] rows, String from, String change, Object... parameters) {
        // the ids and no subquery, which H2 would run again for each row; and no cast, which H2 would repeat for each row
        return handle.execute("UPDATE mail_event SET " + change + " WHERE alert_state = '" + from + "' AND event_id = ANY (?)",
                Stream.concat(Stream.of(parameters), Stream.of((Object) rows)).toArray());
    }
}
