package org.mailevents.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;

/**
 * What Mail Events counts of itself, in the {@link MeterRegistry} of its context; {@code /observe/metrics} shows it to Prometheus. It is counted once
 * a webhook and not once an event, because that is on the way of every webhook, and no label names anybody. All counters are there from the start:
 * the first failure would else be none to Prometheus, which sees only what grows.
 */
public final class Meters {

    /** What is asked for its present value. */
    public enum Level {

        SPOOL_BYTES("mail.events.spool.bytes", "bytes", "How much of spool.max-size is used"),
        SPOOL_LIMIT("mail.events.spool.limit", "bytes", "spool.max-size"),
        SPOOL_WEBHOOKS("mail.events.spool.webhooks", "webhooks", "Webhooks in the spool that wait to be stored"),
        SPOOL_AGE("mail.events.spool.oldest.age", "seconds", "For how long the oldest of them has waited; 0 when none waits"),
        ALERT_AGE("mail.events.alert.oldest.age", "seconds", "For how long the oldest bounce has waited for its mail; 0 when none waits"),
        QUEUE_EVENTS("mail.events.queue.events", "events", "Events that wait for an INSERT"),
        EDITS_BROKEN("mail.events.edits.broken", "files", "Saved routes and templates that are not in use because they are broken"),
        DATABASE_UP("mail.events.database.up", null, "0 while the database is known to be down");

        private final String meter;
        private final String unit;
        private final String description;

        Level(String meter, String unit, String description) {
            this.meter = meter;
            this.unit = unit;
            this.description = description;
        }
    }

    private static final double[] BATCHES = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000};
    private static final Duration[] LATENCIES = Stream.of(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000).map(Duration::ofMillis)
            .toArray(Duration[]::new);

    private final MeterRegistry registry;
    private final Counter received;
    private final Counter stored;
    private final Counter duplicates;
    private final Counter rejected;
    private final Counter spooled;
    private final Map<String, Counter> replayed;
    private final Map<Integer, Counter> webhooks;
    private final Map<String, Counter> mails;
    private final Map<String, Counter> edits;
    private final Timer latency;
    private final DistributionSummary batch;

    private Meters(MeterRegistry registry) {
        this.registry = registry;
        received = counter("mail.events.received", "Events of the webhooks that were answered: stored + duplicates + rejected + spooled");
        stored = counter("mail.events.stored", "Events that became new rows");
        duplicates = counter("mail.events.duplicates", "Events that were stored before");
        rejected = counter("mail.events.rejected", "Events set aside in rejected_event");
        spooled = counter("mail.events.spooled", "Events kept in the spool");
        replayed = counters("mail.events.replayed", "Events that came back from the spool", "outcome", "stored", "duplicates", "rejected");
        webhooks = counters("mail.events.webhooks", "Answers to webhooks", "status", 200, 400, 401, 404, 405, 413, 415, 503);
        mails = counters("mail.events.mails", "Mails that the mail endpoint took, and tries that failed", "outcome", "sent", "failed");
        edits = counters("mail.events.edits", "Saved routes and templates that were taken over, or refused as broken", "outcome", "taken", "refused");
        latency = Timer.builder("mail.events.webhook.latency").description("From the head of a webhook to that of its answer")
                .serviceLevelObjectives(LATENCIES).register(registry);
        batch = DistributionSummary.builder("mail.events.batch.size").description("Events of an INSERT").baseUnit("events")
                .serviceLevelObjectives(BATCHES).register(registry);
    }

    /** Those of this application, made by whoever asks first; without camel.metrics.enabled nobody sees them. */
    public static Meters of(CamelContext context) {
        Meters meters = context.getRegistry().findSingleByType(Meters.class);
        if (meters == null) {
            MeterRegistry registry = context.getRegistry().findSingleByType(MeterRegistry.class);
            if (registry == null) {
                registry = new SimpleMeterRegistry();
                context.getRegistry().bind("metricsRegistry", registry);
            }
            meters = new Meters(registry);
            context.getRegistry().bind("meters", meters);
        }
        return meters;
    }

    /** A webhook got its receipt, with these numbers of events. */
    public void acknowledged(int received, int stored, int duplicates, int rejected, int spooled) {
        this.received.increment(received);
        this.stored.increment(stored);
        this.duplicates.increment(duplicates);
        this.rejected.increment(rejected);
        this.spooled.increment(spooled);
    }

    /** Webhooks from the spool got theirs. */
    public void replayed(int stored, int duplicates, int rejected) {
        replayed.get("stored").increment(stored);
        replayed.get("duplicates").increment(duplicates);
        replayed.get("rejected").increment(rejected);
    }

    /** A caller got an answer of this HTTP status. */
    public void answered(int status) {
        Counter counter = webhooks.get(status);
        (counter == null ? registry.counter("mail.events.webhooks", "status", String.valueOf(status)) : counter).increment();
    }

    /** @param nanos between the head of a webhook and that of its answer */
    public void took(long nanos) {
        latency.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** An INSERT of so many events has committed. */
    public void inserted(int events) {
        batch.record(events);
    }

    /** The mail endpoint took a mail. */
    public void mailSent() {
        mails.get("sent").increment();
    }

    /** A mail failed, and is tried again. */
    public void mailFailed() {
        mails.get("failed").increment();
    }

    /** So many files are in use now, and so many were refused. */
    public void edited(int taken, int refused) {
        edits.get("taken").increment(taken);
        edits.get("refused").increment(refused);
    }

    /** @param value is asked at each scrape, so it must not wait for anything */
    public void watch(Level level, Supplier<Number> value) {
        Gauge.builder(level.meter, value).baseUnit(level.unit).description(level.description).register(registry);
    }

    private Counter counter(String name, String description, String... tags) {
        return Counter.builder(name).description(description).tags(tags).register(registry);
    }

    @SafeVarargs
    private <T> Map<T, Counter> counters(String name, String description, String tag, T... values) {
        return Stream.of(values).collect(Collectors.toMap(Function.identity(), value -> counter(name, description, tag, value.toString())));
    }
}
