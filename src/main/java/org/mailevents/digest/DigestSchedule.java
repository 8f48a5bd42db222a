package org.mailevents.digest;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalTime;
import java.time.Period;
import java.time.ZoneId;
import java.time.temporal.TemporalAdjusters;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mailevents.settings.Settings;

/**
 * When an audience gets its digests: every day or every week, at a local time.
 *
 * @param day null for a digest every day
 */
public record DigestSchedule(DayOfWeek day, LocalTime time) {

    /** The setting of an audience is {@code alert.digest.<audience>}. */
    public static final String SETTING = "alert.digest";

    private static final List<String> DAYS = List.of("mon", "tue", "wed", "thu", "fri", "sat", "sun");
    private static final Pattern FORM = Pattern.compile("(?:daily|weekly (" + String.join("|", DAYS) + ")) ([01]\\d|2[0-3]):([0-5]\\d)");

    /** The schedules of all audiences that have one, by audience. */
    public static Map<String, DigestSchedule> all(Settings settings) {
        Map<String, DigestSchedule> schedules = new TreeMap<>();
        for (String key : settings.audiences(SETTING)) {
            schedules.put(key.substring(SETTING.length() + 1), of(settings, key));
        }
        return schedules;
    }

    /** @throws IllegalArgumentException if the setting {@code key} is not a schedule */
    public static DigestSchedule of(Settings settings, String key) {
        return parse(key, settings.text(key));
    }

    /** @throws IllegalArgumentException if the text has neither of the two forms; the message names the setting {@code key} */
    public static DigestSchedule parse(String key, String text) {
        Matcher form = FORM.matcher(text);
        if (!form.matches()) {
            throw new IllegalArgumentException("Set " + key + " to a time such as `daily 09:00` or `weekly mon 09:00`, with two"
                    + " digits for the hour: '" + text + "' is not one");
        }
        DayOfWeek day = form.group(1) == null ? null : DayOfWeek.of(DAYS.indexOf(form.group(1)) + 1);
        return new DigestSchedule(day, LocalTime.of(Integer.parseInt(form.group(2)), Integer.parseInt(form.group(3))));
    }

    /**
     * The last time of this schedule that is not after {@code now}. Where clocks are set forward, a local time that does not exist is moved
     * by the length of the gap: 02:30 becomes 03:30. Where clocks are set back, the earlier of the two equal local times counts.
     */
    public Instant latest(Instant now, ZoneId zone) {
        LocalDate date = now.atZone(zone).toLocalDate();
        if (day != null) {
            date = date.with(TemporalAdjusters.previousOrSame(day));
        }
        Instant onThatDate = at(date, zone);
        return onThatDate.isAfter(now) ? at(date.minus(length()), zone) : onThatDate;
    }

    /** The time of this schedule before one of its times. */
    public Instant before(Instant time, ZoneId zone) {
        return latest(time.minusNanos(1), zone);
    }

    private Instant at(LocalDate date, ZoneId zone) {
        return date.atTime(time).atZone(zone).toInstant();
    }

    private Period length() {
        return day == null ? Period.ofDays(1) : Period.ofWeeks(1);
    }
}
