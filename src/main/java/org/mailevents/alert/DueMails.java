package org.mailevents.alert;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.JdbiException;
import org.mailevents.channel.HttpRefusal;
import org.mailevents.database.Database;
import org.mailevents.log.FailureText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The deliveries that are due: the notices about the spool, and the deliveries of the outbox. An outage of the database is not an error
 * here.
 */
final class DueMails {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");
    /** Every so many failures in a row are logged once. */
    private static final int FAILURES_LOGGED = 5;

    private final Database database;
    private final AlertOutbox outbox;
    private final ChangedRecipients changedRecipients;
    private final Refusals refusals;
    private final Incidents incidents;
    private final Notices notices;
    private final Optional<MissingWebhooks> missingWebhooks;
    private int failures;
    private boolean hasAppliedChanges;
    private volatile Optional<Instant> oldestBounce = Optional.empty();

    /** @param missingWebhooks empty if {@code alert.silence} is not set */
    DueMails(Database database, AlertOutbox outbox, ChangedRecipients changedRecipients, Refusals refusals, Incidents incidents,
            Notices notices, Optional<MissingWebhooks> missingWebhooks) {
        this.database = database;
        this.outbox = outbox;
        this.changedRecipients = changedRecipients;
        this.refusals = refusals;
        this.incidents = incidents;
        this.notices = notices;
        this.missingWebhooks = missingWebhooks;
    }

    /**
     * Makes the mails that are due, and claims their deliveries through the channel {@code mail}. The notices about the spool come first,
     * because they need no database. Then the deliveries of the outbox are claimed a second later.
     */
    Iterator<Delivery> claimMails() {
        List<Notice> due = dueNotices();
        if (!due.isEmpty()) {
            return due.stream().map(notice -> new Delivery(notice.id(), notice, Delivery.MAIL, "")).iterator();
        }
        try {
            if (!hasAppliedChanges) {
                changedRecipients.apply();
                hasAppliedChanges = true;
            }
            incidents.advance();
            missingWebhooks.ifPresent(MissingWebhooks::check);
            Iterator<Delivery> deliveries = outbox.claimDue(Delivery.MAIL);
            failures = 0;
            return deliveries;
        } catch (JdbiException e) {
            if (!Database.isAbsent(e)) {
                throw e;
            }
            missingWebhooks.ifPresent(MissingWebhooks::databaseIsDown);
            if (!database.isDown() && ++failures % FAILURES_LOGGED == 0) { // the database logs its outage once; claim runs every second
                LOG.error("The alerts are delayed, because the database does not answer: {}", FailureText.describe(e));
            }
            return Collections.emptyIterator();
        }
    }

    /** Claims the deliveries through another channel. While the database does not answer, there are none; the mails say so in the log. */
    Iterator<Delivery> claimMessages(String channel) {
        try {
            return outbox.claimDue(channel);
        } catch (JdbiException e) {
            if (!Database.isAbsent(e)) {
                throw e;
            }
            return Collections.emptyIterator();
        }
    }

    /** If the spool cannot be read, replay-spool logs that, and the mails of the outbox are still sent. */
    private List<Notice> dueNotices() {
        try {
            return notices.due();
        } catch (UncheckedIOException e) {
            return List.of();
        }
    }

    void markSent(Delivery delivery) throws IOException {
        if (notices.includes(delivery.mailing())) {
            notices.markSent((Notice) delivery.mailing());
        } else {
            outbox.markSent(delivery.id());
        }
    }

    /**
     * The delivery failed.
     *
     * @param refusal the reply of the server if it refuses the delivery permanently
     */
    void failed(Delivery delivery, Throwable failure, Optional<Refusal> refusal) {
        if (notices.includes(delivery.mailing())) {
            notices.retryLater((Notice) delivery.mailing());
        } else if (refusal.isPresent()) {
            refusals.refused(delivery, refusal.get());
        } else {
            refusals.notRefused(delivery);
            outbox.retryLater(delivery, FailureText.describe(failure));
        }
    }

    /** The service of a channel answered that it does not take the message now. */
    void failed(Delivery delivery, HttpRefusal answer) {
        if (notices.includes(delivery.mailing())) {
            notices.retryLater((Notice) delivery.mailing());
        } else {
            refusals.notRefused(delivery);
            outbox.retryLater(delivery, answer.text(), answer.notBefore() == null ? Instant.EPOCH : answer.notBefore());
        }
    }

    /** A failure is retried in five seconds, and a lease is longer. */
    void renewClaims() {
        try {
            outbox.renewClaims();
        } catch (JdbiException e) {
            if (!Database.isAbsent(e)) { // an outage is logged elsewhere
                LOG.error("The claims of the mails in progress could not be renewed: {}", FailureText.describe(e));
            }
        }
    }

    /** If the database does not answer, the last known time is kept. */
    void findOldestBounce() {
        try {
            oldestBounce = outbox.oldestUnsentBounce();
        } catch (JdbiException e) {
            // an outage is logged elsewhere
        }
    }

    /** When the oldest bounce was received whose mail is not sent, as {@link #findOldestBounce} last found it. */
    Optional<Instant> oldestBounce() {
        return oldestBounce;
    }
}
