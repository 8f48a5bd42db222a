package org.mailevents.alert;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;

/**
 * The claims of this process on deliveries. A claim is a lease: while it lasts, no other process sends the delivery. If the process is
 * killed, the lease expires.
 */
final class Leases {

    /** SQL condition of a delivery that is neither sent nor given up. */
    static final String OPEN = "sent_at IS NULL AND gave_up_at IS NULL";

    /**
     * The length of a lease. A delivery is delayed this long if its process is killed or loses the connection to the database. The route
     * renew-claims renews the leases of the deliveries in progress every 5 seconds.
     */
    private static final Duration LENGTH = Duration.ofSeconds(20);
    private static final Duration MAX_CLAIM = Duration.ofMinutes(5);

    private final Jdbi jdbi;
    private final Clock clock;
    /** The deliveries that this process has claimed and that are neither sent nor failed, and since when, by {@link System#nanoTime}. */
    private final Map<UUID, Long> claimed = new ConcurrentHashMap<>();

    Leases(Jdbi jdbi, Clock clock) {
        this.jdbi = jdbi;
        this.clock = clock;
    }

    /**
     * Claims a delivery that is due.
     *
     * @param latestRetry a retry later than this was set while the clock was wrong
     * @return false if another process has claimed it, or if it is done
     */
    boolean claim(Handle handle, UUID delivery, Instant latestRetry) {
        Instant now = clock.instant();
        boolean isClaimed = handle.execute("UPDATE alert_delivery SET retry_at = ? WHERE delivery_id = ? AND " + OPEN
                + " AND (retry_at <= ? OR retry_at > ?)", now.plus(LENGTH), delivery, now, latestRetry) == 1;
        if (isClaimed) {
            claimed.put(delivery, System.nanoTime());
        }
        return isClaimed;
    }

    /** The delivery is no longer in progress here. */
    void end(UUID delivery) {
        claimed.remove(delivery);
    }

    /** Renews the leases. A lease is renewed for five minutes at most, because an edited route may have lost its delivery. */
    void renew() {
        claimed.values().removeIf(since -> System.nanoTime() - since > MAX_CLAIM.toNanos());
        if (!claimed.isEmpty()) {
            jdbi.useHandle(handle -> handle.execute("UPDATE alert_delivery SET retry_at = ? WHERE delivery_id = ANY (?) AND " + OPEN,
                    clock.instant().plus(LENGTH), claimed.keySet().toArray(UUID[]::new)));
        }
    }
}
