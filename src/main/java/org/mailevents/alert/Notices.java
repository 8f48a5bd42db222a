package org.mailevents.alert;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.mailevents.spool.Spool;

/**
 * What the operators must be told of the spool, while it lasts at most once an hour for each kind, by all processes in this folder together. It
 * needs no database, since that may be down. What a process could not note on a full disk it knows by itself.
 */
final class Notices {

    private static final Duration DISTANCE = Duration.ofHours(1);
    private static final double ALARM = 0.8;
    private static final double ALL_CLEAR = 0.5;

    private static final List<String> KINDS = List.of("failed", "filling");

    private final Spool spool;
    private final Clock clock;
    private final Duration retry;
    private final Map<String, Instant> notBefore = new HashMap<>();

    /** @param retry how long a mail that failed waits for its next try */
    Notices(Spool spool, Clock clock, Duration retry) {
        this.spool = spool;
        this.clock = clock;
        this.retry = retry;
    }

    List<Notice> due() {
        // what is over may be told of again when it comes back
        if (spool.failedSince(Instant.EPOCH) == 0) {
            forget("failed");
        }
        if (spool.fill() < ALL_CLEAR) {
            forget("filling");
        }
        return KINDS.stream().filter(this::mayTell).map(this::notice)
                .filter(notice -> notice.what().equals("failed") ? (long) notice.facts().get("webhooks") > 0 : spool.fill() >= ALARM).toList();
    }

    /** Whether this is about the spool, and so one of these. */
    boolean isOne(Mailing mailing) {
        return mailing instanceof Notice notice && KINDS.contains(notice.what());
    }

    void sent(Notice notice) throws IOException {
        notBefore.put(notice.what(), notice.madeAt().plus(DISTANCE));
        spool.notes().noteTold(notice.what(), notice.madeAt());
    }

    void failed(Notice notice) {
        notBefore.put(notice.what(), clock.instant().plus(retry));
    }

    private void forget(String what) {
        notBefore.remove(what);
        spool.notes().forget(what);
    }

    private boolean mayTell(String what) {
        return passed(notBefore.getOrDefault(what, Instant.EPOCH)) && passed(spool.notes().lastTold(what).plus(DISTANCE));
    }

    /** What is further ahead was noted while the clock was wrong. */
    private boolean passed(Instant time) {
        Instant now = clock.instant();
        return !time.isAfter(now) || time.isAfter(now.plus(DISTANCE).plus(AlertPolicy.MAX_SKEW));
    }

    private Notice notice(String what) {
        Instant told = spool.notes().lastTold(what);
        Instant now = clock.instant();
        return new Notice(UUID.nameUUIDFromBytes((what + told).getBytes(StandardCharsets.UTF_8)), what,
                Map.of("webhooks", spool.failedSince(told.isAfter(now) ? Instant.EPOCH : told), "percent", Math.round(spool.fill() * 100)), now);
    }
}
