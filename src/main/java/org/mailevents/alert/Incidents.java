package org.mailevents.alert;

import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.alert.AlertOutbox.Row;
import org.mailevents.alert.AlertPolicy.Facts;
import org.mailevents.alert.AlertPolicy.Step;
import org.mailevents.alert.AudienceState.Pending;
import org.mailevents.alert.BounceRows.Stored;
import org.mailevents.alert.OwnBounces.OwnBounce;
import org.mailevents.database.Database;
import org.mailevents.log.FailureText;
import org.mailevents.spool.Spool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The incidents of all audiences. One transaction makes a mail: it adds the mail to the outbox, claims the mail's bounces and advances the
 * incident. So neither a restart nor a second process loses a mail or makes it twice.
 */
final class Incidents {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");

    /** How many bounces a mail lists at most. The next mail reports the others. */
    static final int MAX_BOUNCES = 10_000;
    /**
     * How many bytes the list of a mail has at most. Encoding adds a third, and many mail servers refuse mails of more than 10 MB (Postfix,
     * message_size_limit). A larger mail would be refused on every retry and delay all later mails.
     */
    static final long MAX_SIZE = 5_000_000;
    /** How many bytes the large rows of a mail have together at most, because the mail claims its bounces in one transaction. */
    private static final long MAX_LARGE = 4_000_000;
    /** An SQL expression: about how many bytes a bounce takes in the list of a mail, where long texts are cut. */
    static final String LISTED_SIZE = "250 + OCTET_LENGTH(CONCAT_WS('', e.recipient, e.message_id, LEFT(e.sender, 1000),"
            + " LEFT(e.subject, 1000), LEFT(e.api_data, 1000), LEFT(e.reason, 1000)))";

    private final Jdbi jdbi;
    private final Database database;
    private final Spool spool;
    private final Clock clock;
    private final AlertPolicy policy;
    private final Severities severities;
    private final OwnBounces ownBounces;
    private final UnreachableRecipients unreachableRecipients;
    private final AlertOutbox outbox;
    /** The clock may have been set back while the process was down, so the first {@link #advance} finds a later time here. */
    private Instant lastAdvance = Instant.MAX;

    Incidents(Jdbi jdbi, Database database, Spool spool, Clock clock, AlertPolicy policy, Severities severities, OwnBounces ownBounces,
            UnreachableRecipients unreachableRecipients, AlertOutbox outbox) {
        this.jdbi = jdbi;
        this.database = database;
        this.spool = spool;
        this.clock = clock;
        this.policy = policy;
        this.severities = severities;
        this.ownBounces = ownBounces;
        this.unreachableRecipients = unreachableRecipients;
        this.outbox = outbox;
    }

    /** Puts the mails that are due to the audiences into the outbox. */
    void advance() {
        Instant now = clock.instant();
        if (now.isBefore(lastAdvance)) {
            correctFutureTimes(now);
        }
        lastAdvance = now;
        for (AudienceState state : audiencesToLookAt()) {
            try {
                ownBounces.lookedAt(state);
                makeDueMail(state.audience());
            } catch (RuntimeException e) {
                if (database.isDown()) {
                    throw e;
                }
                LOG.error("The mail to the audience {} is delayed: {}", state.audience(), FailureText.describe(e));
            }
        }
        unreachableRecipients.releaseNotice();
    }

    /** Times that were noted before the clock was set back would delay mails. */
    private void correctFutureTimes(Instant now) {
        Instant latest = now.plus(AlertPolicy.MAX_SKEW);
        jdbi.useTransaction(handle -> {
            handle.execute("UPDATE alert_mail SET sent_at = ? WHERE sent_at > ?", now, latest);
            handle.execute("UPDATE alert_incident SET last_bounce_at = ?, opened_at = CASE WHEN opened_at > ? THEN ? ELSE opened_at END"
                    + " WHERE open_for IS NOT NULL AND last_bounce_at > ?", now, now, now, latest);
        });
    }

