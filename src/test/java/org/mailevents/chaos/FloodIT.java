package org.mailevents.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;

/**
 * Floods a process with bodies of the largest size, with a secret and without, in many shapes. The process has the memory that the unit and
 * the image give it. The first {@code OutOfMemoryError} would end the process, and the process must not end. {@code mvn verify} floods it
 * briefly, and {@code mvn -Pchaos verify} floods it for two minutes.
 */
@Order(1)
@Execution(ExecutionMode.CONCURRENT)
class FloodIT {

    private static final Duration FLOOD = Duration.ofSeconds(Integer.getInteger("flood.seconds"));
    /** How many more large webhooks arrive at the same time than the memory for bodies has room for. */
    private static final int BEYOND_ROOM = Integer.getInteger("flood.beyond-room");
    /** The time within which 99 of 100 valid webhooks are answered during the flood. 0 means no limit, because other tests run. */
    private static final int MAX_MILLIS = Integer.getInteger("flood.max-millis");
    private static final long MAX_MORE_HEAP = 10;

    private static final int MB = 1_024 * 1_024;
    private static final String[] SECRET = {"Authorization",
        "Basic " + Base64.getEncoder().encodeToString("hook:s3cret".getBytes(StandardCharsets.UTF_8))};
    private static final String[] NONE = {"Authorization", "Basic aG9vazp3cm9uZw=="};
    /** How many events a large webhook has. Their replies are so long that the webhook has nine megabytes. */
    private static final int EVENTS = Integer.getInteger("flood.events");
    /** How many events of ordinary length are in the longest file of the spool. 30,000 of them are the largest accepted webhook. */
    private static final int ORDINARY_EVENTS = Integer.getInteger("flood.ordinary-events");
    private static final String SENTENCE = "452 4.2.2 The mailbox is full. ";
    private static final String REPLY = SENTENCE.repeat((9 * MB / EVENTS - 400) / SENTENCE.length());
    private static final String LONG_REPLY = SENTENCE.repeat(30_000);

    private final Installation installation = new Installation();
    private final TestDatabase database = new TestDatabase("jdbc:h2:" + installation.folder.resolve("data/mail-events"), "sa", "");
    private final Ledger ledger = new Ledger();
    /** The numbers begin above those of {@link Load}. */
    private final AtomicInteger number = new AtomicInteger(100_000_000);

    /** Some events and the body that holds them, which is made once and may be posted several times. */
    private record Webhook(List<NumberedEvent> events, byte[] body) {

        static Webhook of(List<NumberedEvent> events) {
            return new Webhook(events, json(events, events.get(0).bounce() ? LONG_REPLY : REPLY));
        }
    }

    /** A request that is sent again and again, and the statuses that may answer it. */
    private record Shape(String contentType, byte[] body, String[] secret, List<Integer> answers) {

        static Shape of(String contentType, String repeated, String[] secret, Integer... answers) {
            byte[] body = repeated.repeat(10 * MB / repeated.length()).getBytes(StandardCharsets.US_ASCII);
            return new Shape(contentType, body, secret, List.of(answers));
        }
    }

