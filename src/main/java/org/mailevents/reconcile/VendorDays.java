package org.mailevents.reconcile;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;

/** When the days of the vendor begin and end, and which of them can be compared now. */
final class VendorDays {

    /** Webhooks of a day that has just ended may still be on their way. */
    private static final Duration SETTLING = Duration.ofHours(1);
    /** A day ends last in the zone that is 12 hours behind UTC. */
    private static final ZoneOffset LAST_ZONE = ZoneOffset.ofHours(-12);
    /** The vendor keeps its logs for 40 days. */
    private static final int KEPT_DAYS = 40;
    /** Events of a day may be deleted so much before the age of the day says so: zones and clocks differ, and a run takes its time. */
    private static final Duration DELETED_EARLY = Duration.ofDays(1);

    private final ZoneId zone;
    private final Duration kept;
    private final Clock clock;

    /**
     * @param zone the zone of the webhooks
     * @param kept how long events are kept; null for ever
     */
    VendorDays(ZoneId zone, Duration kept, Clock clock) {
        this.zone = zone;
        this.kept = kept;
        this.clock = clock;
    }

    /** The newest day whose webhooks have had the time to arrive. */
    LocalDate lastEnded(Calibration known) {
        Instant settled = clock.instant().minus(SETTLING);
        LocalDate last = settled.atZone(LAST_ZONE).toLocalDate().plusDays(2);
        while (end(last, known).isAfter(settled)) {
            last = last.minusDays(1);
        }
        return last;
    }

    /** Whether all events of a day are still here. What was deleted would be taken for missing, and would be told again. */
    boolean isKept(LocalDate day, Calibration known) {
        return kept == null || begin(day, known).isAfter(clock.instant().minus(kept).plus(DELETED_EARLY));
    }

    /** @throws IllegalArgumentException if the day cannot be compared; the message says which days can */
    void require(LocalDate day, Calibration known) {
        LocalDate last = lastEnded(known);
        LocalDate first = last.minusDays(KEPT_DAYS);
        while (!isKept(first, known) && first.isBefore(last)) {
            first = first.plusDays(1);
        }
        if (day.isAfter(last) || day.isBefore(first)) {
            throw new IllegalArgumentException("Choose a day from " + first + " to " + last + ": the vendor keeps " + KEPT_DAYS + " days,"
                    + " events older than retention.days are deleted, and the day must have ended.");
        }
    }

    Instant begin(LocalDate day, Calibration known) {
        return instant(day.atStartOfDay(), known);
    }

    private Instant end(LocalDate day, Calibration known) {
        return known.isKnown() ? begin(day.plusDays(1), known) : day.plusDays(1).atStartOfDay().toInstant(LAST_ZONE);
    }

    /** The instant of a time in the vendor's lists. */
    Instant instant(LocalDateTime ofVendor, Calibration known) {
        return ofVendor.minus(known.assumed()).atZone(zone).toInstant();
    }
}
