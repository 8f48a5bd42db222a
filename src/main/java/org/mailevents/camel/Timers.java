package org.mailevents.camel;

import static java.util.Map.entry;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.engine.DefaultInflightRepository;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.apache.camel.support.LifecycleStrategySupport;
import org.apache.camel.support.ScheduledPollConsumer;

/**
 * The liveness check of the timers, such as those of the alerts and of the replay. The process must be restarted in two cases:
 *
 * <ul>
 * <li>A timer begins no round, although its next round is due for a minute: its thread has died.
 * <li>A round hangs: it has shown no sign of life for a minute longer than the longest round.
 * </ul>
 *
 * An Error alone does not end a timer, see {@link SteadyTimers}, which tells this class when a round begins and ends.
 *
 * <p>The class leans on two parts of Camel: {@code LifecycleStrategy.onRoutesAdd}, which is public, and {@link
 * DefaultInflightRepository#add}, which it overrides. Camel calls that method for each exchange, and this is the only such call that
 * creates no event object. Without this class, a hanging timer shows nowhere: Camel's own consumer checks count failed polls (CAMEL-20092),
 * and a poll that never ends does not fail. The override can go once Camel's health check reports a poll that does not end, or once a
 * listener can ask for the exchanges of one route only.
 */
public final class Timers extends AbstractHealthCheck {

    /**
     * How long a round of each timer may take from one sign of life to the next, by its route. These times far exceed the time limits of
     * the work, because a restart during slow work would be worse than a late restart. A team's own routes have no limit.
     */
    private static final Map<String, Duration> LONGEST = Map.ofEntries(
            // waits only for the disk
            entry("expire-waiting", Duration.ofMinutes(1)),
            // send one mail or one message at a time
            entry("send-alerts", Duration.ofMinutes(5)),
            entry("line-works", Duration.ofMinutes(5)),
            entry("chatwork", Duration.ofMinutes(5)),
            entry("slack", Duration.ofMinutes(5)),
            entry("teams", Duration.ofMinutes(5)),
            entry("pagerduty", Duration.ofMinutes(5)),
            entry("webhook", Duration.ofMinutes(5)),
            // renews the claim on a mail that is being sent
            entry("renew-claims", Duration.ofMinutes(5)),
            entry("watch-alerts", Duration.ofMinutes(10)),
            entry("make-digests", Duration.ofMinutes(10)),
            // one event may pass a team's slowest step
            entry("replay-spool", Duration.ofMinutes(10)),
            entry("note-receiving", Duration.ofMinutes(10)),
            // calls the vendor's API up to vendor.calls-a-day times, each with a time limit and pauses
            entry("reconcile", Duration.ofHours(3)),
            // may migrate the schema
            entry("find-database", Duration.ofMinutes(10)),
            // run several statements of up to two minutes each
            entry("count-events", Duration.ofMinutes(10)),
            entry("find-loose-ends", Duration.ofMinutes(10)),
            entry("expire-events", Duration.ofMinutes(10)),
            entry("remove-personal-data", Duration.ofMinutes(10)));
    private static final Duration GRACE = Duration.ofMinutes(1);

    /** One timer. It is watched from its creation on. */
    public static final class Timer {

        private final LongSupplier nanoTime;
        private final long longestNanos;
        private final long delayNanos;
        private volatile long lastSign;
        private volatile boolean inRound;

        private Timer(LongSupplier nanoTime, Duration longest, Duration delay) {
            this.nanoTime = nanoTime;
            this.longestNanos = longest.plus(GRACE).toNanos();
            this.delayNanos = delay.plus(GRACE).toNanos();
            showLife();
        }

        /** Runs a round of this timer. */
        public void run(Runnable round) {
            showLife();
            inRound = true;
            try {
                round.run();
            } finally {
                showLife();
                inRound = false;
            }
        }

        private void showLife() {
            lastSign = nanoTime.getAsLong();
        }

        private long silentNanos() {
            return nanoTime.getAsLong() - lastSign;
        }

        private boolean isOverdue() {
            return silentNanos() > (inRound ? longestNanos : delayNanos);
        }
    }

    private final LongSupplier nanoTime;
    private final Map<String, Timer> timers = new ConcurrentHashMap<>();

