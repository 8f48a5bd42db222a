package org.mailevents.alert;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.alert.AlertOutbox.Row;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What happens to a delivery that a server refuses permanently. The operators are told once for each channel, and the delivery is retried
 * for a day. If the server refuses only this recipient and somebody else got the mail, the delivery is given up at once.
 */
final class Refusals {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");
    private static final Duration GIVEN_UP_AFTER = Duration.ofDays(1);

    private final Jdbi jdbi;
    private final Clock clock;
    private final AlertOutbox outbox;

    Refusals(Jdbi jdbi, Clock clock, AlertOutbox outbox) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.outbox = outbox;
    }

    void refused(Delivery delivery, Refusal refusal) {
        Instant now = clock.instant();
        UUID mail = delivery.mailing().id();
        boolean isOver = jdbi.inTransaction(handle -> {
            // a time ahead was noted while the clock was wrong
            handle.execute("UPDATE alert_delivery SET refused_since = ?, failure = ? WHERE delivery_id = ?"
                    + " AND (refused_since IS NULL OR refused_since > ?)", now, refusal.reply(), delivery.id(), now);
            Instant since = handle.select("SELECT refused_since FROM alert_delivery WHERE delivery_id = ?", delivery.id())
                    .mapTo(Instant.class).findOne().orElse(now);
            tellOperators(handle, delivery, refusal, since);
            return !since.plus(GIVEN_UP_AFTER).isAfter(now) || refusal.ofRecipient() && handle.select("SELECT 1 FROM alert_delivery"
                    + " WHERE mail_id = ? AND sent_at IS NOT NULL", mail).mapTo(int.class).findFirst().isPresent();
        });
        if (isOver) {
            LOG.error("Gave up {}, because the server refuses {}. Check {}. The server's reply: {}", delivery,
                    refusal.ofRecipient() ? "a recipient" : "the mail", refusal.setting(), refusal.reply());
            outbox.giveUp(delivery.id(), refusal.reply());
        } else {
            outbox.retryLater(delivery, refusal.reply());
        }
    }

    /** The server has not refused the delivery this time. Only a day of refusals without a pause gives a delivery up. */
    void notRefused(Delivery delivery) {
        jdbi.useHandle(handle -> handle.execute("UPDATE alert_delivery SET refused_since = NULL WHERE delivery_id = ?"
                + " AND refused_since IS NOT NULL", delivery.id()));
    }

    /** A recipient is told once a month, and a mail once for each channel. A notice about a refused notice would be refused too. */
    private void tellOperators(Handle handle, Delivery delivery, Refusal refusal, Instant since) {
        Mailing mailing = delivery.mailing();
        if (!mailing.what().equals(Notice.REFUSED)) {
            UUID notice = refusal.ofRecipient() ? Row.id(Notice.REFUSED, mailing.audience(), delivery.channel(), delivery.recipient(),
                    YearMonth.from(since.atZone(ZoneOffset.UTC))) : Row.id(Notice.REFUSED, mailing.id(), delivery.channel());
            outbox.add(handle, Row.notice(notice, Notice.REFUSED, refusal.setting() + Notice.SEPARATOR + delivery.id(), clock.instant()));
        }
    }
}
