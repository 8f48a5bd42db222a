package org.mailevents.camel;

import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.spi.ThreadPoolProfile;
import org.apache.camel.support.DefaultThreadPoolFactory;
import org.apache.camel.util.concurrent.SizedScheduledExecutorService;
import org.mailevents.log.FailureText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes the threads of Camel's schedulers (scheduler:, file: and all others that poll): an Error ends the round in which it is thrown and not the timer. Java's executors never
 * call a task again that has thrown anything, and Camel's schedulers pass on an Error, such as the one for lack of memory.
 */
final class SteadyTimers extends DefaultThreadPoolFactory {

    private static final Logger LOG = LoggerFactory.getLogger("timers");

    /** Private, because the Camel CLI makes an object of every class that it can make one of, and need not of this. */
    private SteadyTimers() {
    }

    /** From now on, the threads of timers are made here. */
    static void use(CamelContext context) {
        context.getExecutorServiceManager().setThreadPoolFactory(new SteadyTimers());
    }

    @Override
    public ScheduledExecutorService newScheduledThreadPool(ThreadPoolProfile profile, ThreadFactory threads) {
        ScheduledExecutorService pool = super.newScheduledThreadPool(profile, threads);
        ScheduledThreadPoolExecutor executor = pool instanceof SizedScheduledExecutorService sized ? sized.getScheduledThreadPoolExecutor()
                : (ScheduledThreadPoolExecutor) pool;
        return new SizedScheduledExecutorService(executor, profile.getMaxQueueSize()) {
            @Override
            public ScheduledFuture<?> scheduleWithFixedDelay(Runnable task, long initialDelay, long delay, TimeUnit unit) {
                return super.scheduleWithFixedDelay(() -> round(task), initialDelay, delay, unit);
            }

            @Override
            public ScheduledFuture<?> scheduleAtFixedRate(Runnable task, long initialDelay, long period, TimeUnit unit) {
                return super.scheduleAtFixedRate(() -> round(task), initialDelay, period, unit);
            }
        };
    }

    private static void round(Runnable task) {
        try {
            task.run();
        } catch (Throwable failure) { // whatever it was
            tell(failure);
        }
    }

    private static void tell(Throwable failure) {
        try {
            LOG.error("{} goes on after {}", Thread.currentThread().getName().replaceFirst("^.* - ", ""), FailureText.describe(failure));
        } catch (Throwable again) { // for lack of memory it may be impossible even to say so
        }
    }
}
