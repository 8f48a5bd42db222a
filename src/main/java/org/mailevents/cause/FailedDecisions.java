package org.mailevents.cause;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs that a mistake in this package has left a cause undecided, at most once a minute. The line names the place in the code. It names
 * neither the reply nor the address, and so not the message of the exception.
 */
final class FailedDecisions {

    private static final Logger LOG = LoggerFactory.getLogger("causes");
    private static final long LOG_INTERVAL = Duration.ofMinutes(1).toNanos();

    private final AtomicLong loggedAt = new AtomicLong(System.nanoTime() - LOG_INTERVAL);
    private final AtomicLong unreported = new AtomicLong();

    private FailedDecisions() {
    }

    static FailedDecisions none() {
        return new FailedDecisions();
    }

    void report(RuntimeException failure) {
        long failures = unreported.incrementAndGet();
        long before = loggedAt.get();
        long now = System.nanoTime();
        if (now - before >= LOG_INTERVAL && loggedAt.compareAndSet(before, now)) {
            unreported.addAndGet(-failures);
            StackTraceElement[] places = failure.getStackTrace();
            LOG.error("A mistake in Mail Events left a cause unknown ({} times since the last such line). Please report {} at {}.",
                    failures, failure.getClass().getName(), places.length == 0 ? "an unknown place" : places[0]);
        }
    }
}
