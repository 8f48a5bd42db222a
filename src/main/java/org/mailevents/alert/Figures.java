package org.mailevents.alert;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.mailevents.alert.BounceCounts.Comparison;

/**
 * What happens around an incident, in numbers.
 *
 * @param hours  the time that the mail speaks of: from the first of its new bounces until it was made, rounded up; a day at most
 * @param hour   of all audiences within an hour
 * @param day    of all audiences within a day
 * @param recent bounces of the audience within these hours
 * @param usual  how many bounces of the audience are usual within so many hours; null if that is not known yet
 * @param unusual whether these are far more bounces than usual
 */
public record Figures(long hours, Share hour, Share day, long recent, Double usual, boolean unusual) {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration DAY = Duration.ofDays(1);
    /** Fewer finished messages than this make no reliable rate. */
    private static final int MIN_FINISHED = 100;

    /** Bounces among finished messages. */
    public record Share(long bounces, long finished) {

        /** In percent, with one decimal; 0 if no message is finished. */
        public double percent() {
            return finished == 0 ? 0 : Math.round(1000.0 * bounces / finished) / 10.0;
        }

        /** @param rate in percent */
        boolean above(double rate) {
            return 100.0 * bounces > rate * finished;
        }

        /** Whether there are enough messages for a rate. */
        boolean isReliable() {
            return finished >= MIN_FINISHED;
        }

        Share plus(Share other) {
            return new Share(bounces + other.bounces, finished + other.finished);
        }
    }

    /** @param hours as {@link #hours(Instant, Instant)} computes them */
    static Figures of(BounceCounts counts, String audience, Instant until, long hours) {
        Comparison lastHour = counts.compare(audience, until, 1);
        Comparison told = hours == 1 || lastHour.isUnusual() ? lastHour : counts.compare(audience, until, hours);
        return new Figures(told.hours(), counts.all(until.minus(HOUR), until), counts.all(until.minus(DAY), until), told.recent(),
                told.known() ? told.usual() : null, told.isUnusual());
    }

    /**
     * Since when the messages were finished among which the news of an incident's next mail are: the messages of which its last mail spoke
     * are not counted again.
     *
     * @param from      the beginning of the time that the mail speaks of
     * @param lastMail  when the last mail of the incident was made that reported bounces; null if there is none
     * @param firstNews when the first bounce was received that no mail has reported; null if there is none
     */
    static Instant since(Instant from, Instant lastMail, Instant firstNews) {
        if (lastMail == null) {
            return from;
        }
        // a bounce may have been stored while the last mail was made, or that mail had no room for it
        Instant since = firstNews == null || firstNews.isAfter(lastMail) ? lastMail : firstNews.minus(1, ChronoUnit.MICROS);
        return since.isAfter(from) ? since : from;
    }

    /**
     * How many hours a mail speaks of: at least one, and at most a day, because a longer time would be expensive to count.
     *
     * @param firstNews when the first of its new bounces was received; null if there is none
     */
    static long hours(Instant firstNews, Instant madeAt) {
        long minutes = firstNews == null ? 0 : Duration.between(firstNews, madeAt).toMinutes();
        return Math.max(1, Math.min(DAY.toHours(), (minutes + 59) / 60));
    }
}
