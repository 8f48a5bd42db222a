package org.mailevents.event;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.ResolverStyle;

/** Reads the texts of {@code created}, which the vendor sends without a zone. */
final class CreatedTimes {

    /** Outside these years PostgreSQL and Java write a year differently. */
    private static final int FIRST_YEAR = 1970;
    private static final int LAST_YEAR = 9999;
    private static final DateTimeFormatter CREATED =
            DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withResolverStyle(ResolverStyle.STRICT);

    /**
     * A time that was read. The events of a webhook often have the same, and to read it takes as long as to hash the event.
     *
     * @param at    the time in the zone of {@code webhook.time-zone}; null if there is none
     * @param asUtc the time as if it were in UTC, so that an id does not depend on a setting; null if there is none
     */
    record Occurred(String created, Instant at, Instant asUtc) {

        /** There is no time. */
        static final Occurred UNKNOWN = new Occurred("", null, null);
        /** There is a text, but it is not a time that the databases can store. Compare it with {@code ==}. */
        static final Occurred UNREADABLE = new Occurred("", null, null);
    }

    private final ZoneId zone;
    private volatile Occurred lastOccurred = Occurred.UNKNOWN;

    CreatedTimes(ZoneId zone) {
        this.zone = zone;
    }

    /** @param created the text; null or blank if there is none */
    Occurred read(String created) {
        if (created == null || created.isBlank()) {
            return Occurred.UNKNOWN;
        }
        Occurred latest = lastOccurred;
        if (created.equals(latest.created())) {
            return latest;
        }
        try {
            LocalDateTime time = LocalDateTime.parse(created, CREATED);
            if (time.getYear() >= FIRST_YEAR && time.getYear() <= LAST_YEAR) {
                latest = new Occurred(created, time.atZone(zone).toInstant(), time.toInstant(ZoneOffset.UTC));
                lastOccurred = latest;
                return latest;
            }
        } catch (DateTimeException e) {
            // Such a text is unreadable, too.
        }
        return Occurred.UNREADABLE;
    }
}
