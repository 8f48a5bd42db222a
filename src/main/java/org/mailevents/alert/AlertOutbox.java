package org.mailevents.alert;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.mailevents.alert.Recipients.Recipient;
import org.mailevents.database.Database;
import org.mailevents.log.FailureText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mails to send, in the table alert_mail, and their deliveries, in the table alert_delivery. A bounce is {@code pending} until a mail
 * reports it. It is then {@code claimed} until the mail is told: sent to the first of its recipients, or given up for all of them. After
 * that it is {@code sent}. A process claims a delivery before it sends the delivery. The claim is a lease: if the process is killed, the
 * lease expires and another process sends the delivery. Each channel may claim on a thread of its own.
 */
final class AlertOutbox {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");

    /** SQL condition: no earlier message of the incident waits for the same channel. */
    private static final String EARLIER_DONE = " AND NOT EXISTS (SELECT 1 FROM alert_mail n JOIN alert_delivery e"
            + " ON e.mail_id = n.mail_id AND e.channel = d.channel WHERE n.incident_id = m.incident_id AND n.number < m.number"
            + " AND e.sent_at IS NULL AND e.gave_up_at IS NULL)";

    private final Jdbi jdbi;
    private final Clock clock;
    private final RetryPace pace;
    private final Leases leases;
    private final ToldMails told;
    private final MailContents contents;
    private final Recipients recipients;
    private final Function<UUID, String> messageId;
    /** Deliveries that were sent, but could not be marked because the database was down. */
    private final Set<UUID> unmarked = ConcurrentHashMap.newKeySet();

