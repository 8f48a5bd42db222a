package org.mailevents.spool;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.util.ObjectHelper;
import org.mailevents.database.Database;
import org.mailevents.database.DatabaseAbsent;
import org.mailevents.event.EventReader;
import org.mailevents.event.Receipt;
import org.mailevents.log.FailedStep;
import org.mailevents.log.FailingRoutes;
import org.mailevents.log.FailureLog;
import org.mailevents.log.FailureText;
import org.mailevents.metrics.Meters;
import org.mailevents.parse.WebhookPieces;
import org.mailevents.parse.WebhookReader;
import org.mailevents.privacy.RecipientHash;
import org.mailevents.settings.Settings;
import org.mailevents.spool.SpoolFile.SpooledWebhook;
import org.mailevents.store.StoreBusy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Replays the spooled webhooks through the same routes, oldest first. It replays one batch at a time, so that new webhooks come first. A
 * webhook is tried {@code spool.attempts} times, at growing intervals, and then goes to {@code failed/}. While the database is down, no
 * attempt is counted.
 */
public final class ReplaySpool extends RouteBuilder {

    private static final String ID = "replay-spool";
    private static final Logger LOG = LoggerFactory.getLogger(ID);

    /** How many file names one scan of the folder keeps. */
    private static final int MAX_FILES = 10_000;
    /** The folder is scanned every second, but a folder that cannot be read is logged once a minute. */
    private static final Duration LOG_INTERVAL = Duration.ofMinutes(1);

    /** The oldest files of the last scan. */
    private final Deque<Path> waiting = new ArrayDeque<>();
    private final CopiedFiles copiedFiles = CopiedFiles.none();
    private Spool spool;
    private Database database;
    private Meters meters;
    private FailureLog failureLog;
    private RejectedEvents rejectedEvents;
    private WebhookReader reader;
    private FailedAttempts attempts;
    private long loggedAt = System.nanoTime() - LOG_INTERVAL.toNanos();

    @Override
    public void configure() {
        spool = mandatoryFindSingleByType(getContext(), Spool.class);
        database = mandatoryFindSingleByType(getContext(), Database.class);
        meters = mandatoryFindSingleByType(getContext(), Meters.class);
        failureLog = mandatoryFindSingleByType(getContext(), FailureLog.class);
        rejectedEvents = new RejectedEvents(database, spool);
        reader = new WebhookReader(mandatoryFindSingleByType(getContext(), EventReader.class),
                mandatoryFindSingleByType(getContext(), RecipientHash.class));
        attempts = new FailedAttempts(new Settings(getContext()).positive("spool.attempts"));
        mandatoryFindSingleByType(getContext(), FailingRoutes.class).watch(attempts::waiting);

        // @formatter:off
        // greedy: while files wait, the next batch follows at once
        // synchronous: the next batch follows only after this one is stored; otherwise a webhook would be replayed twice
        from("scheduler:replay-spool?delay=1000&greedy=true&synchronous=true").routeId(ID)
            .description("Replays spooled webhooks, oldest first, and moves those that fail too often to failed/")
            .onException(Throwable.class).handled(true).logExhausted(false).process(this::logUnreadable).end()
            .process(this::prepareBatch)
            // usually one round; a file that does not fit into memory has several pieces
            .loopDoWhile(this::hasPiece)
                .process(exchange -> exchange.getMessage().setBody(batch(exchange).next()))
                .doTry()
                    .to("direct:take-webhook")
                    .process(exchange -> batch(exchange).addReceipt(exchange.getMessage().getBody(Receipt.class)))
                .doCatch(Throwable.class)
                    .process(exchange -> batchFailed(exchange, failure(exchange)))
                .end()
            .end()
            .filter(variable("batch").isNotNull())
                .process(this::batchStored)
            .end();
        // @formatter:on
    }

