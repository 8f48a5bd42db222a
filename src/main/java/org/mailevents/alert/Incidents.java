package org.mailevents.alert;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.alert.AlertOutbox.Row;
import org.mailevents.alert.AudienceState.Sent;
import org.mailevents.alert.AudienceState.Waiting;
import org.mailevents.alert.BounceRows.Stored;
import org.mailevents.alert.OwnBounces.OwnBounce;
import org.mailevents.database.Database;
import org.mailevents.log.FailureText;
import org.mailevents.spool.Spool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The incidents of all audiences. A mail is made in one transaction: its row in the outbox, its bounces and the step of its incident. So
 * neither a restart nor a second process forgets or doubles one.
 */
final class Incidents {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");

    /** What a mail may list. The rest is the next mail. */
    static final int MAX_BOUNCES = 10_000;
    /**
     * What a mail may list, in bytes. Encoded it is a third more, and many mail servers take no mail beyond 10 MB (Postfix, message_size_limit):
     * a larger one would be refused for ever, and hold up all that come after it.
     */
    static final long MAX_SIZE = 5_000_000;
    /** How many bytes rows may have together that are large: a mail claims its bounces in one transaction. */
    private static final long MAX_LARGE = 4_000_000;
    /** About how many bytes a bounce takes in a list: what was sent, cut as a mail cuts it, and what is said of it. */
    static final String SIZE = "250 + OCTET_LENGTH(CONCAT_WS('', e.recipient, e.message_id, LEFT(e.sender, 1000), LEFT(e.subject, 1000),"
            + " LEFT(e.api_data, 1000), LEFT(e.reason, 1000)))";
    /** An alert's recipient who cannot be reached is told of again after this. */
    private static final Duration UNREACHABLE_AGAIN = Duration.ofDays(30);
    private static final Duration UNREACHABLE_DISTANCE = Duration.ofHours(1);
    /** A mail of the outbox that is neither due nor sent: it gathers addresses. */
    private static final String GATHERS = "what = 'unreachable' AND sent_at IS NULL AND retry_at IS NULL";
    /** In characters; the addresses beyond are in the next mail. */
    private static final int MAX_ABOUT = 100_000;

    private static final Duration COUNTING = Duration.ofSeconds(30);

    private final Jdbi jdbi;
    private final Database database;
    private final Spool spool;
    private final Clock clock;
    private final AlertPolicy policy;
    private final double urgentRate;
    private final OwnBounces ownMail;
    private final Set<String> fallback;
    private final AlertOutbox outbox;
    private final Map<String, Unusual> counted = new HashMap<>();
    /** The time of the last look; none yet. */
    private Instant seen = Instant.MAX;

    /**
     * @param urgentRate in percent: above it more mail bounces than usual
     * @param fallback   who is told that an alert's recipient cannot be reached, lower case; none for nobody
     */
    Incidents(Jdbi jdbi, Database database, Spool spool, Clock clock, AlertPolicy policy, double urgentRate, OwnBounces ownMail, Set<String> fallback,
            AlertOutbox outbox) {
        this.jdbi = jdbi;
        this.database = database;
        this.spool = spool;
        this.urgentRate = urgentRate;
        this.clock = clock;
        this.policy = policy;
        this.ownMail = ownMail;
        this.fallback = fallback;
        this.outbox = outbox;
    }

    /** Puts into the outbox the mail that each audience is due. */
    void advance() {
        Instant now = clock.instant();
        if (now.isBefore(seen)) {
            correct(now);
        }
        seen = now;
        for (String audience : dueAudiences()) {
            try {
                make(audience);
            } catch (RuntimeException e) {
                if (database.isDown()) {
                    throw e;
                }
                LOG.error("The audience {} has to wait: {}", audience, FailureText.describe(e));
            }
        }
        release();
    }

    /** What was noted before the clock was set back would hold up mails once more when its time comes. */
    private void correct(Instant now) {
        Instant wrong = now.plus(AlertPolicy.MAX_SKEW);
        jdbi.useTransaction(handle -> {
            handle.execute("UPDATE alert_mail SET sent_at = ? WHERE sent_at > ?", now, wrong);
            handle.execute("UPDATE alert_incident SET last_bounce_at = ?, opened_at = CASE WHEN opened_at > ? THEN ? ELSE opened_at END"
                    + " WHERE open_for IS NOT NULL AND last_bounce_at > ?", now, now, now, wrong);
        });
    }

    private List<String> dueAudiences() {
        return jdbi.inTransaction(handle -> standings(handle).values().stream().filter(standing -> due(handle, standing).isPresent())
                .map(AudienceState::audience).toList());
    }

    private Optional<IncidentPhase> due(Handle handle, AudienceState standing) {
        Instant now = clock.instant();
        return policy.due(standing, now, () -> unusual(handle, standing.audience(), now), () -> news(handle, standing))
                // what waits in the spool may belong to the incident
                .filter(stage -> stage != IncidentPhase.CLOSED || spool.isEmpty());
    }

