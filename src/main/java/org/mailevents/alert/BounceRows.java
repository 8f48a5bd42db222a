package org.mailevents.alert;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;

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
    record Stored(UUID id, long size) {

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
    static int update(Transaction transaction, List<Stored> rows, String from, String change, Object... parameters) throws SQLException {
        int changed = 0;
        for (List<UUID> step : steps(rows)) {
            changed += step(transaction, step, from, change, parameters);
        }
        return changed;
    }

    /** Changes the rows step by step, each in a transaction of its own; what is in this transaction so far is committed with the first. */
    static void updateInSteps(Transaction transaction, List<Stored> rows, String from, String change) throws SQLException {
        for (List<UUID> step : steps(rows)) {
            step(transaction, step, from, change);
            transaction.commit();
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
            steps.get(steps.size() - 1).add(row.id());
        }
        return steps;
    }

    private static int step(Transaction transaction, List<UUID> rows, String from, String change, Object... parameters) throws SQLException {
        // by their ids, and without a cast: H2 would look again for each row which ones they are, or cast all of them again
        return transaction.update("UPDATE mail_event SET " + change + " WHERE alert_state = '" + from + "' AND event_id = ANY (?)",
                Stream.concat(Stream.of(parameters), Stream.of((Object) rows.toArray(UUID[]::new))).toArray());
    }
}
