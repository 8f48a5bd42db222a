package org.mailevents.spool;

import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Collections;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.mailevents.event.EventReader;
import org.mailevents.operate.Failure;
import org.mailevents.operate.Settings;
import org.mailevents.spool.Spool.Spooled;
import org.mailevents.store.Database;
import org.mailevents.webhook.WebhookReader;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends what was spooled in again, the same way, oldest first and one at a time, so that live webhooks come first. While the
 * database is down nothing counts as tried; else a webhook is tried {@code spool.attempts} times, at growing distances, and then
 * set aside.
 */
public final class ReplaySpool extends RouteBuilder {

    private static final String ID = "replay-spool";
    private static final Logger LOG = LoggerFactory.getLogger(ID);

    /** How many names are read at a time. */
    private static final int MAX_FILES = 10_000;
    private static final Duration FIRST_DISTANCE = Duration.ofSeconds(1);
    private static final Duration LAST_DISTANCE = Duration.ofMinutes(5);

    /** What is known of a webhook that has failed. A start forgets it: what failed before may have been mended. */
    private record Failed(int attempts, Instant nextAttempt) {
    }

    private static final Failed NEVER = new Failed(0, Instant.EPOCH);

    private final Map<Path, Failed> failures = new HashMap<>();
    private Spool spool;
    private WebhookReader reader;
    private int maxAttempts;
    private boolean databaseDown;

    @Override
    public void configure() {
        Settings settings = new Settings(getContext());
        spool = Spool.of(getContext());
        reader = new WebhookReader(new EventReader(settings.zone("webhook.time-zone")));
        maxAttempts = settings.positive("spool.attempts");

        // @formatter:off
        from("scheduler:replay-spool?delay=1000").routeId(ID)
            .description("Sends spooled webhooks in again, oldest first, and sets aside what fails too often")
            .process(exchange -> exchange.getMessage().setBody(due()))
            .split(body()).streaming()
                .setVariable("file", body())
                .doTry()
                    .process(this::open)
                    .to("direct:take-webhook")
                    .process(this::stored)
                .doCatch(NoSuchFileException.class)
                    // another instance in this folder has stored it
                .doCatch(Throwable.class)
                    .process(this::failed)
                .end()
            .end();
        // @formatter:on
    }

    private Iterator<Path> due() {
        if (Database.of(getContext()).isDown()) {
            return Collections.emptyIterator();
        }
        databaseDown = false;
        spool.measure();
        return spool.oldest(MAX_FILES, this::isDue).stream().takeWhile(file -> !databaseDown && !getContext().isStopping()).iterator();
    }

    private boolean isDue(Path file) {
        Failed failed = failures.get(file);
        return failed == null || !failed.nextAttempt().isAfter(Instant.now());
    }

    private void open(Exchange exchange) throws IOException {
        Spooled spooled = spool.read(file(exchange));
        exchange.getMessage().setBody(reader.read(spooled.body(), spooled.receivedAt()));
    }

    private void stored(Exchange exchange) throws IOException {
        Path file = file(exchange);
        spool.remove(file);
        failures.remove(file);
        LOG.info("{}: {}", file.getFileName(), exchange.getMessage().getBody());
    }

    private void failed(Exchange exchange) throws IOException {
        Path file = file(exchange);
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        if (Database.isAbsent(failure)) {
            databaseDown = true;
            return;
        }
        int attempts = failures.getOrDefault(file, NEVER).attempts() + 1;
        if (attempts < maxAttempts) {
            failures.put(file, new Failed(attempts, Instant.now().plus(distance(attempts))));
            return;
        }
        failures.remove(file);
        spool.setAside(file, Failure.describe(failure));
        LOG.error("{}: set aside in failed/ after {} attempts, because of {}", file.getFileName(), attempts, Failure.describe(failure));
    }

    private static Duration distance(int attempts) {
        Duration distance = FIRST_DISTANCE.multipliedBy(1L << Math.min(attempts - 1, 20));
        return distance.compareTo(LAST_DISTANCE) < 0 ? distance : LAST_DISTANCE;
    }

    private static Path file(Exchange exchange) {
        return exchange.getVariable("file", Path.class);
    }
}
