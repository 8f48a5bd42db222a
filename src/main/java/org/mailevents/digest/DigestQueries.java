package org.mailevents.digest;

import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.ConnectionException;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.SqlStatements;
import org.mailevents.database.Database;
import org.mailevents.digest.DigestFacts.ComparedDay;
import org.mailevents.digest.DigestFacts.DeadAddress;
import org.mailevents.digest.DigestFacts.OpenIncident;
import org.mailevents.log.FailureText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads from the database what a digest tells. */
public final class DigestQueries {

    private static final Logger LOG = LoggerFactory.getLogger("make-digests");

    /** The longest time of one statement. A digest does not wait longer for what it counts. */
    private static final Duration MAX_STATEMENT = Duration.ofSeconds(5);
    /** Longer than a statement may take: otherwise a slow statement would look like an outage of PostgreSQL. */
    private static final int NETWORK_TIMEOUT_MILLIS = 8_000;
    /** For all statements that look for dead addresses. */
    private static final Duration MAX_LOOKING = Duration.ofSeconds(10);
    /** More causes at destinations are not read. They are the rarest ones. */
    private static final int MAX_KINDS = 50_000;

    /** The audience that hears about Mail Events itself. */
    private static final String OPERATORS = "operators";
    private static final List<String> STATES = List.of("pending", "claimed", "sent");
    private static final String COUNT_WEEK = ", COUNT(*) FILTER (WHERE received_at >= :week%d AND received_at < :week%d) AS week%1$d";
    /** The bounces are read once, because four weeks of them may be hundreds of thousands. */
    static final String KINDS = "SELECT cause, domain, COUNT(*) FILTER (WHERE received_at >= :from) AS count,"
            + " COUNT(*) FILTER (WHERE received_at >= :before AND received_at < :from) AS before,"
            + " COUNT(*) FILTER (WHERE received_at < :from) AS earlier"
            + Stream.of(1, 2, 3, 4).map(week -> COUNT_WEEK.formatted(week, week + 1)).collect(Collectors.joining())
            + " FROM (" + ofAudience("cause, COALESCE(LOWER(SUBSTRING(recipient FROM POSITION('@' IN recipient) + 1)), '') AS domain,"
            + " received_at", "received_at >= :since AND received_at < :until") + ") AS bounced"
            + " GROUP BY cause, domain ORDER BY count DESC, earlier DESC, cause, domain LIMIT " + MAX_KINDS;

    private final Jdbi jdbi;
    private final ZoneId zone;
    private final Duration kept;
    /** What was read last. Each recipient of a digest gets a mail of its own, and all of these mails say the same. */
    private volatile Answer last;

    private record Question(String audience, Instant from, Instant until) {
    }

    private record Answer(Question question, DigestFacts facts) {
    }

    /**
     * @param zone of the days and weeks
     * @param kept how long the database keeps events with their addresses; null for ever
     */
    public DigestQueries(Jdbi jdbi, ZoneId zone, Duration kept) {
        this.jdbi = jdbi;
        this.zone = zone;
        this.kept = kept;
    }

    /**
     * One query a state, for the index of alerts. For an IN, H2 would use only the first column of the index, and read every bounce of the
     * table.
     */
    static String ofAudience(String columns, String condition) {
        return STATES.stream().map(state -> "SELECT " + columns + " FROM mail_event WHERE alert_state = '" + state
                + "' AND audience = :audience AND " + condition).collect(Collectors.joining(" UNION ALL "));
    }

    /** Like {@link #read}, but always counted anew: the clock may have been ahead when the same time was counted before. */
    public DigestFacts count(String audience, Instant from, Instant until) {
        last = null;
        return read(audience, from, until);
    }

    /**
     * The facts of the time from {@code from} (inclusive) to {@code until} (exclusive). What cannot be counted in time is missing.
     *
     * @throws JdbiException if the database does not answer
     */
    public DigestFacts read(String audience, Instant from, Instant until) {
        Question question = new Question(audience, from, until);
        Answer known = last;
        if (known == null || !known.question().equals(question)) {
            known = new Answer(question, facts(audience, from, until));
            last = known;
        }
        return known.facts();
    }

