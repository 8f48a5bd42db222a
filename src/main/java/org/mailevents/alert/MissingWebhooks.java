package org.mailevents.alert;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.mailevents.alert.AlertOutbox.Row;
import org.mailevents.spool.Spool;

/** Notices that webhooks used to come and have stopped, and that they are back: one mail each, to the operators. */
final class MissingWebhooks {

    private final DataSource dataSource;
    private final Spool spool;
    private final Clock clock;
    private final Duration limit;
    private final AlertOutbox outbox;
    /** Since when we would have heard a webhook: while we are away, or the database is, none is stored. */
    private Instant listening;

    /** @param limit how long it may be silent */
    MissingWebhooks(DataSource dataSource, Spool spool, Clock clock, Duration limit, AlertOutbox outbox) {
        this.dataSource = dataSource;
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

    private record Told(UUID mail, boolean silent, String about, Instant madeAt) {
    }

    /** Puts a mail into the outbox when there is something to tell. */
    void check() throws SQLException {
        Instant now = clock.instant();
        if (!spool.isEmpty()) {
            listening = now; // webhooks come, and cannot be stored
        }
        try (Transaction transaction = new Transaction(dataSource)) {
            Instant last = transaction.rows("SELECT MAX(received_at) AS last_at FROM mail_event", row -> Transaction.instant(row, "last_at")).get(0);
            if (last == null) {
                return; // none has ever come
            }
            List<Told> told = transaction.rows("SELECT mail_id, what, about, made_at FROM alert_mail WHERE what IN ('silent', 'returned')"
                    + " ORDER BY made_at DESC, what LIMIT 1", row -> new Told(row.getObject("mail_id", UUID.class), row.getString("what").equals("silent"),
                    row.getString("about"), Transaction.instant(row, "made_at")));
            if (!told.isEmpty() && told.get(0).silent()) {
                if (last.isAfter(told.get(0).madeAt())) {
                    outbox.add(transaction, new Row(Row.id("returned", told.get(0).mail()), null, null, Notice.OPERATORS, "returned", told.get(0).about(), now));
                }
            } else if (!last.plus(limit).isAfter(now) && !listening.plus(limit).isAfter(now)) {
                outbox.add(transaction, new Row(Row.id("silent", last), null, null, Notice.OPERATORS, "silent", last.toString(), now));
            }
            transaction.commit();
        }
    }
}
