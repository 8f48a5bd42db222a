package org.mailevents.alert;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.mailevents.alert.BounceRows.Stored;
import org.mailevents.database.Database;
import org.mailevents.log.FailureText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mails to send, in the table alert_mail. A bounce is {@code pending} until a mail reports it. It is then {@code claimed} until the
 * mail is sent, and {@code sent} after that. A process claims a mail before it sends the mail. The claim is a lease: if the process is
 * killed, the lease expires and another process sends the mail.
 */
final class AlertOutbox {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");

    /**
     * The length of the lease. A mail is delayed this long if its process is killed or loses the connection to the database. The route
     * renew-claims renews the leases of the mails in progress every 5 seconds.
     */
    private static final Duration LEASE = Duration.ofSeconds(20);
    private static final Duration MAX_CLAIM = Duration.ofMinutes(5);
    private static final Duration MAX_RETRY = Duration.ofMinutes(15);
    private static final String DUE = "sent_at IS NULL AND (retry_at <= ? OR retry_at > ?)";

    private final Jdbi jdbi;
    private final Clock clock;
    private final Duration retry;
    private final MailContents contents;
    private final Function<UUID, String> messageId;
    private final SettledRecipients settled;
    /** The mails that this process has claimed and that are neither sent nor failed, and since when, by {@link System#nanoTime}. */
    private final Map<UUID, Long> claimed = new ConcurrentHashMap<>();
    /** Mails that were sent, but could not be marked because the database was down. */
    private final Set<UUID> unmarked = ConcurrentHashMap.newKeySet();

