package org.mailevents.chaos;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;

/**
 * Several callers that post webhooks of numbered events, at a steady pace. Each caller retries a webhook until it is acknowledged. Some
 * webhooks are posted once more although they were acknowledged. Some webhooks contain events of an earlier webhook.
 */
final class Load implements AutoCloseable {

    private static final int CALLERS = 8;
    private static final Duration PAUSE = Duration.ofMillis(60);
    private static final Duration PAUSE_AFTER_TROUBLE = Duration.ofMillis(250);
    private static final int MAX_EVENTS = Integer.getInteger("chaos.max-events");
    /** The shares of webhooks with bounces, of repeated webhooks, and of webhooks with events of an earlier webhook. */
    private static final double BOUNCES = 0.06;
    private static final double AGAIN = 0.05;
    private static final double OVERLAPPING = 0.05;

    private final Ledger ledger;
    private final Supplier<MailEvents> application;
    private final String[] headers;
    private final ScheduledExecutorService threads = Executors.newScheduledThreadPool(CALLERS);
    private final Map<String, AtomicInteger> numbers = new ConcurrentHashMap<>();
    private final AtomicInteger busy = new AtomicInteger(CALLERS);
    private volatile boolean ending;

    /** @param headers the headers of each webhook: a name, its value, the next name, its value, and so on */
    Load(Ledger ledger, Supplier<MailEvents> application, long seed, String... headers) {
        this.ledger = ledger;
        this.application = application;
        this.headers = headers;
        for (int i = 0; i < CALLERS; i++) {
            threads.execute(new Caller(new Random(seed + i)));
        }
    }

    /** Ends the load, and waits until the last webhooks are acknowledged. */
    void end() {
        ending = true;
        await().until(() -> busy.get() == 0);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }

    private final class Caller implements Runnable {

        private final Random random;
        private List<NumberedEvent> webhook;
        private boolean acknowledged;

        Caller(Random random) {
            this.random = random;
            this.webhook = next();
        }

        @Override
        public void run() {
            if (acknowledged && random.nextDouble() >= AGAIN) {
                if (ending) {
                    busy.decrementAndGet();
                    return;
                }
                webhook = next();
            }
            acknowledged = post();
            Duration pause = acknowledged ? PAUSE : PAUSE_AFTER_TROUBLE;
            if (!threads.isShutdown()) {
                threads.schedule(this, pause.toMillis(), TimeUnit.MILLISECONDS);
            }
        }

        private boolean post() {
            long start = System.nanoTime();
            ledger.posted(webhook);
            try {
                boolean form = random.nextBoolean();
                String type = webhook.get(0).type();
                JsonNode[] elements = webhook.stream().map(NumberedEvent::json).toArray(JsonNode[]::new);
                HttpResponse<String> answer = application.get().post(form ? MailEvents.FORM : MailEvents.JSON,
                        form ? Payload.form(type, elements) : Payload.json(type, elements), headers);
                return ledger.answered(webhook, answer, TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start));
            } catch (UncheckedIOException e) {
                ledger.unanswered();
                return false;
            }
        }

        /** 1 to {@code chaos.max-events} new events, more often few than many. */
        private List<NumberedEvent> next() {
            String type = random.nextDouble() < BOUNCES ? "bounces" : "deliveries";
            int size = (int) Math.round(Math.pow(MAX_EVENTS, random.nextDouble()));
            AtomicInteger number = numbers.computeIfAbsent(type, any -> new AtomicInteger());
            List<NumberedEvent> events = Stream.generate(() -> new NumberedEvent(type, number.getAndIncrement())).limit(size)
                    .collect(Collectors.toCollection(ArrayList::new));
            if (random.nextDouble() < OVERLAPPING) {
                int earlier = random.nextInt(events.get(0).number() + 1);
                Stream.of(earlier, earlier / 2).distinct().map(each -> new NumberedEvent(type, each)).filter(each -> !events.contains(each))
                        .forEach(events::add);
            }
            return events;
        }
    }
}
