package org.mailevents.spool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.util.ObjectHelper;
import org.mailevents.database.Database;
import org.mailevents.database.DatabaseAbsent;
import org.mailevents.event.EventReader;
import org.mailevents.event.Receipt;
import org.mailevents.log.FailureText;
import org.mailevents.metrics.Meters;
import org.mailevents.parse.WebhookPieces;
import org.mailevents.parse.WebhookReader;
import org.mailevents.privacy.RecipientHash;
import org.mailevents.settings.Settings;
import org.mailevents.spool.Spool.Spooled;
import org.mailevents.store.StoreBusy;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what was spooled in again, the same way, oldest first, one batch at a time, so that live webhooks have the upper hand. While
 * the database is down nothing counts as tried; else a webhook is tried {@code spool.attempts} times, at growing distances, and then
 * set aside.
 */
public final class ReplaySpool extends RouteBuilder {

    private static final String ID = "replay-spool";
    private static final Logger LOG = LoggerFactory.getLogger(ID);

    /** How many names are read at a time. */
    private static final int MAX_FILES = 10_000;
    private static final Duration FIRST_DISTANCE = Duration.ofSeconds(1);
    private static final Duration LAST_DISTANCE = Duration.ofMinutes(5);
    /** A folder that cannot be read is looked into every second. */
    private static final Duration TELL_AGAIN = Duration.ofMinutes(1);

    /** What is known of a webhook that has failed. A start forgets it: what failed before may have been mended. */
    private record Failed(int attempts, Instant nextAttempt) {
    }

    private static final Failed NEVER = new Failed(0, Instant.EPOCH);

    private final Map<Path, Failed> failures = new HashMap<>();
    /** The oldest files, as listed last. */
    private final Deque<Path> waiting = new ArrayDeque<>();
    private final Arrivals arrivals = Arrivals.none();
    private Spool spool;
    private Database database;
    private Meters meters;
    /** The file that asks for it. */
    private Path replayRejected;
    private RejectedEvents rejected;
    private WebhookReader reader;
    private int maxAttempts;
    private long toldAt = System.nanoTime() - TELL_AGAIN.toNanos();

    @Override
    public void configure() {
        Settings settings = new Settings(getContext());
        spool = Spool.of(getContext());
        database = Database.of(getContext());
        meters = Meters.of(getContext());
        replayRejected = Path.of(settings.required("spool.directory"), "replay-rejected");
        rejected = new RejectedEvents(database, spool);
        reader = new WebhookReader(new EventReader(settings.zone("webhook.time-zone")), RecipientHash.bound(getContext()));
        maxAttempts = settings.positive("spool.attempts");

        // @formatter:off
        // greedy: while there is more, at once; synchronous: not before what was sent in is stored, or it would be sent in again
        from("scheduler:replay-spool?delay=1000&greedy=true&synchronous=true").routeId(ID)
            .description("Sends spooled webhooks in again, oldest first, and sets aside what fails too often")
            .onException(Throwable.class).handled(true).logExhausted(false).process(this::cannotBeRead).end()
            .process(this::next)
            // nearly always once
            .loopDoWhile(this::hasPiece)
                .process(exchange -> exchange.getMessage().setBody(batch(exchange).next()))
                .doTry()
                    .to("direct:take-webhook")
                    .process(exchange -> batch(exchange).add(exchange.getMessage().getBody(Receipt.class)))
                .doCatch(Throwable.class)
                    .process(exchange -> failed(exchange, failure(exchange)))
                .end()
            .end()
            .filter(variable("batch").isNotNull())
                .process(this::stored)
            .end();
        // @formatter:on
    }

