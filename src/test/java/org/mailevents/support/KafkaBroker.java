package org.mailevents.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.ExecutionException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.Time;

/** A real Kafka broker in the JVM of the test. The broker is its own controller. */
public final class KafkaBroker implements AutoCloseable {

    private static final String CLUSTER = "bWFpbC1ldmVudHMtdGVzdA";

    /**
     * The settings of a new broker, and its empty data.
     *
     * @param address for {@code bootstrap.servers}
     */
    public record Setup(String address, Properties properties) {

        public Setup() {
            this("127.0.0.1:" + MailEvents.freePort(), new Properties());
            try {
                Path data = TemporaryFolder.create("kafka");
                int controller = MailEvents.freePort();
                properties.putAll(Map.ofEntries(
                        Map.entry("process.roles", "broker,controller"),
                        Map.entry("node.id", "1"),
                        Map.entry("controller.quorum.voters", "1@127.0.0.1:" + controller),
                        Map.entry("controller.listener.names", "CONTROLLER"),
                        Map.entry("listeners", "PLAINTEXT://" + address + ",CONTROLLER://127.0.0.1:" + controller),
                        Map.entry("log.dirs", data.toString()),
                        Map.entry("offsets.topic.replication.factor", "1"),
                        Map.entry("offsets.topic.num.partitions", "1"),
                        // a group does not wait for further members
                        Map.entry("group.initial.rebalance.delay.ms", "0"),
                        Map.entry("transaction.state.log.replication.factor", "1"),
                        Map.entry("transaction.state.log.min.isr", "1")));
                // kafka-storage.sh format writes the same
                Files.writeString(data.resolve("meta.properties"), "version=1\nnode.id=1\ncluster.id=" + CLUSTER + "\n");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private final Setup setup = new Setup();
    private KafkaRaftServer server;

    /** @param topic a topic with one partition */
    public KafkaBroker(String topic) {
        this();
        create(topic, 1);
    }

    /** A broker without topics. */
    public KafkaBroker() {
        open();
    }

    /** Makes a topic at once, because a busy machine may make a new topic later than a producer waits. */
    public void create(String topic, int partitions) {
        create(address(), topic, partitions);
    }

    /** The same at a broker in another process. */
    public static void create(String broker, String topic, int partitions) {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker))) {
            admin.createTopics(List.of(new NewTopic(topic, partitions, (short) 1))).all().get();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The address for {@code bootstrap.servers}. */
    public String address() {
        return setup.address();
    }

    /** Listens on the same port as before it was closed. */
    public void open() {
        server = new KafkaRaftServer(KafkaConfig.fromProps(setup.properties(), false), Time.SYSTEM);
        server.startup();
    }

    /** How many records a topic at a broker in another process has had. */
    public static long appended(String broker, String topic) {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker, "default.api.timeout.ms", 5_000,
                "request.timeout.ms", 5_000))) {
            Map<TopicPartition, OffsetSpec> ends = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions()
                    .stream().collect(Collectors.toMap(each -> new TopicPartition(topic, each.partition()), each -> OffsetSpec.latest()));
            return admin.listOffsets(ends).all().get().values().stream().mapToLong(end -> end.offset()).sum();
        } catch (InterruptedException | ExecutionException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Appends records with these values, or with none, and waits until the broker has them. */
    public void append(String topic, String... values) {
        try (KafkaProducer<String, String> producer = new KafkaProducer<>(Map.of("bootstrap.servers", address()), new StringSerializer(),
                new StringSerializer())) {
            Stream.of(values).forEach(value -> producer.send(new ProducerRecord<>(topic, value)));
        }
    }

    /** All records of a topic, in the order of its partitions. The list is empty if the topic does not exist. */
    public List<ConsumerRecord<String, String>> records(String topic) {
        Map<String, Object> here = Map.of("bootstrap.servers", address());
        try (Admin admin = Admin.create(here);
                KafkaConsumer<String, String> consumer = new KafkaConsumer<>(here, new StringDeserializer(), new StringDeserializer())) {
            if (!admin.listTopics().names().get().contains(topic)) {
                return List.of();
            }
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(info -> new TopicPartition(topic, info.partition())).toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            long end = consumer.endOffsets(partitions).values().stream().mapToLong(Long::longValue).sum();
            List<ConsumerRecord<String, String>> records = new ArrayList<>();
            while (records.size() < end) {
                StreamSupport.stream(consumer.poll(Duration.ofSeconds(1)).spliterator(), false).forEach(records::add);
            }
            return records;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /** Refuses connections from now on. */
    @Override
    public void close() {
        server.shutdown();
        server.awaitShutdown();
    }
}
