package org.mailevents.camel;

import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
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
 * Liveness: whether everything that must happen by itself does, such as alerts and the replay of the spool. A timer is overdue when it has shown no sign
 * of life for a minute longer than its longest round and its delay together; a restart is the remedy. An Error alone does not end a timer: see
 * {@link SteadyTimers}.
 */
public final class Timers extends AbstractHealthCheck {

    /**
     * How long each may take from one sign of life to the next, by its route: well beyond the time limits of what it waits for, because a restart in the
     * middle of slow work would be worse than a late one. A team's own routes take as long as they like.
     */
    private static final Map<String, Duration> LONGEST = Map.of(
            // it waits for nothing but the disk
            "expire-waiting", Duration.ofMinutes(1),
            // one mail, with all its recipients
            "send-alerts", Duration.ofMinutes(5),
            // it keeps the claim on a mail that is being sent
            "renew-claims", Duration.ofMinutes(5),
            "watch-alerts", Duration.ofMinutes(10),
            // one event, with a team's slowest step
            "replay-spool", Duration.ofMinutes(10),
            // it may bring the schema up to date
            "find-database", Duration.ofMinutes(10),
            // several statements of two minutes each
            "count-events", Duration.ofMinutes(10),
            "expire-events", Duration.ofMinutes(10),
            "remove-personal-data", Duration.ofMinutes(10));
    private static final Duration GRACE = Duration.ofMinutes(1);

    private record Timer(long mostNanos, AtomicLong alive) {
    }

    private final LongSupplier nanoTime;
    private final Map<String, Timer> timers = new ConcurrentHashMap<>();

    private Timers(LongSupplier nanoTime) {
        super("mail-events", "timers");
        this.nanoTime = nanoTime;
    }

    /** Those of this application, which are looked after from the first call on. */
    public static Timers of(CamelContext context) {
        Timers timers = context.getRegistry().findSingleByType(Timers.class);
        return timers == null ? lookAfter(context, System::nanoTime) : timers;
    }

    /** @param nanoTime as {@link System#nanoTime}, or as a simulation has it */
    public static Timers lookAfter(CamelContext context, LongSupplier nanoTime) {
        Timers timers = new Timers(nanoTime);
        context.getRegistry().bind("timers", timers);
        SteadyTimers.use(context);
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
     * Judges a timer from now on.
     *
     * @param most how long it may take from one sign of life to the next
     * @return what shows a sign of life
     */
    public Runnable add(String timer, Duration most) {
        AtomicLong alive = new AtomicLong(nanoTime.getAsLong());
        timers.put(timer, new Timer(most.plus(GRACE).toNanos(), alive));
        return () -> alive.set(nanoTime.getAsLong());
    }

    @Override
    public boolean isLiveness() {
        return true;
    }

    /** Webhooks are still taken. */
    @Override
    public boolean isReadiness() {
        return false;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        Map<String, Long> overdue = new TreeMap<>();
        timers.forEach((name, timer) -> {
            long now = nanoTime.getAsLong();
            long silent = now - timer.alive.get();
            if (isPaused(name)) {
                timer.alive.set(now);
            } else if (silent > timer.mostNanos) {
                overdue.put(name, Duration.ofNanos(silent).toSeconds());
            }
        });
        if (overdue.isEmpty()) {
            builder.up();
        } else {
            builder.message("Restart the process: " + overdue.entrySet().stream()
                    .map(timer -> timer.getKey() + " has done nothing for " + timer.getValue() + " s").collect(Collectors.joining(", "))).down();
        }
    }

    private boolean isPaused(String name) {
        ServiceStatus status = getCamelContext().getRouteController().getRouteStatus(name);
        return status != null && !status.isStarted();
    }

    /** Knows which routes there are, whenever an edit replaces them. */
    private final class Routes extends LifecycleStrategySupport {

        @Override
        public void onRoutesAdd(Collection<Route> routes) {
            for (Route route : routes) {
                Duration longest = LONGEST.get(route.getRouteId());
                if (longest != null && route.getConsumer() instanceof ScheduledPollConsumer consumer && isOnItsOwn(consumer)) {
                    add(route.getRouteId(), longest.plus(pause(consumer)));
                }
            }
        }

        @Override
        public void onRoutesRemove(Collection<Route> routes) {
            routes.forEach(route -> timers.remove(route.getRouteId()));
        }

        /** Unless a team has it begin at times of its own, as by cron, or not for ever. */
        private static boolean isOnItsOwn(ScheduledPollConsumer consumer) {
            return consumer.getScheduler() == null && consumer.isStartScheduler() && consumer.getRepeatCount() <= 0;
        }

        private static Duration pause(ScheduledPollConsumer consumer) {
            long delay = consumer.getDelay() * Math.max(1, consumer.getBackoffMultiplier());
            return Duration.of(Math.max(consumer.getInitialDelay(), delay), consumer.getTimeUnit().toChronoUnit());
        }
    }

    /**
     * Every exchange that a timer has begun is a sign of its life, down to those of single elements of a split: a round may be long because it mails
     * many audiences. Camel tells of each exchange elsewhere only as an event, which is made for all others too as soon as somebody listens.
     */
    private final class Exchanges extends DefaultInflightRepository {

        @Override
        public void add(Exchange exchange) {
            super.add(exchange);
            String route = exchange.getFromRouteId();
            Timer timer = route == null ? null : timers.get(route);
            if (timer != null) {
                timer.alive.set(nanoTime.getAsLong());
            }
        }
    }
}
