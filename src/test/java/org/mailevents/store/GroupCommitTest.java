package org.mailevents.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertProblem;
import static org.mailevents.support.Answers.assertReceipt;
import static org.mailevents.support.Answers.assertSpooled;
import static org.mailevents.support.Answers.number;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** Webhooks that arrive at the same time share an INSERT, and each gets its own receipt. The queue is bounded. */
@Execution(ExecutionMode.CONCURRENT)
class GroupCommitTest {

    private static final int CALLERS = 40;

    private final ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
    private final TestDatabase postgres = TestDatabase.postgres();

    @AfterEach
    void stop() {
        callers.shutdownNow();
    }

    @Test
    void webhooksThatWaitShareAnInsert() throws SQLException {
        // Given
        try (InProcess application = start(postgres, Map.of("store.writers", "1"))) {
            countStatements();
            List<String> webhooks = IntStream.range(0, CALLERS - 1).mapToObj(i -> delivery(Payload.delivery("succeeded"))).toList();

            // When
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            try (Held held = new Held()) {
                answers.add(post(application, delivery(Payload.delivery("succeeded"))));
                held.insertsWait(1);
                webhooks.forEach(webhook -> answers.add(post(application, webhook)));
                waiting(application, CALLERS);
                assertThat(answers).noneMatch(CompletableFuture::isDone);
            }

            // Then
            answers.forEach(answer -> assertReceipt(answer.join(), 1, 1, 0, 0));
            assertThat(postgres.rows("SELECT 1 FROM mail_event")).hasSize(CALLERS);
            // One INSERT for the first webhook, one for all others, and perhaps one for webhooks that arrived late.
            assertThat(postgres.rows("SELECT 1 FROM statements").size()).isBetween(2, 3);
        }
    }

    @Test
    void ofAnEventInSeveralWebhooksOneHasStoredItAndAPoisonedOneFailsNoOther() throws SQLException {
        // Given
        ObjectNode same = Payload.delivery("succeeded");
        ObjectNode poison = Payload.delivery("failed").put("subject", "poison");
        try (InProcess application = start(postgres, Map.of("store.writers", "1"))) {
            postgres.execute("ALTER TABLE mail_event ADD CONSTRAINT of_a_team CHECK (subject <> 'poison')");

            // When
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            CompletableFuture<HttpResponse<String>> poisoned;
            CompletableFuture<HttpResponse<String>> rejected;
            try (Held held = new Held()) {
                post(application, delivery(Payload.delivery("succeeded")));
                held.insertsWait(1);
                IntStream.range(0, 10).forEach(i -> answers.add(post(application, delivery(same, Payload.delivery("queued")))));
                poisoned = post(application, delivery(poison, Payload.delivery("queued")));
                rejected = post(application, delivery(Payload.delivery("queued").without("messageId"), Payload.delivery("queued")));
                waiting(application, 13);
            }

            // Then
            assertReceipt(poisoned.join(), 2, 1, 0, 1);
            assertReceipt(rejected.join(), 2, 1, 0, 1);
            List<Integer> stored = answers.stream().map(answer -> number(answer.join(), "stored")).sorted().toList();
            assertThat(stored).containsExactly(1, 1, 1, 1, 1, 1, 1, 1, 1, 2);
            assertThat(answers).allSatisfy(answer -> assertThat(number(answer.join(), "stored") + number(answer.join(), "duplicates"))
                    .isEqualTo(2));
            assertThat(postgres.rows("SELECT 1 FROM mail_event")).hasSize(14);
            assertThat(postgres.rows("SELECT 1 FROM rejected_event")).hasSize(2);
        }
    }

    @Test
    void whatTheQueueCannotTakeGoesIntoTheSpoolAndThenIsRefused() throws SQLException {
        // Given
        Map<String, String> settings = Map.of("store.writers", "1", "store.queue", "10", "spool.max-size", "4 KB");
        try (InProcess application = start(postgres, settings)) {
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            try (Held held = new Held()) {
                answers.add(post(application, delivery(Payload.delivery("succeeded"))));
                held.insertsWait(1);
                IntStream.range(0, 10).forEach(i -> answers.add(post(application, delivery(Payload.delivery("succeeded")))));
                waiting(application, 11);

                // When
                HttpResponse<String> spooled = post(application, delivery(Payload.delivery("succeeded"))).join();
                HttpResponse<String> refused = post(application, delivery(Payload.delivery("succeeded"))).join();

                // Then
                assertSpooled(spooled, 1);
                assertProblem(refused, 503);
                assertThat(application.log()).contains("StoreBusy").contains("store.queue");
            }
            answers.forEach(answer -> assertReceipt(answer.join(), 1, 1, 0, 0));
            await().until(() -> postgres.rows("SELECT 1 FROM mail_event").size() == 12);
        }
    }

    @Test
    void theQueueIsBoundedInBytesToo() throws SQLException {
        // Given
        ObjectNode large = Payload.delivery("failed").put("reason", "x".repeat(3_000));
        try (InProcess application = start(postgres, Map.of("store.writers", "1", "store.queue-size", "4 KB"))) {
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            try (Held held = new Held()) {
                answers.add(post(application, delivery(Payload.delivery("succeeded"))));
                held.insertsWait(1);
                answers.add(post(application, delivery(large)));
                waiting(application, 2);

                // When
                HttpResponse<String> spooled = post(application, delivery(Payload.delivery("failed").put("reason", "x".repeat(3_000))))
                        .join();

                // Then
                assertSpooled(spooled, 1);
            }
            answers.forEach(answer -> assertReceipt(answer.join(), 1, 1, 0, 0));
        }
    }

