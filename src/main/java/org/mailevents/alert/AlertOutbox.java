package org.mailevents.alert;

import java.nio.charset.StandardCharsets;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.mailevents.alert.OwnMail.Unreachable;
import org.mailevents.alert.Standing.Sent;
import org.mailevents.alert.Standing.Waiting;
import org.mailevents.operate.Failure;
import org.mailevents.store.Database;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The mails to be sent, and the incidents they belong to, all in the database, so that neither a restart nor a second process forgets or
 * doubles one. A bounce is {@code pending} until a mail claims it, then {@code claimed} until the mail endpoint took that mail, then
 * {@code sent}. A mail is made in one transaction: its row, its bounces and the step of its incident. A claim of a mail runs out, so that
 * what a killed process left behind is mailed by the next one.
 */
final class AlertOutbox {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");

    /** Longer than a mail takes to send: camel-mail gives up after 30 s of silence (connectionTimeout). */
    private static final Duration CLAIM = Duration.ofMinutes(5);
    /** What a mail may list. The rest is the next mail. */
    static final int MAX_BOUNCES = 10_000;
    /**
     * What a mail may list, in bytes. Encoded it is a third more, and many mail servers take no mail beyond 10 MB (Postfix, message_size_limit):
     * a larger one would be refused for ever, and hold up all that come after it.
     */
    static final long MAX_SIZE = 5_000_000;
    /** About how many bytes a bounce takes in a list: what was sent, cut as a mail cuts it, and what is said of it. */
    static final String SIZE = "250 + OCTET_LENGTH(CONCAT_WS('', e.recipient, e.message_id, LEFT(e.sender, 1000), LEFT(e.subject, 1000),"
            + " LEFT(e.api_data, 1000), LEFT(e.reason, 1000)))";
    private static final String DUE = "sent_at IS NULL AND (retry_at <= ? OR retry_at > ?)";
    /** An alert's recipient who cannot be reached is told of again after this. */
    private static final Duration UNREACHABLE_AGAIN = Duration.ofDays(30);

    private final DataSource dataSource;
    private final Clock clock;
    private final AlertPolicy policy;
    private final OwnMail ownMail;
    private final Set<String> fallback;
    private final Optional<Silence> silence;
    private final MailContents contents;
    private final Function<UUID, String> messageId;
    /** Mails that were taken, and the database was down before they could be marked. */
    private final Set<UUID> unmarked = ConcurrentHashMap.newKeySet();

    /**
     * @param fallback  who is told that an alert's recipient cannot be reached, lower case; none for nobody
     * @param messageId makes the Message-ID of a mail
     */
    AlertOutbox(DataSource dataSource, Clock clock, AlertPolicy policy, OwnMail ownMail, Set<String> fallback, Optional<Silence> silence,
            MailContents contents, Function<UUID, String> messageId) {
        this.dataSource = dataSource;
        this.clock = clock;
        this.policy = policy;
        this.ownMail = ownMail;
        this.fallback = fallback;
        this.silence = silence;
        this.contents = contents;
        this.messageId = messageId;
    }

    /**
     * What is to be sent now. Each mail is claimed only when the iterator comes to it, so that no claim runs out while the mails before it
     * are sent.
     */
    Iterator<Mailing> claim() throws SQLException {
        for (UUID mail : unmarked) {
            sent(mail);
        }
        for (String audience : dueAudiences()) {
            try {
                make(audience);
            } catch (SQLException e) {
                if (Database.isAbsent(e)) {
                    throw e;
                }
                LOG.error("The audience {} has to wait: {}", audience, Failure.describe(e));
            }
        }
        if (silence.isPresent()) {
            silence.get().check(dataSource, this::add);
        }
        try (Transaction transaction = new Transaction(dataSource)) {
            Instant now = clock.instant();
            List<UUID> mails = transaction.rows("SELECT mail_id FROM alert_mail WHERE " + DUE + " ORDER BY made_at",
                    row -> row.getObject("mail_id", UUID.class), now, latestRetry(now));
            return mails.stream().flatMap(mail -> take(mail).stream()).iterator();
        }
    }

