package org.mailevents.store;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneId;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.database.BackgroundJob;
import org.mailevents.database.Database;
import org.mailevents.database.Housekeeping;
import org.mailevents.database.JdbiFactory;
import org.mailevents.metrics.Meters;
import org.mailevents.metrics.Meters.Level;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the messages without an end and the failures without their second event, and watches the time that events name. One process at a
 * time examines, for all processes of the database. Every process reads the figures, for its metrics and its log.
 */
public final class FindLooseEnds extends RouteBuilder {

    private static final String ID = "find-loose-ends";
    private static final Logger LOG = LoggerFactory.getLogger(ID);

    private static final int TIMEOUT_MILLIS = 120_000;
    /** A step rests for ten times as long as it took, because nothing here is urgent. */
    private static final int REST = 10;

    private Database database;
    private Jdbi jdbi;
    private Clock clock;
    private BackgroundJob job;
    private LooseEnds looseEnds;
    private ZoneId zone;
    private volatile LooseEnds.Count open = new LooseEnds.Count(0, 0);
    private volatile ReceiptDelay delay = ReceiptDelay.NONE;

    @Override
    public void configure() {
        Settings settings = new Settings(getContext());
        database = mandatoryFindSingleByType(getContext(), Database.class);
        jdbi = JdbiFactory.create(database);
        clock = TimeSource.of(getContext());
        job = new BackgroundJob(database, REST, LOG, "Cannot look for messages without an end: {}");
        looseEnds = new LooseEnds(settings.duration("message.overdue"));
        zone = settings.zone("webhook.time-zone");
        Meters meters = mandatoryFindSingleByType(getContext(), Meters.class);
        meters.watch(Level.MESSAGES_OVERDUE, () -> open.overdue());
        meters.watch(Level.FAILURES_UNPAIRED, () -> open.unpaired());
        meters.watch(Level.CREATED_DELAY, () -> delay.state() == ReceiptDelay.State.UNKNOWN ? Double.NaN : delay.seconds());

        // @formatter:off
        from("scheduler:find-loose-ends?delay=5000").routeId(ID)
            .description("Finds accepted messages without an end, failures without their second event, and a wrong time zone or clock")
            .onException(Throwable.class).handled(true).logExhausted(false).process(job::failed).end()
            .setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, constant(false))
            .filter(exchange -> !database.isDown())
                .process(exchange -> step())
            .end();
        // @formatter:on
    }

    private void step() throws SQLException {
        if (job.isRested()) {
            long began = System.nanoTime();
            Housekeeping.LOOSE_ENDS.run(jdbi, this::examine);
            job.restAfter(began);
        }
        jdbi.useHandle(this::watch);
        job.succeeded();
    }

    private boolean examine(Handle handle) throws SQLException {
        handle.getConnection().setNetworkTimeout(Runnable::run, TIMEOUT_MILLIS); // the pool sets it back
        Instant now = clock.instant();
        return looseEnds.examineNextSlot(handle, now) || looseEnds.check(handle, now) > 0;
    }

    private void watch(Handle handle) {
        open = LooseEnds.count(handle);
        ReceiptDelay before = delay;
        delay = ReceiptDelays.since(handle, clock.instant().minus(ReceiptDelays.JUDGED));
        if (delay.state() != before.state() && delay.state() != ReceiptDelay.State.UNKNOWN) {
            if (delay.state().isWrong()) {
                LOG.warn("{}", delay.advice(zone, clock.instant()));
            } else if (before.state().isWrong()) {
                LOG.info("The time in created fits the time of receipt again");
            }
        }
    }
}
