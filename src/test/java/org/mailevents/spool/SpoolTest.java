package org.mailevents.spool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertProblem;
import static org.mailevents.support.Answers.assertReceipt;
import static org.mailevents.support.Answers.assertSpooled;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.Processor;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.Application;
import org.mailevents.cases.StatusCases;
import org.mailevents.event.MailEvent;
import org.mailevents.support.HttpReceiver;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.PostgresServer;
import org.mailevents.support.TemporaryFolder;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** A webhook that cannot be stored is on disk before it is acknowledged, and is stored as soon as possible. */
@Execution(ExecutionMode.CONCURRENT)
class SpoolTest {

    private final Path spool = OwnProcess.folder().resolve("spool");
    private final Mailbox mailbox = Mailbox.folder();

    @Test
    void whileTheDatabaseIsDownEveryStatusIsKeptAndThenStored() {
        // Given
        PostgresServer server = new PostgresServer();
        TestDatabase database = server.database();
        List<ObjectNode> deliveries = StatusCases.statuses().map(Payload::delivery).toList();
        List<ObjectNode> bounces = StatusCases.codes().map(code -> Payload.bounce((String) code.get()[0])).toList();
        ObjectNode block = Payload.delivery("2");
        List<String> bodies = Stream.of(deliveries.stream().map(delivery -> Payload.form("deliveries", delivery)),
                bounces.stream().map(bounce -> Payload.json("bounces", bounce)), Stream.of(Payload.json("blocks", block)))
                .flatMap(stream -> stream).toList();
        ExecutorService callers = Executors.newFixedThreadPool(bodies.size());
        try (InProcess application = start(database, Map.of())) {
            server.kill();
            OffsetDateTime before = OffsetDateTime.now();

            // When
            List<HttpResponse<String>> answers = bodies.stream().map(body -> CompletableFuture.supplyAsync(() ->
                    application.post(body.startsWith("{") ? MailEvents.JSON : MailEvents.FORM, body), callers)).toList().stream()
                    .map(CompletableFuture::join).toList();
            OffsetDateTime after = OffsetDateTime.now();
            server.start();

            // Then
            assertThat(answers).allSatisfy(answer -> assertSpooled(answer, 1));
            await().until(() -> spooled().isEmpty());
            assertThat(Stream.of(deliveries, bounces, List.of(block)).flatMap(List::stream)).allSatisfy(element ->
                    assertThat(OffsetDateTime.parse(database.row("SELECT"
                            + " TO_CHAR(received_at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS t"
                            + " FROM mail_event WHERE recipient = ?", element.get("to").asText()).get("t"))).isBetween(before, after));
            assertThat(bounces).allSatisfy(bounce ->
                    await().untilAsserted(() -> assertThat(mailbox.naming(bounce.get("to").asText())).hasSize(1)));
        } finally {
            callers.shutdown();
            server.kill();
        }
    }

    @Test
    void anH2FileThatIsClosedForLackOfMemoryIsOpenedAgain() {
        // Given
        TestDatabase database = new TestDatabase("jdbc:h2:" + OwnProcess.folder().resolve("data/mail-events"), "sa", "");
        ObjectNode before = Payload.bounce("2");
        ObjectNode after = Payload.bounce("2");
        try (InProcess application = start(database, Map.of())) {
            assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", before)), 1, 1, 0, 0);

            // When
            database.runOutOfMemory();
            HttpResponse<String> answer = application.post(MailEvents.JSON, Payload.json("bounces", after));

            // Then
            assertThat(answer.statusCode()).isEqualTo(200);
            await().until(() -> spooled().isEmpty());
            assertThat(database.rows("SELECT recipient FROM mail_event")).extracting(row -> row.get("recipient"))
                    .containsExactlyInAnyOrder(before.get("to").asText(), after.get("to").asText());
        }
    }

