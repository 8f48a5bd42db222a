package org.mailevents.trial;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * Lets a trial give way to webhooks. While webhooks are taken, it works for some milliseconds and then rests for 15 times as long, so
 * that it takes a sixteenth of one processor. Otherwise it works on. It belongs to the thread that made it.
 */
final class Pace {

    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final long SLICE = Duration.ofMillis(2).toNanos();
    private static final int REST = 15;
    /** After a long step, for instance the start of a Camel context, a rest of 15 times its length would use up the time limit. */
    private static final long LONGEST_REST = Duration.ofMillis(500).toNanos();
    /** A webhook within this time means that webhooks are being taken. */
    private static final long TRAFFIC = Duration.ofSeconds(1).toNanos();

    private final LongSupplier webhooks;
    private long seen;
    private long lastSeen = System.nanoTime() - TRAFFIC;
    private long sliceStart = work();

    /** @param webhooks how many webhooks have been answered */
    Pace(LongSupplier webhooks) {
        this.webhooks = webhooks;
        this.seen = webhooks.getAsLong();
    }

    /** Rests if it is time to rest. */
    void step() throws InterruptedException {
        long worked = work() - sliceStart;
        if (worked < SLICE) {
            return;
        }
        long now = System.nanoTime();
        long answered = webhooks.getAsLong();
        if (answered != seen) {
            seen = answered;
            lastSeen = now;
        }
        if (now - lastSeen < TRAFFIC) {
            Thread.sleep(Duration.ofNanos(Math.min(REST * worked, LONGEST_REST)).toMillis());
        }
        sliceStart = work();
    }

    /** The processor time of this thread. Where processors are scarce, much of its real time is spent waiting for one. */
    private static long work() {
        return THREADS.isCurrentThreadCpuTimeSupported() ? THREADS.getCurrentThreadCpuTime() : System.nanoTime();
    }
}
