package org.mailevents.retention;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.database.BackgroundJob;
import org.mailevents.database.Database;
import org.mailevents.database.EventPartitions;
import org.mailevents.database.Housekeeping;
import org.mailevents.database.JdbiFactory;
import org.mailevents.retention.ExpiredRows.Step;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what was received more than {@code retention.days} ago. Without that setting the route does not exist. On PostgreSQL, it drops a
 * whole partition of events at once. It deletes all other rows in small steps: the events of H2 and of PostgreSQL's default partition, the
 * rejected events and the incidents. One process at a time does this, for all processes of the database.
 */
public final class ExpireEvents extends RouteBuilder {

    private static final String ID = "expire-events";
    private static final Logger LOG = LoggerFactory.getLogger(ID);

    private static final int MAX_INCIDENTS = 100;
    private static final Duration REPORT_INTERVAL = Duration.ofDays(1);
    /** After a step, the job rests four times as long as the step took. */
    static final int REST = 4;

    /** SQL condition of a mail {@code u} that is not yet sent to all its recipients. */
    static final String UNDONE = "u.sent_at IS NULL OR EXISTS (SELECT 1 FROM alert_delivery d WHERE d.mail_id = u.mail_id"
            + " AND d.sent_at IS NULL AND d.gave_up_at IS NULL)";

    /**
     * SQL condition of events whose alert is done: they have no alert, or the alert was sent and no all-clear has yet to list the bounce.
     * The parameter is a time: a bounce received until then waits for no all-clear.
     */
    static final String ALERT_DONE = "alert_state IS NULL OR alert_state = 'own' OR alert_state = 'sent' AND (received_at <= ?"
            + " OR NOT EXISTS (SELECT 1 FROM alert_mail m JOIN alert_incident i ON i.incident_id = m.incident_id"
            + " WHERE m.mail_id = alert_id AND (i.closed_at IS NULL"
            + " OR EXISTS (SELECT 1 FROM alert_mail u WHERE u.incident_id = i.incident_id AND (" + UNDONE + ")))))";

    private ExpiredRows events;
    private final ExpiredRows rejected = new ExpiredRows("rejected_event", "1 = 1");
    private Database database;
    private boolean isPartitioned;
    private Jdbi jdbi;
    private Clock clock;
    private RetentionPeriod period;
    private BackgroundJob job;
    private long deletedEvents;
    private long deletedRejected;
    private long deletedIncidents;
    private Instant nextReport = Instant.EPOCH;

