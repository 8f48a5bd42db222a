package org.mailevents.reconcile;

import java.time.Duration;
import java.time.LocalDate;

/**
 * What was found out about the times of the vendor's lists.
 *
 * @param offset    how far {@code created} of a listed record is ahead of {@code created} of its webhook; null if it is not known
 * @param records   how many records have confirmed it
 * @param bounces   how many of them are bounces
 * @param from      the first day of which records have confirmed the offset
 * @param until     the last such day; the offset is believed for the days between, too
 * @param daysAgree whether the statistics have counted a day exactly as the lists or the stored events do
 */
record Calibration(Duration offset, long records, long bounces, LocalDate from, LocalDate until, boolean daysAgree) {

    static final Calibration NONE = new Calibration(null, 0, 0, null, null, false);

    boolean isKnown() {
        return offset != null;
    }

    /** Whether records of this type have confirmed the offset: the vendor's two lists may differ. */
    boolean isKnownOf(boolean ofBounces) {
        return isKnown() && (ofBounces ? bounces > 0 : records > bounces);
    }

    boolean covers(LocalDate day) {
        return isKnown() && !day.isBefore(from) && !day.isAfter(until);
    }

    /** The offset to compare days by. As long as it is not known, the API is taken to have the zone of the webhooks. */
    Duration assumed() {
        return isKnown() ? offset : Duration.ZERO;
    }

    Calibration confirmed(LocalDate day, long records, long bounces) {
        // the same day may be looked at several times, so the counts are those of the best day for each type
        long mostBounces = Math.max(this.bounces, bounces);
        long mostOthers = Math.max(this.records - this.bounces, records - bounces);
        return new Calibration(offset, mostOthers + mostBounces, mostBounces, day.isBefore(from) ? day : from,
                day.isAfter(until) ? day : until, daysAgree);
    }

    Calibration agreeing() {
        return new Calibration(offset, records, bounces, from, until, true);
    }
}