    /**
     * @param retry     how long a delivery waits for its first retry
     * @param messageId makes the Message-ID of a mail from its id
     */
    AlertOutbox(Jdbi jdbi, Clock clock, Duration retry, MailContents contents, Recipients recipients, Function<UUID, String> messageId) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.pace = new RetryPace(retry);
        this.leases = new Leases(jdbi, clock);
        this.told = new ToldMails(jdbi, clock);
        this.contents = contents;
        this.recipients = recipients;
        this.messageId = messageId;
    }

    /** @param isRetry whether it has failed before */
    private record Due(UUID deliveryId, String recipient, boolean isRetry) {
    }

    /**
     * The deliveries of a channel that are due. New ones come first. Of the retries to one recipient only the oldest is returned, so that a
     * slow recipient with many of them does not delay the others. The iterator claims each delivery only when it returns the delivery, so
     * no lease expires while earlier ones are sent. Camel's splitter asks for the next element before it has finished the current one, and
     * it skips nulls. So {@code hasNext} claims nothing, and a delivery that cannot be claimed is null. The splitter also asks again after
     * the iterator has thrown, so the iterator does not throw.
     *
     * <p>A channel other than {@code mail} gets the messages of an incident in their order: one waits until the one before it is sent or
     * given up.
     */
    Iterator<Delivery> claimDue(String channel) {
        unmarked.forEach(this::markSent);
        told.mark();
        Instant now = clock.instant();
        Set<String> retried = new HashSet<>();
        Iterator<Due> due = jdbi.withHandle(handle -> handle.select("SELECT d.delivery_id, d.recipient, d.failure IS NOT NULL AS is_retry"
                + " FROM alert_delivery d JOIN alert_mail m ON m.mail_id = d.mail_id WHERE d.channel = ? AND d.sent_at IS NULL"
                + " AND d.gave_up_at IS NULL AND (d.retry_at <= ? OR d.retry_at > ?)" + (channel.equals(Delivery.MAIL) ? "" : EARLIER_DONE)
                + " ORDER BY is_retry, m.made_at, d.delivery_id",
                channel, now, pace.latest(now)).mapTo(Due.class).stream()
                .filter(each -> !each.isRetry() || retried.add(each.recipient())).toList()).iterator();
        return new Iterator<>() {

            @Override
            public boolean hasNext() {
                return due.hasNext();
            }

            @Override
            public Delivery next() {
                return claim(due.next().deliveryId()).orElse(null);
            }
        };
    }

    /** When the oldest bounce was received that no mail has reported yet, or whose mail is not told yet. */
    Optional<Instant> oldestUnsentBounce() {
        // a minimum for each audience, as the index has it: for a single minimum PostgreSQL may read every row that was ever received
        return jdbi.withHandle(handle -> handle.select("SELECT MIN(received_at) FROM mail_event WHERE alert_state IN ('pending', 'claimed')"
                + " GROUP BY audience").mapTo(Instant.class).list()).stream().min(Comparator.naturalOrder());
    }

    /** The delivery was sent. Its mail is then told, and no later mail reports the bounces of this mail. */
    void markSent(UUID delivery) {
        unmarked.add(delivery);
        update("UPDATE alert_delivery SET sent_at = ?, retry_at = NULL WHERE delivery_id = ? AND sent_at IS NULL", clock.instant(),
                delivery);
        unmarked.remove(delivery);
        leases.end(delivery);
        told.mark();
    }

    /**
     * The delivery is not tried again.
     *
     * @param failure why: one line without addresses
     */
    void giveUp(UUID delivery, String failure) {
        update("UPDATE alert_delivery SET gave_up_at = ?, retry_at = NULL, failure = ? WHERE delivery_id = ? AND " + Leases.OPEN,
                clock.instant(), failure, delivery);
        leases.end(delivery);
        told.mark();
    }

    /** Renews the claims of the deliveries in progress. */
    void renewClaims() {
        leases.renew();
    }

    /**
     * The delivery could not be sent. It is due again later, and the time between retries grows.
     *
     * @param failure why: one line without addresses
     */
    void retryLater(Delivery delivery, String failure) {
        retryLater(delivery, failure, Instant.EPOCH);
    }

    /** @param notBefore the server does not want it earlier; a quarter of an hour is the longest time that is respected */
    void retryLater(Delivery delivery, String failure, Instant notBefore) {
        retryAt(delivery.id(), pace.next(delivery.mailing().madeAt(), clock.instant(), notBefore), failure);
    }

    private void retryAt(UUID delivery, Instant at, String failure) {
        leases.end(delivery);
        update("UPDATE alert_delivery SET retry_at = ?, failure = ? WHERE delivery_id = ? AND " + Leases.OPEN, at, failure, delivery);
    }

    /** Stores the subject of an incident's first mail. The later mails of the incident repeat it. */
    void saveSubject(Alert first, String subject) {
        update("UPDATE alert_incident SET subject = ? WHERE subject IS NULL"
                + " AND incident_id = (SELECT incident_id FROM alert_mail WHERE mail_id = ?)", subject, first.id());
    }

    private void update(String sql, Object... parameters) {
        jdbi.useHandle(handle -> handle.execute(sql, parameters));
    }

    /**
     * A new row of alert_mail.
     *
     * @param number of the mail in its incident; null for a notice, like {@code incident}
     * @param what   the phase of the incident, or the kind of the notice
     * @param about  the facts of a notice; of an incident's mail why it is urgent, or null if it is not
     */
    record Row(UUID mail, UUID incident, Integer number, String audience, String what, String about, Instant madeAt) {

        boolean urgent() {
            return incident != null && about != null;
        }

        static Row notice(UUID mail, String what, String about, Instant madeAt) {
            return new Row(mail, null, null, Notice.OPERATORS, what, about, madeAt);
        }

        /** Every process makes the same id of the same parts, so the mail is added once. */
        static UUID id(Object... parts) {
            return UUID.nameUUIDFromBytes(Arrays.toString(parts).getBytes(StandardCharsets.UTF_8));
        }
    }

    /**
     * Adds a mail and its deliveries. {@link Recipients} decides who gets it. If nobody does, the mail counts as sent.
     *
     * @return whether the mail is new
     */
    boolean add(Handle handle, Row row) {
        return insert(handle, row, row.madeAt());
    }

    /** Adds a mail only if somebody gets it. */
    void addIfWanted(Handle handle, Row row) {
        if (!recipients.of(handle, row).isEmpty()) {
            add(handle, row);
        }
    }

    /** Adds a mail that is not due until {@link #makeDue}. */
    void addNotYetDue(Handle handle, Row row) {
        insert(handle, row, null);
    }

    void makeDue(Handle handle, UUID mail) {
        handle.execute("UPDATE alert_delivery SET retry_at = ? WHERE mail_id = ? AND " + Leases.OPEN, clock.instant(), mail);
    }

    private boolean insert(Handle handle, Row row, Instant dueAt) {
        boolean isNew = handle.execute("INSERT INTO alert_mail (mail_id, incident_id, number, audience, what, about, message_id, made_at)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row.mail(), row.incident(), row.number(), row.audience(),
                row.what(), row.about(), messageId.apply(row.mail()), row.madeAt()) == 1;
        if (isNew) {
            addDeliveries(handle, row, dueAt);
        }
        return isNew;
    }

    /** Adds the deliveries of a mail that it does not have yet. */
    void addDeliveries(Handle handle, Row row, Instant dueAt) {
        for (Recipient recipient : recipients.of(handle, row)) {
            handle.execute("INSERT INTO alert_delivery (delivery_id, mail_id, channel, recipient, retry_at) VALUES (?, ?, ?, ?, ?)"
                    + " ON CONFLICT DO NOTHING", Row.id(row.mail(), recipient.channel(), recipient.address()), row.mail(),
                    recipient.channel(), recipient.address(), dueAt);
        }
    }

    private record Claimed(UUID mailId, String channel, String recipient, Instant madeAt) {
    }

    /**
     * Claims a delivery for this process.
     *
     * @return empty if another process has claimed it, or if its mail cannot be read, which must not delay the other mails
     */
    private Optional<Delivery> claim(UUID delivery) {
        Instant now = clock.instant();
        Claimed row = null;
        try (Handle handle = jdbi.open()) {
            // committed before the mail is read: a mail that cannot be read must not be the first one again a second later
            if (!leases.claim(handle, delivery, pace.latest(now))) {
                return Optional.empty();
            }
            row = handle.select("SELECT m.mail_id, d.channel, d.recipient, m.made_at FROM alert_delivery d JOIN alert_mail m"
                    + " ON m.mail_id = d.mail_id WHERE d.delivery_id = ?", delivery).mapTo(Claimed.class).one();
            handle.execute("UPDATE alert_mail SET message_id = ? WHERE mail_id = ? AND message_id <> ?", messageId.apply(row.mailId()),
                    row.mailId(), messageId.apply(row.mailId()));
            Mailing mailing = contents.read(handle, row.mailId());
            if (mailing instanceof Alert alert && alert.total() == 0) {
                LOG.warn("A mail to the audience {} is not sent, because its bounces were deleted", alert.audience());
                giveUp(delivery, "The bounces were deleted");
                return Optional.empty();
            }
            return Optional.of(new Delivery(delivery, mailing, row.channel(), row.recipient()));
        } catch (RuntimeException e) {
            leases.end(delivery);
            if (!Database.isAbsent(e)) { // an outage is logged elsewhere, and the lease expires soon after it
                LOG.error("A mail in alert_mail cannot be read. It will be retried later: {} {}", row == null ? delivery : row.mailId(),
                        FailureText.describe(e));
                if (row != null) {
                    retryUnreadable(delivery, pace.next(row.madeAt(), now, Instant.EPOCH));
                }
            }
            return Optional.empty();
        }
    }

    private void retryUnreadable(UUID delivery, Instant at) {
        try {
            retryAt(delivery, at, "The mail cannot be read");
        } catch (JdbiException e) {
            LOG.error("The retry of delivery {} in alert_delivery could not be set: {}", delivery, FailureText.describe(e));
        }
    }
}