    /** A single webhook that exceeds the limits must be stored, because it could never be stored otherwise. */
    @Test
    void aWebhookBeyondTheLimitsGoesByItself() {
        // Given
        ObjectNode[] many = Stream.generate(() -> Payload.delivery("succeeded")).limit(50).toArray(ObjectNode[]::new);
        Map<String, String> settings = Map.of("store.batch", "10", "store.queue", "20", "store.queue-size", "1 KB");
        try (InProcess application = start(postgres, settings)) {

            // When
            HttpResponse<String> answer = application.post(MailEvents.JSON, delivery(many));

            // Then
            assertReceipt(answer, 50, 50, 0, 0);
        }
    }

    @Test
    void whatWaitsTooLongIsSpooledAndStoredLater() throws SQLException {
        // Given
        try (InProcess application = start(postgres, Map.of("store.writers", "1"))) {
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            try (Held held = new Held()) {
                answers.add(post(application, delivery(Payload.delivery("succeeded"))));
                held.insertsWait(1);

                // When
                IntStream.range(0, 5).forEach(i -> answers.add(post(application, delivery(Payload.delivery("succeeded")))));

                // Then
                answers.forEach(answer -> assertSpooled(answer.join(), 1));
            }
            await().until(() -> postgres.rows("SELECT 1 FROM mail_event").size() == 6);
        }
    }

    static Stream<TestDatabase> databases() {
        return Stream.of(TestDatabase.h2(), TestDatabase.postgres());
    }

    /** Many callers post the same events again and again, and several writers store them. The receipts add up to the rows. */
    @ParameterizedTest
    @MethodSource("databases")
    void theReceiptsAddUpToTheRows(TestDatabase database) {
        // Given
        List<ObjectNode> events = Stream.generate(() -> Payload.delivery("succeeded")).limit(400).toList();
        Random random = new Random(1);
        List<String> webhooks = IntStream.range(0, 400).mapToObj(i -> {
            List<ObjectNode> some = new ArrayList<>(events.subList(i, Math.min(i + 1 + random.nextInt(30), events.size())));
            Collections.shuffle(some, random);
            return delivery(some.toArray(ObjectNode[]::new));
        }).toList();
        try (InProcess application = start(database, Map.of("store.writers", "3", "store.batch", "100"))) {

            // When
            List<HttpResponse<String>> answers = webhooks.stream().map(webhook -> post(application, webhook)).toList().stream()
                    .map(CompletableFuture::join).toList();

            // Then
            assertThat(answers).allSatisfy(answer -> assertThat(number(answer, "received"))
                    .isEqualTo(number(answer, "stored") + number(answer, "duplicates") + number(answer, "spooled")));
            int stored = answers.stream().mapToInt(answer -> number(answer, "stored")).sum();
            // On a very busy machine, some webhooks wait too long. They are spooled, and stored a little later.
            assertThat(stored == 400 || answers.stream().anyMatch(answer -> number(answer, "spooled") > 0)).as(stored + " stored").isTrue();
            await().until(() -> database.rows("SELECT 1 FROM mail_event").size() == 400);
        }
    }

    private static InProcess start(TestDatabase database, Map<String, String> settings) {
        return TestSettings.of(database).with(settings).startInProcess();
    }

    private static String delivery(ObjectNode... elements) {
        return Payload.json("deliveries", elements);
    }

    private CompletableFuture<HttpResponse<String>> post(InProcess application, String webhook) {
        return CompletableFuture.supplyAsync(() -> application.post(MailEvents.JSON, webhook), callers);
    }

    private static void waiting(InProcess application, int webhooks) {
        await().until(() -> application.context().getInflightRepository().size("store-events") == webhooks);
    }

    private void countStatements() {
        postgres.execute("CREATE TABLE statements (at timestamp with time zone)");
        postgres.execute("CREATE FUNCTION count_statement() RETURNS trigger LANGUAGE plpgsql AS"
                + " 'BEGIN INSERT INTO statements VALUES (now()); RETURN NULL; END'");
        postgres.execute("CREATE TRIGGER count_statement AFTER INSERT ON mail_event FOR EACH STATEMENT EXECUTE FUNCTION count_statement()");
    }

    /** While this is open, every INSERT waits for the lock of the table. */
    private final class Held implements AutoCloseable {

        private final Connection connection = DriverManager.getConnection(postgres.url(), postgres.username(), postgres.password());

        Held() throws SQLException {
            connection.setAutoCommit(false);
            connection.createStatement().execute("LOCK TABLE mail_event IN SHARE MODE");
        }

        void insertsWait(int count) {
            await().until(() -> postgres.rows("SELECT 1 FROM pg_locks WHERE relation = 'mail_event'::regclass AND NOT granted")
                    .size() == count);
        }

        @Override
        public void close() throws SQLException {
            connection.rollback();
            connection.close();
        }
    }
}
