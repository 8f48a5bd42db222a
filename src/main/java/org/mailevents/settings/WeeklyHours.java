package org.mailevents.settings;

import java.time.DayOfWeek;
import java.time.ZonedDateTime;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The hours of a week at which people are at work, such as {@code mon-fri 08:00-19:00, sat 09:00-12:00}. No span means always. */
public record WeeklyHours(List<Span> spans) {

    /** The forms that {@link #parse} reads, for errors. */
    static final String FORMS = "days and times such as mon-fri 08:00-19:00, with two digits for the hour, separated by commas. "
            + "A day without times is the whole day. "
            + "A span that crosses midnight is written as two: mon-fri 22:00-24:00, tue-sat 00:00-06:00";

    private static final WeeklyHours ALWAYS = new WeeklyHours(List.of());
    private static final Pattern DAYS = Pattern.compile("([a-z]{3})(?:-([a-z]{3}))?(?: +(\\d\\d):(\\d\\d) ?- ?(\\d\\d):(\\d\\d))?");

    /**
     * The same time on some days.
     *
     * @param first the first of the days
     * @param last  the last of the days; {@code fri-mon} is four days
     * @param from  a minute of the day
     * @param until the minute of the day before which the span ends
     */
    public record Span(DayOfWeek first, DayOfWeek last, int from, int until) {

        private boolean includes(DayOfWeek day, int minute) {
            return daysFrom(first, day) <= daysFrom(first, last) && from <= minute && minute < until;
        }

        private static int daysFrom(DayOfWeek first, DayOfWeek day) {
            return Math.floorMod(day.getValue() - first.getValue(), 7);
        }
    }

    /** @return empty if the text has none of the {@link #FORMS}; an empty text means always */
    static Optional<WeeklyHours> parse(String text) {
        if (text.isBlank()) {
            return Optional.of(ALWAYS);
        }
        List<Optional<Span>> spans = Stream.of(text.toLowerCase(Locale.ROOT).split(",")).map(part -> span(part.trim())).toList();
        return spans.stream().allMatch(Optional::isPresent)
                ? Optional.of(new WeeklyHours(spans.stream().flatMap(Optional::stream).toList())) : Optional.empty();
    }

    private static Optional<Span> span(String text) {
        Matcher days = DAYS.matcher(text);
        if (!days.matches()) {
            return Optional.empty();
        }
        Optional<DayOfWeek> first = day(days.group(1));
        Optional<DayOfWeek> last = days.group(2) == null ? first : day(days.group(2));
        int from = days.group(3) == null ? 0 : minute(days.group(3), days.group(4));
        int until = days.group(3) == null ? 24 * 60 : minute(days.group(5), days.group(6));
        return first.isPresent() && last.isPresent() && from >= 0 && from < until
                ? Optional.of(new Span(first.get(), last.get(), from, until)) : Optional.empty();
    }

    private static Optional<DayOfWeek> day(String name) {
        return Arrays.stream(DayOfWeek.values()).filter(day -> day.name().substring(0, 3).equalsIgnoreCase(name)).findFirst();
    }

    /** @return -1 if there is no such time; 24:00 is the end of the day */
    private static int minute(String hour, String minute) {
        int minutes = 60 * Integer.parseInt(hour) + Integer.parseInt(minute);
        return Integer.parseInt(minute) < 60 && minutes <= 24 * 60 ? minutes : -1;
    }

    public boolean include(ZonedDateTime time) {
        int minute = 60 * time.getHour() + time.getMinute();
        return spans.isEmpty() || spans.stream().anyMatch(span -> span.includes(time.getDayOfWeek(), minute));
    }
}
