package org.mailevents.alert;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.ToLongBiFunction;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.statement.Query;
import org.jdbi.v3.core.statement.SqlStatements;
import org.mailevents.alert.Figures.Share;
import org.mailevents.database.Database;
import org.mailevents.log.FailureText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts bounces, and the messages among which they are. A message is finished once it has succeeded or bounced. A failed message is a
 * bounce too, so it is not counted a second time. Every count reads an index within a limited time.
 */
final class BounceCounts {

    private static final Logger LOG = LoggerFactory.getLogger("send-alerts");

    /** A mail does not wait longer for a count. */
    private static final Duration MAX_COUNTING = Duration.ofSeconds(3);
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration MAX_DELAY = Duration.ofHours(2);
    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration WEEK = Duration.ofDays(7);
    /** The length of a slot of {@code event_count}. */
    private static final long SLOT = Duration.ofMinutes(10).toSeconds();

    /** The causes for which a whole destination refuses or cannot take mail. Other mail to it may bounce for other reasons. */
    static final List<String> OF_DESTINATION = List.of("spam", "authentication", "reputation", "rate-limit", "policy", "relay", "timeout",
            "network", "server");

    /** SQL: the destination of an event. */
    static final String DOMAIN = "LOWER(SUBSTRING(e.recipient FROM POSITION('@' IN e.recipient) + 1))";

    private static final List<String> STATES = List.of("pending", "claimed", "sent");
    /** One query a state. For an IN, H2 would use only the first column of the index, and read every bounce of the table. */
    private static final String OWN = "SELECT SUM(bounces) AS bounces FROM (" + STATES.stream()
            .map(state -> "SELECT COUNT(*) AS bounces FROM mail_event WHERE alert_state = '" + state
                    + "' AND audience = :audience AND received_at > :since AND received_at <= :until")
            .collect(Collectors.joining(" UNION ALL ")) + ") AS states";

    private static final String FINISHED = " FROM mail_event e WHERE e.received_at > :since AND e.received_at <= :until"
            + " AND (e.event_type = 'bounces' OR e.event_type = 'deliveries' AND e.status = 'succeeded')";
    private static final String SHARE = "SELECT COUNT(*) FILTER (WHERE event_type = 'bounces') AS bounces, COUNT(*) AS finished" + FINISHED;
    private static final String COUNTED = "SELECT COALESCE(SUM(events) FILTER (WHERE event_type = 'bounces'), 0) AS bounces,"
            + " COALESCE(SUM(events), 0) AS finished FROM event_count WHERE received_slot >= :since AND received_slot < :until"
            + " AND (event_type = 'bounces' OR event_type = 'deliveries' AND status = 'succeeded')";

    private final Handle handle;

    BounceCounts(Handle handle) {
        this.handle = handle;
    }

    /**
     * Counts on a separate connection, so that a count that takes too long ends no other transaction.
     *
     * @param otherwise the result if a statement takes longer than {@link #MAX_COUNTING}
     */
    static <T> T within(Jdbi jdbi, Function<BounceCounts, T> count, T otherwise) {
        try (Handle handle = jdbi.open()) {
            handle.getConfig(SqlStatements.class).setQueryTimeout(Math.toIntExact(MAX_COUNTING.toSeconds()));
            try {
                return count.apply(new BounceCounts(handle));
            } finally {
                // H2 keeps the limit for the connection, and the next user of the pooled connection must have none
                handle.createQuery("SELECT 1").setQueryTimeout(0).mapTo(int.class).one();
            }
        } catch (JdbiException e) {
            if (Database.isAbsent(e)) {
                throw e;
            }
            LOG.warn("Bounces could not be counted, so a mail may have no figures, or may not be marked as urgent: {}",
                    FailureText.describe(e));
            return otherwise;
        }
    }

    /**
     * The most finished messages within a time of the same length that ended up to two hours earlier. Bounces follow the mail of a campaign
     * with a delay, and must not be compared only with the few messages after it.
     */
    static long most(Instant since, Instant until, ToLongBiFunction<Instant, Instant> finished) {
        return LongStream.rangeClosed(0, MAX_DELAY.toHours()).map(delay -> finished.applyAsLong(since.minus(HOUR.multipliedBy(delay)),
                until.minus(HOUR.multipliedBy(delay)))).max().orElseThrow();
    }

    /** Of all audiences. Whole slots of {@code event_count} are read there, and only the rest in the events. */
    Share all(Instant since, Instant until) {
        Instant counted = handle.select("SELECT until_time FROM event_counted").mapTo(Instant.class).one();
        Instant from = slot(since.minusNanos(1)).plusSeconds(SLOT);
        Instant to = slot(counted.isBefore(until) ? counted : until);
        if (!from.isBefore(to)) {
            return share(SHARE, since, until);
        }
        // an event at the very beginning of a slot belongs to the slot
        return share(SHARE, since, from.minus(1, ChronoUnit.MICROS)).plus(share(COUNTED, from, to))
                .plus(share(SHARE, to.minus(1, ChronoUnit.MICROS), until));
    }

    private static Instant slot(Instant time) {
        return Instant.ofEpochSecond(Math.floorDiv(time.getEpochSecond(), SLOT) * SLOT);
    }

    private Share share(String sql, Instant since, Instant until) {
        return query(sql, since, until).mapTo(Share.class).one();
    }

