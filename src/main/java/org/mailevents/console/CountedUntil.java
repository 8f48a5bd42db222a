package org.mailevents.console;

import java.time.Duration;
import java.time.Instant;
import org.jdbi.v3.core.Handle;

/** From when on the summary reads the events themselves, because they are not counted yet. */
final class CountedUntil {

    /**
     * After an update of a large installation the counts may be far behind. The page then shows fewer events until the counts have caught
     * up, because every request for the page would otherwise read millions of rows.
     */
    private static final Duration MAX_UNCOUNTED = Duration.ofHours(1);

    private CountedUntil() {
    }

    static Instant read(Handle handle, Instant now) {
        Instant counted = handle.select("SELECT until_time FROM event_counted").mapTo(Instant.class).one();
        Instant earliest = now.minus(MAX_UNCOUNTED);
        return counted.isAfter(earliest) ? counted : earliest;
    }
}
