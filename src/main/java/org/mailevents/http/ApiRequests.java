package org.mailevents.http;

import java.time.Duration;

/**
 * The requests of the page and the API that are in progress. Only a few may run at a time, because each needs a thread and a database
 * connection, and so do webhooks. While an edit replaces API routes, no request runs, and new requests wait: without its route, a request
 * would be answered 404.
 */
public final class ApiRequests {

    /** How many requests may run at a time. */
    public static final int MAX = 8;
    /** How long an edit waits for the requests in progress. It is longer than a query of the API may take. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private int running;
    private boolean paused;

    /** What is done while no request is in progress. */
    public interface Action {
        void run() throws Exception;
    }

    /** What happens to a new request. */
    enum Admission {
        /** The request runs. {@link ApiRequests#end} must be called after it. */
        RUN,
        /** The request waits until the edit is done. */
        WAIT,
        /** Too many requests run already. */
        REFUSE
    }

    /**
     * Runs an action while no request is in progress. Requests that still run after five seconds, such as a download to a slow caller, do
     * not hold up the action any longer.
     */
    public void pauseDuring(Action action) throws Exception {
        try {
            pause();
            action.run();
        } finally {
            resume();
        }
    }

    private synchronized void pause() throws InterruptedException {
        paused = true;
        long end = System.nanoTime() + LONGEST_WAIT.toNanos();
        for (long left = LONGEST_WAIT.toMillis(); running > 0 && left > 0; left = (end - System.nanoTime()) / 1_000_000) {
            wait(left);
        }
    }

    private synchronized void resume() {
        paused = false;
    }

    synchronized Admission begin() {
        if (paused) {
            return Admission.WAIT;
        }
        if (running == MAX) {
            return Admission.REFUSE;
        }
        running++;
        return Admission.RUN;
    }

    synchronized void end() {
        running--;
        notifyAll();
    }

    synchronized boolean isPaused() {
        return paused;
    }
}
