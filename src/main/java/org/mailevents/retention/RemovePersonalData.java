package org.mailevents.retention;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
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
 * Removes the personal data of what was received more than {@code privacy.retention-days} ago; without that setting there is no such route. Rows of events
 * stay, so that they are counted and a repeat is still one. At the pace of {@link ExpireEvents}, and any number of processes may do it.
 */
public final class RemovePersonalData extends RouteBuilder {

    private static final String ID = "remove-personal-data";
    private static final Logger LOG = LoggerFactory.getLogger(ID);
    private static final int MAX_REJECTED = 1_000;
    private static final Duration REPORT = Duration.ofDays(1);
    /** While there is always more, what is not at every step. */
    private static final Duration BESIDE = Duration.ofHours(1);

    private Database database;
    private Clock clock;
    private Duration retention;
    private long events;
    private long rejected;
    private Instant nextReport = Instant.EPOCH;
    private Instant nextBeside;
    private int failures;
    private long restedAt = System.nanoTime();

    @Override
    public void configure() {
        Settings settings = new Settings(getContext());
        if (settings.text("privacy.retention-days").isEmpty()) {
            return;
        }
        retention = Duration.ofDays(settings.positive("privacy.retention-days"));
        database = Database.of(getContext());
        clock = TimeSource.of(getContext());
        nextBeside = clock.instant().plus(BESIDE);

        // @formatter:off
        from("scheduler:remove-personal-data?delay=250&backoffIdleThreshold=1&backoffMultiplier=20").routeId(ID)
            .description("Removes the personal data that is older than privacy.retention-days, oldest first, a small step at a time")
            .onException(Throwable.class).handled(true).logExhausted(false).process(this::failed).end()
            .filter(exchange -> System.nanoTime() - restedAt >= 0)
                .setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, constant(false))
                .filter(exchange -> !database.isDown())
                    .process(this::step)
                .end()
            .end();
        // @formatter:on
    }

    private void step(Exchange exchange) throws SQLException {
        Instant now = clock.instant();
        Instant before = ExpireEvents.before(now, retention);
        Instant month = ExpireEvents.before(now, retention.compareTo(ExpireEvents.MONTH) > 0 ? retention : ExpireEvents.MONTH);
        boolean more;
        long began = System.nanoTime();
        try (Connection connection = database.getConnection()) {
            Step ofEvents = PersonalData.step(connection, now, before, month);
            events += ofEvents.changed();
            // always from the oldest on: they are few, and those of the spool may come late
            int ofRejected = PersonalData.update(connection, "DELETE FROM rejected_event WHERE rejected_id IN (SELECT rejected_id FROM rejected_event"
                    + " WHERE received_at < ? ORDER BY received_at LIMIT " + MAX_REJECTED + ")", before);
            rejected += ofRejected;
            more = ofEvents.more() || ofRejected == MAX_REJECTED;
            if (!more || !nextBeside.isAfter(now)) {
                ofAlerts(connection, before, month);
                report(now);
                nextBeside = now.plus(BESIDE);
            }
        } finally {
            restedAt = System.nanoTime() + ExpireEvents.REST * (System.nanoTime() - began);
        }
        failures = 0;
        exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, more);
    }

    /** A team's template may put an address into a subject; and for a month it is remembered of whom the fallback has been told. */
    private static void ofAlerts(Connection connection, Instant before, Instant month) throws SQLException {
        PersonalData.update(connection, "UPDATE alert_incident SET subject = NULL WHERE subject IS NOT NULL AND closed_at < ? AND NOT EXISTS ("
                + "SELECT 1 FROM alert_mail m WHERE m.incident_id = alert_incident.incident_id AND m.sent_at IS NULL)", before);
        PersonalData.update(connection, "UPDATE alert_mail SET about = NULL WHERE what = 'unreachable' AND about IS NOT NULL AND sent_at < ?", month);
    }

    /** Once a day, and when the first of it is done. */
    private void report(Instant now) {
        if (events + rejected > 0 && !nextReport.isAfter(now)) {
            LOG.info("Removed the personal data that is older than {} days (privacy.retention-days): of {} events, and {} rejected ones", retention.toDays(),
                    events, rejected);
            events = 0;
            rejected = 0;
            nextReport = now.plus(REPORT);
        }
    }

    /** Told once, because what fails does so every few seconds, and not at the first time, because an outage may just have ended. */
    private void failed(Exchange exchange) {
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        if (!(Database.isAbsent(failure) && !database.answers()) && ++failures == 2) {
            LOG.error("Personal data older than privacy.retention-days cannot be removed now: {}", FailureText.describe(failure));
        }
    }
}
