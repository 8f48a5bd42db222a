package org.mailevents.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;

/**
 * The meters of Mail Events, in the {@link MeterRegistry} of its context. {@code /observe/metrics} shows them to Prometheus. A webhook is
 * counted with one call and not with one call for each event, because every webhook pays for it. No label holds personal data. All counters
 * exist from the start, because Prometheus sees only an increase: if a counter appeared with its first failure, that failure would not be
 * seen.
 */
public final class Meters {

    /** The gauges: their present value is read at each scrape. */
    public enum Level {

        SPOOL_BYTES("mail.events.spool.bytes", "bytes", "The bytes of spool.max-size that are used"),
        SPOOL_LIMIT("mail.events.spool.limit", "bytes", "The value of spool.max-size"),
        SPOOL_WEBHOOKS("mail.events.spool.webhooks", "webhooks", "The webhooks in the spool that wait to be stored"),
        SPOOL_AGE("mail.events.spool.oldest.age", "seconds", "How long the oldest webhook in the spool has waited; 0 if none waits"),
        ALERT_AGE("mail.events.alert.oldest.age", "seconds", "How long the oldest bounce has waited to be told; 0 if none waits"),
        MESSAGES_OVERDUE("mail.events.messages.overdue", null, "The accepted messages without an end after message.overdue"),
        FAILURES_UNPAIRED("mail.events.failures.unpaired", null,
                "The failures of the last 40 days of which one of two events has not come for a day"),
        CREATED_DELAY("mail.events.created.delay", "seconds",
                "How long after the time in created the promptest events of a day arrive; NaN if too few do"),
        QUEUE_EVENTS("mail.events.queue.events", "events", "The events that wait for an INSERT"),
        EDITS_BROKEN("mail.events.edits.broken", "files", "The saved routes and templates that are not activated because they are broken"),
        LOG_LAG("mail.events.log.lag", "webhooks", "The webhooks in the log that wait to be stored; NaN if not known or without a log"),
        LOG_AGE("mail.events.log.oldest.age", "seconds", "How long the oldest webhook in the log has waited; NaN likewise"),
        LOG_UP("mail.events.log.up", null, "0 while the brokers of the log are known to be down; NaN without a log"),
        RECONCILIATION_MISSING("mail.events.reconciliation.missing", "events",
                "The events of the last seven days that the vendor has and that are not stored; NaN without vendor.api-user"),
        RECONCILIATION_AGE("mail.events.reconciliation.age", "seconds",
                "The time since a day was last proved complete; NaN before the first, and without vendor.api-user"),
        DATABASE_UP("mail.events.database.up", null, "0 while the database is known to be down, otherwise 1");

        private final String meter;
        private final String unit;
        private final String description;

        Level(String meter, String unit, String description) {
            this.meter = meter;
            this.unit = unit;
            this.description = description;
        }
    }

