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
 * The mails to be sent, in the database. A bounce is {@code pending} until a mail claims it, then {@code claimed} until the mail endpoint
 * took that mail, then {@code sent}. A process claims a mail before it sends it; a claim runs out, so that what a killed process left behind is
 * mailed by the next one.
 */
final class AlertOutbox {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");

    /** So long a mail waits whose process was killed, or lost its connection to the database: renew-claims renews every 5 s what is on its way. */
    private static final Duration CLAIM = Duration.ofSeconds(20);
    private static final Duration MAX_CLAIM = Duration.ofMinutes(5);
    private static final Duration MAX_RETRY = Duration.ofMinutes(15);
    private static final String DUE = "sent_at IS NULL AND (retry_at <= ? OR retry_at > ?)";
    private final Jdbi jdbi;
    private final Clock clock;
    private final Duration retry;
    private final MailContents contents;
    private final Function<UUID, String> messageId;
    /** The mails that this process has claimed, and since when by {@link System#nanoTime}, until they are sent or have failed. */
    private final Map<UUID, Long> claimed = new ConcurrentHashMap<>();
    /** Mails that were taken, and the database was down before they could be marked. */
    private final Set<UUID> unmarked = ConcurrentHashMap.newKeySet();

    /**
     * @param retry     how long a mail that failed waits at first for its next try
     * @param messageId makes the Message-ID of a mail
     */
    AlertOutbox(Jdbi jdbi, Clock clock, Duration retry, MailContents contents, Function<UUID, String> messageId) {
        this.jdbi = jdbi;
        this.clock = clock;
        this.retry = retry;
        this.contents = contents;
        this.messageId = messageId;
    }

    /**
     * What is to be sent now. Each mail is claimed only when the iterator comes to it, so that no claim runs out while the mails before it
     * are sent. Camel's splitter asks whether there is a next one before it is through with this one, and passes over a null: so a mail that
     * cannot be claimed is null, and none is claimed ahead, or for an iterator that has ended with an error.
     */
    Iterator<Mailing> claim() {
        for (UUID mail : unmarked) {
            sent(mail);
        }
        Instant now = clock.instant();
        Iterator<UUID> due = jdbi.withHandle(handle -> handle.select("SELECT mail_id FROM alert_mail WHERE " + DUE + " ORDER BY made_at", now,
                latestRetry(now)).mapTo(UUID.class).list()).iterator();
        return new Iterator<>() {

            @Override
            public boolean hasNext() {
                return due.hasNext();
            }

            @Override
            public Mailing next() {
                return take(due.next()).orElse(null);
            }
        };
    }

    /** When the oldest bounce was received whose mail has not been sent, or not been made yet. */
    Optional<Instant> oldest() {
        // by audience, as the index has them: for one minimum PostgreSQL may walk through all that was ever received
        return jdbi.withHandle(handle -> handle.select("SELECT MIN(received_at) FROM mail_event WHERE alert_state IN ('pending', 'claimed')"
                + " GROUP BY audience").mapTo(Instant.class).list()).stream().min(Comparator.naturalOrder());
    }

    /** The mail endpoint took the mail: nobody is told of its bounces again. */
    void sent(UUID mail) {
        unmarked.add(mail);
        List<Stored> told = jdbi.withHandle(handle -> handle.select("SELECT e.event_id, " + BounceRows.STORED_SIZE + " AS size FROM mail_event e"
                + " WHERE e.alert_state = 'claimed' AND e.alert_id = ?", mail).mapTo(Stored.class).list());
        BounceRows.updateInSteps(jdbi, told, "claimed", "alert_state = 'sent'");
        // last: until then the claim is renewed, and whoever comes after a kill finds what is left to be done
        update("UPDATE alert_mail SET sent_at = ?, retry_at = NULL WHERE mail_id = ? AND sent_at IS NULL", clock.instant(), mail);
        unmarked.remove(mail);
        claimed.remove(mail);
    }

    /** The mails on their way stay with this process; but an edited route may have lost one. */
    void renew() {
        claimed.values().removeIf(since -> System.nanoTime() - since > MAX_CLAIM.toNanos());
        if (!claimed.isEmpty()) {
            update("UPDATE alert_mail SET retry_at = ? WHERE mail_id = ANY (?) AND sent_at IS NULL", clock.instant().plus(CLAIM),
                    claimed.keySet().toArray(UUID[]::new));
        }
    }