    private void prepareBatch(Exchange exchange) throws SQLException, IOException {
        // set before anything can fail: otherwise Camel's scheduler assumes that there was work, and polls again without a pause
        exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, false);
        if (database.isDown()) {
            waiting.clear();
        } else if (waiting.isEmpty()) {
            spool.recount();
            Set<Path> failed = new HashSet<>();
            waiting.addAll(spool.oldest(MAX_FILES, file -> {
                if (attempts.include(file)) {
                    failed.add(file);
                }
                return attempts.isDue(file) && (SpoolFile.isOwn(file) || copiedFiles.isComplete(file));
            }));
            attempts.retain(failed); // an operator may have deleted files
            if (waiting.isEmpty() && spool.isReplayOfRejectedRequested() && rejectedEvents.moveToSpool()) {
                spool.rejectedAreMoved();
            }
        }
        ReplayBatch<Path> batch = nextBatch();
        exchange.setVariable("batch", batch.isEmpty() ? null : batch);
        exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, !batch.isEmpty());
    }

    private boolean hasPiece(Exchange exchange) {
        try {
            return batch(exchange) != null && batch(exchange).hasNext();
        } catch (RuntimeException | Error e) {
            batchFailed(exchange, e);
            return false;
        }
    }

    private void logUnreadable(Exchange exchange) {
        if (System.nanoTime() - loggedAt >= LOG_INTERVAL.toNanos()) {
            loggedAt = System.nanoTime();
            LOG.error("The spool cannot be replayed now: {}", FailureText.describe(failure(exchange)));
        }
    }

    /**
     * The oldest webhooks that fit into one batch. A webhook that has failed is a batch of its own, which shows which webhook is at fault.
     */
    private ReplayBatch<Path> nextBatch() {
        ReplayBatch<Path> batch = ReplayBatch.empty();
        boolean full = false;
        while (!full && !waiting.isEmpty()) {
            Path file = waiting.peek();
            boolean alone = attempts.include(file);
            full = alone && !batch.isEmpty() || !add(batch, file);
            if (!full) {
                waiting.remove();
                full = alone;
            }
        }
        return batch;
    }

    private boolean add(ReplayBatch<Path> batch, Path file) {
        try {
            SpooledWebhook spooled = spool.read(file);
            WebhookPieces pieces = reader.read(spooled.body(), spooled.receivedAt());
            if (pieces.isUnreadable() && !SpoolFile.isOwn(file)) {
                moveToFailed(file, pieces.next().problem().detail());
                return true;
            }
            return batch.add(file, pieces);
        } catch (NoSuchFileException e) {
            return true; // another process that uses this folder has stored the webhook
        } catch (IOException | RuntimeException | Error e) {
            webhookFailed(file, ID, e); // whatever the reason is, it must not delay the files behind this one
            return true;
        }
    }

    private void batchStored(Exchange exchange) throws IOException {
        ReplayBatch<Path> batch = batch(exchange);
        batch.close();
        for (Path file : batch.sources()) {
            attempts.forget(file);
            if (copiedFiles.isUnchanged(file)) {
                copiedFiles.forget(file);
                spool.delete(file);
            }
        }
        Receipt receipt = batch.receipt();
        meters.replayed(receipt.stored(), receipt.duplicates(), receipt.rejected());
        int webhooks = batch.sources().size();
        LOG.info("Replayed {} from the spool: {} received, {} stored, {} duplicates, {} rejected",
                webhooks == 1 ? "1 webhook" : webhooks + " webhooks", receipt.received(), receipt.stored(), receipt.duplicates(),
                receipt.rejected());
    }

    /** Has the whole batch retried. If some of its pieces are stored, their events will be duplicates. */
    private void batchFailed(Exchange exchange, Throwable failure) {
        ReplayBatch<Path> batch = batch(exchange);
        batch.close();
        exchange.removeVariable("batch");
        if (isOfDatabase(failure, database)) {
            // the attempt is not counted
            waiting.clear();
            exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, false);
        } else if (batch.sources().size() > 1) {
            FailedStep step = failureLog.reportOnce("take-webhook", failure);
            batch.sources().forEach(file -> attempts.addUncounted(file, step));
        } else {
            batch.sources().forEach(file -> webhookFailed(file, "take-webhook", failure));
        }
    }

    /** @param route the route that failed, unless the failure itself names a YAML route */
    private void webhookFailed(Path file, String route, Throwable failure) {
        FailedStep step = failureLog.reportOnce(route, failure);
        if (attempts.add(file, step)) {
            moveToFailed(file, step.line("failed", failure));
        }
    }

    private void moveToFailed(Path file, String reason) {
        LOG.error("Moved {} to failed/: {}", file.getFileName(), reason);
        copiedFiles.forget(file);
        try {
            spool.moveToFailed(file, reason);
        } catch (IOException e) {
            LOG.error("{} cannot be moved to failed/ and will be retried: {}", file.getFileName(), FailureText.describe(e));
        }
    }

    /** Whether the database is at fault and not the webhook. */
    public static boolean isOfDatabase(Throwable failure, Database database) {
        return ObjectHelper.getException(StoreBusy.class, failure) != null
                || ObjectHelper.getException(DatabaseAbsent.class, failure) != null && !database.answers();
    }

    private static Throwable failure(Exchange exchange) {
        return exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    }

    @SuppressWarnings("unchecked")
    private static ReplayBatch<Path> batch(Exchange exchange) {
        return exchange.getVariable("batch", ReplayBatch.class);
    }
}
