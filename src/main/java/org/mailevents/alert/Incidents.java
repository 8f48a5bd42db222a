package org.mailevents.alert;

import java.time.Clock;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
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

    private final Jdbi jdbi;
    private final Database database;
    private final Spool spool;
    private final Clock clock;
    private final AlertPolicy policy;
    private final Severities severities;
    private final OwnBounces ownBounces;
    private final UnreachableRecipients unreachableRecipients;
    private final AlertOutbox outbox;
    private final PendingBounces pendingBounces;
    /** The audiences whose next mail waits for another day. */
    private final Set<String> heldBack = new HashSet<>();
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
        this.pendingBounces = new PendingBounces(jdbi);
    }

    /** Puts the mails that are due to the audiences into the outbox. */
    void advance() {
        Instant now = clock.instant();
        if (now.isBefore(lastAdvance)) {
            correctFutureTimes(now);
        }
        lastAdvance = now;
        Map<String, AudienceState> states = jdbi.inTransaction(handle -> AudienceStates.read(handle, now));
        heldBack.retainAll(states.keySet());
        for (AudienceState state : states.values()) {
            try {
                if (ownBounces.mayBeAmong(state) || due(state, recent(state)).isPresent()) {
                    ownBounces.lookedAt(state);
                    makeDueMail(state.audience());
                } else {
                    logHeldBack(state, now);
                }
            } catch (RuntimeException e) {
                if (database.isDown()) {
                    throw e;
                }
                LOG.error("The mail to the audience {} is delayed: {}", state.audience(), FailureText.describe(e));
            }
        }
        unreachableRecipients.releaseNotice();
    }

    /** Once for each such time. */
    private void logHeldBack(AudienceState state, Instant now) {
        if (!policy.isHeldBack(state, now)) {
            heldBack.remove(state.audience());
        } else if (heldBack.add(state.audience())) {
            LOG.info("The audience {} has had its alert.max-per-day mails ({}), so its next bounces wait, unless they become urgent or are"
                    + " far more than usual. The page and the digest count them.", state.audience(), state.sent().lastDay());
        }
    }

    /** Times that were noted before the clock was set back would delay mails. */
    private void correctFutureTimes(Instant now) {
        Instant latest = now.plus(AlertPolicy.MAX_SKEW);
        jdbi.useTransaction(handle -> {
            handle.execute("UPDATE alert_mail SET sent_at = ? WHERE sent_at > ?", now, latest);
            handle.execute("UPDATE alert_incident SET last_bounce_at = ?, opened_at = CASE WHEN opened_at > ? THEN ? ELSE opened_at END"
                    + " WHERE open_for IS NOT NULL AND last_bounce_at > ?", now, now, now, latest);
            Digests.forgetMadeAfter(handle, latest);
        });
    }

    /** What is known of the audience now, or was shortly before. No transaction is open while bounces are counted, which may take long. */
    private Facts recent(AudienceState state) {
        return facts(() -> severities.recent(state),
                () -> jdbi.withHandle(handle -> isKeptOpen(handle, state.incident())),
                () -> pendingBounces.areNews(state));
    }

    private static boolean isKeptOpen(Handle handle, Incident incident) {
        return !KeptOpen.by(handle, incident.incidentId(), incident.mails() + 1).isEmpty();
    }

    private static Facts facts(Supplier<Severity> severity, BooleanSupplier keptOpen, BooleanSupplier news) {
        return new Facts() {

            @Override
            public boolean urgent() {
                return severity.get().urgency() != null;
            }

            @Override
            public boolean unusual() {
                return severity.get().unusual();
            }

            @Override
            public boolean allClear() {
                return severity.get().allClear();
            }

            @Override
            public boolean keptOpen() {
                return keptOpen.getAsBoolean();
            }

            @Override
            public boolean news() {
                return news.getAsBoolean();
            }
        };
    }

    private Optional<Step> due(AudienceState state, Facts facts) {
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
        AudienceState before = jdbi.inTransaction(handle -> AudienceStates.read(handle, clock.instant())).get(audience);
        if (before == null || due(before, recent(before)).isEmpty()) {
            return;
        }
        Severity severity = severities.recent(before);
        jdbi.useTransaction(handle -> {
            AudienceState state = AudienceStates.read(handle, clock.instant()).get(audience);
            Optional<Step> due = state == null ? Optional.empty()
                    : due(state, facts(() -> severity, () -> isKeptOpen(handle, state.incident()),
                            () -> pendingBounces.areNews(handle, state)));
            if (due.isPresent() && !take(handle, state, due.get(), severity)) {
                handle.rollback();
            }
        });
    }

    private boolean take(Handle handle, AudienceState state, Step step, Severity severity) {
        return switch (step) {
            case END_WITHOUT_MAIL -> end(handle, state);
            case RESOLVE -> resolve(handle, state);
            case END_ACKNOWLEDGEMENT -> Answers.endAcknowledgement(handle, state.incident().incidentId(), clock.instant());
            case OPEN, UPDATE, ALL_CLEAR -> makeMail(handle, state, step, severity);
        };
    }

    /** The incident was too ordinary for an all-clear. */
    private boolean end(Handle handle, AudienceState state) {
        Incident incident = state.incident();
        Instant now = clock.instant();
        boolean ended = handle.execute("UPDATE alert_incident SET closed_at = ?, open_for = NULL WHERE incident_id = ? AND mails = ?"
                + " AND closed_at IS NULL", now, incident.incidentId(), incident.mails()) == 1;
        if (ended) {
            outbox.addIfWanted(handle, untoldEnd(state, now));
        }
        return ended;
    }

    /** The all-clear has to wait. Whoever keeps the incident open hears of its end now. */
    private boolean resolve(Handle handle, AudienceState state) {
        Incident incident = state.incident();
        return handle.execute("UPDATE alert_incident SET mails = mails + 1 WHERE incident_id = ? AND mails = ? AND closed_at IS NULL",
                incident.incidentId(), incident.mails()) == 1 && outbox.add(handle, untoldEnd(state, clock.instant()));
    }

    private static Row untoldEnd(AudienceState state, Instant now) {
        Incident incident = state.incident();
        return new Row(UUID.randomUUID(), incident.incidentId(), incident.mails() + 1, state.audience(), IncidentPhase.UNTOLD_END, null,
                now);
    }

    /**
     * @return whether the mail was made. It was not if another process was faster, or if a new bounce came just before the all-clear. Then
     *     the transaction must be rolled back.
     */
    private boolean makeMail(Handle handle, AudienceState state, Step step, Severity severity) {
        long pending = state.pending() == null ? 0 : state.pending().bounces();
        UUID mail = UUID.randomUUID();
        List<Stored> oldest = PendingBounces.oldest(handle, state.audience());
        int claimed = BounceRows.update(handle, oldest, "pending", "alert_state = 'claimed', alert_id = ?", mail);
        boolean closes = step == Step.ALL_CLEAR && claimed >= pending;
        Instant now = clock.instant();
        Pending claims = handle.select("SELECT COUNT(*) AS bounces, MIN(received_at) AS oldest, MAX(received_at) AS newest"
                + " FROM mail_event WHERE alert_id = ?", mail).mapTo(Pending.class).one().notAfter(now.plus(AlertPolicy.MAX_SKEW));
        return step == Step.OPEN ? open(handle, state.audience(), mail, claims, severity, now)
                // a mail that has the place of an all-clear reports what earlier mails had no room for, and that is not urgent now
                : advance(handle, state, closes, mail, claims, step == Step.ALL_CLEAR
                        ? new Severity(null, severity.unusual(), severity.allClear()) : severity, now);
    }

    private boolean open(Handle handle, String audience, UUID mail, Pending claims, Severity severity, Instant now) {
        if (claims.bounces() == 0) {
            return false;
        }
        UUID incident = UUID.randomUUID();
        Instant openedAt = claims.oldest().isAfter(now) ? now : claims.oldest();
        Instant lastBounceAt = claims.newest().isBefore(openedAt) ? now : claims.newest();
        return handle.execute("INSERT INTO alert_incident (incident_id, audience, open_for, opened_at, last_bounce_at, mails,"
                + " all_clear) VALUES (?, ?, ?, ?, ?, 1, ?) ON CONFLICT DO NOTHING", incident, audience, audience, openedAt, lastBounceAt,
                severity.allClear()) == 1
                && outbox.add(handle, new Row(mail, incident, 1, audience, IncidentPhase.OPENED.toString(),
                        UrgencyText.of(severity.urgency()), now));
    }

    private boolean advance(Handle handle, AudienceState state, boolean closes, UUID mail, Pending claims, Severity severity,
            Instant now) {
        Incident incident = state.incident();
        IncidentPhase phase = closes ? IncidentPhase.CLOSED : IncidentPhase.UPDATE;
        Instant lastBounceAt = claims.bounces() == 0 || claims.newest().isBefore(incident.lastBounceAt()) ? incident.lastBounceAt()
                : claims.newest();
        return (closes ? !lastBounceAt.isAfter(state.lastBounceAt()) : claims.bounces() > 0)
                && handle.execute("UPDATE alert_incident SET mails = mails + 1, last_bounce_at = ?, closed_at = ?, open_for = ?,"
                        + " all_clear = ? WHERE incident_id = ? AND mails = ? AND closed_at IS NULL", lastBounceAt, closes ? now : null,
                        closes ? null : state.audience(), incident.allClear() || severity.allClear(), incident.incidentId(),
                        incident.mails()) == 1
                && outbox.add(handle, new Row(mail, incident.incidentId(), incident.mails() + 1, state.audience(), phase.toString(),
                        UrgencyText.of(severity.urgency()), now));
    }
}