    /** Whether far more mail bounces than usual; counted now and then only, because it is asked every second. */
    private boolean unusual(Handle handle, String audience, Instant now) {
        Unusual last = counted.get(audience);
        if (last == null || last.at().isAfter(now) || !last.at().plus(COUNTING).isAfter(now)) {
            Figures figures = Figures.of(handle, audience, now);
            last = new Unusual(now, figures.unusual() || figures.above(urgentRate));
            counted.put(audience, last);
        }
        return last.is();
    }

    private record Unusual(Instant at, boolean is) {
    }

    /** Makes the mail that an audience is due, unless another process does. */
    private void make(String audience) {
        List<OwnBounce> own = jdbi.inTransaction(handle -> {
            List<OwnBounce> found = ownMail.find(handle, audience);
            tell(handle, OwnBounces.recipients(found));
            return found;
        });
        OwnBounces.setAside(jdbi, own);
        jdbi.useTransaction(handle -> {
            AudienceState standing = standings(handle).get(audience);
            Optional<IncidentPhase> due = standing == null ? Optional.empty() : due(handle, standing);
            if (due.isPresent() && !make(handle, standing, due.get())) {
                handle.rollback();
            }
        });
    }

    /** @return whether it was made: another process may have been faster, or a bounce may have come on the heels of an all-clear */
    private boolean make(Handle handle, AudienceState standing, IncidentPhase due) {
        long waiting = standing.waiting() == null ? 0 : standing.waiting().bounces();
        UUID mail = UUID.randomUUID();
        int claimed = BounceRows.update(handle, oldest(handle, standing.audience()), "pending", "alert_state = 'claimed', alert_id = ?", mail);
        IncidentPhase stage = due == IncidentPhase.CLOSED && claimed < waiting ? IncidentPhase.UPDATE : due;
        Instant now = clock.instant();
        Waiting told = handle.select("SELECT COUNT(*) AS bounces, MIN(received_at) AS oldest, MAX(received_at) AS newest FROM mail_event"
                + " WHERE alert_id = ?", mail).mapTo(Waiting.class).one().notAfter(now.plus(AlertPolicy.MAX_SKEW));
        if (stage == IncidentPhase.OPENED) {
            if (claimed == 0) {
                return false;
            }
            UUID incident = UUID.randomUUID();
            Instant openedAt = told.oldest().isAfter(now) ? now : told.oldest();
            Instant lastBounceAt = told.newest().isBefore(openedAt) ? now : told.newest();
            return handle.execute("INSERT INTO alert_incident (incident_id, audience, open_for, opened_at, last_bounce_at, mails)"
                    + " VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT DO NOTHING", incident, standing.audience(), standing.audience(), openedAt,
                    lastBounceAt) == 1 && outbox.add(handle, new Row(mail, incident, 1, standing.audience(), stage.toString(), null, now));
        }
        Incident incident = standing.incident();
        Instant last = claimed == 0 || told.newest().isBefore(incident.lastBounceAt()) ? incident.lastBounceAt() : told.newest();
        boolean closes = stage == IncidentPhase.CLOSED;
        return (closes ? !last.isAfter(standing.lastBounceAt()) : claimed > 0)
                && handle.execute("UPDATE alert_incident SET mails = mails + 1, last_bounce_at = ?, closed_at = ?, open_for = ?"
                        + " WHERE incident_id = ? AND mails = ? AND closed_at IS NULL", last, closes ? now : null, closes ? null : standing.audience(),
                        incident.incidentId(), incident.mails()) == 1
                && outbox.add(handle, new Row(mail, incident.incidentId(), incident.mails() + 1, standing.audience(), stage.toString(), null, now));
    }

    /** @param size in a mail */
    private record Waits(UUID eventId, long storedSize, long size) {
    }

    /** The bounces that wait longest, as many as fit into a mail. */
    private static List<Stored> oldest(Handle handle, String audience) {
        List<Waits> oldest = handle.select("SELECT e.event_id, " + SIZE + " AS size, " + BounceRows.STORED_SIZE + " AS stored_size FROM mail_event e"
                + " WHERE e.alert_state = 'pending' AND e.audience = ? ORDER BY e.received_at, e.event_id LIMIT " + MAX_BOUNCES,
                audience).mapTo(Waits.class).list();
        List<Stored> fitting = new ArrayList<>();
        long size = 0;
        long large = 0;
        for (Waits waiting : oldest) {
            size += waiting.size();
            Stored stored = new Stored(waiting.eventId(), waiting.storedSize());
            large += stored.isLarge() ? stored.size() : 0;
            if ((size > MAX_SIZE || large > MAX_LARGE) && !fitting.isEmpty()) {
                break;
            }
            fitting.add(stored);
        }
        return fitting;
    }