    private List<AudienceState> audiencesToLookAt() {
        return jdbi.inTransaction(handle -> AudienceStates.read(handle, clock.instant()).values().stream()
                .filter(state -> ownBounces.mayBeAmong(state) || due(handle, state).isPresent()).toList());
    }

    private Optional<Step> due(Handle handle, AudienceState state) {
        Facts facts = new Facts() {

            @Override
            public boolean urgent() {
                return severities.recent(state).urgency() != null;
            }

            @Override
            public boolean unusual() {
                return severities.recent(state).unusual();
            }

            @Override
            public boolean allClear() {
                return severities.recent(state).allClear();
            }

            @Override
            public boolean news() {
                return hasNews(handle, state);
            }
        };
        return policy.due(state, clock.instant(), facts)
                // a bounce in the spool may belong to the incident
                .filter(step -> step == Step.OPEN || step == Step.UPDATE || spool.isEmpty());
    }

    /** Marks the own bounces of an audience, and makes the mail that is due to it, unless another process has made it. */
    private void makeDueMail(String audience) {
        List<OwnBounce> own = jdbi.inTransaction(handle -> {
            List<OwnBounce> found = ownBounces.find(handle, audience);
            unreachableRecipients.report(handle, OwnBounces.unreachable(found));
            return found;
        });
        OwnBounces.markOwn(jdbi, own);
        severities.forget(audience);
        jdbi.useTransaction(handle -> {
            AudienceState state = AudienceStates.read(handle, clock.instant()).get(audience);
            Optional<Step> due = state == null ? Optional.empty() : due(handle, state);
            if (due.isPresent() && !take(handle, state, due.get())) {
                handle.rollback();
            }
        });
    }

    private boolean take(Handle handle, AudienceState state, Step step) {
        return step == Step.END_WITHOUT_MAIL ? end(handle, state) : makeMail(handle, state, step);
    }

    /** The incident was too ordinary for an all-clear. */
    private boolean end(Handle handle, AudienceState state) {
        Incident incident = state.incident();
        Instant now = clock.instant();
        boolean ended = handle.execute("UPDATE alert_incident SET closed_at = ?, open_for = NULL WHERE incident_id = ? AND mails = ?"
                + " AND closed_at IS NULL", now, incident.incidentId(), incident.mails()) == 1;
        if (ended) {
            outbox.addIfWanted(handle, new Row(UUID.randomUUID(), incident.incidentId(), incident.mails() + 1, state.audience(),
                    IncidentPhase.UNTOLD_END, null, now));
        }
        return ended;
    }

    /**
     * @return whether the mail was made. It was not if another process was faster, or if a new bounce came just before the all-clear. Then
     *     the transaction must be rolled back.
     */
    private boolean makeMail(Handle handle, AudienceState state, Step step) {
        Severity severity = severities.recent(state);
        long pending = state.pending() == null ? 0 : state.pending().bounces();
        UUID mail = UUID.randomUUID();
        List<Stored> oldest = oldestPending(handle, state.audience());
        int claimed = BounceRows.update(handle, oldest, "pending", "alert_state = 'claimed', alert_id = ?", mail);
        boolean closes = step == Step.ALL_CLEAR && claimed >= pending;
        Instant now = clock.instant();
        Pending reported = handle.select("SELECT COUNT(*) AS bounces, MIN(received_at) AS oldest, MAX(received_at) AS newest"
                + " FROM mail_event WHERE alert_id = ?", mail).mapTo(Pending.class).one().notAfter(now.plus(AlertPolicy.MAX_SKEW));
        return step == Step.OPEN ? open(handle, state.audience(), mail, reported, severity, now)
                : advance(handle, state, closes, mail, reported, severity, now);
    }