    private void next(Exchange exchange) throws SQLException, IOException {
        // whatever fails: without it Camel's scheduler takes it that there was something, and asks again at once
        exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, false);
        if (database.isDown()) {
            waiting.clear();
        } else if (waiting.isEmpty()) {
            spool.measure();
            waiting.addAll(spool.oldest(MAX_FILES, file -> isDue(file) && (Spool.isOurs(file) || arrivals.isComplete(file))));
            if (waiting.isEmpty() && Files.exists(replayRejected) && rejected.moveToSpool()) {
                Files.deleteIfExists(replayRejected);
            }
        }
        ReplayBatch batch = nextBatch();
        exchange.setVariable("batch", batch.isEmpty() ? null : batch);
        exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, !batch.isEmpty());
    }

    private boolean hasPiece(Exchange exchange) {
        try {
            return batch(exchange) != null && batch(exchange).hasNext();
        } catch (RuntimeException | Error e) {
            failed(exchange, e);
            return false;
        }
    }

    private void cannotBeRead(Exchange exchange) {
        if (System.nanoTime() - toldAt >= TELL_AGAIN.toNanos()) {
            toldAt = System.nanoTime();
            LOG.error("The spool cannot be sent in again now: {}", FailureText.describe(failure(exchange)));
        }
    }

    private boolean isDue(Path file) {
        Failed failed = failures.get(file);
        return failed == null || !failed.nextAttempt().isAfter(Instant.now());
    }

    /** As many of the oldest as can go as one; what has failed goes alone, to find out which one it is. */
    private ReplayBatch nextBatch() {
        ReplayBatch batch = ReplayBatch.empty();
        boolean full = false;
        while (!full && !waiting.isEmpty()) {
            Path file = waiting.peek();
            boolean alone = failures.containsKey(file);
            full = alone && !batch.isEmpty() || !add(batch, file);
            if (!full) {
                waiting.remove();
                full = alone;
            }
        }
        return batch;
    }

    private boolean add(ReplayBatch batch, Path file) {
        try {
            Spooled spooled = spool.read(file);
            WebhookPieces pieces = reader.read(spooled.body(), spooled.receivedAt());
            if (pieces.isUnreadable() && !Spool.isOurs(file)) {
                setAside(file, pieces.next().problem().detail());
                return true;
            }
            return batch.add(file, pieces);
        } catch (NoSuchFileException e) {
            return true; // another process in this folder has stored it
        } catch (IOException | RuntimeException | Error e) {
            failed(file, e); // whatever it is, the files behind this one must not wait for it
            return true;
        }
    }

    private void stored(Exchange exchange) throws IOException {
        ReplayBatch batch = batch(exchange);
        batch.close();
        for (Path file : batch.files()) {
            failures.remove(file);
            if (arrivals.isUnchanged(file)) {
                arrivals.forget(file);
                spool.remove(file);
            }
        }
        Receipt receipt = batch.receipt();
        meters.replayed(receipt.stored(), receipt.duplicates(), receipt.rejected());
        LOG.info("{} webhooks from the spool: {} received, {} stored, {} duplicates, {} rejected", batch.files().size(), receipt.received(),
                receipt.stored(), receipt.duplicates(), receipt.rejected());
    }

    /** What was stored of it will be a duplicate. */
    private void failed(Exchange exchange, Throwable failure) {
        ReplayBatch batch = batch(exchange);
        batch.close();
        exchange.removeVariable("batch");
        if (ObjectHelper.getException(StoreBusy.class, failure) != null
                || ObjectHelper.getException(DatabaseAbsent.class, failure) != null && !database.answers()) {
            // not the webhook's fault, and no try of it
            waiting.clear();
            exchange.setProperty(Exchange.SCHEDULER_POLLED_MESSAGES, false);
        } else if (batch.files().size() > 1) {
            batch.files().forEach(file -> failures.put(file, NEVER));
        } else {
            batch.files().forEach(file -> failed(file, failure));
        }
    }

    private void failed(Path file, Throwable failure) {
        int attempts = failures.getOrDefault(file, NEVER).attempts() + 1;
        if (attempts < maxAttempts) {
            failures.put(file, new Failed(attempts, Instant.now().plus(distance(attempts))));
            return;
        }
        failures.remove(file);
        setAside(file, FailureText.describe(failure));
    }

    private void setAside(Path file, String reason) {
        LOG.error("{}: set aside in failed/, because of {}", file.getFileName(), reason);
        arrivals.forget(file);
        try {
            spool.setAside(file, reason);
        } catch (IOException e) {
            LOG.error("{} cannot be set aside, and is tried again: {}", file.getFileName(), FailureText.describe(e));
        }
    }

    private static Duration distance(int attempts) {
        Duration distance = FIRST_DISTANCE.multipliedBy(1L << Math.min(attempts - 1, 20));
        return distance.compareTo(LAST_DISTANCE) < 0 ? distance : LAST_DISTANCE;
    }

    private static Throwable failure(Exchange exchange) {
        return exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
    }

    private static ReplayBatch batch(Exchange exchange) {
        return exchange.getVariable("batch", ReplayBatch.class);
    }
}
