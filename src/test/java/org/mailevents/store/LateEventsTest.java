package org.mailevents.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.apache.camel.Processor;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mailevents.Application;
import org.mailevents.support.Answers;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;
import org.mailevents.support.TimedAlerts;
import org.mailevents.support.Where;

/** Events that are stored long after they were received are counted, and their personal data is removed. */
class LateEventsTest {

    private static final DateTimeFormatter SPOOLED = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    private final Path folder = OwnProcess.folder("routes");

    @ParameterizedTest
    @EnumSource
    void aCountStaysWhereTheRowsAreGone(Where where) throws IOException {
        try (TimedAlerts run = where.run(Map.of("retention.days", "7"))) {
            // Given
            Instant received = run.now();
            run.post("deliveries", Payload.delivery("queued"), Payload.delivery("queued"));
            run.pass(Duration.ofMinutes(12));
            await().until(() -> counted(run.database()) == 2);
            run.pass(Duration.ofDays(8));
            await().until(() -> run.database().rows("SELECT 1 FROM mail_event").isEmpty());

            // When
            spool(run.application(), Payload.delivery("queued"), received);

            // Then
            await().until(() -> run.application().log().contains("1 webhook from the spool"));
            await().until(() -> run.database().rows("SELECT 1 FROM event_recount").isEmpty());
            assertThat(counted(run.database())).isEqualTo(2);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsStoredIsNotedThoughALaterStepFails(Where where) throws IOException {
        // Given
        Path route = folder.resolve("routes/route-webhook.camel.yaml");
        Files.writeString(route, Files.readString(route)
                + "        - throwException:\n            exceptionType: java.lang.IllegalStateException\n            message: away\n");
        try (TimedAlerts run = where.run(Map.of("privacy.retention-days", "1", "spool.attempts", "1",
                "camel.main.routesIncludePattern", "file:" + folder + "/routes/*.camel.yaml"))) {
            run.database().execute("INSERT INTO mail_event (event_id, event_type, status, recipient, received_at)"
                    + " VALUES (?, 'deliveries', 'queued', 'x@example.net', ?)",
                    UUID.randomUUID(), run.now().minus(Duration.ofDays(2)).atOffset(ZoneOffset.UTC));
            await().until(() -> named(run) == 0 && counted(run.database()) == 1);

            // When
            spool(run.application(), Payload.delivery("queued"), run.now().minus(Duration.ofDays(3)));

            // Then
            await().until(() -> run.application().log().contains(" to failed/: "));
            await().until(() -> named(run) == 0 && counted(run.database()) == 2);
        }
    }

    private static int named(TimedAlerts run) {
        return run.database().rows("SELECT 1 FROM mail_event WHERE recipient IS NOT NULL").size();
    }

    @ParameterizedTest
    @EnumSource
    void whatAStepHasHeldUpIsCounted(Where where) throws IOException {
        // Given
        Path route = folder.resolve("routes/route-deliveries.camel.yaml");
        Files.writeString(route, Files.readString(route)
                .replaceFirst("( +)- log:\n +message: failed\n", "$1- process:\n$1    ref: hold\n$0"));
        CountDownLatch released = new CountDownLatch(1);
        Main main = Application.configured();
        main.bind("hold", (Processor) exchange -> released.await());
        try (TimedAlerts run = where.run(main, Map.of("camel.main.routesIncludePattern", "file:" + folder + "/routes/*.camel.yaml"))) {
            CompletableFuture<HttpResponse<String>> held = CompletableFuture.supplyAsync(
                    () -> run.application().post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("failed"))));
            await().until(() -> run.application().context().getInflightRepository().size("route-deliveries") == 1);
            run.post("deliveries", Payload.delivery("queued"));
            run.pass(Duration.ofMinutes(12));
            await().until(() -> counted(run.database()) == 1);

            // When
            released.countDown();

            // Then
            Answers.assertReceipt(held.join(), 1, 1, 0, 0);
            await().until(() -> counted(run.database()) == 2);
        } finally {
            released.countDown();
        }
    }

    /** Under steady traffic, a further row becomes too old at every moment. */
    @Test
    void personalDataThatIsLateGoesUnderSteadyTraffic() throws IOException {
        TestDatabase database = TestDatabase.postgres();
        try (InProcess application = TestSettings.of(database).with("privacy.retention-days", 1).startInProcess()) {
            // Given
            database.execute("""
                    INSERT INTO mail_event (event_id, event_type, status, recipient, received_at)
                    SELECT gen_random_uuid(), 'deliveries', 'queued', 'p' || i || '@example.net',
                           now() - interval '1 day' + (i - 100) * interval '0.02 second'
                    FROM generate_series(1, 10000) AS i""");
            await().until(() -> !database.rows("SELECT 1 FROM mail_event WHERE recipient IS NULL").isEmpty());

            // When
            ObjectNode late = Payload.delivery("queued");
            spool(application, late, Instant.now().minus(Duration.ofDays(3)));

            // Then
            await().until(() -> application.log().contains("1 webhook from the spool"));
            await().until(() -> database.rows("SELECT 1 FROM mail_event WHERE recipient = ?", late.get("to").asText()).isEmpty());
            assertThat(database.rows("SELECT 1 FROM mail_event WHERE recipient IS NOT NULL")).as("to be removed in the next minutes")
                    .isNotEmpty();
        }
    }

    private static long counted(TestDatabase database) {
        String events = database.row("SELECT SUM(events) AS n FROM event_count").get("n");
        return events == null ? 0 : Long.parseLong(events);
    }

    private static void spool(InProcess application, ObjectNode event, Instant received) throws IOException {
        Path spool = Path.of(application.context().resolvePropertyPlaceholders("{{spool.directory}}"));
        Path file = Files.writeString(spool.resolve("new"), Payload.json("deliveries", event));
        Files.move(file, spool.resolve(SPOOLED.format(received) + "-late.json"));
    }
}
