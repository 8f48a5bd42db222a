package org.mailevents.alert;

import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.mailevents.spool.Spool;

/**
 * What the operators must be told of the spool, while it lasts at most once an hour for each kind, by all processes in this folder together. It
 * needs no database, since that may be down. What a process could not note on a full disk it knows by itself.
 */
final class Notices {

    private static final Duration DISTANCE = Duration.ofHours(1);
    private static final double ALARM = 0.8;
    private static final double ALL_CLEAR = 0.5;

    private final Spool spool;
    private final Duration retry;
    private final Map<String, Instant> notBefore = new HashMap<>();

    /** @param retry how long a mail that failed waits for its next try */
    Notices(Spool spool, Duration retry) {
        this.spool = spool;
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
        return Stream.of("failed", "filling").filter(this::mayTell).map(this::notice)
                .filter(notice -> notice.what().equals("failed") ? notice.webhooks() > 0 : spool.fill() >= ALARM).toList();
    }

    void sent(Notice notice) throws IOException {
        notBefore.put(notice.what(), notice.until().plus(DISTANCE));
        spool.tell(notice.what(), notice.until());
    }

    void failed(Notice notice) {
        notBefore.put(notice.what(), Instant.now().plus(retry));
    }

    private void forget(String what) {
        notBefore.remove(what);
        spool.forget(what);
    }

    private boolean mayTell(String what) {
        Instant now = Instant.now();
        return !notBefore.getOrDefault(what, Instant.EPOCH).isAfter(now) && !spool.told(what).plus(DISTANCE).isAfter(now);
    }

    private Notice notice(String what) {
        Instant told = spool.told(what);
        Instant now = Instant.now();
        return new Notice(what, spool.failedSince(told), Math.round(spool.fill() * 100), told, now);
    }
}
