package org.mailevents.reconcile;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import org.jdbi.v3.core.Jdbi;

/**
 * Which processes of the database have webhooks in their spool. These webhooks have arrived and are not stored yet, so a comparison with
 * the vendor would take them for missing.
 */
final class SpoolBacklogs {

    /** Longer than a process needs until it notes its backlog again. What a process that was killed has noted expires. */
    private static final Duration VALID = Duration.ofMinutes(1);

    private final Jdbi jdbi;
    private final BooleanSupplier isOwnEmpty;
    private final Clock clock;
    private final UUID process = UUID.randomUUID();

    /** @param isOwnEmpty whether nothing is in the spool of this process */
    SpoolBacklogs(Jdbi jdbi, BooleanSupplier isOwnEmpty, Clock clock) {
        this.jdbi = jdbi;
        this.isOwnEmpty = isOwnEmpty;
        this.clock = clock;
    }

    /** Tells the other processes whether this one has a backlog. Call it several times a minute. */
    void note() {
        Instant now = clock.instant();
        boolean isEmpty = isOwnEmpty.getAsBoolean(); // before the transaction, because it may look into a folder or ask Kafka
        jdbi.useTransaction(handle -> {
            handle.execute("DELETE FROM spool_backlog WHERE process_id = ? OR seen_at < ?", process, now.minus(VALID));
            if (!isEmpty) {
                handle.execute("INSERT INTO spool_backlog (process_id, seen_at) VALUES (?, ?)", process, now);
            }
        });
    }

    /** Whether this process has a backlog, or another process has noted one. */
    boolean areAny() {
        return !isOwnEmpty.getAsBoolean() || jdbi.withHandle(handle -> handle.select("SELECT 1 FROM spool_backlog WHERE process_id <> ?"
                + " AND seen_at >= ?", process, clock.instant().minus(VALID)).mapTo(int.class).findFirst().isPresent());
    }
}
