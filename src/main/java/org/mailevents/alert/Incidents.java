package org.mailevents.alert;

import java.sql.ResultSet;
import java.sql.SQLException;
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
import org.mailevents.alert.AlertOutbox.Row;
import org.mailevents.alert.AudienceState.Sent;
import org.mailevents.alert.AudienceState.Waiting;
import org.mailevents.alert.BounceRows.Stored;
import org.mailevents.alert.OwnBounces.Own;
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
    Incidents(Database database, Spool spool, Clock clock, AlertPolicy policy, double urgentRate, OwnBounces ownMail, Set<String> fallback,
            AlertOutbox outbox) {
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
    void advance() throws SQLException {
        Instant now = clock.instant();
        if (now.isBefore(seen)) {
            correct(now);
        }
        seen = now;
        for (String audience : dueAudiences()) {
            try {
                make(audience);
            } catch (SQLException | RuntimeException e) {
                if (database.isDown()) {
                    throw e;
                }
                LOG.error("The audience {} has to wait: {}", audience, FailureText.describe(e));
            }
        }
        release();
    }

    /** What was noted before the clock was set back would hold up mails once more when its time comes. */
    private void correct(Instant now) throws SQLException {
        Instant wrong = now.plus(AlertPolicy.MAX_SKEW);
        try (Transaction transaction = new Transaction(database)) {
            transaction.update("UPDATE alert_mail SET sent_at = ? WHERE sent_at > ?", now, wrong);
            transaction.update("UPDATE alert_incident SET last_bounce_at = ?, opened_at = CASE WHEN opened_at > ? THEN ? ELSE opened_at END"
                    + " WHERE open_for IS NOT NULL AND last_bounce_at > ?", now, now, now, wrong);
            transaction.commit();
        }
    }

    private List<String> dueAudiences() throws SQLException {
        try (Transaction transaction = new Transaction(database)) {
            List<String> due = new ArrayList<>();
            for (AudienceState standing : standings(transaction).values()) {
                if (due(transaction, standing).isPresent()) {
                    due.add(standing.audience());
                }
            }
            return due;
        }
    }

    private Optional<IncidentPhase> due(Transaction transaction, AudienceState standing) throws SQLException {
        Instant now = clock.instant();
        return policy.due(standing, now, () -> unusual(transaction, standing.audience(), now), () -> news(transaction, standing))
                // what waits in the spool may belong to the incident
                .filter(stage -> stage != IncidentPhase.CLOSED || spool.isEmpty());
    }

    /** Whether far more mail bounces than usual; counted now and then only, because it is asked every second. */
    private boolean unusual(Transaction transaction, String audience, Instant now) throws SQLException {
        Unusual last = counted.get(audience);
        if (last == null || last.at().isAfter(now) || !last.at().plus(COUNTING).isAfter(now)) {
            Figures figures = Figures.of(transaction, audience, now);
            last = new Unusual(now, figures.unusual() || figures.above(urgentRate));
            counted.put(audience, last);
        }
        return last.is();
    }

    private record Unusual(Instant at, boolean is) {
    }

    /** Makes the mail that an audience is due, unless another process does. */
    private void make(String audience) throws SQLException {
        try (Transaction transaction = new Transaction(database)) {
            Own own = ownMail.find(transaction, audience);
            tell(transaction, own.recipients());
            ownMail.setAside(transaction, own);
            AudienceState standing = standings(transaction).get(audience);
            Optional<IncidentPhase> due = standing == null ? Optional.empty() : due(transaction, standing);
            if (due.isEmpty() || make(transaction, standing, due.get())) {
                transaction.commit();
            }
        }
    }

    /** @return whether it was made: another process may have been faster, or a bounce may have come on the heels of an all-clear */
    private boolean make(Transaction transaction, AudienceState standing, IncidentPhase due) throws SQLException {
        long waiting = standing.waiting() == null ? 0 : standing.waiting().bounces();
        UUID mail = UUID.randomUUID();
        int claimed = BounceRows.update(transaction, oldest(transaction, standing.audience()), "pending", "alert_state = 'claimed', alert_id = ?", mail);
        IncidentPhase stage = due == IncidentPhase.CLOSED && claimed < waiting ? IncidentPhase.UPDATE : due;
        Instant now = clock.instant();
        Waiting told = transaction.rows("SELECT COUNT(*) AS bounces, MIN(received_at) AS oldest, MAX(received_at) AS newest FROM mail_event"
                + " WHERE alert_id = ?", this::waiting, mail).get(0);
        if (stage == IncidentPhase.OPENED) {
            if (claimed == 0) {
                return false;
            }
            UUID incident = UUID.randomUUID();
            Instant openedAt = told.oldest().isAfter(now) ? now : told.oldest();
            Instant lastBounceAt = told.newest().isBefore(openedAt) ? now : told.newest();
            return transaction.update("INSERT INTO alert_incident (incident_id, audience, open_for, opened_at, last_bounce_at, mails)"
                    + " VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT DO NOTHING", incident, standing.audience(), standing.audience(), openedAt,
                    lastBounceAt) == 1 && outbox.add(transaction, new Row(mail, incident, 1, standing.audience(), stage.toString(), null, now));
        }
        Incident incident = standing.incident();
        Instant last = claimed == 0 || told.newest().isBefore(incident.lastBounceAt()) ? incident.lastBounceAt() : told.newest();
        boolean closes = stage == IncidentPhase.CLOSED;
        return (closes ? !last.isAfter(standing.lastBounceAt()) : claimed > 0)
                && transaction.update("UPDATE alert_incident SET mails = mails + 1, last_bounce_at = ?, closed_at = ?, open_for = ?"
                        + " WHERE incident_id = ? AND mails = ? AND closed_at IS NULL", last, closes ? now : null, closes ? null : standing.audience(),
                        incident.id(), incident.mails()) == 1
                && outbox.add(transaction, new Row(mail, incident.id(), incident.mails() + 1, standing.audience(), stage.toString(), null, now));
    }

    private record Waits(Stored bounce, long size) {
    }

    /** The bounces that wait longest, as many as fit into a mail. */
    private static List<Stored> oldest(Transaction transaction, String audience) throws SQLException {
        List<Waits> oldest = transaction.rows("SELECT e.event_id, " + SIZE + " AS size, " + BounceRows.STORED_SIZE + " AS stored_size FROM mail_event e"
                + " WHERE e.alert_state = 'pending' AND e.audience = ? ORDER BY e.received_at, e.event_id LIMIT " + MAX_BOUNCES,
                row -> new Waits(new Stored(row.getObject("event_id", UUID.class), row.getLong("stored_size")), row.getLong("size")), audience);
        List<Stored> fitting = new ArrayList<>();
        long size = 0;
        long large = 0;
        for (Waits waiting : oldest) {
            size += waiting.size();
            large += waiting.bounce().isLarge() ? waiting.bounce().size() : 0;
            if ((size > MAX_SIZE || large > MAX_LARGE) && !fitting.isEmpty()) {
                break;
            }
            fitting.add(waiting.bounce());
        }
        return fitting;
    }

    /**
     * The fallback is told once a month of an alert's recipient who cannot be reached; not of itself, which could not be reached either. The addresses
     * gather in a mail that is not yet due.
     */
    private void tell(Transaction transaction, Set<String> unreachable) throws SQLException {
        Instant now = clock.instant();
        List<String> untold = new ArrayList<>(unreachable);
        transaction.rows("SELECT about FROM alert_mail WHERE what = 'unreachable' AND about IS NOT NULL AND made_at > ?", row -> row.getString("about"),
                now.minus(UNREACHABLE_AGAIN)).forEach(told -> untold.removeAll(Notice.addresses(told)));
        if (untold.isEmpty()) {
            return;
        }
        LOG.error("Alerts do not reach a recipient of alert.to: its bounce is in mail_event, alert_state 'own'{}",
                fallback.isEmpty() ? ". Set alert.fallback to have somebody told" : "");
        untold.removeAll(fallback);
        if (!fallback.isEmpty()) {
            for (String address : untold) {
                if (transaction.update("UPDATE alert_mail SET about = CONCAT(about, ?, ?) WHERE " + GATHERS + " AND LENGTH(about) < " + MAX_ABOUT,
                        Notice.SEPARATOR, address) == 0) {
                    outbox.gather(transaction, Notice.OPERATORS, "unreachable", address, now);
                }
            }
        }
    }

    /** Has the mail with the addresses sent, if the last one was sent an hour ago. */
    private void release() throws SQLException {
        Instant now = clock.instant();
        try (Transaction transaction = new Transaction(database)) {
            List<UUID> gathered = transaction.rows("SELECT mail_id FROM alert_mail WHERE " + GATHERS + " ORDER BY made_at LIMIT 1",
                    row -> row.getObject("mail_id", UUID.class));
            if (!gathered.isEmpty() && !transaction.exists("SELECT 1 FROM alert_mail WHERE what = 'unreachable' AND (retry_at IS NOT NULL OR sent_at IS NOT NULL)"
                    + " AND made_at > ? AND made_at <= ?", now.minus(UNREACHABLE_DISTANCE), now.plus(AlertPolicy.MAX_SKEW))) {
                transaction.update("UPDATE alert_mail SET made_at = ?, retry_at = ? WHERE mail_id = ? AND " + GATHERS, now, now, gathered.get(0));
                transaction.commit();
            }
        }
    }

    /** Whether a bounce waits whose address and code its incident has not told yet. */
    private static boolean news(Transaction transaction, AudienceState standing) throws SQLException {
        // as sets: PostgreSQL expects few pending rows and would compare each with each
        return transaction.exists("SELECT recipient, status FROM mail_event WHERE alert_state = 'pending' AND audience = ?"
                + " EXCEPT SELECT told.recipient, told.status FROM mail_event told JOIN alert_mail m ON m.mail_id = told.alert_id"
                + " WHERE m.incident_id = ? LIMIT 1",
                standing.audience(), standing.incident().id());
    }

    /** What is known of each audience that has an incident or a bounce that waits. */
    private Map<String, AudienceState> standings(Transaction transaction) throws SQLException {
        Map<String, Incident> incidents = byAudience(transaction, "SELECT incident_id, audience, opened_at, last_bounce_at, mails FROM alert_incident"
                + " WHERE open_for IS NOT NULL", row -> new Incident(row.getObject("incident_id", UUID.class), Transaction.instant(row, "opened_at"),
                Transaction.instant(row, "last_bounce_at"), row.getInt("mails")));
        Map<String, Waiting> waiting = byAudience(transaction, "SELECT audience, COUNT(*) AS bounces, MIN(received_at) AS oldest, MAX(received_at) AS newest"
                + " FROM mail_event WHERE alert_state = 'pending' GROUP BY audience", this::waiting);
        Instant now = clock.instant();
        Map<String, Sent> sent = byAudience(transaction, "SELECT audience, COUNT(*) FILTER (WHERE sent_at IS NULL) AS unsent,"
                + " COUNT(*) FILTER (WHERE sent_at > ?) AS last_hour, COUNT(*) FILTER (WHERE sent_at > ?) AS last_day, MAX(sent_at) AS last_sent"
                + " FROM alert_mail WHERE incident_id IS NOT NULL AND (sent_at IS NULL OR made_at > ? AND sent_at <= ?) GROUP BY audience",
                row -> new Sent(row.getInt("unsent") > 0, row.getInt("last_hour"), row.getInt("last_day"), Transaction.instant(row, "last_sent")),
                now.minus(Duration.ofHours(1)), now.minus(Duration.ofDays(1)), now.minus(Duration.ofDays(8)), now.plus(AlertPolicy.MAX_SKEW));
        Map<String, AudienceState> standings = new TreeMap<>();
        Stream.concat(incidents.keySet().stream(), waiting.keySet().stream()).distinct().forEach(audience -> standings.put(audience,
                new AudienceState(audience, incidents.get(audience), waiting.get(audience), sent.getOrDefault(audience, Sent.NONE))));
        return standings;
    }

    private static <T> Map<String, T> byAudience(Transaction transaction, String sql, Transaction.Row<T> value, Object... parameters)
            throws SQLException {
        Map<String, T> values = new HashMap<>();
        transaction.rows(sql, row -> values.put(row.getString("audience"), value.read(row)), parameters);
        return values;
    }

    /** What was received before the clock was set back keeps no incident open: it is as if it had been received long ago. */
    private Waiting waiting(ResultSet row) throws SQLException {
        Instant newest = Transaction.instant(row, "newest");
        boolean wrong = newest != null && newest.isAfter(clock.instant().plus(AlertPolicy.MAX_SKEW));
        return new Waiting(row.getLong("bounces"), Transaction.instant(row, "oldest"), wrong ? Instant.EPOCH : newest);
    }
}