    /** The mail endpoint took the mail: nobody is told of its bounces again. */
    void sent(UUID mail) throws SQLException {
        unmarked.add(mail);
        try (Transaction transaction = new Transaction(dataSource)) {
            transaction.update("UPDATE alert_mail SET sent_at = ?, retry_at = NULL WHERE mail_id = ? AND sent_at IS NULL", clock.instant(), mail);
            transaction.update("UPDATE mail_event SET alert_state = 'sent' WHERE alert_state = 'claimed' AND alert_id = ?", mail);
            transaction.commit();
        }
        unmarked.remove(mail);
    }

    /** The mail could not be sent: it is due again after the first delay. */
    void failed(UUID mail) throws SQLException {
        try (Transaction transaction = new Transaction(dataSource)) {
            transaction.update("UPDATE alert_mail SET retry_at = ? WHERE mail_id = ? AND sent_at IS NULL",
                    clock.instant().plus(policy.firstDelay()), mail);
            transaction.commit();
        }
    }

    /** The subject of an incident's first mail, once it is known: the later ones repeat it. */
    void subject(Alert first, String subject) throws SQLException {
        try (Transaction transaction = new Transaction(dataSource)) {
            transaction.update("UPDATE alert_incident SET subject = ? WHERE subject IS NULL"
                    + " AND incident_id = (SELECT incident_id FROM alert_mail WHERE mail_id = ?)", subject, first.id());
            transaction.commit();
        }
    }

    private List<String> dueAudiences() throws SQLException {
        try (Transaction transaction = new Transaction(dataSource)) {
            List<String> due = new ArrayList<>();
            for (Standing standing : standings(transaction).values()) {
                if (due(transaction, standing).isPresent()) {
                    due.add(standing.audience());
                }
            }
            return due;
        }
    }

    private Optional<Stage> due(Transaction transaction, Standing standing) throws SQLException {
        Instant now = clock.instant();
        return policy.due(standing, now, () -> Figures.unusual(transaction, standing.audience(), now), () -> news(transaction, standing));
    }

    /** Makes the mail that an audience is due, unless another process does. */
    private void make(String audience) throws SQLException {
        try (Transaction transaction = new Transaction(dataSource)) {
            for (Unreachable unreachable : ownMail.setAside(transaction, audience)) {
                tell(transaction, unreachable);
            }
            Standing standing = standings(transaction).get(audience);
            Optional<Stage> due = standing == null ? Optional.empty() : due(transaction, standing);
            if (due.isEmpty() || make(transaction, standing, due.get())) {
                transaction.commit();
            }
        }
    }