    private Query query(String sql, Instant since, Instant until) {
        return handle.createQuery(sql).bind("since", since).bind("until", until);
    }

    /** Of all audiences, at one domain. */
    Share at(String domain, Instant since, Instant until) {
        return query(SHARE + " AND " + DOMAIN + " = :domain", since, until).bind("domain", domain).mapTo(Share.class).one();
    }

    /** The finished messages to each of these domains. */
    Map<String, Long> finished(Collection<String> domains, Instant since, Instant until) {
        return domains.isEmpty() ? Map.of() : query("SELECT " + DOMAIN + " AS domain, COUNT(*) AS messages" + FINISHED
                + " AND " + DOMAIN + " IN (<domains>) GROUP BY 1", since, until).bindList("domains", List.copyOf(domains))
                .reduceRows(new HashMap<>(), (messages, row) -> {
                    messages.put(row.getColumn("domain", String.class), row.getColumn("messages", Long.class));
                    return messages;
                });
    }

    /**
     * The pending bounces of an audience at one domain.
     *
     * @param domain        empty if the bounces have no address
     * @param ofDestination how many of them have a cause of the whole destination
     */
    record Pending(String domain, long bounces, long ofDestination) {
    }

    List<Pending> pending(String audience, Instant since, Instant until) {
        return query("SELECT COALESCE(" + DOMAIN + ", '') AS domain, COUNT(*) AS bounces, COUNT(*) FILTER (WHERE e.cause IN (<causes>))"
                + " AS of_destination FROM mail_event e WHERE e.alert_state = 'pending' AND e.audience = :audience"
                + " AND e.received_at > :since AND e.received_at <= :until GROUP BY 1", since, until).bindList("causes", OF_DESTINATION)
                .bind("audience", audience).mapTo(Pending.class).list();
    }

    /** Whether a message to the domain succeeded. */
    boolean hasTaken(String domain, Instant since, Instant until) {
        return query("SELECT 1 FROM mail_event e WHERE e.event_type = 'deliveries' AND e.status = 'succeeded'"
                + " AND e.received_at > :since AND e.received_at <= :until AND " + DOMAIN + " = :domain LIMIT 1", since, until)
                .bind("domain", domain).mapTo(int.class).findFirst().isPresent();
    }

    private long own(String audience, Instant since, Instant until) {
        return query(OWN, since, until).bind("audience", audience).mapTo(long.class).one();
    }

    /**
     * Bounces of an audience, and how many are usual in this time. As many are usual as the week before had in so many hours, or among so
     * many finished messages. So a campaign is usual if no larger share of it bounces than of other mail.
     *
     * @param hours  the length of the time
     * @param inHours how many the week before had in so many hours
     * @param usual  what the week before lets expect; no less than {@code inHours}
     * @param percent how many bounces are usual among a hundred finished messages
     * @param known  whether events were received for a day at least; otherwise nobody can say what is usual
     */
    record Comparison(long hours, long recent, double inHours, double usual, double percent, boolean known) {

        /** No more bounces than this are ever unusual. */
        private static final int USUAL_MARGIN = 10;
        /** The share of a campaign that bounces at a sender who maintains his list, in percent. */
        private static final double ORDINARY_PERCENT = 1;

        /** Whether far more mail bounces than usual. */
        boolean isUnusual() {
            return known && recent > 3 * usual + USUAL_MARGIN;
        }

        /** Whether this is more than such hours usually have, however much mail was sent. */
        boolean isMoreThanInUsualHours() {
            return recent > 3 * inHours + USUAL_MARGIN;
        }

        /**
         * What share of a campaign may bounce before this is a reason for an urgent mail: three times the usual share, in percent. No
         * campaign hides more than that, however large it was.
         *
         * @param rate the share that makes a mail urgent, in percent; no larger share is explained
         */
        double explained(double rate) {
            return known ? Math.min(rate, Math.max(ORDINARY_PERCENT, 3 * percent)) : rate;
        }

        /** Whether there are so many bounces more than three times the usual number. */
        boolean exceedsUsual(int bounces) {
            return recent >= 3 * usual + bounces;
        }
    }

    Comparison compare(String audience, Instant until, long hours) {
        Instant since = until.minus(HOUR.multipliedBy(hours));
        long recent = own(audience, since, until);
        Instant first = handle.select("SELECT MIN(received_at) FROM mail_event").mapTo(Instant.class).findOne().orElse(until);
        Instant week = until.minus(WEEK).isAfter(first) ? until.minus(WEEK) : first.minusMillis(1);
        Instant lastHour = until.minus(HOUR);
        long before = week.isBefore(lastHour) ? own(audience, week, lastHour) : 0;
        if (before == 0) {
            return new Comparison(hours, recent, 0, 0, 0, !first.plus(DAY).isAfter(until));
        }
        boolean known = !first.plus(DAY).isAfter(until);
        double inHours = hours * before / Math.max(1, Duration.between(week, lastHour).toMinutes() / 60.0);
        double perMessage = (double) before / Math.max(before, all(week, lastHour).finished());
        // bounces follow the mail of a campaign with a delay
        double usual = recent <= 3 * inHours ? inHours : Math.max(inHours, perMessage * all(since.minus(HOUR), until).finished());
        return new Comparison(hours, recent, inHours, usual, 100 * perMessage, known);
    }
}