    @Test
    void aFloodOfLargeBodiesLeavesNothingBehind() throws Exception {
        List<Shape> shapes = new ArrayList<>();
        for (String repeated : List.of("a&", "&", "a=1&", "%61=%31&", "a=1", "[")) {
            shapes.add(Shape.of(MailEvents.FORM, repeated, NONE, 401, 503));
        }
        for (String repeated : List.of("[", "{\"a\":", "[0],", "\"", "{\"api_key\":\"x", " ")) {
            shapes.add(Shape.of(MailEvents.JSON, repeated, NONE, 401, 503));
        }
        try (MailServer mailServer = new MailServer(); installation) {
            // Given
            mailServer.start();
            start("112m", Map.of("alert.endpoint", mailServer.endpoint(), "alert.first-delay", "1s", "alert.updates", "1s",
                    "alert.max-per-hour", "100000",
                    "alert.max-per-day", "100000"));
            ExecutorService flooding = Executors.newFixedThreadPool(4);
            long before;
            Map<String, Object> floods = new LinkedHashMap<>();
            try (Load load = new Load(ledger, installation::process, 1, SECRET)) {
                await().until(() -> ledger.accepted.get() > 500);
                before = installation.liveHeap();

                // When
                long end = System.nanoTime() + FLOOD.toNanos();
                List<CompletableFuture<Integer>> flooders = IntStream.range(0, 4).mapToObj(flooder -> CompletableFuture.supplyAsync(() -> {
                    int posts = 0;
                    // Each shape is sent at least once, however short the flood is.
                    int least = flooder < 2 ? 1 : shapes.size() / 2;
                    for (; posts < least || System.nanoTime() < end; posts++) {
                        switch (flooder) {
                            case 0 -> post(Webhook.of(large()));
                            case 1 -> post(Webhook.of(List.of(bounceWithLongReply())));
                            default -> post(shapes.get((posts + 6 * (flooder - 2)) % shapes.size()));
                        }
                    }
                    return posts;
                }, flooding)).toList();
                for (CompletableFuture<Integer> flooder : flooders) {
                    floods.put("bodies of flooder " + floods.size(), flooder.join());
                }
                load.end();
            } finally {
                flooding.shutdown();
            }

            // Then
            await().atMost(Duration.ofMinutes(5)).until(() -> installation.spooled().isEmpty());
            List<String> bounces = ledger.acknowledged.stream().filter(NumberedEvent::bounce).map(NumberedEvent::recipient).toList();
            await().atMost(Duration.ofMinutes(5)).until(() -> mailServer.namedSince(0).containsAll(bounces));
            long after = installation.liveHeap();
            String log = installation.process().log();
            installation.stop();
            Verdict verdict = new Verdict(ledger, floods, List.of(installation), mailServer, database);
            System.out.println("Flood of " + FLOOD.toSeconds() + " s: live heap " + before + " MB before, " + after
                    + " MB after; 99 % answered within " + ledger.answeredWithin(0.99) + " ms; " + verdict.counts);
            assertThat(verdict.gaps).isEmpty();
            assertThat(after).isLessThanOrEqualTo(before + MAX_MORE_HEAP);
            assertThat(log).doesNotContain("OutOfMemoryError: ", "due to java.lang.OutOfMemoryError");
            assertThat(MAX_MILLIS == 0 ? 0 : ledger.answeredWithin(0.99)).isLessThanOrEqualTo(MAX_MILLIS);
        }
    }

    /**
     * One process gets all of this, because a start costs more than most of the requests.
     *
     * @param room how many of the largest webhooks may be in memory at a time, by the default of {@code webhook.max-in-flight} for this
     *             heap
     */
    @ParameterizedTest
    @CsvSource({"64m, 1", "112m, 2"})
    void theLargestBodiesFitIntoASmallHeap(String heap, int room) throws IOException {
        try (installation) {
            aLargeFileInTheSpoolIsStoredAndHoldsUpNoOther(() -> start(heap, Map.of()));
            aLargeBodyThatNobodyCanReadIsKeptAsItCame();
            manyLargeWebhooksAtATimeAreTakenOrToldToComeAgain(room);
            installation.stop();
            assertEachIsStoredOnce();
        }
    }

    @Test
    void aLargerHeapHasRoomForMoreLargeWebhooksAtATime() {
        try (installation) {
            start("512m", Map.of());
            manyLargeWebhooksAtATimeAreTakenOrToldToComeAgain(9);
            installation.stop();
            assertEachIsStoredOnce();
        }
    }

    private void aLargeFileInTheSpoolIsStoredAndHoldsUpNoOther(Runnable start) throws IOException {
        // Given: long webhooks, one of ordinary events and one of long replies, with a backlog behind them
        Path spool = Files.createDirectories(installation.folder.resolve("data/spool"));
        List<List<NumberedEvent>> webhooks = new ArrayList<>(List.of(numbered(ORDINARY_EVENTS), large()));
        Files.write(spool.resolve("1.json"), json(webhooks.get(0), ""));
        Files.write(spool.resolve("2.json"), json(webhooks.get(1), REPLY));
        Files.writeString(spool.resolve("3.json"), "{".repeat(9 * MB));
        for (int i = 4; i < 40; i++) {
            webhooks.add(numbered(10));
            Files.write(spool.resolve(i + ".json"), json(webhooks.get(webhooks.size() - 1), ""));
        }
        webhooks.forEach(ledger.sent::addAll);

        // When
        start.run();

        // Then
        await().atMost(Duration.ofMinutes(5)).until(() -> installation.spooled().equals(List.of(spool.resolve("failed/3.json"))));
    }

