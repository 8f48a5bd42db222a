package org.mailevents.database;

import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.temporal.TemporalAdjusters;
import java.util.Locale;

/** How much time a partition of {@code mail_event} covers: the setting {@code store.partition}. */
enum PartitionLength {
    DAY, WEEK, MONTH;

    /** @param setting the value of {@code store.partition} */
    static PartitionLength of(String setting) {
        return valueOf(setting.toUpperCase(Locale.ROOT));
    }

    /** The first day of the period that this day belongs to. A week begins on Monday. */
    LocalDate first(LocalDate day) {
        return switch (this) {
            case DAY -> day;
            case WEEK -> day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
            case MONTH -> day.withDayOfMonth(1);
        };
    }

    /** The first day of the next period. */
    LocalDate next(LocalDate first) {
        return switch (this) {
            case DAY -> first.plusDays(1);
            case WEEK -> first.plusWeeks(1);
            case MONTH -> first.plusMonths(1);
        };
    }
}
