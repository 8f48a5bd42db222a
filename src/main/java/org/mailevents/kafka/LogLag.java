package org.mailevents.kafka;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.mailevents.log.FailureText;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Measures every two seconds how many webhooks wait in the log, for the whole consumer group. So a process that only appends sees it too,
 * and it is seen when no process stores at all.
 */
final class LogLag implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger("kafka-log");
    private static final Duration INTERVAL = Duration.ofSeconds(2);
    /** An older measurement says nothing about now. */
    private static final Duration VALID = Duration.ofSeconds(30);

    private record Measurement(long webhooks, Duration age, Instant at) {
    }

    /** The end of a partition at a time. A webhook behind this end is at least as old as the time. */
    private record End(long offset, Instant at) {
    }

    private final KafkaSettings settings;
    private final Clock clock;
    private final ScheduledExecutorService timer;
    /** For each partition the ends that are not committed yet, oldest first. */
    private final Map<TopicPartition, Deque<End>> ends = new HashMap<>();
    private volatile Measurement last;
    private Admin admin;

    LogLag(KafkaSettings settings, Clock clock) {
        this.settings = settings;
        this.clock = clock;
        timer = Executors.newSingleThreadScheduledExecutor(task -> {
            Thread thread = new Thread(task, "kafka-log-lag");
            thread.setDaemon(true);
            return thread;
        });
        timer.scheduleWithFixedDelay(this::measure, 0, INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
    }

    /** How many webhooks wait; NaN if that is not known. */
    double webhooks() {
        Measurement now = valid();
        return now == null ? Double.NaN : now.webhooks();
    }

    /** For how many seconds the oldest webhook has waited, as far as this process has seen; NaN if that is not known. */
    double ageSeconds() {
        Measurement now = valid();
        return now == null ? Double.NaN : now.age().toSeconds();
    }

    boolean isZero() {
        Measurement now = valid();
        return now != null && now.webhooks() == 0;
    }

    private Measurement valid() {
        Measurement now = last;
        return now == null || now.at().plus(VALID).isBefore(clock.instant()) ? null : now;
    }

    private void measure() {
        try {
            if (admin == null) {
                admin = KafkaSettings.made(() -> Admin.create(settings.admin()));
            }
            Map<TopicPartition, Long> committed = committed();
            last = measurement(committed, offsets(committed, OffsetSpec.latest()), clock.instant());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | RuntimeException | Error e) {
            LOG.debug("The lag is not known: {}", FailureText.describe(e));
        }
    }

    /** The committed offset of each partition, or where the partition begins. A topic that does not exist has no partitions. */
    private Map<TopicPartition, Long> committed() throws ExecutionException, InterruptedException {
        List<TopicPartition> partitions;
        try {
            partitions = admin.describeTopics(List.of(settings.topic())).topicNameValues().get(settings.topic()).get().partitions().stream()
                    .map(partition -> new TopicPartition(settings.topic(), partition.partition())).toList();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof UnknownTopicOrPartitionException) {
                return Map.of();
            }
            throw e;
        }
        Map<TopicPartition, OffsetAndMetadata> offsets =
                admin.listConsumerGroupOffsets(settings.group()).partitionsToOffsetAndMetadata().get();
        Map<TopicPartition, Long> committed = offsets(partitions.stream().collect(Collectors.toMap(each -> each, each -> 0L)),
                OffsetSpec.earliest());
        // retention may have deleted what was not committed
        committed.replaceAll((partition, begin) -> offsets.get(partition) == null ? begin
                : Math.max(begin, offsets.get(partition).offset()));
        return committed;
    }

    private Map<TopicPartition, Long> offsets(Map<TopicPartition, Long> partitions, OffsetSpec which)
            throws ExecutionException, InterruptedException {
        return admin.listOffsets(partitions.keySet().stream().collect(Collectors.toMap(each -> each, each -> which))).all().get()
                .entrySet().stream().collect(Collectors.toMap(Map.Entry::getKey, each -> each.getValue().offset()));
    }

    private Measurement measurement(Map<TopicPartition, Long> committed, Map<TopicPartition, Long> latest, Instant now) {
        long webhooks = 0;
        Duration age = Duration.ZERO;
        for (Map.Entry<TopicPartition, Long> end : latest.entrySet()) {
            long done = committed.get(end.getKey());
            webhooks += Math.max(0, end.getValue() - done);
            Deque<End> seen = ends.computeIfAbsent(end.getKey(), partition -> new ArrayDeque<>());
            if (seen.isEmpty() || seen.peekLast().offset() < end.getValue()) {
                seen.add(new End(end.getValue(), now));
            }
            while (!seen.isEmpty() && seen.peek().offset() <= done) {
                seen.remove();
            }
            Duration waited = seen.isEmpty() ? Duration.ZERO : Duration.between(seen.peek().at(), now);
            age = waited.compareTo(age) > 0 ? waited : age;
        }
        return new Measurement(webhooks, age, now);
    }

    @Override
    public void close() {
        timer.shutdownNow();
        try {
            timer.awaitTermination(1, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        if (admin != null) {
            admin.close(Duration.ZERO);
        }
    }
}
