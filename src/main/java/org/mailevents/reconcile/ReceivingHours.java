package org.mailevents.reconcile;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntToLongFunction;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * What happened at the HTTP endpoint, by hour: when a process was running, and how many webhooks were refused. It explains missing
 * webhooks. While the database is down, the hours wait in memory, because webhooks go to the spool in the meantime and none is lost.
 */
final class ReceivingHours {

    private static final int MINUTES = 60;
    private static final Duration KEPT = Duration.ofDays(60);
    private static final int[] REFUSALS = {401, 413, 503};

    private final Jdbi jdbi;
    private final Clock clock;
    private final IntToLongFunction answered;
    private final long[] before = new long[REFUSALS.length];
    private final Map<Instant, Hour> unsaved = new HashMap<>();

    /** @param answered how many webhooks this process has answered with a status */
    ReceivingHours(Jdbi jdbi, Clock clock, IntToLongFunction answered) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.answered = answered;
    }

    /**
     * An hour.
     *
     * @param minutes one bit for each minute in which a process was running
     */
    record Hour(Instant receivedHour, long minutes, long answered401, long answered413, long answered503) {

        static Hour empty(Instant start) {
            return new Hour(start, 0, 0, 0, 0);
        }

        Hour plus(Hour other) {
            return new Hour(receivedHour, minutes | other.minutes, answered401 + other.answered401, answered413 + other.answered413,
                    answered503 + other.answered503);
        }

        /** How many minutes no process was running. */
        int minutesDown() {
            return MINUTES - Long.bitCount(minutes);
        }

        /** Whether webhooks can have been lost here. A minute may have no bit because its process was slow. */
        boolean isSuspicious() {
            return minutesDown() > 1 || answered401 + answered413 + answered503 > 0;
        }
    }

    /**
     * What can have kept webhooks away.
     *
     * @param what  {@code not-running}, {@code refused-secret}, {@code too-large}, {@code unavailable}, or {@code nothing-known}
     * @param count the minutes without a running process, or the refused webhooks
     */
    record Why(String what, long count) {
    }

    /** Notes this minute and the answers since the last call. Call it at least once a minute. */
    synchronized void note() {
        Instant now = clock.instant();
        Instant start = now.truncatedTo(ChronoUnit.HOURS);
        long[] news = new long[REFUSALS.length];
        for (int i = 0; i < REFUSALS.length; i++) {
            long all = answered.applyAsLong(REFUSALS[i]);
            news[i] = all - before[i];
            before[i] = all;
        }
        Hour minute = new Hour(start, 1L << Duration.between(start, now).toMinutes(), news[0], news[1], news[2]);
        unsaved.merge(start, minute, Hour::plus);
    }

    /** Writes the noted hours. A failure of the database loses nothing: they are written next time. */
    synchronized void save() {
        jdbi.useTransaction(handle -> unsaved.values().forEach(hour -> save(handle, hour)));
        unsaved.clear();
    }

    private void save(Handle handle, Hour noted) {
        Instant start = noted.receivedHour();
        Hour sum = locked(handle, start).orElseGet(() -> begin(handle, start)).plus(noted);
        handle.execute("UPDATE receiving_hour SET minutes = ?, answered_401 = ?, answered_413 = ?, answered_503 = ?"
                + " WHERE received_hour = ?", sum.minutes(), sum.answered401(), sum.answered413(), sum.answered503(), start);
    }

    /** The first process that is here in a new hour also deletes the hours that are too old to be of use. */
    private Hour begin(Handle handle, Instant start) {
        handle.execute("INSERT INTO receiving_hour (received_hour, minutes, answered_401, answered_413, answered_503)"
                + " VALUES (?, 0, 0, 0, 0) ON CONFLICT DO NOTHING", start);
        handle.execute("DELETE FROM receiving_hour WHERE received_hour < ?", clock.instant().minus(KEPT));
        return locked(handle, start).orElseThrow();
    }

    private static Optional<Hour> locked(Handle handle, Instant start) {
        return handle.select("SELECT * FROM receiving_hour WHERE received_hour = ? FOR UPDATE", start).mapTo(Hour.class).findOne();
    }

    /** The hour that begins at this time. */
    Hour at(Instant start) {
        return jdbi.withHandle(handle -> handle.select("SELECT * FROM receiving_hour WHERE received_hour = ?", start).mapTo(Hour.class)
                .findOne().orElse(Hour.empty(start)));
    }

    /** What can have kept the webhooks of an hour away. */
    List<Why> why(Instant start) {
        Hour hour = at(start);
        List<Why> reasons = new ArrayList<>();
        if (hour.minutesDown() > 1) {
            reasons.add(new Why("not-running", hour.minutesDown()));
        }
        Stream.of(new Why("refused-secret", hour.answered401()), new Why("too-large", hour.answered413()),
                new Why("unavailable", hour.answered503())).filter(why -> why.count() > 0).forEach(reasons::add);
        return reasons.isEmpty() ? List.of(new Why("nothing-known", 0)) : reasons;
    }
}
