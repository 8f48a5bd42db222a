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
import org.junit.jupiter.params.provider.ValueSource;
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
    private static final String REPLY = "452 4.2.2 The mailbox is full. ".repeat(100);

    private final Installation installation = new Installation();
    private final TestDatabase database = new TestDatabase("jdbc:h2:" + installation.folder.resolve("data/mail-events"), "sa", "");
    private final Ledger ledger = new Ledger();
    /** The numbers begin above those of {@link Load}. */
    private final AtomicInteger number = new AtomicInteger(100_000_000);

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
                    "alert.max-per-hour", "100000"));
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
                            case 0 -> post(large(9 * MB));
                            case 1 -> post(List.of(bounceWithLongReply()));
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
            Verdict verdict = new Verdict(ledger, floods, installation, mailServer, database);
            System.out.println("Flood of " + FLOOD.toSeconds() + " s: live heap " + before + " MB before, " + after
                    + " MB after; 99 % answered within " + ledger.answeredWithin(0.99) + " ms; " + verdict.counts);
            assertThat(verdict.gaps).isEmpty();
            assertThat(after).isLessThanOrEqualTo(before + MAX_MORE_HEAP);
            assertThat(log).doesNotContain("OutOfMemoryError: ", "due to java.lang.OutOfMemoryError");
            assertThat(MAX_MILLIS == 0 ? 0 : ledger.answeredWithin(0.99)).isLessThanOrEqualTo(MAX_MILLIS);
        }
    }

    /** @param room how many of these webhooks may be in memory at a time, by the default of {@code webhook.max-in-flight} for this heap */
    @ParameterizedTest
    @CsvSource({"64m, 1", "112m, 2", "512m, 9"})
    void manyLargeWebhooksAtATimeAreTakenOrToldToComeAgain(String heap, int room) {
        try (installation) {
            // Given
            start(heap, Map.of());
            List<List<NumberedEvent>> webhooks = Stream.generate(() -> large(9 * MB)).limit(room + BEYOND_ROOM).toList();
            ExecutorService callers = Executors.newFixedThreadPool(webhooks.size());

            // When
            List<CompletableFuture<Integer>> answers = webhooks.stream()
                    .map(webhook -> CompletableFuture.supplyAsync(() -> post(webhook), callers)).toList();

            // Then
            assertThat(answers.stream().map(CompletableFuture::join)).contains(200).containsAnyOf(200, 503);
            // A caller that got a 503 posts its webhook again.
            for (List<NumberedEvent> webhook : webhooks) {
                await().pollInterval(Duration.ofMillis(50)).until(() -> ledger.acknowledged.containsAll(webhook) || post(webhook) == 200);
            }
            callers.shutdown();
            await().until(() -> installation.spooled().isEmpty());
            installation.stop();
            List<String> stored = database.rows("SELECT message_id FROM mail_event").stream().map(row -> row.get("message_id")).toList();
            assertThat(Set.copyOf(stored)).isEqualTo(ledger.sent.stream().map(NumberedEvent::messageId).collect(Collectors.toSet()));
            assertThat(stored).doesNotHaveDuplicates();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"64m", "112m"})
    void aLargeBodyThatNobodyCanReadIsKeptAsItCame(String heap) throws IOException {
        try (installation) {
            // Given
            start(heap, Map.of());
            String end = "&api_key=s3cret";
            String masked = "&api_key=******";
            List<String> bodies = List.of("a&".repeat(9 * MB / 2) + end, "&".repeat(9 * MB) + end, "[".repeat(9 * MB) + end);

            // When
            for (String body : bodies) {
                HttpResponse<String> answer = send(MailEvents.FORM, body.getBytes(StandardCharsets.US_ASCII), SECRET);
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
            }

            // Then
            List<Path> kept = installation.spooled();
            assertThat(kept).hasSize(bodies.size()).allSatisfy(file -> assertThat(file.getParent()).hasFileName("failed"));
            List<String> contents = new ArrayList<>();
            for (Path file : kept) {
                contents.add(Files.readString(file));
            }
            assertThat(contents).containsExactlyInAnyOrderElementsOf(bodies.stream().map(body -> body.replace(end, masked)).toList());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"64m", "112m"})
    void aLargeFileInTheSpoolIsStoredAndHoldsUpNoOther(String heap) throws IOException {
        try (installation) {
            // Given: the largest accepted webhooks, one of ordinary events and one of long replies, with a backlog behind them
            Path spool = Files.createDirectories(installation.folder.resolve("data/spool"));
            List<List<NumberedEvent>> webhooks = new ArrayList<>(List.of(numbered(30_000), large(9 * MB)));
            Files.write(spool.resolve("1.json"), json(webhooks.get(0), ""));
            Files.write(spool.resolve("2.json"), json(webhooks.get(1), REPLY));
            Files.writeString(spool.resolve("3.json"), "{".repeat(9 * MB));
            for (int i = 4; i < 40; i++) {
                webhooks.add(numbered(10));
                Files.write(spool.resolve(i + ".json"), json(webhooks.get(webhooks.size() - 1), ""));
            }

            // When
            start(heap, Map.of());

            // Then
            await().atMost(Duration.ofMinutes(5)).until(() -> installation.spooled().equals(List.of(spool.resolve("failed/3.json"))));
            installation.stop();
            Set<String> stored = database.rows("SELECT message_id FROM mail_event").stream().map(row -> row.get("message_id"))
                    .collect(Collectors.toSet());
            assertThat(stored).isEqualTo(webhooks.stream().flatMap(List::stream).map(NumberedEvent::messageId).collect(Collectors.toSet()));
        }
    }

    private List<NumberedEvent> numbered(int count) {
        return Stream.generate(() -> new NumberedEvent("deliveries", number.getAndIncrement())).limit(count).toList();
    }

    private static byte[] json(List<NumberedEvent> webhook, String reason) {
        return Payload.json("deliveries", webhook.stream().map(event -> event.json().put("reason", reason)).toArray(ObjectNode[]::new))
                .getBytes(StandardCharsets.UTF_8);
    }

    private void start(String heap, Map<String, String> settings) {
        installation.set(database.settings());
        installation.set(Map.of("webhook.basic", "hook:s3cret", "alert.endpoint", "file:" + installation.folder.resolve("data/outbox"),
                "java.tool.options", "-Xmx" + heap + " -XX:+ExitOnOutOfMemoryError"));
        installation.set(settings);
        installation.start();
    }

    /** A webhook of about this many bytes. No other webhook has its events. */
    private List<NumberedEvent> large(int size) {
        return numbered(size / (REPLY.length() + 400));
    }

    private NumberedEvent bounceWithLongReply() {
        return new NumberedEvent("bounces", number.getAndIncrement());
    }

    private int post(List<NumberedEvent> webhook) {
        boolean bounces = webhook.get(0).bounce();
        String reason = bounces ? REPLY.repeat(300) : REPLY;
        ObjectNode[] elements = webhook.stream().map(event -> event.json().put("reason", reason)).toArray(ObjectNode[]::new);
        ledger.sent.addAll(webhook);
        int status = status(MailEvents.JSON, Payload.json(webhook.get(0).type(), elements).getBytes(StandardCharsets.UTF_8), SECRET);
        assertThat(status).isIn(200, 503);
        if (status == 200) {
            ledger.acknowledged.addAll(webhook);
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