    private Timers(LongSupplier nanoTime) {
        super("mail-events", "timers");
        this.nanoTime = nanoTime;
    }

    /**
     * Begins to watch the timers of an application.
     *
     * @param nanoTime {@link System#nanoTime}, or the clock of a simulation
     */
    public static Timers watch(CamelContext context, LongSupplier nanoTime) {
        Timers timers = new Timers(nanoTime);
        context.getRegistry().bind("timers", timers);
        SteadyTimers.use(context, timers::runRound);
        context.addLifecycleStrategy(timers.new Routes());
        Exchanges exchanges = timers.new Exchanges();
        exchanges.setInflightBrowseEnabled(context.getInflightRepository().isInflightBrowseEnabled());
        context.setInflightRepository(exchanges);
        HealthCheckRegistry health = HealthCheckRegistry.get(context);
        if (health != null) {
            health.register(timers);
        }
        return timers;
    }

    /**
     * Adds a timer to the check.
     *
     * @param longest how long a round may take from one sign of life to the next
     * @param delay   the longest time from the end of a round to the beginning of the next
     */
    public Timer add(String name, Duration longest, Duration delay) {
        Timer timer = new Timer(nanoTime, longest, delay);
        timers.put(name, timer);
        return timer;
    }

    private void runRound(Runnable round) {
        Timer timer = round instanceof ScheduledPollConsumer consumer ? timers.get(consumer.getRouteId()) : null;
        if (timer == null) {
            round.run();
        } else {
            timer.run(round);
        }
    }

    @Override
    public boolean isLiveness() {
        return true;
    }

    /** Not a readiness check, because webhooks are still received. */
    @Override
    public boolean isReadiness() {
        return false;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        Map<String, Long> overdue = new TreeMap<>();
        timers.forEach((name, timer) -> {
            if (isPaused(name)) {
                timer.showLife();
            } else if (timer.isOverdue()) {
                overdue.put(name, Duration.ofNanos(timer.silentNanos()).toSeconds());
            }
        });
        if (overdue.isEmpty()) {
            builder.up();
        } else {
            builder.message("Restart the process: " + overdue.entrySet().stream()
                    .map(timer -> timer.getKey() + " has done nothing for " + timer.getValue() + " s")
                    .collect(Collectors.joining(", "))).down();
        }
    }

    private boolean isPaused(String name) {
        ServiceStatus status = getCamelContext().getRouteController().getRouteStatus(name);
        return status != null && !status.isStarted();
    }

    /** Adds and removes timers when routes are added or removed, also by an edit. */
    private final class Routes extends LifecycleStrategySupport {

        @Override
        public void onRoutesAdd(Collection<Route> routes) {
            for (Route route : routes) {
                Duration longest = LONGEST.get(route.getRouteId());
                if (longest != null && route.getConsumer() instanceof ScheduledPollConsumer consumer && runsAtFixedIntervals(consumer)) {
                    add(route.getRouteId(), longest, pause(consumer));
                }
            }
        }

        @Override
        public void onRoutesRemove(Collection<Route> routes) {
            routes.forEach(route -> timers.remove(route.getRouteId()));
        }

        /** False if a team has changed the route so that it starts at other times, for instance by cron, or only a number of times. */
        private static boolean runsAtFixedIntervals(ScheduledPollConsumer consumer) {
            return consumer.getScheduler() == null && consumer.isStartScheduler() && consumer.getRepeatCount() <= 0;
        }

        private static Duration pause(ScheduledPollConsumer consumer) {
            long delay = consumer.getDelay() * Math.max(1, consumer.getBackoffMultiplier());
            return Duration.of(Math.max(consumer.getInitialDelay(), delay), consumer.getTimeUnit().toChronoUnit());
        }
    }

    /**
     * Takes every exchange that a timer begins as a sign of life, also the exchange of a single element of a split, because a round that
     * mails many audiences may be long. Camel's events would tell the same, but as soon as one listener exists Camel creates an event for
     * every exchange.
     */
    private final class Exchanges extends DefaultInflightRepository {

        @Override
        public void add(Exchange exchange) {
            super.add(exchange);
            String route = exchange.getFromRouteId();
            Timer timer = route == null ? null : timers.get(route);
            if (timer != null) {
                timer.showLife();
            }
        }
    }
}