    /** The mail could not be sent: it is due again later, at growing distances. */
    void failed(UUID mail) {
        claimed.remove(mail);
        Instant now = clock.instant();
        jdbi.useTransaction(handle -> handle.select("SELECT made_at FROM alert_mail WHERE mail_id = ?", mail).mapTo(Instant.class).findOne()
                .ifPresent(madeAt -> handle.execute("UPDATE alert_mail SET retry_at = ? WHERE mail_id = ? AND sent_at IS NULL",
                        now.plus(distance(madeAt, now)), mail)));
    }

    /** A mail server that refuses a mail for good must not be asked every ten seconds. */
    private Duration distance(Instant madeAt, Instant now) {
        Duration growing = Duration.between(madeAt, now).dividedBy(4);
        Duration atMost = growing.compareTo(MAX_RETRY) < 0 ? growing : MAX_RETRY;
        return atMost.compareTo(retry) > 0 ? atMost : retry;
    }

    /** The subject of an incident's first mail, once it is known: the later ones repeat it. */
    void subject(Alert first, String subject) {
        update("UPDATE alert_incident SET subject = ? WHERE subject IS NULL"
                + " AND incident_id = (SELECT incident_id FROM alert_mail WHERE mail_id = ?)", subject, first.id());
    }

    private int update(String sql, Object... parameters) {
        return jdbi.withHandle(handle -> handle.execute(sql, parameters));
    }

    /**
     * A row of alert_mail, as it is made.
     *
     * @param about what a mail of no incident is about
     */
    record Row(UUID mail, UUID incident, Integer number, String audience, String what, String about, Instant madeAt) {

        /** The same for the same, whichever process makes it. */
        static UUID id(Object... parts) {
            return UUID.nameUUIDFromBytes(Arrays.toString(parts).getBytes(StandardCharsets.UTF_8));
        }
    }

    /** @return whether it is new */
    boolean add(Handle handle, Row row) {
        return add(handle, row, row.madeAt());
    }

    /** Adds a mail that is not due before somebody makes it so. */
    void gather(Handle handle, String audience, String what, String about, Instant madeAt) {
        add(handle, new Row(UUID.randomUUID(), null, null, audience, what, about, madeAt), null);
    }

    private boolean add(Handle handle, Row row, Instant dueAt) {
        return handle.execute("INSERT INTO alert_mail (mail_id, incident_id, number, audience, what, about, message_id, made_at, retry_at)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row.mail(), row.incident(), row.number(), row.audience(), row.what(),
                row.about(), messageId.apply(row.mail()), row.madeAt(), dueAt) == 1;
    }

    /** What is to be tried again later than this was put off by a clock that was wrong. */
    private Instant latestRetry(Instant now) {
        return now.plus(MAX_RETRY.compareTo(retry) > 0 ? MAX_RETRY : retry).plus(AlertPolicy.MAX_SKEW);
    }

    /** Claims a mail for this process, or nothing where another one has it or it cannot be read: that must hold up no other. */
    private Optional<Mailing> take(UUID mail) {
        try (Handle handle = jdbi.open()) {
            Instant now = clock.instant();
            if (handle.execute("UPDATE alert_mail SET retry_at = ?, message_id = ? WHERE mail_id = ? AND " + DUE, now.plus(CLAIM),
                    messageId.apply(mail), mail, now, latestRetry(now)) == 0) {
                return Optional.empty();
            }
            // before it is read: one that cannot be read must not be the first again in a second, and again
            claimed.put(mail, System.nanoTime());
            Mailing mailing = contents.of(handle, mail);
            if (mailing instanceof Alert alert && alert.total() == 0) {
                LOG.warn("A mail to the audience {} is not sent: its bounces were deleted", alert.audience());
                sent(mail);
                return Optional.empty();
            }
            return Optional.of(mailing);
        } catch (RuntimeException e) {
            boolean isOurs = claimed.remove(mail) != null;
            if (!Database.isAbsent(e)) { // an outage is told by others, and after it the claim is soon over
                LOG.error("A mail of alert_mail ({}) cannot be read, and will be tried again later: {}", mail, FailureText.describe(e));
                if (isOurs) {
                    putOff(mail);
                }
            }
            return Optional.empty();
        }
    }

    private void putOff(UUID mail) {
        try {
            failed(mail);
        } catch (JdbiException e) {
            LOG.error("A mail of alert_mail ({}) could not be put off: {}", mail, FailureText.describe(e));
        }
    }
}
