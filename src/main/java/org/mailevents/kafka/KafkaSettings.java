package org.mailevents.kafka;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.mailevents.settings.KnownSettings;
import org.mailevents.settings.Settings;

/**
 * The settings of the log, and the properties of Kafka's clients that follow from them. This class needs no class of Kafka, so that an
 * application without the log loads none.
 *
 * @param brokers   the addresses of some brokers
 * @param topic     the topic that is the log
 * @param always    whether every webhook goes through the log
 * @param consumers how many threads of this process store from the log
 * @param appending how long a webhook may wait for the brokers
 * @param client    the properties that an operator has set
 */
public record KafkaSettings(String brokers, String topic, boolean always, int consumers, Duration appending,
        Map<String, String> client) {

    static final String BROKERS = "spool.kafka.brokers";

    private static final String GROUP = "mail-events";
    private static final String BYTES = "org.apache.kafka.common.serialization.ByteArray";
    private static final String CLIENT = "org.apache.kafka.clients.producer.KafkaProducer";
    /** So that a fetch fits into a small heap. A larger record comes alone. */
    private static final int FETCH_BYTES = 1 << 20;

    /**
     * The settings of the log, or nothing if no brokers are set.
     *
     * @throws IllegalArgumentException if brokers are set, and Kafka's client is not on the class path
     */
    public static Optional<KafkaSettings> of(Settings settings) {
        if (settings.text(BROKERS).isEmpty()) {
            return Optional.empty();
        }
        requireClient();
        return Optional.of(new KafkaSettings(settings.required(BROKERS), settings.required("spool.kafka.topic"),
                settings.required("spool.kafka.mode").equals("always"), settings.count("spool.kafka.consumers"),
                // the database gets most of the time, and the folder the rest
                settings.duration("store.max-wait").dividedBy(5), settings.withPrefix(KnownSettings.KAFKA_CLIENT)));
    }

    private static void requireClient() {
        try {
            Class.forName(CLIENT, false, KafkaSettings.class.getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new IllegalArgumentException(BROKERS + " is set, but Kafka's client is missing. Put the folder lib/ of the archive beside"
                    + " mail-events.jar, or leave " + BROKERS + " empty.", e);
        }
    }

    /** Makes a client. Kafka looks its classes up by the context class loader, and that of `camel run` does not know them. */
    static <T> T made(Supplier<T> client) {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(KafkaSettings.class.getClassLoader());
        try {
            return client.get();
        } finally {
            thread.setContextClassLoader(before);
        }
    }

    /** The consumer group of all processes that store from the log. */
    String group() {
        return client.getOrDefault("group.id", GROUP);
    }

    /** A record counts as appended when all in-sync replicas have it. What an operator sets cannot change that. */
    Map<String, Object> producer() {
        long memory = Runtime.getRuntime().maxMemory() / 10;
        return with(Map.of(
                "buffer.memory", memory,
                // the topic decides how large a record may be
                "max.request.size", (int) Math.min(memory, Integer.MAX_VALUE),
                "batch.size", 65_536,
                "compression.type", "lz4",
                "max.block.ms", appending.toMillis(),
                "delivery.timeout.ms", (int) appending.toMillis(),
                "request.timeout.ms", (int) appending.toMillis() * 4 / 5,
                "reconnect.backoff.max.ms", 1_000L),
                Map.of("acks", "all", "enable.idempotence", true,
                        "key.serializer", BYTES + "Serializer", "value.serializer", BYTES + "Serializer"));
    }

    /** An offset is committed only by {@link LogReader}, which knows what is stored. */
    Map<String, Object> consumer() {
        return with(Map.of(
                "group.id", GROUP,
                "auto.offset.reset", "earliest",
                // a rebalance stops only the partitions that move
                "partition.assignment.strategy", "org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
                // another process takes over ten seconds after a process was killed
                "session.timeout.ms", 10_000,
                "fetch.max.bytes", FETCH_BYTES,
                "max.partition.fetch.bytes", FETCH_BYTES,
                "reconnect.backoff.max.ms", 1_000L),
                Map.of("enable.auto.commit", false,
                        "key.deserializer", BYTES + "Deserializer", "value.deserializer", BYTES + "Deserializer"));
    }

    Map<String, Object> admin() {
        return with(Map.of("reconnect.backoff.max.ms", 1_000L, "default.api.timeout.ms", 10_000, "request.timeout.ms", 5_000), Map.of());
    }

    private Map<String, Object> with(Map<String, Object> defaults, Map<String, Object> fixed) {
        Map<String, Object> properties = new HashMap<>(defaults);
        properties.putAll(client);
        properties.putAll(fixed);
        properties.put("bootstrap.servers", brokers);
        return properties;
    }
}
