package org.mailevents.alert;

import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.mailevents.spool.Spool;

/**
 * The notices about the spool. While a problem lasts, all processes of this folder together send one notice of each kind an hour at most.
 * The notices use no database, because the database may be down. The spool notes what was sent. If the disk is full and it cannot note
 * that, the process itself remembers it.
 */
final class Notices {

    private static final Duration MIN_INTERVAL = Duration.ofHours(1);
    /** The share of {@code spool.max-size} from which the operators are told. */
    private static final double ALARM = 0.8;
    /** The share below which the problem is over. */
    private static final double ALL_CLEAR = 0.5;

    private static final List<String> KINDS = List.of("failed", "filling");

    private final Spool spool;
    private final String place;
    private final Clock clock;
    private final Duration retry;
    private final Map<String, Instant> notBefore = new HashMap<>();

    /**
     * @param place the machine and the folder of the spool
     * @param retry how long a notice that could not be sent waits for its next try
     */
    Notices(Spool spool, String place, Clock clock, Duration retry) {
        this.spool = spool;
        this.place = place;
        this.clock = clock;
        this.retry = retry;
    }

    /** @throws java.io.UncheckedIOException if the spool cannot be read */
    List<Notice> due() {
        // when a problem is over and comes back, it is reported at once
        if (spool.failedSince(Instant.EPOCH) == 0) {
            forget("failed");
        }
        if (spool.fill() < ALL_CLEAR) {
            forget("filling");
        }
        return KINDS.stream().filter(this::maySend).map(this::notice).filter(notice -> notice.what().equals("failed")
                ? (long) notice.facts().get("webhooks") > 0 : spool.fill() >= ALARM).toList();
    }

    /** Whether the mail is a notice about the spool. */
    boolean includes(Mailing mailing) {
        return mailing instanceof Notice notice && KINDS.contains(notice.what());
    }

    /** The notice was sent. */
    void markSent(Notice notice) throws IOException {
        notBefore.put(notice.what(), notice.madeAt().plus(MIN_INTERVAL));
        spool.notes().noteTold(notice.what(), notice.madeAt());
    }

    /** The notice could not be sent. */
    void retryLater(Notice notice) {
        notBefore.put(notice.what(), clock.instant().plus(retry));
    }

    private void forget(String what) {
        notBefore.remove(what);
        spool.notes().forget(what);
    }

    private boolean maySend(String what) {
        return isPast(notBefore.getOrDefault(what, Instant.EPOCH)) && isPast(spool.notes().lastTold(what).plus(MIN_INTERVAL));
    }

    /** Also true for a time far ahead, which was noted while the clock was wrong. */
    private boolean isPast(Instant time) {
        Instant now = clock.instant();
        return !time.isAfter(now) || time.isAfter(now.plus(MIN_INTERVAL).plus(AlertPolicy.MAX_SKEW));
    }

    private Notice notice(String what) {
        Instant lastSent = spool.notes().lastTold(what);
        Instant now = clock.instant();
        // every process has a spool of its own, and a mail server may drop a mail whose Message-ID it has seen
        return new Notice(AlertOutbox.Row.id(place, what, lastSent), what, Map.of(
                "webhooks", spool.failedSince(lastSent.isAfter(now) ? Instant.EPOCH : lastSent),
                "percent", Math.round(spool.fill() * 100)), now);
    }
}
