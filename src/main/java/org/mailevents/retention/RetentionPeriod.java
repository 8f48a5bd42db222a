package org.mailevents.retention;

import java.time.Duration;
import java.time.Instant;

/**
 * How long something is kept.
 *
 * @param age a row may go when it was received longer ago than this
 */
record RetentionPeriod(Duration age) {

    /**
     * Incidents and their mails stay for at least a month, because an alert that bounces is recognised by its mail, and mails are counted.
     * A bounce of an open incident stays for at most a month or the period, whichever is longer, because some incidents never end.
     */
    private static final Duration MONTH = Duration.ofDays(31);

    static RetentionPeriod ofDays(int days) {
        return new RetentionPeriod(Duration.ofDays(days));
    }

    long days() {
        return age.toDays();
    }

    /** Events received before this time may go. */
    Instant end(Instant now) {
        return before(now, age);
    }

    /** Incidents and alert mails that ended before this time may go. */
    Instant endOfAlerts(Instant now) {
        return before(now, age.compareTo(MONTH) > 0 ? age : MONTH);
    }

    /** Not before 1970, however many days are set: not every database knows much earlier times. */
    private static Instant before(Instant now, Duration age) {
        Instant before = now.minus(age);
        return before.isAfter(Instant.EPOCH) ? before : Instant.EPOCH;
    }
}