    private boolean open(Handle handle, String audience, UUID mail, Pending reported, Severity severity, Instant now) {
        if (reported.bounces() == 0) {
            return false;
        }
        UUID incident = UUID.randomUUID();
        Instant openedAt = reported.oldest().isAfter(now) ? now : reported.oldest();
        Instant lastBounceAt = reported.newest().isBefore(openedAt) ? now : reported.newest();
        return handle.execute("INSERT INTO alert_incident (incident_id, audience, open_for, opened_at, last_bounce_at, mails,"
                + " all_clear) VALUES (?, ?, ?, ?, ?, 1, ?) ON CONFLICT DO NOTHING", incident, audience, audience, openedAt, lastBounceAt,
                severity.allClear()) == 1
                && outbox.add(handle, new Row(mail, incident, 1, audience, IncidentPhase.OPENED.toString(),
                        UrgencyText.of(severity.urgency()), now));
    }

    private boolean advance(Handle handle, AudienceState state, boolean closes, UUID mail, Pending reported, Severity severity,
            Instant now) {
        Incident incident = state.incident();
        IncidentPhase phase = closes ? IncidentPhase.CLOSED : IncidentPhase.UPDATE;
        Instant lastBounceAt = reported.bounces() == 0 || reported.newest().isBefore(incident.lastBounceAt()) ? incident.lastBounceAt()
                : reported.newest();
        return (closes ? !lastBounceAt.isAfter(state.lastBounceAt()) : reported.bounces() > 0)
                && handle.execute("UPDATE alert_incident SET mails = mails + 1, last_bounce_at = ?, closed_at = ?, open_for = ?,"
                        + " all_clear = ? WHERE incident_id = ? AND mails = ? AND closed_at IS NULL", lastBounceAt, closes ? now : null,
                        closes ? null : state.audience(), incident.allClear() || severity.allClear(), incident.incidentId(),
                        incident.mails()) == 1
                && outbox.add(handle, new Row(mail, incident.incidentId(), incident.mails() + 1, state.audience(), phase.toString(),
                        closes ? null : UrgencyText.of(severity.urgency()), now));
    }

    /** @param listedSize as {@link #LISTED_SIZE} computes it */
    private record PendingBounce(UUID eventId, long storedSize, long listedSize) {
    }

    /** The oldest pending bounces, as many as fit into a mail. */
    private static List<Stored> oldestPending(Handle handle, String audience) {
        List<PendingBounce> oldest = handle.select("SELECT e.event_id, " + LISTED_SIZE + " AS listed_size, " + BounceRows.STORED_SIZE
                + " AS stored_size FROM mail_event e WHERE e.alert_state = 'pending' AND e.audience = ?"
                + " ORDER BY e.received_at, e.event_id LIMIT " + MAX_BOUNCES, audience).mapTo(PendingBounce.class).list();
        List<Stored> fitting = new ArrayList<>();
        long size = 0;
        long large = 0;
        for (PendingBounce bounce : oldest) {
            Stored stored = new Stored(bounce.eventId(), bounce.storedSize());
            size += bounce.listedSize();
            large += stored.isLarge() ? stored.size() : 0;
            if ((size > MAX_SIZE || large > MAX_LARGE) && !fitting.isEmpty()) {
                break;
            }
            fitting.add(stored);
        }
        return fitting;
    }

    /** Whether a pending bounce has an address and cause that no mail of the incident has reported. */
    private static boolean hasNews(Handle handle, AudienceState state) {
        // EXCEPT instead of NOT EXISTS: PostgreSQL expects few pending rows, and would compare each of them with each reported row
        return handle.select("SELECT recipient, cause FROM mail_event WHERE alert_state = 'pending' AND audience = ?"
                + " EXCEPT SELECT told.recipient, told.cause FROM mail_event told JOIN alert_mail m ON m.mail_id = told.alert_id"
                + " WHERE m.incident_id = ? LIMIT 1", state.audience(), state.incident().incidentId()).mapToMap().findFirst().isPresent();
    }
}