    /** @return whether it was made: another process may have been faster, or a bounce may have come on the heels of an all-clear */
    private boolean make(Transaction transaction, Standing standing, Stage due) throws SQLException {
        long waiting = standing.waiting() == null ? 0 : standing.waiting().bounces();
        UUID mail = UUID.randomUUID();
        // by their ids: H2 would look again for each row which ones are the oldest, for minutes
        int claimed = transaction.update("UPDATE mail_event SET alert_state = 'claimed', alert_id = ? WHERE alert_state = 'pending'"
                + " AND event_id = ANY (CAST(? AS uuid ARRAY))", mail, oldest(transaction, standing.audience()));
        Stage stage = due == Stage.CLOSED && claimed < waiting ? Stage.UPDATE : due;
        Instant now = clock.instant();
        Waiting told = transaction.rows("SELECT COUNT(*) AS bounces, MIN(received_at) AS oldest, MAX(received_at) AS newest FROM mail_event"
                + " WHERE alert_id = ?", row -> waiting(row), mail).get(0);
        if (stage == Stage.OPENED) {
            UUID incident = UUID.randomUUID();
            return claimed > 0 && transaction.update("INSERT INTO alert_incident (incident_id, audience, open_for, opened_at, last_bounce_at, mails)"
                    + " VALUES (?, ?, ?, ?, ?, 1) ON CONFLICT DO NOTHING", incident, standing.audience(), standing.audience(), told.oldest(),
                    told.newest()) == 1 && add(transaction, new Row(mail, incident, 1, standing.audience(), stage.toString(), null, now));
        }
        Incident incident = standing.incident();
        Instant last = claimed == 0 || told.newest().isBefore(incident.lastBounceAt()) ? incident.lastBounceAt() : told.newest();
        boolean closes = stage == Stage.CLOSED;
        return (closes ? !last.isAfter(standing.lastBounceAt()) : claimed > 0)
                && transaction.update("UPDATE alert_incident SET mails = mails + 1, last_bounce_at = ?, closed_at = ?, open_for = ?"
                        + " WHERE incident_id = ? AND mails = ? AND closed_at IS NULL", last, closes ? now : null, closes ? null : standing.audience(),
                        incident.id(), incident.mails()) == 1
                && add(transaction, new Row(mail, incident.id(), incident.mails() + 1, standing.audience(), stage.toString(), null, now));
    }

    private record Waits(String id, long size) {
    }

    /** The bounces that wait longest, as many as fit into a mail. */
    private static String[] oldest(Transaction transaction, String audience) throws SQLException {
        List<Waits> oldest = transaction.rows("SELECT e.event_id, " + SIZE + " AS size FROM mail_event e WHERE e.alert_state = 'pending'"
                + " AND e.audience = ? ORDER BY e.received_at, e.event_id LIMIT " + MAX_BOUNCES,
                row -> new Waits(row.getString("event_id"), row.getLong("size")), audience);
        List<String> fitting = new ArrayList<>();
        long size = 0;
        for (Waits bounce : oldest) {
            size += bounce.size();
            if (size > MAX_SIZE && !fitting.isEmpty()) {
                break;
            }
            fitting.add(bounce.id());
        }
        return fitting.toArray(String[]::new);
    }

