package org.mailevents.alert;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.alert.AlertOutbox.Row;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the addresses of {@code alert.fallback} which recipients of alerts cannot be reached: each recipient once a month, and with one
 * notice an hour at most. The addresses collect in a notice that is not due yet.
 */
final class UnreachableRecipients {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");

    /** The same recipient is reported again after this time. */
    private static final Duration REPORTED_AGAIN = Duration.ofDays(30);
    private static final Duration MIN_INTERVAL = Duration.ofHours(1);
    /** The condition for the notice to which addresses are still added. Its deliveries are neither due nor sent. */
    private static final String COLLECTS = "what = 'unreachable' AND sent_at IS NULL AND EXISTS (SELECT 1 FROM alert_delivery d"
            + " WHERE d.mail_id = alert_mail.mail_id AND d.retry_at IS NULL AND d.sent_at IS NULL AND d.gave_up_at IS NULL)";
    /** In characters. Further addresses go into the next notice. */
    private static final int MAX_ADDRESSES = 100_000;

    private final Jdbi jdbi;
    private final Clock clock;
    private final Set<String> fallback;
    private final AlertOutbox outbox;

    /** @param fallback the addresses of {@code alert.fallback} in lower case, or none */
    UnreachableRecipients(Jdbi jdbi, Clock clock, Set<String> fallback, AlertOutbox outbox) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.fallback = fallback;
        this.outbox = outbox;
    }

    /** Adds the recipients to the next notice. An unreachable fallback address is logged, but a notice about it would not arrive either. */
    void report(Handle handle, Set<String> unreachable) {
        Instant now = clock.instant();
        List<String> unreported = new ArrayList<>(unreachable);
        handle.select("SELECT about FROM alert_mail WHERE what = 'unreachable' AND about IS NOT NULL AND made_at > ?",
                now.minus(REPORTED_AGAIN)).mapTo(String.class).forEach(reported -> unreported.removeAll(Notice.parts(reported)));
        if (unreported.isEmpty()) {
            return;
        }
        LOG.error("Alerts do not reach a recipient of alert.to. The bounce is in mail_event and has the alert_state 'own'.{}",
                fallback.isEmpty() ? " Set alert.fallback to the address of a person who should be told." : "");
        if (fallback.isEmpty()) {
            return;
        }
        unreported.removeAll(fallback);
        for (String address : unreported) {
            if (handle.execute("UPDATE alert_mail SET about = CONCAT(about, ?, ?) WHERE " + COLLECTS + " AND LENGTH(about) < "
                    + MAX_ADDRESSES, Notice.SEPARATOR, address) == 0) {
                outbox.addNotYetDue(handle, Row.notice(UUID.randomUUID(), "unreachable", address, now));
            }
        }
    }

    /** Makes the oldest notice due, unless one was made due within the last hour. */
    void releaseNotice() {
        Instant now = clock.instant();
        jdbi.useTransaction(handle -> {
            Optional<UUID> collected = handle.select("SELECT mail_id FROM alert_mail WHERE " + COLLECTS + " ORDER BY made_at LIMIT 1")
                    .mapTo(UUID.class).findFirst();
            if (collected.isPresent() && handle.select("SELECT mail_id FROM alert_mail WHERE what = 'unreachable'"
                    + " AND NOT (" + COLLECTS + ") AND made_at > ? AND made_at <= ?", now.minus(MIN_INTERVAL),
                    now.plus(AlertPolicy.MAX_SKEW)).mapTo(UUID.class).list().isEmpty()) {
                handle.execute("UPDATE alert_mail SET made_at = ? WHERE mail_id = ? AND " + COLLECTS, now, collected.get());
                outbox.makeDue(handle, collected.get());
            }
        });
    }
}
