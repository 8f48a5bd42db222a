package org.mailevents.alert;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import org.jdbi.v3.core.JdbiException;
import org.mailevents.database.Database;
import org.mailevents.log.FailureText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The mails that are due: the notices about the spool, and the mails of the outbox. An outage of the database is not an error here. */
final class DueMails {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");
    /** Every so many failures in a row are logged once. */
    private static final int FAILURES_LOGGED = 5;

    private final Database database;
    private final AlertOutbox outbox;
    private final Incidents incidents;
    private final Notices notices;
    private final Optional<MissingWebhooks> missingWebhooks;
    private int failures;
    private volatile Optional<Instant> oldestBounce = Optional.empty();

    /** @param missingWebhooks empty if {@code alert.silence} is not set */
    DueMails(Database database, AlertOutbox outbox, Incidents incidents, Notices notices, Optional<MissingWebhooks> missingWebhooks) {
        this.database = database;
        this.outbox = outbox;
        this.incidents = incidents;
        this.notices = notices;
        this.missingWebhooks = missingWebhooks;
    }

    /** The notices come first, because they need no database. Then the mails of the outbox are claimed a second later. */
    Iterator<? extends Mailing> claim() {
        List<Notice> due = dueNotices();
        if (!due.isEmpty()) {
            return due.iterator();
        }
        try {
            incidents.advance();
            missingWebhooks.ifPresent(MissingWebhooks::check);
            Iterator<Mailing> mails = outbox.claimDue();
            failures = 0;
            return mails;
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

    /** If the spool cannot be read, replay-spool logs that, and the mails of the outbox are still sent. */
    private List<Notice> dueNotices() {
        try {
            return notices.due();
        } catch (UncheckedIOException e) {
            return List.of();
        }
    }

    void markSent(Mailing mailing) throws IOException {
        if (notices.includes(mailing)) {
            notices.markSent((Notice) mailing);
        } else {
            outbox.markSent(mailing.id());
        }
    }

    void retryLater(Mailing mailing) {
        if (notices.includes(mailing)) {
            notices.retryLater((Notice) mailing);
        } else {
            outbox.retryLater(mailing.id());
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