    private DigestFacts facts(String audience, Instant from, Instant until) {
        Bounces bounces = withinLimit(handle -> bounces(handle, audience, from, until));
        List<DeadAddress> dead = withinLimit(handle -> new DeadAddresses(handle, from, until)
                .writtenTo(audience, weeksBefore(from, Bounces.WEEKS), MAX_LOOKING));
        Long vendorHasNone = withinLimit(handle -> handle.select("SELECT COUNT(*) FROM overdue_message WHERE vendor_has_none"
                + " AND due_at >= ? AND due_at < ?", from, until).mapTo(Long.class).one());
        return jdbi.withHandle(handle -> {
            OpenIncident incident = handle.select("SELECT i.incident_id, i.opened_at, i.acknowledged_by, (SELECT COUNT(*) FROM mail_event e"
                    + " JOIN alert_mail m ON m.mail_id = e.alert_id WHERE m.incident_id = i.incident_id) AS bounces FROM alert_incident i"
                    + " WHERE i.open_for = ?", audience).mapTo(OpenIncident.class).findFirst().orElse(null);
            Untold untold = handle.select("SELECT COUNT(*) AS bounces, MIN(received_at) AS since FROM mail_event"
                    + " WHERE alert_state = 'pending' AND audience = ?", audience).mapTo(Untold.class).one();
            long overdue = handle.select("SELECT COUNT(*) FROM loose_end WHERE what = 'overdue' AND due_at >= ? AND due_at < ?",
                    from, until).mapTo(long.class).one();
            return new DigestFacts(bounces, dead, incident, untold.bounces(), untold.since(), overdue,
                    vendorHasNone == null ? 0 : Math.min(vendorHasNone, overdue),
                    audience.equals(OPERATORS) ? compared(handle, from, until) : List.of());
        });
    }

    /** The days that were compared in this time, the newest first. */
    private static List<ComparedDay> compared(Handle handle, Instant from, Instant until) {
        return handle.select("SELECT mail_day, stored, vendor, repaired, missing FROM reconciled_day WHERE looked_at >= ? AND looked_at < ?"
                + " AND vendor IS NOT NULL ORDER BY mail_day DESC", from, until).mapTo(ComparedDay.class).list();
    }

    private record Untold(long bounces, Instant since) {
    }

    private Bounces bounces(Handle handle, String audience, Instant from, Instant until) {
        Instant firstWeek = weeksBefore(until, Bounces.WEEKS);
        Instant since = weeksBefore(from, Bounces.WEEKS);
        List<Bounces.Kind> kinds = handle.createQuery(KINDS).bind("audience", audience).bind("from", from).bind("until", until)
                .bind("before", from.minus(Duration.between(from, until))).bind("since", since)
                .bind("week1", firstWeek).bind("week2", weeksBefore(until, 3)).bind("week3", weeksBefore(until, 2))
                .bind("week4", weeksBefore(until, 1)).bind("week5", until).mapTo(Bounces.Kind.class).list();
        return new Bounces(kinds, kept == null || !since.isBefore(until.minus(kept)));
    }

    private Instant weeksBefore(Instant time, int weeks) {
        return time.atZone(zone).minusWeeks(weeks).toInstant();
    }

    /**
     * Counts on a connection of its own, so that a statement that takes too long ends no other transaction.
     *
     * @return null if a statement takes too long
     */
    private <T> T withinLimit(Function<Handle, T> count) {
        try (Handle handle = jdbi.open()) {
            handle.getConfig(SqlStatements.class).setQueryTimeout(Math.toIntExact(MAX_STATEMENT.toSeconds()));
            try {
                handle.getConnection().setNetworkTimeout(Runnable::run, NETWORK_TIMEOUT_MILLIS); // the pool sets it back
                return count.apply(handle);
            } finally {
                // H2 keeps the limit for the connection, and the next user of the pooled connection must have none
                handle.createQuery("SELECT 1").setQueryTimeout(0).mapTo(int.class).one();
            }
        } catch (SQLException e) {
            throw new ConnectionException(e);
        } catch (JdbiException e) {
            if (Database.isAbsent(e)) {
                throw e;
            }
            LOG.warn("A digest is sent without some of its figures, because they could not be counted: {}", FailureText.describe(e));
            return null;
        }
    }
}
