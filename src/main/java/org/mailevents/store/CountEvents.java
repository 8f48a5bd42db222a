package org.mailevents.store;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.mailevents.database.BackgroundJob;
import org.mailevents.database.Database;
import org.mailevents.settings.TimeSource;
import org.slf4j.LoggerFactory;

/**
 * Counts the events of each hour by status into {@code event_count}. A chart then needs no scan of millions of rows, and the counts stay
 * when the rows are deleted. A slot of ten minutes is counted once it is over. The INSERT of the events does not count, because all writers
 * would wait for each other at the row of the current hour. Any number of processes may run this job on one database.
 */
public final class CountEvents extends RouteBuilder {

    private static final String ID = "count-events";

    /** Counting millions of rows takes longer than the five seconds that other statements may take. */
    private static final int TIMEOUT_MILLIS = 120_000;
    /** After a recount: while the spool is being replayed, new slots are marked all the time. */
    private static final int REST = 10;

    private Database database;
    private Clock clock;
    private BackgroundJob job;

    @Override
    public void configure() {
        database = Database.of(getContext());
        clock = TimeSource.of(getContext());
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
        try (Connection connection = database.getConnection()) {
            connection.setAutoCommit(false);
            connection.setNetworkTimeout(Runnable::run, TIMEOUT_MILLIS); // the pool sets it back
            try {
                exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, count(connection));
                connection.commit();
                job.succeeded();
            } finally {
                connection.rollback();
                connection.setAutoCommit(true);
            }
        }
    }

    /** @return whether there was something to count */
    private boolean count(Connection connection) throws SQLException {
        Instant countedUntil = EventCounts.lockCountedUntil(connection);
        long began = System.nanoTime();
        if (job.isRested() && EventCounts.recountSlot(connection, countedUntil)) {
            job.restAfter(began);
            return true;
        }
        return EventCounts.countNextSlot(connection, countedUntil, clock.instant());
    }
}
