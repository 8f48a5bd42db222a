package org.mailevents.alert;

import java.time.Clock;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.alert.BounceRows.Stored;

/**
 * Marks the mails that are told: the first of their deliveries was sent, or nothing is left to do for any of them. The audience's next mail
 * is made only after that.
 */
record ToldMails(Jdbi jdbi, Clock clock) {

    /** The process that sent a delivery may have been killed before it came here, so every process does this for all mails. */
    void mark() {
        jdbi.withHandle(handle -> handle.select("SELECT m.mail_id FROM alert_mail m WHERE m.sent_at IS NULL AND (EXISTS (SELECT 1"
                + " FROM alert_delivery d WHERE d.mail_id = m.mail_id AND d.sent_at IS NOT NULL) OR NOT EXISTS (SELECT 1"
                + " FROM alert_delivery d WHERE d.mail_id = m.mail_id AND d.sent_at IS NULL AND d.gave_up_at IS NULL))")
                .mapTo(UUID.class).list()).forEach(this::mark);
    }

    /** Several threads and processes may find the same mail. Whoever locks it first marks it, and the others leave it out. */
    private void mark(UUID mail) {
        jdbi.useTransaction(handle -> {
            if (handle.select("SELECT mail_id FROM alert_mail WHERE mail_id = ? AND sent_at IS NULL FOR UPDATE SKIP LOCKED", mail)
                    .mapTo(UUID.class).findOne().isPresent()) {
                // in transactions of their own; if the process is killed between them, another process finds the mail and goes on
                BounceRows.updateInSteps(jdbi, handle.select("SELECT e.event_id, " + BounceRows.STORED_SIZE + " AS size FROM mail_event e"
                        + " WHERE e.alert_state = 'claimed' AND e.alert_id = ?", mail).mapTo(Stored.class).list(), "claimed",
                        "alert_state = 'sent'");
                handle.execute("UPDATE alert_mail SET sent_at = ? WHERE mail_id = ?", clock.instant(), mail);
            }
        });
    }
}
