package org.mailevents.console;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.store.ReceiptDelay;
import org.mailevents.store.ReceiptDelays;

/** Reads what the times in {@code created} say about the time zone and the clocks. */
final class ClockReader {

    private static final Duration DAYS = Duration.ofDays(14);

    private final Jdbi jdbi;
    private final Clock clock;
    private final ZoneId zone;

    /** @param zone the setting {@code webhook.time-zone} */
    ClockReader(Jdbi jdbi, Clock clock, ZoneId zone) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.zone = zone;
    }

    /**
     * What the API answers.
     *
     * @param state          what the last 24 hours say: {@code unknown}, {@code fits}, {@code zone}, {@code clock} or {@code late}
     * @param zone           the setting {@code webhook.time-zone}
     * @param delayMinutes   how long after the time in {@code created} the promptest events of the last 24 hours arrived; null if unknown
     * @param probableOffset if the state is {@code zone}: the offset from UTC in which the vendor seems to write the time; otherwise null
     * @param days           the last two weeks, the newest day first
     */
    record View(String state, String zone, Integer delayMinutes, String probableOffset, List<Day> days) {
    }

    /**
     * @param day    in the zone of {@code webhook.time-zone}
     * @param events the events that name a time
     * @param future how many of them name a time more than an hour after their receipt
     */
    record Day(String day, String state, Integer delayMinutes, long events, long future) {
    }

    View read() {
        Instant now = clock.instant();
        return jdbi.withHandle(handle -> {
            ReceiptDelay delay = ReceiptDelays.since(handle, now.minus(ReceiptDelays.JUDGED));
            String offset = delay.state() == ReceiptDelay.State.ZONE
                    ? "UTC" + delay.probableOffset(zone, now).getId().replace("Z", "") : null;
            return new View(delay.state().word(), zone.getId(), minutes(delay), offset,
                    ReceiptDelays.days(handle, now.minus(DAYS), zone).stream().map(day -> day(day.day(), day.delay())).toList());
        });
    }

    private static Day day(LocalDate day, ReceiptDelay delay) {
        return new Day(day.toString(), delay.state().word(), minutes(delay), delay.events(), delay.future());
    }

    private static Integer minutes(ReceiptDelay delay) {
        return delay.state() == ReceiptDelay.State.UNKNOWN ? null : delay.minutes();
    }
}
