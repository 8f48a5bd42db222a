package org.mailevents.digest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DigestScheduleTest {

    private static final ZoneId NEW_YORK = ZoneId.of("America/New_York");

    /** In 2026, New York sets its clocks forward on March 8 at 02:00, and back on November 1 at 02:00. */
    @ParameterizedTest
    @CsvSource({
        "daily 09:00,        2026-10-16T08:59:59.999+09:00, Asia/Tokyo,       2026-10-15T09:00+09:00",
        "daily 09:00,        2026-10-16T09:00+09:00,        Asia/Tokyo,       2026-10-16T09:00+09:00",
        "daily 00:00,        2026-10-16T00:00+09:00,        Asia/Tokyo,       2026-10-16T00:00+09:00",
        "weekly fri 09:00,   2026-10-16T09:00+09:00,        Asia/Tokyo,       2026-10-16T09:00+09:00",
        "weekly fri 09:00,   2026-10-16T08:59+09:00,        Asia/Tokyo,       2026-10-09T09:00+09:00",
        "weekly mon 09:00,   2026-10-18T23:59+09:00,        Asia/Tokyo,       2026-10-12T09:00+09:00",
        "daily 02:30,        2026-03-08T03:29-04:00,        America/New_York, 2026-03-07T02:30-05:00",
        "daily 02:30,        2026-03-08T03:30-04:00,        America/New_York, 2026-03-08T03:30-04:00",
        "daily 01:30,        2026-11-01T01:30-04:00,        America/New_York, 2026-11-01T01:30-04:00",
        "daily 01:30,        2026-11-01T01:45-05:00,        America/New_York, 2026-11-01T01:30-04:00",
        "daily 09:00,        2026-11-01T09:00-05:00,        America/New_York, 2026-11-01T09:00-05:00",
        "weekly sun 02:30,   2026-03-08T12:00-04:00,        America/New_York, 2026-03-08T03:30-04:00"})
    void theLastTimeOfASchedule(String schedule, ZonedDateTime now, ZoneId zone, ZonedDateTime latest) {
        assertThat(DigestSchedule.parse("key", schedule).latest(now.toInstant(), zone)).isEqualTo(latest.toInstant());
    }

    /** Asked for every ten minutes, a year has one time for each day, whatever happens to the clocks. */
    @ParameterizedTest
    @ValueSource(strings = {"daily 01:30", "daily 02:30", "daily 09:00", "daily 00:00"})
    void aYearHasOneTimeForEachDay(String text) {
        DigestSchedule schedule = DigestSchedule.parse("key", text);
        Instant begin = Instant.parse("2026-01-01T12:00:00Z");
        List<Instant> times = new ArrayList<>();
        for (int i = 0; i < 365 * 24 * 6; i++) {
            Instant latest = schedule.latest(begin.plus(Duration.ofMinutes(10L * i)), NEW_YORK);
            if (times.isEmpty() || !times.get(times.size() - 1).equals(latest)) {
                times.add(latest);
            }
        }

        assertThat(times).isSorted().doesNotHaveDuplicates().hasSize(366);
        assertThat(times).extracting(time -> time.atZone(NEW_YORK).toLocalDate()).doesNotHaveDuplicates();
        for (int i = 1; i < times.size(); i++) {
            assertThat(schedule.before(times.get(i), NEW_YORK)).isEqualTo(times.get(i - 1));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"daily", "09:00", "daily 9:00", "daily 24:00", "weekly 09:00", "weekly monday 09:00", "monthly 09:00"})
    void noSchedules(String text) {
        assertThatThrownBy(() -> DigestSchedule.parse("alert.digest.list-owner", text)).hasMessage("Set alert.digest.list-owner to a time"
                + " such as `daily 09:00` or `weekly mon 09:00`, with two digits for the hour: '" + text + "' is not one");
    }

    @Test
    void aWeekBefore() {
        DigestSchedule monday = DigestSchedule.parse("key", "weekly mon 09:00");
        assertThat(monday.before(Instant.parse("2026-10-12T00:00:00Z"), ZoneId.of("Asia/Tokyo")))
                .isEqualTo(Instant.parse("2026-10-05T00:00:00Z"));
    }
}
