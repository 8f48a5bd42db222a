package org.mailevents.store;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.database.BackgroundJob;
import org.mailevents.database.Database;
import org.mailevents.database.Housekeeping;
import org.mailevents.database.JdbiFactory;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;
import org.slf4j.LoggerFactory;

/**
 * Counts the events of each hour by status into {@code event_count}. A chart then needs no scan of millions of rows, and the counts stay
 * when the rows are deleted. A slot of ten minutes is counted once it is over. The INSERT of the events does not count, because all writers
 * would wait for each other at the row of the current hour. One process at a time counts, for all processes of the database.
 */
public final class CountEvents extends RouteBuilder {

    private static final String ID = "count-events";

    /** Counting millions of rows takes longer than the five seconds that other statements may take. */
    private static final int TIMEOUT_MILLIS = 120_000;
    /** The next recount waits for ten times as long as the last one took, because a replay of the spool marks slots all the time. */
    private static final int REST = 10;

    private Database database;
    private Jdbi jdbi;
    private Clock clock;
    private BackgroundJob job;
    private LooseEnds looseEnds;

    @Override
    public void configure() {
        database = mandatoryFindSingleByType(getContext(), Database.class);
        jdbi = JdbiFactory.create(database);
        clock = TimeSource.of(getContext());
        looseEnds = new LooseEnds(new Settings(getContext()).duration("message.overdue"));
        job = new BackgroundJob(database, REST, LoggerFactory.getLogger(ID), "Cannot count events for the page: {}");

        // @formatter:off
        // greedy: after an update with a large table there are many slots to count, and they are counted without a pause
        from("scheduler:count-events?delay=2000&greedy=true").routeId(ID)
            .description("Counts the events of the last ten minutes by hour and status, once these ten minutes are over")
            .onException(Throwable.class).handled(true).logExhausted(false).process(job::failed).end()
            .setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, constant(false))
            .filter(exchange -> !database.isDown())
                .process(this::step)
            .end();
        // @formatter:on
    }

    private void step(Exchange exchange) throws SQLException {
        exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, Housekeeping.COUNT.run(jdbi, this::count).orElse(false));
        job.succeeded();
    }

    /** @return whether there was something to count */
    private boolean count(Handle handle) throws SQLException {
        handle.getConnection().setNetworkTimeout(Runnable::run, TIMEOUT_MILLIS); // the pool sets it back
        Instant countedUntil = EventCounts.countedUntil(handle);
        long began = System.nanoTime();
        Optional<Instant> recounted = job.isRested() ? EventCounts.recountSlot(handle, countedUntil) : Optional.empty();
        if (recounted.isPresent()) {
            looseEnds.examineAgain(handle, recounted.get());
            job.restAfter(began);
            return true;
        }
        return EventCounts.countNextSlot(handle, countedUntil, clock.instant());
    }
}
