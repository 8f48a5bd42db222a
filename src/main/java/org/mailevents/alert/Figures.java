package org.mailevents.alert;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.statement.SqlStatements;

/**
 * What happens around an incident, in numbers. A message is finished once it has succeeded or bounced. A failed message is a bounce too, so
 * it is not counted a second time.
 *
 * @param hours  the time that the mail speaks of: from the first of its new bounces until it was made, at least an hour, rounded up
 * @param hour   of all audiences within an hour
 * @param day    of all audiences within a day
 * @param recent bounces of the audience within these hours
 * @param usual  how many bounces of the audience are usual within so many hours
 */
public record Figures(long hours, Share hour, Share day, long recent, double usual) {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration DAY = Duration.ofDays(1);
    private static final Duration WEEK = Duration.ofDays(7);
    /** Fewer finished messages than this make no reliable rate. */
    private static final int MIN_FINISHED = 100;
    /** No more bounces than this are ever unusual. */
    private static final int USUAL_MARGIN = 10;

    private static final List<String> STATES = List.of("pending", "claimed", "sent");
    /** One query a state. For an IN, H2 would use only the first column of the index, and read every bounce of the table. */
    private static final String BOUNCES = "SELECT SUM(bounces) AS bounces, MIN(first) AS first FROM (" + STATES.stream()
            .map(state -> "SELECT COUNT(*) AS bounces, MIN(received_at) AS first FROM mail_event WHERE alert_state = '" + state
                    + "' AND audience = :audience AND received_at > :since AND received_at <= :until")
            .collect(Collectors.joining(" UNION ALL ")) + ") AS states";

    /** Bounces among finished messages. */
    public record Share(long bounces, long finished) {

        /** In percent, with one decimal; 0 if no message is finished. */
        public double percent() {
            return finished == 0 ? 0 : Math.round(1000.0 * bounces / finished) / 10.0;
        }

        boolean above(double rate) {
            return finished >= MIN_FINISHED && 100.0 * bounces / finished > rate;
        }
    }

    /**
     * Counts on a separate connection, so that a count that takes too long ends no other transaction.
     *
     * @param limit of each statement, in whole seconds
     * @throws org.jdbi.v3.core.JdbiException if a statement takes longer
     */
    static Figures countWithin(Duration limit, Jdbi jdbi, String audience, Instant until) {
        try (Handle handle = jdbi.open()) {
            handle.getConfig(SqlStatements.class).setQueryTimeout(Math.toIntExact(limit.toSeconds()));
            try {
                return count(handle, audience, until);
            } finally {
                // H2 keeps the limit for the connection, and the next user of the pooled connection must have none
                handle.createQuery("SELECT 1").setQueryTimeout(0).mapTo(int.class).one();
            }
        }
    }

    static Figures count(Handle handle, String audience, Instant until) {
        return new Figures(1, share(handle, until.minus(HOUR), until), share(handle, until.minus(DAY), until),
                recent(handle, audience, until), usual(handle, audience, until));
    }

    /**
     * Whether far more mail bounces than usual. This method counts no more than it needs, because it is called again and again while
     * bounces wait for a mail.
     *
     * @param urgentRate in percent; a higher bounce rate is unusual
     */
    static boolean areUnusual(Handle handle, String audience, Instant until, double urgentRate) {
        long recent = recent(handle, audience, until);
        return recent > USUAL_MARGIN && unusual(recent, usual(handle, audience, until))
                || share(handle, until.minus(HOUR), until).above(urgentRate);
    }

    /** Whether the audience has far more bounces than usual. */
    public boolean unusual() {
        return unusual(recent, usual);
    }

    private static boolean unusual(long recent, double usual) {
        return recent > 3 * usual + USUAL_MARGIN;
    }

    /** @param rate in percent */
    boolean above(double rate) {
        return hour.above(rate);
    }

    private static Share share(Handle handle, Instant since, Instant until) {
        return handle.select("SELECT COUNT(*) FILTER (WHERE event_type = 'bounces') AS bounces, COUNT(*) AS finished FROM mail_event"
                + " WHERE received_at > ? AND received_at <= ?"
                + " AND (event_type = 'bounces' OR event_type = 'deliveries' AND status = 'succeeded')", since, until)
                .mapTo(Share.class).one();
    }

    private static long recent(Handle handle, String audience, Instant until) {
        return received(handle, audience, until.minus(HOUR), until).bounces();
    }

    private static double usual(Handle handle, String audience, Instant until) {
        Instant week = until.minus(WEEK);
        Instant end = until.minus(HOUR);
        Received received = received(handle, audience, week, end);
        if (received.bounces() == 0) {
            return 0;
        }
        boolean older = handle.select("SELECT 1 FROM mail_event WHERE audience = ? AND alert_state = 'sent' AND received_at <= ? LIMIT 1",
                audience, week).mapTo(int.class).findFirst().isPresent();
        return received.bounces() / Math.max(1, Duration.between(older ? week : received.first(), end).toMinutes() / 60.0);
    }

    /** How many bounces of an audience were received within a time, and when the first of them was. */
    private record Received(long bounces, Instant first) {
    }

    private static Received received(Handle handle, String audience, Instant since, Instant until) {
        return handle.createQuery(BOUNCES).bind("audience", audience).bind("since", since).bind("until", until).mapTo(Received.class).one();
    }
}
