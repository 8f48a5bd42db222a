package org.mailevents.kafka;

import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.mailevents.camel.Timers.Timer;
import org.mailevents.database.Database;
import org.mailevents.log.FailingRoutes.WaitingWebhook;
import org.mailevents.log.FailureText;
import org.mailevents.spool.FailedAttempts;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One consumer of the log's consumer group. A record is open from the moment when it is read until its webhook is stored. The offset that
 * is committed is that of the oldest open record, so a process that is killed leaves every webhook that is not stored to the next one.
 *
 * <p>A second thread stores, and this one polls all the time: Kafka takes the partitions away from a consumer that does not poll. While the
 * database is down or too many records are open, the partitions are paused.
 */
final class LogReader implements Runnable {

    private static final Logger LOG = LoggerFactory.getLogger("replay-log");

    /** Beyond these limits, no further record is read. */
    private static final int MAX_OPEN = 1_000;
    private static final long MAX_BYTES = Runtime.getRuntime().maxMemory() / 20;

    private static final Duration IDLE = Duration.ofMillis(200);
    private static final Duration STORING = Duration.ofMillis(5);
    private static final Duration AFTER_FAILURE = Duration.ofSeconds(1);
    private static final Duration LOG_INTERVAL = Duration.ofMinutes(1);
    /** Less than {@code camel.main.shutdownTimeout}. What is not stored by then is stored by the next process. */
    private static final Duration LAST_BATCH = Duration.ofSeconds(4);

    private record Place(TopicPartition partition, long offset) {

        static final Comparator<Place> ORDER = Comparator.<Place>comparingInt(place -> place.partition.partition())
                .thenComparingLong(Place::offset);
    }

    private final KafkaSettings settings;
    private final Database database;
    private final StoreRecords store;
    private final Timer polls;
    private final Timer batches;
    private final ExecutorService storing = Executors.newSingleThreadExecutor(task -> new Thread(task, "store-log"));
    private final CountDownLatch ended = new CountDownLatch(1);

    private final NavigableMap<Place, LogRecord> open = new ConcurrentSkipListMap<>(Place.ORDER);
    /** The offset behind the last record that was read, for each partition that this consumer has. */
    private final Map<TopicPartition, Long> read = new HashMap<>();
    private final Map<TopicPartition, Long> committed = new HashMap<>();
    private Future<?> batch;
    private volatile boolean stopping;
    private volatile Instant notBefore = Instant.EPOCH;
    private long loggedAt = System.nanoTime() - LOG_INTERVAL.toNanos();

    /**
     * @param polls   the timer of the thread that polls
     * @param batches the timer of the thread that stores
     */
    LogReader(KafkaSettings settings, Database database, StoreRecords store, Timer polls, Timer batches) {
        this.settings = settings;
        this.database = database;
        this.store = store;
        this.polls = polls;
        this.batches = batches;
    }

    /** Tells the thread to end. */
    void stop() {
        stopping = true;
        store.stop();
    }

