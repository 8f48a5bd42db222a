package org.mailevents.retention;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.mailevents.retention.ExpiredRows.OldestRows;
import org.mailevents.retention.ExpiredRows.Step;

/**
 * Removes the personal data from old rows of {@code mail_event}; the rows stay. It walks through the table once, from the oldest row on.
 * The database holds how far it has come, whichever process goes on. Rows whose data had to stay and late rows are in a remainder: a range
 * of time that is processed again later.
 */
public final class PersonalData {

    /** The columns that may say something about a person. The other columns hold ids of Mail Events, kinds, counts and times. */
    private static final List<String> COLUMNS = List.of("recipient", "sender", "return_path", "subject", "api_data", "reason", "extra",
            "message_id", "source_ip", "sender_ip", "created_text");
    private static final String HAS_DATA = "COALESCE(" + String.join(", ", COLUMNS) + ") IS NOT NULL";
    private static final String REMOVE = "UPDATE mail_event SET "
            + COLUMNS.stream().map(column -> column + " = NULL").collect(Collectors.joining(", "))
            + " WHERE received_at > ? AND received_at <= ? AND (" + ExpireEvents.ALERT_DONE + ") AND " + HAS_DATA;

    /** Hours are soon enough for a period of days, and an incident of weeks may leave many remainders. */
    private static final Duration RETRY_INTERVAL = Duration.ofHours(6);
    private static final Duration MIN_RETENTION = Duration.ofDays(1);
    /** No database keeps the time of a row more than this away from the time that was stored. */
    private static final Duration PRECISION = Duration.ofMillis(1);

    private PersonalData() {
    }

    /** A range of time; its beginning does not belong to it. */
    private record Remainder(UUID remainderId, Instant receivedAfter, Instant receivedUntil) {
    }

    /**
     * Adds late events to the remainders, in the transaction that stores the events. Events of the last day need none, because no data is
     * removed so early.
     *
     * @param receivedAt when the events were received
     */
    public static void markForRemoval(Handle handle, Instant now, Collection<Instant> receivedAt) {
        List<Instant> old = receivedAt.stream().filter(received -> received.isBefore(now.minus(MIN_RETENTION))).toList();
        if (!old.isEmpty() && removedUntil(handle).isAfter(Instant.EPOCH)) {
            for (Instant time : old) {
                addRemainder(handle, time.minus(PRECISION), time.plus(PRECISION), time);
            }
        }
    }

    /**
     * Removes the personal data from the next rows that were received before a time, and from those of the next remainder.
     *
     * @param endOfAlerts the parameter of {@link ExpireEvents#ALERT_DONE}
     */
    static Step step(Handle handle, Instant now, Instant before, Instant endOfAlerts) {
        Instant removedUntil = removedUntil(handle);
        int removed = 0;
        OldestRows oldest = ExpiredRows.oldest(handle, "mail_event", removedUntil, before);
        if (oldest.size() > 0) {
            removed += remove(handle, removedUntil, oldest.newest(), endOfAlerts);
            if (hasDataLeft(handle, removedUntil, oldest.newest())) {
                addRemainder(handle, removedUntil, oldest.newest(), now.plus(RETRY_INTERVAL));
            }
            handle.execute("UPDATE privacy_progress SET removed_until = ?", oldest.newest());
        }
        Remainder remainder = nextRemainder(handle, now, before);
        if (remainder != null) {
            removed += remove(handle, remainder.receivedAfter(), remainder.receivedUntil(), endOfAlerts);
            if (hasDataLeft(handle, remainder.receivedAfter(), remainder.receivedUntil())) {
                handle.execute("UPDATE privacy_remainder SET look_at = ? WHERE remainder_id = ?", now.plus(RETRY_INTERVAL),
                        remainder.remainderId());
            } else {
                handle.execute("DELETE FROM privacy_remainder WHERE remainder_id = ?", remainder.remainderId());
            }
        }
        return new Step(removed, oldest.size() == ExpiredRows.MAX_ROWS || remainder != null);
    }

    private static Instant removedUntil(Handle handle) {
        return handle.select("SELECT removed_until FROM privacy_progress").mapTo(Instant.class).one();
    }

    private static Remainder nextRemainder(Handle handle, Instant now, Instant before) {
        return handle.select("SELECT remainder_id, received_after, received_until FROM privacy_remainder"
                + " WHERE look_at <= ? AND received_until < ? ORDER BY look_at LIMIT 1", now, before)
                .mapTo(Remainder.class).findOne().orElse(null);
    }

    private static int remove(Handle handle, Instant after, Instant until, Instant endOfAlerts) {
        return handle.execute(REMOVE, after, until, endOfAlerts);
    }

    private static boolean hasDataLeft(Handle handle, Instant after, Instant until) {
        return handle.select("SELECT 1 FROM mail_event WHERE received_at > ? AND received_at <= ? AND " + HAS_DATA + " LIMIT 1",
                after, until).mapTo(Integer.class).findOne().isPresent();
    }

    /** Each remainder has a new id, so that a late event is not lost when a process deletes an older remainder of the same time. */
    private static void addRemainder(Handle handle, Instant after, Instant until, Instant processAt) {
        handle.execute("INSERT INTO privacy_remainder (remainder_id, received_after, received_until, look_at) VALUES (?, ?, ?, ?)",
                UUID.randomUUID(), after, until, processAt);
    }
}
