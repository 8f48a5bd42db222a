package org.mailevents.database;

import org.apache.camel.Exchange;
import org.mailevents.log.FailureText;
import org.slf4j.Logger;

/**
 * The pace and the failures of a job that works on the database step by step, all the time. After a step the job rests for a multiple of
 * the time that the step took. A slower database therefore gets fewer steps, and keeps its time for webhooks.
 */
public final class BackgroundJob {

    private final Database database;
    private final int rest;
    private final Logger log;
    private final String failureText;
    private int failures;
    private long restedAt = System.nanoTime();

    /**
     * @param rest        the rest after a step, as a multiple of the step's time
     * @param log         the job's logger
     * @param failureText the log line about a failure, with {@code {}} for its description
     */
    public BackgroundJob(Database database, int rest, Logger log, String failureText) {
        this.database = database;
        this.rest = rest;
        this.log = log;
        this.failureText = failureText;
    }

    /** Whether the rest after the last step is over. */
    public boolean isRested() {
        return System.nanoTime() - restedAt >= 0;
    }

    /** @param began when the step began, as {@link System#nanoTime()} gave it */
    public void restAfter(long began) {
        long now = System.nanoTime();
        restedAt = now + rest * (now - began);
    }

    /** A step ended without a failure. */
    public void succeeded() {
        failures = 0;
    }

    /**
     * Logs a failure once, at the second failure in a row. A single failure is often the end of an outage, and a job that keeps failing
     * does so every few seconds.
     *
     * @param exchange holds the exception that a route has caught
     */
    public void failed(Exchange exchange) {
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        boolean isOutage = Database.isAbsent(failure) && !database.answers();
        if (!isOutage && ++failures == 2) {
            log.error(failureText, FailureText.describe(failure));
        }
    }
}