    @Override
    public void configure() {
        Settings settings = new Settings(getContext());
        if (settings.text("retention.days").isEmpty()) {
            return;
        }
        period = period(settings);
        database = mandatoryFindSingleByType(getContext(), Database.class);
        isPartitioned = database.partitions().isPresent();
        events = new ExpiredRows(isPartitioned ? EventPartitions.DEFAULT : "mail_event", ALERT_DONE);
        jdbi = JdbiFactory.create(database);
        clock = TimeSource.of(getContext());
        job = new BackgroundJob(database, REST, LOG, "Cannot delete rows older than retention.days: {}");

        // @formatter:off
        // at most four steps a second; when nothing is old enough, one step every five seconds
        from("scheduler:expire-events?delay=250&backoffIdleThreshold=1&backoffMultiplier=20").routeId(ID)
            .description("Deletes what is older than retention.days: whole partitions at once, other rows in small steps")
            .onException(Throwable.class).handled(true).logExhausted(false).process(job::failed).end()
            .filter(exchange -> job.isRested())
                .setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, constant(false))
                .filter(exchange -> !database.isDown())
                    .process(this::step)
                .end()
            .end();
        // @formatter:on
    }

    private static RetentionPeriod period(Settings settings) {
        RetentionPeriod period = RetentionPeriod.ofDays(settings.positive("retention.days"));
        if (!settings.text("alert.silence").isEmpty() && settings.duration("alert.silence").compareTo(period.age()) >= 0) {
            throw new IllegalArgumentException("Set alert.silence to less than retention.days: Mail Events knows the time of the last"
                    + " webhook only from the events that it keeps");
        }
        return period;
    }

    private void step(Exchange exchange) {
        Instant now = clock.instant();
        long began = System.nanoTime();
        boolean more;
        try {
            more = delete(now);
        } finally {
            job.restAfter(began);
        }
        job.succeeded();
        exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, more);
        if (!more) {
            report(now);
        }
    }

    /** @return whether there may be more rows that are old enough */
    private boolean delete(Instant now) {
        Instant end = period.end(now);
        Instant endOfAlerts = period.endOfAlerts(now);
        if (isPartitioned) {
            Housekeeping.EXPIRE.run(jdbi, handle -> ExpiredPartitions.dropOldest(handle, end, endOfAlerts)).flatMap(name -> name)
                    .ifPresent(name -> LOG.info("Deleted all events of the partition {}, because they are older than {} days"
                            + " (retention.days)", name, period.days()));
        }
        Step ofEvents = Housekeeping.EXPIRE.run(jdbi, handle -> events.step(handle, now, end, endOfAlerts)).orElse(Step.NONE);
        deletedEvents += ofEvents.changed();
        Step ofRejected = Housekeeping.EXPIRE.run(jdbi, handle -> rejected.step(handle, now, end)).orElse(Step.NONE);
        deletedRejected += ofRejected.changed();
        int ofIncidents = Housekeeping.EXPIRE.run(jdbi, handle -> deleteIncidents(handle, endOfAlerts)).orElse(0);
        deletedIncidents += ofIncidents;
        Housekeeping.EXPIRE.run(jdbi, handle -> deleteDigests(handle, endOfAlerts));
        return ofEvents.more() || ofRejected.more() || ofIncidents == MAX_INCIDENTS;
    }

    private static int deleteIncidents(Handle handle, Instant closedBefore) {
        UUID[] incidents = handle.select("SELECT i.incident_id FROM alert_incident i WHERE i.closed_at < ? AND NOT EXISTS (SELECT 1"
                + " FROM alert_mail u WHERE u.incident_id = i.incident_id AND (u.sent_at >= ? OR " + UNDONE + ")) LIMIT "
                + MAX_INCIDENTS,
                closedBefore, closedBefore).mapTo(UUID.class).stream().toArray(UUID[]::new);
        if (incidents.length > 0) {
            // by id: H2 would evaluate a subquery again for each row
            handle.execute("DELETE FROM alert_delivery WHERE mail_id IN (SELECT mail_id FROM alert_mail WHERE incident_id = ANY (?))",
                    (Object) incidents);
            // a recipient who gets digests instead of the mails of incidents goes on to do so
            handle.execute("UPDATE alert_answer SET incident_id = NULL WHERE what = 'less-often' AND undone_at IS NULL"
                    + " AND incident_id = ANY (?)", (Object) incidents);
            for (String table : List.of("alert_answer", "alert_mail", "alert_incident")) {
                handle.execute("DELETE FROM " + table + " WHERE incident_id = ANY (?)", (Object) incidents);
            }
        }
        return incidents.length;
    }

    /** The last digest of an audience is younger, and tells when the next one begins. */
    private static int deleteDigests(Handle handle, Instant sentBefore) {
        UUID[] digests = handle.select("SELECT u.mail_id FROM alert_mail u WHERE u.what IN ('digest', 'no-digest') AND u.sent_at < ?"
                + " AND NOT (" + UNDONE + ") LIMIT " + MAX_INCIDENTS, sentBefore).mapTo(UUID.class).stream().toArray(UUID[]::new);
        handle.execute("DELETE FROM alert_delivery WHERE mail_id = ANY (?)", (Object) digests);
        return handle.execute("DELETE FROM alert_mail WHERE mail_id = ANY (?)", (Object) digests);
    }

    /** At most once a day, and for the first time when the first deletion is complete. */
    private void report(Instant now) {
        if (deletedEvents + deletedRejected + deletedIncidents > 0 && !nextReport.isAfter(now)) {
            LOG.info("Deleted rows older than {} days (retention.days): {} events, {} rejected events, {} incidents", period.days(),
                    deletedEvents, deletedRejected, deletedIncidents);
            deletedEvents = 0;
            deletedRejected = 0;
            deletedIncidents = 0;
            nextReport = now.plus(REPORT_INTERVAL);
        }
    }
}
