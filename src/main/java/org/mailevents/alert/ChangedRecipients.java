package org.mailevents.alert;

import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.alert.AlertOutbox.Row;
import org.mailevents.alert.Recipients.Recipient;
import org.mailevents.database.Withdrawn;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The settings may name other recipients than they did when a waiting mail was made, for instance because somebody has corrected an
 * address. A recipient whom the settings no longer name does not get the mail. If nobody has got the mail yet, it goes to the recipients of
 * today.
 */
record ChangedRecipients(Jdbi jdbi, Clock clock, Recipients recipients, AlertOutbox outbox) {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");

    /** @param isDue whether the mail may be sent already */
    private record Waiting(UUID deliveryId, UUID mailId, String audience, String what, String channel, String recipient, boolean isDue,
                           boolean isTold) {
    }

    /** Settings change only with a restart, so each process does this once. */
    void apply() {
        jdbi.useTransaction(handle -> {
            List<Waiting> withdrawn = handle.select("SELECT d.delivery_id, m.mail_id, m.audience, m.what, d.channel, d.recipient,"
                    + " d.retry_at IS NOT NULL AS is_due, m.sent_at IS NOT NULL AS is_told FROM alert_delivery d"
                    + " JOIN alert_mail m ON m.mail_id = d.mail_id WHERE d.sent_at IS NULL AND d.gave_up_at IS NULL")
                    .mapTo(Waiting.class).stream().filter(waiting -> !recipients.named(waiting.audience(), waiting.what())
                            .contains(new Recipient(waiting.channel(), waiting.recipient()))).toList();
            withdrawn.forEach(delivery -> withdraw(handle, delivery));
        });
    }

    private void withdraw(Handle handle, Waiting delivery) {
        Instant now = clock.instant();
        LOG.info("A mail to the audience {} is not sent to a recipient whom the settings no longer name", delivery.audience());
        handle.execute("UPDATE alert_delivery SET gave_up_at = ?, retry_at = NULL, failure = ? WHERE delivery_id = ? AND sent_at IS NULL",
                now, Withdrawn.RECIPIENT_REMOVED, delivery.deliveryId());
        if (!delivery.isTold()) {
            Row mail = handle.select("SELECT mail_id AS mail, incident_id AS incident, number, audience, what, about, made_at"
                    + " FROM alert_mail WHERE mail_id = ?", delivery.mailId()).mapTo(Row.class).one();
            outbox.addDeliveries(handle, mail, delivery.isDue() ? now : null);
        }
    }
}
