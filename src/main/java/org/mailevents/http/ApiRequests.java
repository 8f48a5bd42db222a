package org.mailevents.http;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * The requests of the page and the API that are in progress. Only a few may run at a time, because each needs a thread and a database
 * connection, and so do webhooks. While an edit replaces API routes, no request runs, and new requests wait: without its route, a request
 * would be answered 404.
 */
public final class ApiRequests {

    static final int MAX = 8;
    /** How long an edit waits for the requests in progress. It is longer than a query of the API may take. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private final Semaphore free = new Semaphore(MAX);
    private volatile boolean paused;

    /** What is done while no request is in progress. */
    public interface Action {
        void run() throws Exception;
    }

    /**
     * Runs an action while no request is in progress. Requests that still run after five seconds, such as a download to a slow caller, do
     * not hold up the action any longer.
     */
    public void pauseDuring(Action action) throws Exception {
        paused = true;
        boolean empty = false;
        try {
            empty = free.tryAcquire(MAX, LONGEST_WAIT.toMillis(), TimeUnit.MILLISECONDS);
            action.run();
        } finally {
            paused = false;
            if (empty) {
                free.release(MAX);
            }
        }
    }

    /** Whether new requests must wait. */
    boolean isPaused() {
        return paused;
    }

    /** @return false if the request must not run now. Otherwise {@link #end} must be called after it. */
    boolean begin() {
        return !paused && free.tryAcquire();
    }

    void end() {
        free.release();
    }
}
