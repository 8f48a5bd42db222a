package org.mailevents.retention;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.database.BackgroundJob;
import org.mailevents.database.Database;
import org.mailevents.database.Housekeeping;
import org.mailevents.database.JdbiFactory;
import org.mailevents.retention.ExpiredRows.Step;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes personal data that was received more than {@code privacy.retention-days} ago. Without that setting the route does not exist. The
 * rows of events stay, so that they are counted and a repeated event is still a duplicate. The pace is that of {@link ExpireEvents}. One
 * process at a time does this, for all processes of the database.
 */
public final class RemovePersonalData extends RouteBuilder {

    private static final String ID = "remove-personal-data";
    private static final Logger LOG = LoggerFactory.getLogger(ID);
    private static final int MAX_REJECTED = 1_000;
    private static final Duration REPORT_INTERVAL = Duration.ofDays(1);
    /** How often alerts are processed while the job always finds more events. */
    private static final Duration ALERT_INTERVAL = Duration.ofHours(1);

    private Database database;
    private Jdbi jdbi;
    private Clock clock;
    private RetentionPeriod period;
    private BackgroundJob job;
    private long events;
    private long rejected;
    private Instant nextReport = Instant.EPOCH;
    private Instant nextAlerts;

    @Override
    public void configure() {
        Settings settings = new Settings(getContext());
        if (settings.text("privacy.retention-days").isEmpty()) {
            return;
        }
        period = RetentionPeriod.ofDays(settings.positive("privacy.retention-days"));
        database = mandatoryFindSingleByType(getContext(), Database.class);
        jdbi = JdbiFactory.create(database);
        clock = TimeSource.of(getContext());
        job = new BackgroundJob(database, ExpireEvents.REST, LOG, "Cannot remove personal data older than privacy.retention-days: {}");
        nextAlerts = clock.instant().plus(ALERT_INTERVAL);

        // @formatter:off
        from("scheduler:remove-personal-data?delay=250&backoffIdleThreshold=1&backoffMultiplier=20").routeId(ID)
            .description("Removes personal data older than privacy.retention-days, the oldest first, in small steps")
            .onException(Throwable.class).handled(true).logExhausted(false).process(job::failed).end()
            .filter(exchange -> job.isRested())
                .setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, constant(false))
                .filter(exchange -> !database.isDown())
                    .process(this::step)
                .end()
            .end();
        // @formatter:on
    }

    private void step(Exchange exchange) {
        Instant now = clock.instant();
        long began = System.nanoTime();
        boolean more;
        try {
            more = remove(now);
        } finally {
            job.restAfter(began);
        }
        job.succeeded();
        exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, more);
    }

    /** @return whether there may be more rows that are old enough */
    private boolean remove(Instant now) {
        Instant end = period.end(now);
        Instant endOfAlerts = period.endOfAlerts(now);
        Housekeeping lock = Housekeeping.PERSONAL_DATA;
        Step ofEvents = lock.run(jdbi, handle -> PersonalData.step(handle, now, end, endOfAlerts)).orElse(Step.NONE);
        events += ofEvents.changed();
        // always from the oldest row on: these rows are few, and rows from the spool may be late
        int ofRejected = lock.run(jdbi, handle -> handle.execute("DELETE FROM rejected_event WHERE rejected_id IN (SELECT rejected_id"
                + " FROM rejected_event WHERE received_at < ? ORDER BY received_at LIMIT " + MAX_REJECTED + ")", end)).orElse(0);
        rejected += ofRejected;
        boolean more = ofEvents.more() || ofRejected == MAX_REJECTED;
        if (!more || !nextAlerts.isAfter(now)) {
            lock.run(jdbi, handle -> removeFromAlerts(handle, end, endOfAlerts));
            report(now);
            nextAlerts = now.plus(ALERT_INTERVAL);
        }
        return more;
    }

    /**
     * A team's template may put an address into a subject. The mails about unreachable addresses name the addresses; these stay for a
     * month, so that the fallback is not told of the same address again.
     */
    private static int removeFromAlerts(Handle handle, Instant end, Instant endOfAlerts) {
        handle.execute("UPDATE alert_incident SET subject = NULL WHERE subject IS NOT NULL AND closed_at < ? AND NOT EXISTS ("
                + "SELECT 1 FROM alert_mail u WHERE u.incident_id = alert_incident.incident_id AND (" + ExpireEvents.UNDONE + "))",
                end);
        return handle.execute("UPDATE alert_mail SET about = NULL WHERE what = 'unreachable' AND about IS NOT NULL AND sent_at < ?",
                endOfAlerts);
    }

    /** At most once a day, and for the first time when the first removal is complete. */
    private void report(Instant now) {
        if (events + rejected > 0 && !nextReport.isAfter(now)) {
            LOG.info("Removed personal data older than {} days (privacy.retention-days) from {} events, and deleted {} rejected events",
                    period.days(), events, rejected);
            events = 0;
            rejected = 0;
            nextReport = now.plus(REPORT_INTERVAL);
        }
    }
}