    /** The fallback is told once a month of an alert's recipient who cannot be reached; not of itself, which could not be reached either. */
    private void tell(Transaction transaction, Unreachable unreachable) throws SQLException {
        Instant now = clock.instant();
        boolean told = transaction.exists("SELECT 1 FROM alert_mail WHERE what = 'unreachable' AND about = ? AND made_at > ?", unreachable.address(),
                now.minus(UNREACHABLE_AGAIN));
        if (told) {
            return;
        }
        LOG.error("Alerts do not reach a recipient of alert.to: its bounce is in mail_event, alert_state 'own'{}",
                fallback.isEmpty() ? ". Set alert.fallback to have somebody told" : "");
        if (!fallback.isEmpty() && !fallback.contains(unreachable.address())) {
            add(transaction, new Row(Row.id("unreachable", unreachable.address(), now.truncatedTo(ChronoUnit.HOURS)), null, null, Notice.OPERATORS,
                    "unreachable", unreachable.address(), now));
        }
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

    private boolean add(Transaction transaction, Row row) throws SQLException {
        return transaction.update("INSERT INTO alert_mail (mail_id, incident_id, number, audience, what, about, message_id, made_at, retry_at)"
                + " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING", row.mail(), row.incident(), row.number(), row.audience(), row.what(),
                row.about(), messageId.apply(row.mail()), row.madeAt(), row.madeAt()) == 1;
    }

    /** Whether a bounce waits whose address and code its incident has not told yet. */
    private static boolean news(Transaction transaction, Standing standing) throws SQLException {
        return transaction.exists("SELECT 1 FROM mail_event waiting WHERE alert_state = 'pending' AND audience = ? AND NOT EXISTS ("
                + "SELECT 1 FROM mail_event told JOIN alert_mail m ON m.mail_id = told.alert_id"
                + " WHERE m.incident_id = ? AND told.recipient = waiting.recipient AND told.status = waiting.status) LIMIT 1",
                standing.audience(), standing.incident().id());
    }

    /** What is known of each audience that has an incident or a bounce that waits. */
    private Map<String, Standing> standings(Transaction transaction) throws SQLException {
        Map<String, Incident> incidents = byAudience(transaction, "SELECT incident_id, audience, opened_at, last_bounce_at, mails FROM alert_incident"
                + " WHERE open_for IS NOT NULL", row -> new Incident(row.getObject("incident_id", UUID.class), Transaction.instant(row, "opened_at"),
                Transaction.instant(row, "last_bounce_at"), row.getInt("mails")));
        Map<String, Waiting> waiting = byAudience(transaction, "SELECT audience, COUNT(*) AS bounces, MIN(received_at) AS oldest, MAX(received_at) AS newest"
                + " FROM mail_event WHERE alert_state = 'pending' GROUP BY audience", AlertOutbox::waiting);
        Instant now = clock.instant();
        Map<String, Sent> sent = byAudience(transaction, "SELECT audience, COUNT(*) FILTER (WHERE sent_at IS NULL) AS unsent,"
                + " COUNT(*) FILTER (WHERE sent_at > ?) AS last_hour, COUNT(*) FILTER (WHERE sent_at > ?) AS last_day, MAX(sent_at) AS last_sent"
                + " FROM alert_mail WHERE incident_id IS NOT NULL AND (sent_at IS NULL OR made_at > ? AND sent_at <= ?) GROUP BY audience",
                row -> new Sent(row.getInt("unsent") > 0, row.getInt("last_hour"), row.getInt("last_day"), Transaction.instant(row, "last_sent")),
                now.minus(Duration.ofHours(1)), now.minus(Duration.ofDays(1)), now.minus(Duration.ofDays(8)), now.plus(AlertPolicy.MAX_SKEW));
        Map<String, Standing> standings = new TreeMap<>();
        Stream.concat(incidents.keySet().stream(), waiting.keySet().stream()).distinct().forEach(audience -> standings.put(audience,
                new Standing(audience, incidents.get(audience), waiting.get(audience), sent.getOrDefault(audience, Sent.NONE))));
        return standings;
    }

    private static <T> Map<String, T> byAudience(Transaction transaction, String sql, Transaction.Row<T> value, Object... parameters)
            throws SQLException {
        Map<String, T> values = new HashMap<>();
        transaction.rows(sql, row -> values.put(row.getString("audience"), value.read(row)), parameters);
        return values;
    }

    private static Waiting waiting(ResultSet row) throws SQLException {
        return new Waiting(row.getLong("bounces"), Transaction.instant(row, "oldest"), Transaction.instant(row, "newest"));
    }

    /** What is to be tried again later than this was put off by a clock that was wrong. */
    private Instant latestRetry(Instant now) {
        return now.plus(CLAIM).plus(policy.firstDelay()).plus(AlertPolicy.MAX_SKEW);
    }

    /** Claims a mail for this process, or nothing where another one has it. */
    private Optional<Mailing> take(UUID mail) {
        try (Transaction transaction = new Transaction(dataSource)) {
            Instant now = clock.instant();
            if (transaction.update("UPDATE alert_mail SET retry_at = ? WHERE mail_id = ? AND " + DUE, now.plus(CLAIM), mail, now,
                    latestRetry(now)) == 0) {
                return Optional.empty();
            }
            // before it is read: one that cannot be read must not be the first again in a second, and again
            transaction.commit();
            Mailing mailing = contents.of(transaction, mail);
            if (mailing instanceof Alert alert && alert.total() == 0) {
                LOG.warn("A mail to the audience {} is not sent: its bounces were deleted", alert.audience());
                sent(mail);
                return Optional.empty();
            }
            return Optional.of(mailing);
        } catch (SQLException e) {
            throw new IllegalStateException("A mail cannot be claimed", e);
        }
    }
}
