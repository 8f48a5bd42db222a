package org.mailevents.alert;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.alert.AlertOutbox.Row;
import org.mailevents.spool.Spool;

/** Notices that webhooks used to come and have stopped, and that they are back: one mail each, to the operators. */
final class MissingWebhooks {

    private final Jdbi jdbi;
    private final Spool spool;
    private final Clock clock;
    private final Duration limit;
    private final AlertOutbox outbox;
    /** Since when we would have heard a webhook: while we are away, or the database is, none is stored. */
    private Instant listening;

    /** @param limit how long it may be silent */
    MissingWebhooks(Jdbi jdbi, Spool spool, Clock clock, Duration limit, AlertOutbox outbox) {
        this.jdbi = jdbi;
        this.spool = spool;
        this.clock = clock;
        this.limit = limit;
        this.outbox = outbox;
        this.listening = clock.instant();
    }

    /** The database was away until now. */
    void interrupted() {
        listening = clock.instant();
    }

    private record Told(UUID mailId, boolean silent, String about, Instant madeAt) {
    }

    /** Puts a mail into the outbox when there is something to tell. */
    void check() {
        Instant now = clock.instant();
        if (!spool.isEmpty()) {
            listening = now; // webhooks come, and cannot be stored
        }
        jdbi.useTransaction(handle -> {
            Instant last = handle.select("SELECT MAX(received_at) FROM mail_event").mapTo(Instant.class).findOne().orElse(null);
            if (last == null) {
                return; // none has ever come
            }
            Told told = handle.select("SELECT mail_id, what = 'silent' AS silent, about, made_at FROM alert_mail WHERE what IN ('silent', 'returned')"
                    + " ORDER BY made_at DESC, what LIMIT 1").mapTo(Told.class).findFirst().orElse(null);
            if (told != null && told.silent()) {
                if (last.isAfter(told.madeAt())) {
                    outbox.add(handle, new Row(Row.id("returned", told.mailId()), null, null, Notice.OPERATORS, "returned", told.about(), now));
                }
            } else if (!last.plus(limit).isAfter(now) && !listening.plus(limit).isAfter(now)) {
                outbox.add(handle, new Row(Row.id("silent", last), null, null, Notice.OPERATORS, "silent", last.toString(), now));
            }
        });
    }
}
