package org.mailevents.alert;

import java.time.Duration;
import java.time.Instant;

/**
 * When a delivery that failed is tried again. The time between retries grows, because a server that refuses a delivery permanently must not
 * be asked every ten seconds.
 *
 * @param first how long a delivery waits for its first retry
 */
record RetryPace(Duration first) {

    private static final Duration LONGEST = Duration.ofMinutes(15);

    /**
     * @param madeAt    when the mail was made
     * @param notBefore the server does not want the delivery earlier; a quarter of an hour is the longest time that is respected
     */
    Instant next(Instant madeAt, Instant now, Instant notBefore) {
        Duration growing = Duration.between(madeAt, now).dividedBy(4);
        Duration atMost = growing.compareTo(LONGEST) < 0 ? growing : LONGEST;
        Instant usual = now.plus(atMost.compareTo(first) > 0 ? atMost : first);
        Instant wanted = notBefore.isBefore(now.plus(LONGEST)) ? notBefore : now.plus(LONGEST);
        return wanted.isAfter(usual) ? wanted : usual;
    }

    /** A retry later than this was set while the clock was wrong. */
    Instant latest(Instant now) {
        return now.plus(LONGEST.compareTo(first) > 0 ? LONGEST : first).plus(AlertPolicy.MAX_SKEW);
    }
}
