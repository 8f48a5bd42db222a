package org.mailevents.retention;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.mailevents.database.Database;
import org.mailevents.log.FailureText;
import org.mailevents.retention.ExpiredRows.Step;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what was received more than {@code retention.days} ago; without that setting there is no such route. Rows are deleted a small step at a
 * time and not by dropping partitions: PostgreSQL would want the time in the key of a partitioned table, and then the same event, received again in
 * another partition, would be another row. Any number of processes may do this on one database: what one has deleted, the other no longer finds.
 */
public final class ExpireEvents extends RouteBuilder {

    private static final String ID = "expire-events";
    private static final Logger LOG = LoggerFactory.getLogger(ID);

    /**
     * Incidents and their mails stay at least so long, because an alert that bounces is known by its mail, and mails are counted. A bounce of an
     * incident that is not over stays so long at most: some incidents never end.
     */
    static final Duration MONTH = Duration.ofDays(31);
    private static final int MAX_INCIDENTS = 100;
    private static final Duration REPORT = Duration.ofDays(1);
    /** After a step it rests so many times as long as that took: the slower the database, the more of its time is the webhooks'. */
    static final int REST = 4;

    /** No bounce before its alert was sent, and none that the all-clear of its incident has yet to list. */
    static final String TOLD = "alert_state IS NULL OR alert_state = 'own' OR alert_state = 'sent' AND (received_at <= ? OR NOT EXISTS ("
            + "SELECT 1 FROM alert_mail m JOIN alert_incident i ON i.incident_id = m.incident_id WHERE m.mail_id = mail_event.alert_id"
            + " AND (i.closed_at IS NULL OR EXISTS (SELECT 1 FROM alert_mail u WHERE u.incident_id = i.incident_id AND u.sent_at IS NULL))))";

    private final ExpiredRows events = new ExpiredRows("mail_event", TOLD);
    private final ExpiredRows rejected = new ExpiredRows("rejected_event", "1 = 1");
    private Database database;
    private Clock clock;
    private Duration retention;
    private long deletedEvents;
    private long deletedRejected;
    private long deletedIncidents;
    private Instant nextReport = Instant.EPOCH;
    private int failures;
    private long restedAt = System.nanoTime();

    @Override
    public void configure() {
        Settings settings = new Settings(getContext());
        if (settings.text("retention.days").isEmpty()) {
            return;
        }
        retention = retention(settings);
        database = Database.of(getContext());
        clock = TimeSource.of(getContext());

        // @formatter:off
        // four steps a second at most, and with nothing to delete a look every five seconds
        from("scheduler:expire-events?delay=250&backoffIdleThreshold=1&backoffMultiplier=20").routeId(ID)
            .description("Deletes what is older than retention.days, oldest first, a small step at a time")
            .onException(Throwable.class).handled(true).logExhausted(false).process(this::failed).end()
            .filter(exchange -> System.nanoTime() - restedAt >= 0)
                .setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, constant(false))
                .filter(exchange -> !database.isDown())
                    .process(this::step)
                .end()
            .end();
        // @formatter:on
    }

    private static Duration retention(Settings settings) {
        Duration retention = Duration.ofDays(settings.positive("retention.days"));
        if (!settings.text("alert.silence").isEmpty() && settings.duration("alert.silence").compareTo(retention) >= 0) {
            throw new IllegalArgumentException("Set alert.silence to less than retention.days: when the last webhook came is known by its events only");
        }
        return retention;
    }

    private void step(Exchange exchange) throws SQLException {
        Instant now = clock.instant();
        Instant before = before(now, retention);
        Instant month = before(now, retention.compareTo(MONTH) > 0 ? retention : MONTH);
        boolean more;
        long began = System.nanoTime();
        try (Connection connection = database.getConnection()) {
            Step ofEvents = events.step(connection, now, before, month);
            deletedEvents += ofEvents.changed();
            Step ofRejected = rejected.step(connection, now, before);
            deletedRejected += ofRejected.changed();
            int ofIncidents = deleteIncidents(connection, month);
            deletedIncidents += ofIncidents;
            more = ofEvents.more() || ofRejected.more() || ofIncidents == MAX_INCIDENTS;
        } finally {
            restedAt = System.nanoTime() + REST * (System.nanoTime() - began);
        }
        failures = 0;
        exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, more);
        if (!more) {
            report(now);
        }
    }

    /** Not before the times that every database knows, however many days are set. */
    static Instant before(Instant now, Duration age) {
        Instant before = now.minus(age);
        return before.isAfter(Instant.EPOCH) ? before : Instant.EPOCH;
    }

    private static int deleteIncidents(Connection connection, Instant closedBefore) throws SQLException {
        String[] incidents = incidents(connection, closedBefore);
        if (incidents.length > 0) {
            // by their ids: H2 would look again for each row which ones they are
            for (String table : List.of("alert_mail", "alert_incident")) {
                try (PreparedStatement delete = connection.prepareStatement("DELETE FROM " + table + " WHERE incident_id = ANY (CAST(? AS uuid ARRAY))")) {
                    delete.setObject(1, incidents);
                    delete.executeUpdate();
                }
            }
        }
        return incidents.length;
    }

    private static String[] incidents(Connection connection, Instant closedBefore) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT i.incident_id FROM alert_incident i WHERE i.closed_at < ? AND NOT EXISTS ("
                + "SELECT 1 FROM alert_mail m WHERE m.incident_id = i.incident_id AND (m.sent_at IS NULL OR m.sent_at >= ?)) LIMIT " + MAX_INCIDENTS)) {
            select.setObject(1, closedBefore.atOffset(ZoneOffset.UTC));
            select.setObject(2, closedBefore.atOffset(ZoneOffset.UTC));
            try (ResultSet rows = select.executeQuery()) {
                List<String> ids = new ArrayList<>();
                while (rows.next()) {
                    ids.add(rows.getString(1));
                }
                return ids.toArray(String[]::new);
            }
        }
    }

    /** Once a day, and when the first of it is done. */
    private void report(Instant now) {
        if (deletedEvents + deletedRejected + deletedIncidents > 0 && !nextReport.isAfter(now)) {
            LOG.info("Deleted what is older than {} days (retention.days): {} events, {} rejected ones, {} incidents", retention.toDays(), deletedEvents,
                    deletedRejected, deletedIncidents);
            deletedEvents = 0;
            deletedRejected = 0;
            deletedIncidents = 0;
            nextReport = now.plus(REPORT);
        }
    }

    /** Told once, because what fails does so every few seconds, and not at the first time, because an outage may just have ended. */
    private void failed(Exchange exchange) {
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        if (!(Database.isAbsent(failure) && !database.answers()) && ++failures == 2) {
            LOG.error("What is older than retention.days cannot be deleted now: {}", FailureText.describe(failure));
        }
    }
}