    private static final String MAIL = "mail";
    private static final String SENT = "sent";
    private static final String FAILED = "failed";
    private static final double[] BATCHES = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000};
    private static final Duration[] LATENCIES = Stream.of(1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000)
            .map(Duration::ofMillis).toArray(Duration[]::new);

    private final MeterRegistry registry;
    private final Counter received;
    private final Counter stored;
    private final Counter duplicates;
    private final Counter rejected;
    private final Counter spooled;
    private final Map<String, Counter> replayed;
    private final Counter repaired;
    private final Map<Integer, Counter> webhooks;
    /** What each channel has sent, by the outcome. */
    private final Map<String, Map<String, Counter>> channels = new ConcurrentHashMap<>();
    private final Map<String, Counter> edits;
    private final Timer latency;
    private final DistributionSummary batch;

    private Meters(MeterRegistry registry) {
        this.registry = registry;
        received = counter("mail.events.received",
                "The events of the webhooks that got a receipt: stored + duplicates + rejected + spooled");
        stored = counter("mail.events.stored", "The events that became new rows");
        duplicates = counter("mail.events.duplicates", "The events that were already stored");
        rejected = counter("mail.events.rejected", "The rejected events (rejected_event)");
        spooled = counter("mail.events.spooled", "The events written into the spool or the log");
        replayed = counters("mail.events.replayed", "The events replayed from the spool or the log, or sent again by a user", "outcome",
                "stored", "duplicates", "rejected");
        repaired = counter("mail.events.repaired", "The missing events that came from the vendor's lists");
        webhooks = counters("mail.events.webhooks", "The answers to webhooks", "status", 200, 400, 401, 404, 405, 413, 415, 503);
        channels.put(MAIL, counters("mail.events.mails", "The mails that were sent, and the attempts that failed", "outcome",
                SENT, FAILED));
        edits = counters("mail.events.edits",
                "The saved routes and templates that were activated (taken), or refused because they are broken", "outcome",
                "taken", "refused");
        latency = Timer.builder("mail.events.webhook.latency")
                .description("The time from the headers of a webhook to the headers of its answer")
                .serviceLevelObjectives(LATENCIES).register(registry);
        batch = DistributionSummary.builder("mail.events.batch.size").description("The events of one INSERT").baseUnit("events")
                .serviceLevelObjectives(BATCHES).register(registry);
    }

    /**
     * Makes the meters of an application.
     *
     * @param context where {@code camel.metrics.enabled} has bound a registry of Micrometer. Without that setting, this method binds a
     *                registry that only the page reads
     */
    public static Meters in(CamelContext context) {
        MeterRegistry registry = context.getRegistry().findSingleByType(MeterRegistry.class);
        if (registry == null) {
            registry = new SimpleMeterRegistry();
            context.getRegistry().bind("metricsRegistry", registry);
        }
        return new Meters(registry);
    }

    /** Counts the events of a webhook that got its receipt. */
    public void acknowledged(int received, int stored, int duplicates, int rejected, int spooled) {
        this.received.increment(received);
        this.stored.increment(stored);
        this.duplicates.increment(duplicates);
        this.rejected.increment(rejected);
        this.spooled.increment(spooled);
    }

    /** Counts the events of webhooks that were replayed from the spool, and those that a user has sent again. */
    public void replayed(int stored, int duplicates, int rejected) {
        replayed.get("stored").increment(stored);
        replayed.get("duplicates").increment(duplicates);
        replayed.get("rejected").increment(rejected);
    }

    /** Counts missing events that came from the vendor's lists. */
    public void repaired(int events) {
        repaired.increment(events);
    }

    /** How many webhooks were answered with a status since the start. */
    public long answers(int status) {
        Counter counter = webhooks.get(status);
        return counter == null ? 0 : (long) counter.count();
    }

    /** Counts an answer to a webhook by its HTTP status. */
    public void answered(int status) {
        Counter counter = webhooks.get(status);
        (counter == null ? registry.counter("mail.events.webhooks", "status", String.valueOf(status)) : counter).increment();
    }

    /** @param nanos the nanoseconds from the headers of a webhook to the headers of its answer */
    public void took(long nanos) {
        latency.record(nanos, TimeUnit.NANOSECONDS);
    }

    /** How many webhooks were answered since the start. */
    public long answeredWebhooks() {
        return latency.count();
    }

    /** @param events the events of an INSERT that has committed */
    public void inserted(int events) {
        batch.record(events);
    }

    /** Begins to count the messages of a channel other than {@code mail}. */
    public void addChannel(String channel) {
        channels.put(channel, Stream.of(SENT, FAILED).collect(Collectors.toMap(Function.identity(), outcome ->
                counter("mail.events.channel.messages", "The messages that a channel has sent, and the attempts that failed",
                        "channel", channel, "outcome", outcome))));
    }

    /** Counts a mail or a message that was sent. */
    public void sent(String channel) {
        channels.get(channel).get(SENT).increment();
    }

    /** Counts a failed attempt to send a mail or a message. */
    public void notSent(String channel) {
        channels.get(channel).get(FAILED).increment();
    }

    /**
     * Counts the files of an edit.
     *
     * @param taken   the files that were activated
     * @param refused the files that were refused because they are broken
     */
    public void edited(int taken, int refused) {
        edits.get("taken").increment(taken);
        edits.get("refused").increment(refused);
    }

    /** @param value is read at each scrape, so it must not wait for anything */
    public void watch(Level level, Supplier<Number> value) {
        Gauge.builder(level.meter, value).baseUnit(level.unit).description(level.description).register(registry);
    }

    /** Shows gauges of something that this application does not have, so that every alert rule finds its metrics. */
    public void watchNothing(Level... levels) {
        Stream.of(levels).forEach(level -> watch(level, () -> Double.NaN));
    }

    private Counter counter(String name, String description, String... tags) {
        return Counter.builder(name).description(description).tags(tags).register(registry);
    }

    @SafeVarargs
    private <T> Map<T, Counter> counters(String name, String description, String tag, T... values) {
        return Stream.of(values).collect(Collectors.toMap(Function.identity(), value -> counter(name, description, tag, value.toString())));
    }
}
