package org.mailevents.kafka;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.core.IntervalFunction;
import java.io.IOException;
import java.io.InputStream;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.errors.RetriableException;
import org.mailevents.event.Webhook;
import org.mailevents.log.FailureText;
import org.mailevents.metrics.Meters;
import org.mailevents.metrics.Meters.Level;
import org.mailevents.settings.KnownSettings;
import org.mailevents.settings.TimeSource;
import org.mailevents.spool.SharedLog;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The log as a topic of Kafka. A webhook is in the log when all in-sync replicas have it. While the brokers are down, a circuit breaker
 * refuses webhooks at once, so that only one webhook at a time waits to find out whether they are back.
 */
public final class KafkaLog implements SharedLog, AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger("kafka-log");

    private final KafkaSettings settings;
    private final CircuitBreaker breaker;
    private final LogLag lag;
    private Producer<byte[], byte[]> producer;
    private boolean closed;

    private KafkaLog(KafkaSettings settings, Clock clock) {
        this.settings = settings;
        this.breaker = CircuitBreaker.of("kafka-log", breaking(settings.appending()));
        this.lag = new LogLag(settings, clock);
        breaker.getEventPublisher().onStateTransition(change -> {
            switch (change.getStateTransition()) {
                case CLOSED_TO_OPEN -> LOG.error("The Kafka brokers are down. Until they are back, webhooks go {}.",
                        settings.always() ? "to the database" : "to the folder of the spool");
                case HALF_OPEN_TO_CLOSED -> LOG.info("The Kafka brokers are back");
                default -> { }
            }
        });
    }

    /**
     * Opens the log and shows it in the metrics. The brokers may be down.
     *
     * @throws IllegalArgumentException if Kafka's client does not understand its settings
     */
    public static KafkaLog open(CamelContext context, KafkaSettings settings, Meters meters) {
        try {
            KafkaSettings.made(() -> new ProducerConfig(settings.producer()));
        } catch (ConfigException e) {
            throw new IllegalArgumentException("Kafka's client cannot use " + KafkaSettings.BROKERS + " or "
                    + KnownSettings.KAFKA_CLIENT + "*: " + e.getMessage(), e);
        }
        KafkaLog log = new KafkaLog(settings, TimeSource.of(context));
        meters.watch(Level.LOG_UP, () -> log.breaker.getState() == State.CLOSED ? 1 : 0);
        meters.watch(Level.LOG_LAG, log.lag::webhooks);
        meters.watch(Level.LOG_AGE, log.lag::ageSeconds);
        LOG.info("{} go through the topic {} of {} (spool.kafka.consumers = {})",
                settings.always() ? "All webhooks" : "Webhooks that cannot be stored now", settings.topic(), settings.brokers(),
                settings.consumers());
        return log;
    }

    private static CircuitBreakerConfig breaking(Duration appending) {
        return CircuitBreakerConfig.custom()
                .slidingWindowSize(3)
                .minimumNumberOfCalls(3)
                .failureRateThreshold(100)
                .permittedNumberOfCallsInHalfOpenState(1)
                // a try that ends with an Error never returns its permit
                .maxWaitDurationInHalfOpenState(appending.multipliedBy(2).plusSeconds(10))
                .automaticTransitionFromOpenToHalfOpenEnabled(true)
                .waitIntervalFunctionInOpenState(IntervalFunction.ofExponentialBackoff(Duration.ofMillis(500), 2, Duration.ofSeconds(5)))
                .build();
    }

    @Override
    public boolean takesEvery() {
        return settings.always();
    }

    @Override
    public CompletableFuture<Void> append(Webhook webhook) {
        if (breaker.getState() == State.OPEN) {
            return CompletableFuture.failedFuture(new IOException("The brokers are down"));
        }
        if (webhook.isForAFile()) {
            return CompletableFuture.failedFuture(new IOException("The body is not a webhook, and it is too large for a record"));
        }
        try {
            return append(LogRecord.of(webhook.receivedAt(), webhook.copy().get()));
        } catch (RuntimeException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    CompletableFuture<Void> append(LogRecord record) {
        CompletableFuture<Void> appended = new CompletableFuture<>();
        try (InputStream value = record.body().open()) {
            byte[] bytes = value.readAllBytes();
            breaker.acquirePermission();
            long began = System.nanoTime();
            try {
                producer().send(record.in(settings.topic(), bytes), (metadata, failure) -> ended(began, failure, appended));
            } catch (RuntimeException e) {
                ended(began, e, appended);
            }
        } catch (IOException | RuntimeException e) {
            appended.completeExceptionally(e);
        }
        return appended;
    }

    private void ended(long began, Exception failure, CompletableFuture<Void> appended) {
        if (failure == null) {
            breaker.onSuccess(System.nanoTime() - began, TimeUnit.NANOSECONDS);
            appended.complete(null);
            return;
        }
        if (failure instanceof RecordTooLargeException) {
            breaker.releasePermission();
            LOG.warn("A webhook is too large for the topic {}. Raise max.message.bytes of the topic.", settings.topic());
        } else {
            LOG.debug("Not appended: {}", FailureText.describe(failure));
            if (!(failure instanceof RetriableException)) {
                LOG.error("Kafka refused a webhook: {}", FailureText.describe(failure));
                discardProducer();
            }
            breaker.onError(System.nanoTime() - began, TimeUnit.NANOSECONDS, failure);
        }
        appended.completeExceptionally(failure);
    }

    private synchronized Producer<byte[], byte[]> producer() {
        if (closed) {
            throw new IllegalStateException("The log is closed");
        }
        if (producer == null) {
            producer = KafkaSettings.made(() -> new KafkaProducer<>(settings.producer()));
        }
        return producer;
    }

    /** After some failures, such as a refused login, a producer never works again. */
    private synchronized void discardProducer() {
        if (producer != null) {
            producer.close(Duration.ZERO);
            producer = null;
        }
    }

    @Override
    public boolean isEmpty() {
        return lag.isZero();
    }

    @Override
    public void close() {
        synchronized (this) {
            closed = true;
        }
        lag.close();
        discardProducer();
    }
}
