package org.mailevents.alert;

import java.time.Instant;

/**
 * The time that a digest sums up, and for whom. Its text form is in the column {@code about}.
 *
 * @param plan  {@link #AUDIENCE}, {@link #DAILY} or {@link #WEEKLY}
 * @param from  the begin of the time (inclusive)
 * @param until the end of the time (exclusive)
 */
record DigestPeriod(String plan, Instant from, Instant until) {

    /** For the recipients of an audience who have not chosen how often they want mails. */
    static final String AUDIENCE = "audience";
    /** For the recipients who have chosen a digest every day. */
    static final String DAILY = "daily";
    /** For the recipients who have chosen a digest every week. */
    static final String WEEKLY = "weekly";

    static DigestPeriod parse(String text) {
        String[] parts = text.split("[ /]");
        return new DigestPeriod(parts[0], Instant.parse(parts[1]), Instant.parse(parts[2]));
    }

    @Override
    public String toString() {
        return plan + " " + from + "/" + until;
    }
}