    /**
     * The fallback is told once a month of an alert's recipient who cannot be reached; not of itself, which could not be reached either. The addresses
     * gather in a mail that is not yet due.
     */
    private void tell(Handle handle, Set<String> unreachable) {
        Instant now = clock.instant();
        List<String> untold = new ArrayList<>(unreachable);
        handle.select("SELECT about FROM alert_mail WHERE what = 'unreachable' AND about IS NOT NULL AND made_at > ?", now.minus(UNREACHABLE_AGAIN))
                .mapTo(String.class).forEach(told -> untold.removeAll(Notice.addresses(told)));
        if (untold.isEmpty()) {
            return;
        }
        LOG.error("Alerts do not reach a recipient of alert.to: its bounce is in mail_event, alert_state 'own'{}",
                fallback.isEmpty() ? ". Set alert.fallback to have somebody told" : "");
        untold.removeAll(fallback);
        if (!fallback.isEmpty()) {
            for (String address : untold) {
                if (handle.execute("UPDATE alert_mail SET about = CONCAT(about, ?, ?) WHERE " + GATHERS + " AND LENGTH(about) < " + MAX_ABOUT,
                        Notice.SEPARATOR, address) == 0) {
                    outbox.gather(handle, Notice.OPERATORS, "unreachable", address, now);
                }
            }
        }
    }

    /** Has the mail with the addresses sent, if the last one was sent an hour ago. */
    private void release() {
        Instant now = clock.instant();
        jdbi.useTransaction(handle -> {
            Optional<UUID> gathered = handle.select("SELECT mail_id FROM alert_mail WHERE " + GATHERS + " ORDER BY made_at LIMIT 1").mapTo(UUID.class)
                    .findFirst();
            if (gathered.isPresent() && !exists(handle, "SELECT 1 FROM alert_mail WHERE what = 'unreachable' AND (retry_at IS NOT NULL OR sent_at IS NOT NULL)"
                    + " AND made_at > ? AND made_at <= ?", now.minus(UNREACHABLE_DISTANCE), now.plus(AlertPolicy.MAX_SKEW))) {
                handle.execute("UPDATE alert_mail SET made_at = ?, retry_at = ? WHERE mail_id = ? AND " + GATHERS, now, now, gathered.get());
            }
        });
    }

    /** Whether a bounce waits whose address and code its incident has not told yet. */
    private static boolean news(Handle handle, AudienceState standing) {
        // as sets: PostgreSQL expects few pending rows and would compare each with each
        return exists(handle, "SELECT recipient, status FROM mail_event WHERE alert_state = 'pending' AND audience = ?"
                + " EXCEPT SELECT told.recipient, told.status FROM mail_event told JOIN alert_mail m ON m.mail_id = told.alert_id"
                + " WHERE m.incident_id = ? LIMIT 1",
                standing.audience(), standing.incident().incidentId());
    }

    /** What is known of each audience that has an incident or a bounce that waits. */
    private Map<String, AudienceState> standings(Handle handle) {
        Instant now = clock.instant();
        Map<String, Incident> incidents = byAudience(handle, Incident.class, "SELECT incident_id, audience, opened_at, last_bounce_at, mails"
                + " FROM alert_incident WHERE open_for IS NOT NULL");
        Map<String, Waiting> waiting = byAudience(handle, Waiting.class, "SELECT audience, COUNT(*) AS bounces, MIN(received_at) AS oldest,"
                + " MAX(received_at) AS newest FROM mail_event WHERE alert_state = 'pending' GROUP BY audience");
        waiting.replaceAll((audience, bounces) -> bounces.notAfter(now.plus(AlertPolicy.MAX_SKEW)));
        Map<String, Sent> sent = byAudience(handle, Sent.class, "SELECT audience, COUNT(*) FILTER (WHERE sent_at IS NULL) > 0 AS unsent,"
                + " COUNT(*) FILTER (WHERE sent_at > ?) AS last_hour, COUNT(*) FILTER (WHERE sent_at > ?) AS last_day, MAX(sent_at) AS last_at"
                + " FROM alert_mail WHERE incident_id IS NOT NULL AND (sent_at IS NULL OR made_at > ? AND sent_at <= ?) GROUP BY audience",
                now.minus(Duration.ofHours(1)), now.minus(Duration.ofDays(1)), now.minus(Duration.ofDays(8)), now.plus(AlertPolicy.MAX_SKEW));
        Map<String, AudienceState> standings = new TreeMap<>();
        Stream.concat(incidents.keySet().stream(), waiting.keySet().stream()).distinct().forEach(audience -> standings.put(audience,
                new AudienceState(audience, incidents.get(audience), waiting.get(audience), sent.getOrDefault(audience, Sent.NONE))));
        return standings;
    }

    private static boolean exists(Handle handle, String sql, Object... parameters) {
        return handle.select(sql, parameters).mapToMap().findFirst().isPresent();
    }

    private static <T> Map<String, T> byAudience(Handle handle, Class<T> type, String sql, Object... parameters) {
        return handle.select(sql, parameters).reduceRows(new HashMap<>(), (values, row) -> {
            values.put(row.getColumn("audience", String.class), row.getRow(type));
            return values;
        });
    }
}
