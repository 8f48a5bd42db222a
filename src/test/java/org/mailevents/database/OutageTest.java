package org.mailevents.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.support.Answers;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;
import org.mailevents.support.PostgresServer;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** An outage of PostgreSQL is noticed at the first refused connection, and a single broken connection is not taken for an outage. */
@Execution(ExecutionMode.CONCURRENT)
class OutageTest {

    /** It takes 300 ms on an idle machine. If the pool waited for two seconds, and the circuit breaker for three failures, it took six. */
    private static final Duration SOON = Duration.ofSeconds(5);

    private final ExecutorService senders = Executors.newFixedThreadPool(64);

    @AfterEach
    void stopSenders() {
        senders.shutdownNow();
    }

    /** @param took from the request to the answer */
    private record Answer(HttpResponse<String> answer, Duration took) {
    }

    @Test
    void theFirstWebhooksAfterTheServerIsGoneAreInTheSpoolAtOnce() {
        PostgresServer server = new PostgresServer();
        try (InProcess application = TestSettings.of(server.database()).with("store.max-wait", "60s").startInProcess()) {
            // Given
            ObjectNode before = delivery();
            Answers.assertReceipt(post(application, before).answer(), 1, 1, 0, 0);
            server.kill();

            // When
            List<ObjectNode> events = Stream.generate(OutageTest::delivery).limit(64).toList();
            List<CompletableFuture<Answer>> answers = events.stream()
                    .map(event -> CompletableFuture.supplyAsync(() -> post(application, event), senders)).toList();

            // Then
            answers.forEach(answer -> Answers.assertSpooled(answer.join().answer(), 1));
            assertThat(answers.stream().map(answer -> answer.join().took()).toList()).allMatch(took -> took.compareTo(SOON) < 0);
            assertThat(application.log()).contains("The database is down");

            // When
            server.start();

            // Then
            await().until(() -> stored(server.database()).containsAll(addresses(events)));
        } finally {
            server.kill();
        }
    }

    @Test
    void aBrokenConnectionIsNoOutage() {
        TestDatabase database = TestDatabase.postgres();
        try (InProcess application = TestSettings.of(database).startInProcess()) {
            // Given
            Answers.assertReceipt(post(application, delivery()).answer(), 1, 1, 0, 0);

            // When
            database.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database()"
                    + " AND pid <> pg_backend_pid()");
            List<ObjectNode> events = IntStream.range(0, 10).mapToObj(i -> delivery()).toList();
            events.forEach(event -> assertThat(post(application, event).answer().statusCode()).isEqualTo(200));

            // Then
            await().until(() -> stored(database).containsAll(addresses(events)));
            assertThat(application.log()).doesNotContain("The database is down");
        }
    }

    private static ObjectNode delivery() {
        return Payload.delivery("succeeded");
    }

    private static Answer post(InProcess application, ObjectNode event) {
        long began = System.nanoTime();
        HttpResponse<String> answer = application.post(MailEvents.JSON, Payload.json("deliveries", event));
        return new Answer(answer, Duration.ofNanos(System.nanoTime() - began));
    }

    private static List<String> addresses(List<ObjectNode> events) {
        return events.stream().map(event -> event.get("to").asText()).toList();
    }

    private static List<String> stored(TestDatabase database) {
        return database.rows("SELECT recipient FROM mail_event").stream().map(row -> row.get("recipient")).toList();
    }
}