    void awaitEnd() {
        try {
            if (!ended.await(LAST_BATCH.plusSeconds(2).toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("A Kafka consumer has not ended in time. Another consumer takes over its partitions.");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** The webhooks that wait because a step failed, and that this consumer has read. */
    Stream<WaitingWebhook> waitingForSteps() {
        return open.values().stream().filter(record -> record.failed() != null)
                .map(record -> new WaitingWebhook(record.failed(), record.receivedAt()));
    }

    /** A failure of the consumer ends neither the thread nor the process: a new consumer begins where the last commit was. */
    @Override
    public void run() {
        while (!stopping) {
            try (Consumer<byte[], byte[]> consumer = KafkaSettings.made(() -> new KafkaConsumer<>(settings.consumer()))) {
                consumer.subscribe(List.of(settings.topic()), new Partitions());
                while (!stopping) {
                    polls.run(() -> readFrom(consumer));
                }
                finish(consumer);
            } catch (Throwable e) {
                logFailure(e);
                pause(AFTER_FAILURE);
            }
            forget(List.copyOf(read.keySet()));
        }
        storing.shutdown();
        ended.countDown();
    }

    private void readFrom(Consumer<byte[], byte[]> consumer) {
        if (database.isDown() || isFull()) {
            consumer.pause(consumer.assignment());
        } else {
            consumer.resume(consumer.paused());
        }
        for (ConsumerRecord<byte[], byte[]> record : consumer.poll(batch == null ? IDLE : STORING)) {
            TopicPartition partition = new TopicPartition(record.topic(), record.partition());
            read.put(partition, record.offset() + 1);
            open.put(new Place(partition, record.offset()), LogRecord.read(record));
        }
        if (batch == null || batch.isDone()) {
            commit(consumer);
            batch = nextBatch();
        }
    }

    private boolean isFull() {
        return open.size() >= MAX_OPEN || open.values().stream().mapToLong(record -> record.body().length()).sum() >= MAX_BYTES;
    }

    /** @return null if no record is due */
    private Future<?> nextBatch() {
        batches.run(() -> { }); // alive, and without work
        Instant now = Instant.now();
        if (database.isDown() || notBefore.isAfter(now)) {
            return null;
        }
        List<LogRecord> due = open.values().stream().filter(record -> !dueAt(record).isAfter(now)).toList();
        return due.isEmpty() ? null : storing.submit(() -> batches.run(() -> store(due)));
    }

    private static Instant dueAt(LogRecord record) {
        return record.attempts() == 0 ? Instant.EPOCH : record.appendedAt().plus(FailedAttempts.retryInterval(record.attempts()));
    }

    private void store(List<LogRecord> due) {
        boolean all = false;
        try {
            all = store.store(due, open.values()::removeAll);
        } finally {
            if (!all) {
                notBefore = Instant.now().plus(AFTER_FAILURE);
            }
        }
    }

    /** A commit that fails changes nothing: what was stored is a duplicate if it is read again. */
    private void commit(Consumer<byte[], byte[]> consumer) {
        Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
        read.forEach((partition, next) -> {
            Place oldest = open.ceilingKey(new Place(partition, 0));
            long offset = oldest == null || !oldest.partition().equals(partition) ? next : oldest.offset();
            if (committed.getOrDefault(partition, -1L) != offset) {
                offsets.put(partition, new OffsetAndMetadata(offset));
            }
        });
        if (offsets.isEmpty()) {
            return;
        }
        try {
            consumer.commitSync(offsets, Duration.ofSeconds(5));
            offsets.forEach((partition, offset) -> committed.put(partition, offset.offset()));
        } catch (KafkaException e) {
            LOG.debug("Not committed now: {}", FailureText.describe(e));
        }
    }

    private void finish(Consumer<byte[], byte[]> consumer) {
        Instant latest = Instant.now().plus(LAST_BATCH);
        while (batch != null && !batch.isDone() && Instant.now().isBefore(latest)) {
            pause(STORING);
        }
        commit(consumer);
    }

    private void forget(Collection<TopicPartition> partitions) {
        read.keySet().removeAll(partitions);
        committed.keySet().removeAll(partitions);
        open.keySet().removeIf(place -> partitions.contains(place.partition()));
    }

    private void logFailure(Throwable failure) {
        if (System.nanoTime() - loggedAt >= LOG_INTERVAL.toNanos()) {
            loggedAt = System.nanoTime();
            LOG.error("The topic of Kafka cannot be read now: {}", FailureText.describe(failure));
        }
    }

    private static void pause(Duration duration) {
        try {
            Thread.sleep(duration.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** A partition that another consumer gets is forgotten. A batch that runs is stored all the same, because duplicates do no harm. */
    private final class Partitions implements ConsumerRebalanceListener {

        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
            // Reading begins at the committed offset.
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
            forget(partitions);
        }
    }
}