    @Test
    void itStartsWithoutItsDatabaseAndMakesTheSchemaWhenItIsThere() {
        // Given
        PostgresServer server = new PostgresServer();
        server.kill();
        ObjectNode bounce = Payload.bounce("2");
        String unreadable = "{\"event_type\": \"bounces\", \"event\": " + bounce.get("to");
        try (InProcess application = start(server.database(), Map.of())) {

            // When
            HttpResponse<String> answer = application.post(MailEvents.JSON, Payload.json("bounces", bounce));
            HttpResponse<String> refused = application.post(MailEvents.JSON, unreadable);
            server.start();

            // Then
            assertSpooled(answer, 1);
            assertProblem(refused, 400);
            await().until(() -> spooled().isEmpty());
            assertThat(server.database().row("SELECT recipient FROM mail_event")).containsEntry("recipient", bounce.get("to").asText());
            assertThat(server.database().row("SELECT payload FROM rejected_event")).containsEntry("payload", unreadable);
        } finally {
            server.kill();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {MailEvents.JSON, MailEvents.FORM})
    void aSpooledWebhookCanBePostedAgainAndHoldsNoSecret(String contentType) throws IOException {
        // Given
        TestDatabase database = TestDatabase.h2();
        ObjectNode delivery = Payload.delivery("failed").put("subject", "山田's \"mail\" \\ 100%&=");
        String body = contentType.equals(MailEvents.FORM) ? "api_key=s3cret&" + Payload.form("deliveries", delivery)
                : Payload.json("deliveries", delivery).replaceFirst("\\{", "{\"api_key\": \"s3cret\", ");
        AtomicBoolean fails = new AtomicBoolean(true);
        try (InProcess application = start(database, step(fails), Map.of("webhook.api-key", "s3cret"))) {

            // When
            assertSpooled(application.post(contentType, body), 1);
            Path file = spooled().get(0);
            String kept = Files.readString(file);
            fails.set(false);
            await().until(() -> spooled().isEmpty());

            // Then
            assertThat(kept).doesNotContain("s3cret");
            assertThat(database.row("SELECT * FROM mail_event")).containsEntry("subject", delivery.get("subject").asText());
            assertReceipt(application.post(MailEvents.JSON, kept.replaceFirst("\\{", "{\"api_key\": \"s3cret\", ")), 1, 0, 1, 0);
        }
    }

    @Test
    void whatFailsTooOftenIsSetAsideWithItsReasonAndTheOperatorsGetOneMail() throws IOException {
        // Given
        TestDatabase database = TestDatabase.h2();
        AtomicBoolean fails = new AtomicBoolean(true);
        List<ObjectNode> failing = List.of(Payload.delivery("failed"), Payload.delivery("failed"), Payload.delivery("failed"));
        Path failed = spool.resolve("failed");
        try (InProcess application = start(database, step(fails), Map.of("spool.attempts", "2", "alert.to.operators", "ops@example.com"))) {

            // When
            failing.forEach(delivery -> assertSpooled(application.post(MailEvents.JSON, Payload.json("deliveries", delivery)), 1));
            assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", Payload.bounce("8"))), 1, 1, 0, 0);

            // Then
            await().until(() -> files(failed).size() == 6 && spooled().isEmpty());
            assertThat(files(failed).stream().filter(file -> file.toString().endsWith(".reason.txt")).map(SpoolTest::content))
                    .hasSize(3).allSatisfy(reason -> assertThat(reason).contains("the CRM of <address> is down"));
            await().until(() -> mailbox.mails().size() == 2);
            Mailbox.Mail notice = mailbox.mails().stream().filter(mail -> mail.subject().contains("Mail Events")).findAny().orElseThrow();
            assertThat(notice.to()).containsExactly("ops@example.com");
            assertThat(notice.text()).contains("failed/").contains(spool.toString());

            // When
            fails.set(false);
            for (Path file : files(failed)) {
                if (!file.toString().endsWith(".txt")) {
                    Files.move(file, spool.resolve(file.getFileName()));
                }
            }

            // Then
            await().until(() -> spooled().isEmpty() && files(failed).isEmpty());
            assertThat(failing).allSatisfy(delivery ->
                    assertThat(database.rows("SELECT 1 FROM mail_event WHERE recipient = ?", delivery.get("to").asText())).hasSize(1));
            assertThat(mailbox.mails()).hasSize(2);
        }
    }

    @Test
    void aNoticeThatAnHttpEndpointDefersDelaysNoAlert() {
        try (HttpReceiver gateway = new HttpReceiver();
                InProcess application = start(TestDatabase.h2(), step(new AtomicBoolean(true)), Map.of("spool.attempts", "1",
                        "alert.endpoint", gateway.url("/mail"), "alert.first-delay", "3s", "alert.to.operators", "ops@example.com"))) {
            gateway.answers = mail -> new HttpReceiver.Answer(mail.body().contains("ops@example.com") ? 503 : 200, Map.of(), "");
            application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("failed")));
            await().until(() -> gateway.refused.size() == 1);

            application.post(MailEvents.JSON, Payload.json("bounces", Payload.bounce("2")));

            await().until(() -> gateway.requests.size() == 1);
        }
    }

    @Test
    void whatFailsDoesNotHoldUpWhatCameLater() {
        // Given
        TestDatabase database = TestDatabase.h2();
        AtomicBoolean fails = new AtomicBoolean(true);
        ObjectNode failing = Payload.delivery("failed").put("subject", "failing");
        ObjectNode later = Payload.delivery("failed");
        Processor step = exchange -> {
            if (fails.get() || "failing".equals(exchange.getVariable("event", MailEvent.class).subject())) {
                throw new IllegalStateException("no");
            }
        };
        try (InProcess application = start(database, step, Map.of())) {
            assertSpooled(application.post(MailEvents.JSON, Payload.json("deliveries", failing)), 1);
            assertSpooled(application.post(MailEvents.JSON, Payload.json("deliveries", later)), 1);

            // When
            fails.set(false);

            // Then
            await().until(() -> database.rows("SELECT 1 FROM mail_event WHERE recipient = ?", later.get("to").asText()).size() == 1);
            await().until(() -> spooled().size() == 1);
        }
    }

    @Test
    void aStepWhoseOwnDatabaseIsDownHoldsUpNothingElse() {
        // Given
        TestDatabase database = TestDatabase.h2();
        ObjectNode failing = Payload.delivery("failed").put("subject", "failing");
        ObjectNode later = Payload.delivery("failed");
        AtomicBoolean fails = new AtomicBoolean(true);
        Processor step = exchange -> {
            if (fails.get() || "failing".equals(exchange.getVariable("event", MailEvent.class).subject())) {
                throw new SQLTransientConnectionException("the CRM's database is down", "08001");
            }
        };
        try (InProcess application = start(database, step, Map.of("spool.attempts", "2"))) {
            assertSpooled(application.post(MailEvents.JSON, Payload.json("deliveries", failing)), 1);
            assertSpooled(application.post(MailEvents.JSON, Payload.json("deliveries", later)), 1);

            // When
            fails.set(false);

            // Then
            await().until(() -> spooled().isEmpty());
            assertThat(files(spool.resolve("failed")).stream().map(SpoolTest::content))
                    .anyMatch(text -> text.contains(failing.get("to").asText()));
        }
    }

    @Test
    void whileTheTableIsLockedNobodyWaitsLong() throws SQLException {
        // Given
        TestDatabase database = TestDatabase.postgres();
        List<ObjectNode> deliveries = IntStream.range(0, 40).mapToObj(i -> Payload.delivery("queued")).toList();
        ExecutorService callers = Executors.newFixedThreadPool(deliveries.size());
        try (InProcess application = start(database, Map.of("store.max-wait", "5s"));
                Connection locking = DriverManager.getConnection(database.url(), database.username(), database.password())) {
            locking.setAutoCommit(false);
            locking.createStatement().execute("LOCK TABLE mail_event IN EXCLUSIVE MODE");

            // When
            long posted = System.nanoTime();
            List<HttpResponse<String>> answers = deliveries.stream().map(delivery -> CompletableFuture.supplyAsync(() ->
                    application.post(MailEvents.JSON, Payload.json("deliveries", delivery)), callers)).toList().stream()
                    .map(CompletableFuture::join).toList();
            Duration slowest = Duration.ofNanos(System.nanoTime() - posted);
            locking.rollback();

            // Then
            assertThat(answers).allSatisfy(answer -> assertSpooled(answer, 1));
            // The limit leaves room for a busy machine. A webhook must not wait for an INSERT that has begun, which would take ten seconds.
            assertThat(slowest).isLessThan(Duration.ofSeconds(8));
            await().until(() -> spooled().isEmpty());
            assertThat(database.rows("SELECT recipient FROM mail_event").stream().map(row -> row.get("recipient")))
                    .containsExactlyInAnyOrderElementsOf(
                    deliveries.stream().map(delivery -> delivery.get("to").asText()).toList());
        } finally {
            callers.shutdown();
        }
    }

    @Test
    void whileTheTableIsLockedALongWebhookDoesNotWaitLongEither() throws SQLException {
        // Given
        TestDatabase database = TestDatabase.postgres();
        ObjectNode[] deliveries = IntStream.range(0, 3_500).mapToObj(i -> Payload.delivery("queued")).toArray(ObjectNode[]::new);
        try (InProcess application = start(database, Map.of("store.max-wait", "5s"));
                Connection locking = DriverManager.getConnection(database.url(), database.username(), database.password())) {
            locking.setAutoCommit(false);
            locking.createStatement().execute("LOCK TABLE mail_event IN EXCLUSIVE MODE");

            // When
            long posted = System.nanoTime();
            HttpResponse<String> answer = application.post(MailEvents.JSON, Payload.json("deliveries", deliveries));
            Duration waited = Duration.ofNanos(System.nanoTime() - posted);
            locking.rollback();

            // Then
            assertSpooled(answer, deliveries.length);
            assertThat(waited).isLessThan(Duration.ofSeconds(8));
            await().until(() -> spooled().isEmpty());
            assertThat(database.rows("SELECT message_id FROM mail_event").stream().map(row -> row.get("message_id"))
                    .collect(Collectors.toSet()))
                    .isEqualTo(Stream.of(deliveries).map(delivery -> delivery.get("messageId").asText()).collect(Collectors.toSet()));
        }
    }

    @Test
    void whenTheSpoolIsFullTooItIsRefusedAndTheOperatorsWereToldBefore() {
        // Given
        TestDatabase database = TestDatabase.h2();
        AtomicBoolean fails = new AtomicBoolean(true);
        try (InProcess application = start(database, step(fails), Map.of("spool.max-size", "20 KB"))) {
            for (int i = 0; i < 5; i++) {
                assertSpooled(application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("failed"))), 1);
            }

            // When
            HttpResponse<String> refused = application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("failed")));
            HttpResponse<String> unreadable = application.post(MailEvents.JSON, "{");

            // Then
            assertProblem(refused, 503);
            assertThat(refused.headers().firstValueAsLong("Retry-After")).hasValue(30);
            assertProblem(unreadable, 400);
            assertThat(spooled()).hasSize(5);
            await().until(() -> mailbox.mails().stream().anyMatch(mail -> mail.subject().contains(" % ")));

            // When
            fails.set(false);

            // Then
            await().until(() -> spooled().isEmpty());
            assertReceipt(application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("failed"))), 1, 1, 0, 0);
        }
    }

    @Test
    void whileWebhooksAreRefusedForLackOfRoomOnTheDiskItIsNotHealthy() throws IOException {
        // Given: a folder into which no user can write
        AtomicBoolean fails = new AtomicBoolean(true);
        try (InProcess application = start(TestDatabase.h2(), step(fails), Map.of())) {
            assertThat(application.health().statusCode()).isEqualTo(200);
            TemporaryFolder.delete(spool);
            Files.createFile(spool);

            // When
            HttpResponse<String> refused = application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("failed")));

            // Then
            assertProblem(refused, 503);
            assertThat(application.health().statusCode()).isEqualTo(503);
            assertThat(application.health().body()).contains("spool.directory");
            assertThat(application.observe("health/ready").statusCode()).isEqualTo(503);
            assertThat(application.observe("health/live").statusCode()).isEqualTo(200);

            // When
            Files.delete(spool);
            Files.createDirectories(spool);

            // Then
            await().until(() -> application.health().statusCode() == 200);
            assertSpooled(application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("failed"))), 1);
        }
    }

    @Test
    void whatWasRejectedIsSentInAgainOnceAFileAsksForIt() throws IOException {
        // Given
        TestDatabase database = TestDatabase.h2();
        ObjectNode old = Payload.delivery("failed").put("created", "2026-02-30 00:00:00");
        ObjectNode mended = Payload.delivery("failed").put("created", "2026-02-30 00:00:00");
        try (InProcess application = start(database, Map.of())) {
            assertReceipt(application.post(MailEvents.JSON, Payload.json("deliveries", old, mended)), 2, 0, 0, 2);
            for (int i = 0; i < 100; i++) { // enough for the replay to meet the rows that are still being moved
                assertProblem(application.post(MailEvents.FORM, "no webhook at all " + i), 400);
            }
            List<Map<String, String>> rejected = database.rows("SELECT rejected_id, reason FROM rejected_event");
            database.execute("UPDATE rejected_event SET payload = REPLACE(payload, '2026-02-30', '2026-02-28') WHERE payload LIKE ?",
                    "%" + mended.get("to").asText() + "%");

            // When
            Files.createFile(spool.resolve("replay-rejected"));

            // Then
            await().until(() -> !Files.exists(spool.resolve("replay-rejected")) && spooled().isEmpty());
            assertThat(database.row("SELECT recipient FROM mail_event")).containsEntry("recipient", mended.get("to").asText());
            assertThat(database.rows("SELECT rejected_id, reason FROM rejected_event")).hasSize(101).isSubsetOf(rejected);
        }
    }

    @Test
    void moreThanTheSpoolHasRoomForIsSentInAgainAPartAtATime() throws IOException {
        // Given
        TestDatabase database = TestDatabase.h2();
        try (InProcess application = start(database, Map.of("spool.max-size", "64 KB"))) {
            for (int i = 0; i < 40; i++) {
                application.post(MailEvents.JSON,
                        Payload.json("deliveries", Payload.delivery("failed").put("created", "2026-02-30 00:00:00")));
            }
            database.execute("UPDATE rejected_event SET payload = REPLACE(payload, '2026-02-30', '2026-02-28')");

            // When
            Files.createFile(spool.resolve("replay-rejected"));

            // Then
            await().until(() -> !Files.exists(spool.resolve("replay-rejected")));
            await().until(() -> database.rows("SELECT 1 FROM mail_event").size() == 40);
            assertThat(application.log()).doesNotContain("cannot be replayed");
        }
    }

    @Test
    void whoCleansUpTheFolderOfWhatFailedHarmsNothing() throws IOException {
        // Given
        AtomicBoolean fails = new AtomicBoolean(true);
        ObjectNode bounce = Payload.bounce("2");
        try (InProcess application = start(TestDatabase.h2(), step(fails), Map.of("spool.attempts", "1"))) {

            // When
            Files.delete(spool.resolve("failed"));
            application.post(MailEvents.JSON, Payload.json("bounces", bounce));
            application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("failed")));

            // Then
            await().until(() -> !mailbox.naming(bounce.get("to").asText()).isEmpty());
            await().until(() -> Files.isDirectory(spool.resolve("failed")) && files(spool.resolve("failed")).size() == 2);
        }
    }

    @Test
    void aSpoolThatCannotBeReadIsToldOnceAMinuteAndKeepsNoBounceWaiting() throws IOException {
        // Given
        ObjectNode bounce = Payload.bounce("2");
        try (InProcess application = start(TestDatabase.h2(), Map.of())) {

            // When
            Files.delete(spool.resolve("failed"));
            Files.createFile(spool.resolve("failed"));
            await().until(() -> application.log().contains("cannot be replayed now"));
            application.post(MailEvents.JSON, Payload.json("bounces", bounce));

            // Then
            await().until(() -> !mailbox.naming(bounce.get("to").asText()).isEmpty());
            assertThat(application.log().lines().filter(line -> line.contains("cannot be replayed now"))).hasSize(1);
            Files.delete(spool.resolve("failed"));
            Files.writeString(spool.resolve("one.json"), Payload.json("deliveries", Payload.delivery("failed")));
            await().until(() -> spooled().isEmpty());
        }
    }

    /** A step of a team that calls a second system for every failed delivery. */
    private static Processor step(AtomicBoolean fails) {
        return exchange -> {
            if (fails.get()) {
                throw new IllegalStateException("the CRM of someone@example.net is down");
            }
        };
    }

    private InProcess start(TestDatabase database, Map<String, String> settings) {
        return settings(database, settings).startInProcess();
    }

    private InProcess start(TestDatabase database, Processor step, Map<String, String> settings) {
        try {
            Path folder = OwnProcess.folder("routes");
            Path route = folder.resolve("routes/route-deliveries.camel.yaml");
            Files.writeString(route, Files.readString(route)
                    .replaceFirst("(?m)^( +)- log:\\s+message: failed$", "$1- process:\n$1    ref: step\n$0"));
            Main main = Application.configured();
            main.bind("step", step);
            return settings(database, settings).withRoutes(folder.resolve("routes")).startInProcess(main);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private TestSettings settings(TestDatabase database, Map<String, String> settings) {
        return TestSettings.of(database, mailbox).with("spool.directory", spool).with(settings);
    }

    private List<Path> spooled() {
        return files(spool).stream().filter(file -> file.toString().matches(".*\\.(json|form|tmp)")).toList();
    }

    private static List<Path> files(Path folder) {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String content(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