    private void aLargeBodyThatNobodyCanReadIsKeptAsItCame() throws IOException {
        // Given
        List<Path> spooledBefore = installation.spooled();
        String end = "&api_key=s3cret";
        String masked = "&api_key=******";
        List<String> bodies = List.of("a&".repeat(9 * MB / 2) + end, "&".repeat(9 * MB) + end, "[".repeat(9 * MB) + end);

        // When
        for (String body : bodies) {
            HttpResponse<String> answer = send(MailEvents.FORM, body.getBytes(StandardCharsets.US_ASCII), SECRET);
            assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        }

        // Then
        List<Path> kept = installation.spooled().stream().filter(file -> !spooledBefore.contains(file)).toList();
        assertThat(kept).hasSize(bodies.size()).allSatisfy(file -> assertThat(file.getParent()).hasFileName("failed"));
        List<String> contents = new ArrayList<>();
        for (Path file : kept) {
            contents.add(Files.readString(file));
        }
        assertThat(contents).containsExactlyInAnyOrderElementsOf(bodies.stream().map(body -> body.replace(end, masked)).toList());
    }

    private void manyLargeWebhooksAtATimeAreTakenOrToldToComeAgain(int room) {
        // Given
        Set<Path> spooledBefore = Set.copyOf(installation.spooled());
        List<Webhook> webhooks = Stream.generate(() -> Webhook.of(large())).limit(room + BEYOND_ROOM).toList();
        ExecutorService callers = Executors.newFixedThreadPool(webhooks.size());

        // When
        List<CompletableFuture<Integer>> answers = webhooks.stream()
                .map(webhook -> CompletableFuture.supplyAsync(() -> post(webhook), callers)).toList();

        // Then
        assertThat(answers.stream().map(CompletableFuture::join)).contains(200).containsAnyOf(200, 503);
        // A caller that got a 503 posts its webhook again.
        for (Webhook webhook : webhooks) {
            await().pollInterval(Duration.ofMillis(50))
                    .until(() -> ledger.acknowledged.containsAll(webhook.events()) || post(webhook) == 200);
        }
        callers.shutdown();
        await().until(() -> Set.copyOf(installation.spooled()).equals(spooledBefore));
    }

    private void assertEachIsStoredOnce() {
        List<String> stored = database.rows("SELECT message_id FROM mail_event").stream().map(row -> row.get("message_id")).toList();
        assertThat(Set.copyOf(stored)).isEqualTo(ledger.sent.stream().map(NumberedEvent::messageId).collect(Collectors.toSet()));
        assertThat(stored).doesNotHaveDuplicates();
    }

    private List<NumberedEvent> numbered(int count) {
        return Stream.generate(() -> new NumberedEvent("deliveries", number.getAndIncrement())).limit(count).toList();
    }

    private static byte[] json(List<NumberedEvent> webhook, String reason) {
        ObjectNode[] elements = webhook.stream().map(event -> event.json().put("reason", reason)).toArray(ObjectNode[]::new);
        return Payload.json(webhook.get(0).type(), elements).getBytes(StandardCharsets.UTF_8);
    }

    private void start(String heap, Map<String, String> settings) {
        installation.set(database.settings());
        installation.set(Map.of("webhook.basic", "hook:s3cret", "alert.endpoint", "file:" + installation.folder.resolve("data/outbox"),
                "java.tool.options", "-Xmx" + heap + " -XX:+ExitOnOutOfMemoryError"));
        installation.set(settings);
        installation.start();
    }

    /** The events of a large webhook. No other webhook has them. */
    private List<NumberedEvent> large() {
        return numbered(EVENTS);
    }

    private NumberedEvent bounceWithLongReply() {
        return new NumberedEvent("bounces", number.getAndIncrement());
    }

    private int post(Webhook webhook) {
        ledger.sent.addAll(webhook.events());
        int status = status(MailEvents.JSON, webhook.body(), SECRET);
        assertThat(status).isIn(200, 503);
        if (status == 200) {
            ledger.acknowledged.addAll(webhook.events());
        }
        return status;
    }

    private void post(Shape shape) {
        assertThat(status(shape.contentType(), shape.body(), shape.secret())).isIn(shape.answers());
    }

    /** The server may close the connection of a client that is still sending, before the client has read the 503 (RFC 9112, 9.6). */
    private int status(String contentType, byte[] body, String[] secret) {
        try {
            return send(contentType, body, secret).statusCode();
        } catch (UncheckedIOException e) {
            assertThat(installation.process().log()).doesNotContain("OutOfMemoryError: ", "due to java.lang.OutOfMemoryError");
            return 503;
        }
    }

    private HttpResponse<String> send(String contentType, byte[] body, String[] secret) {
        MailEvents application = installation.process();
        return application.send(HttpRequest.newBuilder(application.uri(MailEvents.PATH)).timeout(Duration.ofMinutes(2)).headers(secret)
                .header("Content-Type", contentType).POST(BodyPublishers.ofByteArray(body)));
    }
}
