package org.mailevents.kafka;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.ProducerTemplate;
import org.mailevents.database.Database;
import org.mailevents.event.EventReader;
import org.mailevents.event.Receipt;
import org.mailevents.event.RejectedEvent;
import org.mailevents.event.Webhook;
import org.mailevents.log.FailedStep;
import org.mailevents.log.FailureLog;
import org.mailevents.log.FailureText;
import org.mailevents.metrics.Meters;
import org.mailevents.parse.WebhookReader;
import org.mailevents.privacy.RecipientHash;
import org.mailevents.settings.Settings;
import org.mailevents.spool.ReplayBatch;
import org.mailevents.spool.ReplaySpool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores the webhooks of records: many of them together, as one webhook. A webhook that fails alone although the database works is appended
 * to the log again, with the number of its attempts, so that it does not delay the records behind it. After {@code spool.attempts} attempts
 * it goes to {@code rejected_event}.
 */
final class StoreRecords {

    private static final Logger LOG = LoggerFactory.getLogger("replay-log");

    private final KafkaLog log;
    private final ProducerTemplate routes;
    private final Database database;
    private final Meters meters;
    private final FailureLog failureLog;
    private final WebhookReader reader;
    private final int maxAttempts;
    private volatile boolean stopping;

    StoreRecords(CamelContext context, KafkaLog log) {
        this.log = log;
        this.routes = context.createProducerTemplate();
        this.database = mandatoryFindSingleByType(context, Database.class);
        this.meters = mandatoryFindSingleByType(context, Meters.class);
        this.failureLog = mandatoryFindSingleByType(context, FailureLog.class);
        Settings settings = new Settings(context);
        this.reader = new WebhookReader(mandatoryFindSingleByType(context, EventReader.class),
                mandatoryFindSingleByType(context, RecipientHash.class));
        this.maxAttempts = settings.positive("spool.attempts");
    }

    /** From now on, a failure is no fault of a webhook. */
    void stop() {
        stopping = true;
    }

    /**
     * Stores records.
     *
     * @param done gets the records that need not be read again
     * @return whether all records are done. The others are to be stored later
     */
    boolean store(List<LogRecord> records, Consumer<Collection<LogRecord>> done) {
        Deque<LogRecord> waiting = new ArrayDeque<>(records);
        Set<LogRecord> alone = new HashSet<>();
        boolean left = false;
        while (!waiting.isEmpty() && !stopping) {
            ReplayBatch<LogRecord> batch = ReplayBatch.empty();
            List<LogRecord> sources = List.of(waiting.peek());
            try {
                fill(batch, waiting, alone);
                sources = List.copyOf(batch.sources());
                take(batch);
                done.accept(sources);
            } catch (Exception | Error failure) {
                batch.close();
                if (stopping || ReplaySpool.isOfDatabase(failure, database)) {
                    return false;
                } else if (sources.size() > 1) {
                    failureLog.reportOnce("take-webhook", failure);
                    alone.addAll(sources);
                    for (int i = sources.size() - 1; i >= 0; i--) {
                        waiting.push(sources.get(i));
                    }
                } else {
                    waiting.remove(sources.get(0));
                    if (postpone(sources.get(0), failure)) {
                        done.accept(sources);
                    } else {
                        left = true; // the log takes nothing now, and this webhook does not delay the others
                    }
                }
            }
        }
        return waiting.isEmpty() && !left;
    }

    /** Adds the first webhooks that fit. One that has failed is a batch of its own, which shows which webhook is at fault. */
    private void fill(ReplayBatch<LogRecord> batch, Deque<LogRecord> waiting, Set<LogRecord> alone) {
        boolean full = false;
        while (!full && !waiting.isEmpty()) {
            LogRecord record = waiting.peek();
            boolean single = record.attempts() > 0 || alone.contains(record);
            try {
                full = single && !batch.isEmpty() || !batch.add(record, reader.read(record.body(), record.receivedAt()));
            } catch (RuntimeException | Error e) {
                if (batch.isEmpty()) {
                    throw e;
                }
                alone.add(record);
                full = true;
            }
            if (!full) {
                waiting.remove();
                full = single;
            }
        }
    }

    private void take(ReplayBatch<LogRecord> batch) throws Exception {
        try {
            while (batch.hasNext()) {
                batch.addReceipt(take("direct:replay-log", batch.next()));
            }
        } finally {
            batch.close();
        }
        Receipt receipt = batch.receipt();
        meters.replayed(receipt.stored(), receipt.duplicates(), receipt.rejected());
        LOG.info("Stored {} from Kafka: {} received, {} stored, {} duplicates, {} rejected",
                batch.sources().size() == 1 ? "1 webhook" : batch.sources().size() + " webhooks", receipt.received(), receipt.stored(),
                receipt.duplicates(), receipt.rejected());
    }

    private Receipt take(String endpoint, Webhook webhook) throws Exception {
        try {
            return routes.requestBody(endpoint, webhook, Receipt.class);
        } catch (CamelExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    /** @return whether the record need not be read again */
    private boolean postpone(LogRecord record, Throwable failure) {
        FailedStep step = failureLog.reportOnce("take-webhook", failure);
        try {
            if (record.attempts() + 1 < maxAttempts) {
                log.append(record.failedAt(step)).get(1, TimeUnit.MINUTES);
            } else {
                reject(record, step.line("failed", failure));
            }
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (Exception e) {
            LOG.debug("A webhook stays where it is in the log: {}", FailureText.describe(e));
            return false;
        }
    }

    private void reject(LogRecord record, String reason) throws Exception {
        String payload = text(record);
        RejectedEvent rejected = new RejectedEvent(record.receivedAt(), reason, payload);
        take("direct:store-events", new Webhook(record.receivedAt(), payload.length(), record::body, null, List.of(), List.of(rejected),
                null));
        meters.replayed(0, 0, 1);
        LOG.error("A webhook was moved to rejected_event: {}", reason);
    }

    private static String text(LogRecord record) {
        try {
            // A text of PostgreSQL cannot hold NUL.
            return new String(record.body().open().readAllBytes(), StandardCharsets.UTF_8).replace("\0", "\\u0000");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
