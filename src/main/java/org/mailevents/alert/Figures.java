package org.mailevents.alert;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlStatements;

/**
 * What happens around an incident, in numbers. A failed message is a bounce too, so what is finished has succeeded or bounced.
 *
 * @param hour   of all audiences within an hour
 * @param day    of all audiences within a day
 * @param recent bounces of the audience within an hour
 * @param usual  bounces of the audience in an average hour of the week before
 */
public record Figures(Share hour, Share day, long recent, double usual) {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration WEEK = Duration.ofDays(7);
    /** An incident of some addresses is no rate. */
    private static final int MIN_FINISHED = 100;

    private static final List<String> STATES = List.of("pending", "claimed", "sent");
    /** State by state: of an IN, H2 would use no more of the index than its first column, and read every bounce there ever was. */
    private static final String BOUNCES = "SELECT SUM(bounces) AS bounces, MIN(first) AS first FROM (" + STATES.stream()
            .map(state -> "SELECT COUNT(*) AS bounces, MIN(received_at) AS first FROM mail_event WHERE alert_state = '" + state
                    + "' AND audience = :audience AND received_at > :since AND received_at <= :until").collect(Collectors.joining(" UNION ALL ")) + ") AS states";

    /** Bounces among finished messages. */
    public record Share(long bounces, long finished) {

        /** In percent, with one decimal; 0 where nothing was finished. */
        public double percent() {
            return finished == 0 ? 0 : Math.round(1000.0 * bounces / finished) / 10.0;
        }
    }

    /**
     * Counts in a connection of its own, so that a count that takes too long ends no other work.
     *
     * @param limit of each statement, in whole seconds
     */
    static Figures within(Duration limit, Jdbi jdbi, String audience, Instant until) {
        try (Handle handle = jdbi.open()) {
            handle.getConfig(SqlStatements.class).setQueryTimeout(Math.toIntExact(limit.toSeconds()));
            try {
                return of(handle, audience, until);
            } finally {
                // H2 keeps the limit for the connection, and the next one who gets the connection from the pool has none
                handle.createQuery("SELECT 1").setQueryTimeout(0).mapTo(int.class).one();
            }
        }
    }

    static Figures of(Handle handle, String audience, Instant until) {
        return new Figures(share(handle, until.minus(HOUR), until), share(handle, until.minus(DAY), until),
                recent(handle, audience, until), usual(handle, audience, until));
    }

    /** Whether the audience has far more bounces than usual. */
    public boolean unusual() {
        return recent > 3 * usual + 10;
    }

    /** @param rate in percent */
    boolean above(double rate) {
        return hour.finished() >= MIN_FINISHED && 100.0 * hour.bounces() / hour.finished() > rate;
    }

    private static Share share(Handle handle, Instant since, Instant until) {
        return handle.select("SELECT COUNT(*) FILTER (WHERE event_type = 'bounces') AS bounces, COUNT(*) AS finished FROM mail_event"
                + " WHERE received_at > ? AND received_at <= ? AND (event_type = 'bounces' OR event_type = 'deliveries' AND status = 'succeeded')",
                since, until).mapTo(Share.class).one();
    }

    private static long recent(Handle handle, String audience, Instant until) {
        return since(handle, audience, until.minus(HOUR), until).bounces();
    }

    private static double usual(Handle handle, String audience, Instant until) {
        Instant week = until.minus(WEEK);
        Instant end = until.minus(HOUR);
        Since since = since(handle, audience, week, end);
        if (since.bounces() == 0) {
            return 0;
        }
        boolean older = handle.select("SELECT 1 FROM mail_event WHERE audience = ? AND alert_state = 'sent' AND received_at <= ? LIMIT 1", audience, week)
                .mapTo(int.class).findFirst().isPresent();
        return since.bounces() / Math.max(1, Duration.between(older ? week : since.first(), end).toMinutes() / 60.0);
    }

    /** Bounces of a time and when the first of them was received. */
    private record Since(long bounces, Instant first) {
    }

    private static Since since(Handle handle, String audience, Instant since, Instant until) {
        return handle.createQuery(BOUNCES).bind("audience", audience).bind("since", since).bind("until", until).mapTo(Since.class).one();
    }
}
