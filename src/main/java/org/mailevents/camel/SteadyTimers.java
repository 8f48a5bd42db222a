package org.mailevents.camel;

import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.ThreadPoolProfile;
import org.apache.camel.support.DefaultThreadPoolFactory;
import org.apache.camel.util.concurrent.SizedScheduledExecutorService;
import org.mailevents.log.FailureText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Creates the thread pools of Camel's schedulers ({@code scheduler:}, {@code file:} and all other consumers that poll), so that an Error
 * ends one round and not the timer.
 *
 * <p>Why: in Camel 4.18.0, {@code ScheduledPollConsumer.run} logs an Error, such as OutOfMemoryError, and throws it again. A Java executor
 * never calls a task again after it has thrown anything ({@link ScheduledExecutorService#scheduleWithFixedDelay}). Without this class, one
 * Error ends the alerts or the replay until the next restart. The class leans on {@code ThreadPoolFactory}, which is
 * public, and on {@code SizedScheduledExecutorService}, which is not documented.
 *
 * <p>No ticket is known. Camel's maintainers do not want Errors caught (review of apache/camel#17262, CAMEL-21769). The class can go
 * if the tests of Errors in {@code TimersTest} pass without it.
 */
final class SteadyTimers extends DefaultThreadPoolFactory {

    private static final Logger LOG = LoggerFactory.getLogger("timers");

    private final Consumer<Runnable> rounds;

    private SteadyTimers(Consumer<Runnable> rounds) {
        this.rounds = rounds;
    }

    /**
     * Applies to all schedulers that are created from now on.
     *
     * @param rounds runs each round. The round is the {@code ScheduledPollConsumer} itself, if Camel's default scheduler has scheduled it
     */
    static void use(CamelContext context, Consumer<Runnable> rounds) {
        context.getExecutorServiceManager().setThreadPoolFactory(new SteadyTimers(rounds));
    }

    @Override
    public ScheduledExecutorService newScheduledThreadPool(ThreadPoolProfile profile, ThreadFactory threads) {
        ScheduledExecutorService pool = super.newScheduledThreadPool(profile, threads);
        ScheduledThreadPoolExecutor executor = pool instanceof SizedScheduledExecutorService sized ? sized.getScheduledThreadPoolExecutor()
                : (ScheduledThreadPoolExecutor) pool;
        return new SizedScheduledExecutorService(executor, profile.getMaxQueueSize()) {
            @Override
            public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long initialDelay, long delay, TimeUnit unit) {
                return super.scheduleWithFixedDelay(() -> runRound(task), initialDelay, delay, unit);
            }

            @Override
            public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long initialDelay, long period, TimeUnit unit) {
                return super.scheduleAtFixedRate(() -> runRound(task), initialDelay, period, unit);
            }
        };
    }

    private void runRound(Runnable task) {
        try {
            rounds.accept(task);
        } catch (Throwable failure) { // an Error too must not end the timer
            log(failure);
        }
    }

    private static void log(Throwable failure) {
        try {
            String timer = Thread.currentThread().getName().replaceFirst("^.* - ", "");
            LOG.error("The timer {} keeps running after {}", timer, FailureText.describe(failure));
        } catch (Throwable noMemory) { // without memory, even this log line may fail
        }
    }
}
