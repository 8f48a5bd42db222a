package org.mailevents.alert;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.alert.AlertOutbox.Row;
import org.mailevents.spool.Spool;

/** Tells the operators when webhooks stop arriving, and when they arrive again. Each of these two events causes one notice. */
final class MissingWebhooks {

    private final Jdbi jdbi;
    private final Spool spool;
    private final Clock clock;
    private final Duration limit;
    private final AlertOutbox outbox;
    /** Since when a webhook would have been stored. While the process or the database is down, none is. */
    private Instant listeningSince;

    /** @param limit the operators are told after this time without a webhook */
    MissingWebhooks(Jdbi jdbi, Spool spool, Clock clock, Duration limit, AlertOutbox outbox) {
        this.jdbi = jdbi;
        this.spool = spool;
        this.clock = clock;
        this.limit = limit;
        this.outbox = outbox;
        this.listeningSince = clock.instant();
    }

    /** The database is down, so no webhook can have been stored until now. */
    void databaseIsDown() {
        listeningSince = clock.instant();
    }

    /** @param silent whether the notice says that webhooks have stopped, and not that they are back */
    private record LastNotice(UUID mailId, boolean silent, String about, Instant madeAt) {
    }

    /** Puts a notice into the outbox if webhooks have stopped or are back. */
    void check() {
        Instant now = clock.instant();
        if (!spool.isEmpty()) {
            listeningSince = now; // webhooks are coming, but they cannot be stored
        }
        jdbi.useTransaction(handle -> {
            Instant lastEvent = handle.select("SELECT MAX(received_at) FROM mail_event").mapTo(Instant.class).findOne().orElse(null);
            if (lastEvent == null) {
                return; // before the first webhook, none is missing
            }
            LastNotice last = handle.select("SELECT mail_id, what = 'silent' AS silent, about, made_at FROM alert_mail"
                    + " WHERE what IN ('silent', 'returned') ORDER BY made_at DESC, what LIMIT 1").mapTo(LastNotice.class).findFirst()
                    .orElse(null);
            if (last != null && last.silent()) {
                if (lastEvent.isAfter(last.madeAt())) {
                    outbox.add(handle, Row.notice(Row.id("returned", last.mailId()), "returned", last.about(), now));
                }
            } else if (!lastEvent.plus(limit).isAfter(now) && !listeningSince.plus(limit).isAfter(now)) {
                outbox.add(handle, Row.notice(Row.id("silent", lastEvent), "silent", lastEvent.toString(), now));
            }
        });
    }
}