    /**
     * @param retry     how long a mail waits for its first retry
     * @param messageId makes the Message-ID of a mail from its id
     * @param settled   the recipients who do not need a mail any more; they are stored with a mail that is retried
     */
    AlertOutbox(Jdbi jdbi, Clock clock, Duration retry, MailContents contents, Function<UUID, String> messageId,
            SettledRecipients settled) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.retry = retry;
        this.contents = contents;
        this.messageId = messageId;
        this.settled = settled;
    }

    /**
     * The mails that are due. The iterator claims each mail only when it returns the mail, so no lease expires while earlier mails are
     * sent. Camel's splitter asks for the next element before it has finished the current one, and it skips nulls. So {@code hasNext}
     * claims nothing, and a mail that cannot be claimed is null. The splitter also asks again after the iterator has thrown, so the
     * iterator does not throw.
     */
    Iterator<Mailing> claimDue() {
        for (UUID mail : unmarked) {
            markSent(mail);
        }
        Instant now = clock.instant();
        Iterator<UUID> due = jdbi.withHandle(handle -> handle.select("SELECT mail_id FROM alert_mail WHERE " + DUE + " ORDER BY made_at",
                now, latestRetry(now)).mapTo(UUID.class).list()).iterator();
        return new Iterator<>() {

            @Override
            public boolean hasNext() {
                return due.hasNext();
            }

            @Override
            public Mailing next() {
                return claim(due.next()).orElse(null);
            }
        };
    }

    /** When the oldest bounce was received that no mail has reported yet, or whose mail is not sent yet. */
    Optional<Instant> oldestUnsentBounce() {
        // a minimum for each audience, as the index has it: for a single minimum PostgreSQL may read every row that was ever received
        return jdbi.withHandle(handle -> handle.select("SELECT MIN(received_at) FROM mail_event WHERE alert_state IN ('pending', 'claimed')"
                + " GROUP BY audience").mapTo(Instant.class).list()).stream().min(Comparator.naturalOrder());
    }

    /** The mail was sent. Sets its bounces to {@code sent}, so that no later mail reports them. */
    void markSent(UUID mail) {
        unmarked.add(mail);
        List<Stored> reported = jdbi.withHandle(handle -> handle.select("SELECT e.event_id, " + BounceRows.STORED_SIZE + " AS size"
                + " FROM mail_event e WHERE e.alert_state = 'claimed' AND e.alert_id = ?", mail).mapTo(Stored.class).list());
        BounceRows.updateInSteps(jdbi, reported, "claimed", "alert_state = 'sent'");
        // last, because the lease is renewed until then; if the process is killed before, another process finds the mail and finishes its
        // bounces
        update("UPDATE alert_mail SET sent_at = ?, retry_at = NULL WHERE mail_id = ? AND sent_at IS NULL", clock.instant(), mail);
        unmarked.remove(mail);
        claimed.remove(mail);
    }

    /**
     * Renews the leases of the mails in progress. A lease is renewed for five minutes at most, because an edited route may have lost its
     * mail.
     */
    void renewClaims() {
        claimed.values().removeIf(since -> System.nanoTime() - since > MAX_CLAIM.toNanos());
        if (!claimed.isEmpty()) {
            update("UPDATE alert_mail SET retry_at = ? WHERE mail_id = ANY (?) AND sent_at IS NULL", clock.instant().plus(LEASE),
                    claimed.keySet().toArray(UUID[]::new));
        }
    }

    /** The mail could not be sent. It is due again later, and the time between retries grows. */
    void retryLater(UUID mail) {
        claimed.remove(mail);
        Instant now = clock.instant();
        jdbi.useTransaction(handle -> handle.select("SELECT made_at FROM alert_mail WHERE mail_id = ?", mail).mapTo(Instant.class).findOne()
                .ifPresent(madeAt -> handle.execute("UPDATE alert_mail SET retry_at = ?, settled = COALESCE(?, settled)"
                        + " WHERE mail_id = ? AND sent_at IS NULL", now.plus(timeToRetry(madeAt, now)), settled.stored(mail), mail)));
        settled.forget(mail);
    }

    /** Grows, because a mail server that refuses a mail permanently must not be asked every ten seconds. */
    private Duration timeToRetry(Instant madeAt, Instant now) {
        Duration growing = Duration.between(madeAt, now).dividedBy(4);
        Duration atMost = growing.compareTo(MAX_RETRY) < 0 ? growing : MAX_RETRY;
        return atMost.compareTo(retry) > 0 ? atMost : retry;
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
     * @param about  the facts of a notice
     */
    record Row(UUID mail, UUID incident, Integer number, String audience, String what, String about, Instant madeAt) {

        static Row notice(UUID mail, String what, String about, Instant madeAt) {
            return new Row(mail, null, null, Notice.OPERATORS, what, about, madeAt);
        }

        /** Every process makes the same id of the same parts, so the mail is added once. */
        static UUID id(Object... parts) {
            return UUID.nameUUIDFromBytes(Arrays.toString(parts).getBytes(StandardCharsets.UTF_8));
        }
    }

    /** @return whether the mail is new */
    boolean add(Handle handle, Row row) {
        return insert(handle, row, row.madeAt());
    }

    /** Adds a mail that is not due until its {@code retry_at} is set. */
    void addNotYetDue(Handle handle, Row row) {
        insert(handle, row, null);
    }

    private boolean insert(Handle handle, Row row, Instant dueAt) {
        return handle.execute("INSERT INTO alert_mail (mail_id, incident_id, number, audience, what, about, message_id, made_at, retry_at)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row.mail(), row.incident(), row.number(), row.audience(),
                row.what(), row.about(), messageId.apply(row.mail()), row.madeAt(), dueAt) == 1;
    }

    /** A retry later than this was set while the clock was wrong. */
    private Instant latestRetry(Instant now) {
        return now.plus(MAX_RETRY.compareTo(retry) > 0 ? MAX_RETRY : retry).plus(AlertPolicy.MAX_SKEW);
    }

    /**
     * Claims a mail for this process.
     *
     * @return empty if another process has claimed the mail, or if the mail cannot be read, which must not delay the other mails
     */
    private Optional<Mailing> claim(UUID mail) {
        try (Handle handle = jdbi.open()) {
            Instant now = clock.instant();
            // committed before the mail is read: a mail that cannot be read must not be the first one again a second later
            if (handle.execute("UPDATE alert_mail SET retry_at = ?, message_id = ? WHERE mail_id = ? AND " + DUE, now.plus(LEASE),
                    messageId.apply(mail), mail, now, latestRetry(now)) == 0) {
                return Optional.empty();
            }
            claimed.put(mail, System.nanoTime());
            handle.select("SELECT settled FROM alert_mail WHERE mail_id = ? AND settled IS NOT NULL", mail).mapTo(String.class).findOne()
                    .ifPresent(stored -> settled.restore(mail, stored));
            Mailing mailing = contents.read(handle, mail);
            if (mailing instanceof Alert alert && alert.total() == 0) {
                LOG.warn("A mail to the audience {} is not sent, because its bounces were deleted", alert.audience());
                markSent(mail);
                return Optional.empty();
            }
            return Optional.of(mailing);
        } catch (RuntimeException e) {
            boolean isOurs = claimed.remove(mail) != null;
            if (!Database.isAbsent(e)) { // an outage is logged elsewhere, and the lease expires soon after it
                LOG.error("Mail {} in alert_mail cannot be read. It will be retried later: {}", mail, FailureText.describe(e));
                if (isOurs) {
                    retryUnreadable(mail);
                }
            }
            return Optional.empty();
        }
    }

    private void retryUnreadable(UUID mail) {
        try {
            retryLater(mail);
        } catch (JdbiException e) {
            LOG.error("The retry of mail {} in alert_mail could not be set: {}", mail, FailureText.describe(e));
        }
    }
}
