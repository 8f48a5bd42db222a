package org.mailevents.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertReceipt;
import static org.mailevents.support.Answers.assertSpooled;
import static org.mailevents.support.ShippedRoutes.REFUSED;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.Processor;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.Application;
import org.mailevents.log.FailureLog;
import org.mailevents.support.Api;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** A step fails for every webhook: the log says so once, with the file and the line, and the health check shows it until it is over. */
@Execution(ExecutionMode.CONCURRENT)
class FailingRouteTest {

    private static final int WEBHOOKS = 30;
    private static final ListAppender<ILoggingEvent> LOG = new ListAppender<>();

    private final TestDatabase database = TestDatabase.h2();
    private final Path folder = OwnProcess.folder("routes").resolve("routes");
    private final Path file = folder.resolve("route-bounces.camel.yaml");

    @BeforeAll
    static void listen() {
        LOG.list = new CopyOnWriteArrayList<>();
        LOG.start();
        InProcess.root().addAppender(LOG);
    }

    @AfterAll
    static void stopListening() {
        InProcess.root().detachAppender(LOG);
    }

    @Test
    void aMisspeltNameIsLoggedOnceWithItsLineAndShownUntilItIsMended() throws IOException {
        // Given
        String good = Files.readString(file);
        // No made-up event has this apiData, so the mistake is not found when the file is saved.
        String wrong = good.replace(REFUSED, "${body.apiData} == 'CAMPAIGN-7' && ${body.recipent} == 'x'");
        Files.writeString(file, wrong);
        int line = (int) wrong.substring(0, wrong.indexOf("recipent")).lines().count() - 2; // the branch begins two lines above
        String place = file + ":" + line;
        List<ObjectNode> bounces = Stream.generate(() -> Payload.bounce("5").put("apiData", "CAMPAIGN-7")).limit(300).toList();
        Instant began = Instant.now().minusSeconds(1);

        try (InProcess application = start()) {
            // When
            for (int i = 0; i < WEBHOOKS; i++) {
                assertSpooled(application.post(MailEvents.JSON,
                        Payload.json("bounces", bounces.subList(i * 10, i * 10 + 10).toArray(JsonNode[]::new))), 10);
            }

            // Then
            await().untilAsserted(() -> assertThat(message(application)).matches("WARNING: route-bounces fails at \\Q" + place
                    + "\\E since [0-9TZ:-]+: " + WEBHOOKS + " webhooks wait"));
            assertThat(application.health().statusCode()).isEqualTo(200);
            JsonNode failing = summary(application).get("failingRoutes").get(0);
            assertThat(failing.get("route").asText() + " " + failing.get("place").asText() + " " + failing.get("webhooks"))
                    .isEqualTo("route-bounces " + place + " " + WEBHOOKS);
            assertThat(Instant.parse(failing.get("since").asText())).isBetween(began, Instant.now());
            assertThat(failures(application)).hasSize(1).allSatisfy(one -> assertThat(one)
                    .startsWith("route-bounces failed at " + place + ": MethodNotFoundException: Method with name: recipent"));

            // When
            sumUp(application);

            // Then
            assertThat(LOG.list).extracting(ILoggingEvent::getFormattedMessage).filteredOn(one -> one.contains(place)).hasSize(2)
                    .element(1).asString().matches("route-bounces failed \\d+ more times within a minute at \\Q" + place
                            + "\\E: MethodNotFoundException: .*");

            // When
            Files.writeString(file, good);

            // Then
            await().atMost(Duration.ofMinutes(1)).untilAsserted(() -> assertThat(message(application)).isEmpty());
            assertThat(database.rows("SELECT recipient FROM mail_event")).extracting(row -> row.get("recipient"))
                    .containsExactlyInAnyOrderElementsOf(bounces.stream().map(bounce -> bounce.get("to").asText()).toList());
            assertThat(summary(application).get("failingRoutes")).isEmpty();
        }
    }

    /** Each webhook of a batch is tried alone afterwards. With a slow step, that takes minutes. */
    @Test
    void theWebhooksOfABatchThatFailsAreCountedAtOnce() throws Exception {
        Semaphore replays = new Semaphore(1);
        Main main = Application.configured();
        main.bind("slowSystem", (Processor) exchange -> {
            if ("replay-spool".equals(exchange.getFromRouteId())) {
                replays.acquire();
            }
            throw new IllegalStateException("It fails");
        });
        Files.writeString(file, Files.readString(file).replace("        - split:",
                "        - process: {ref: slowSystem}\n        - split:"));
        try (InProcess application = TestSettings.of(database, Mailbox.folder()).withRoutes(folder).startInProcess(main)) {
            try {
                // Given
                application.context().getRouteController().suspendRoute("replay-spool");
                for (int i = 0; i < 10; i++) {
                    assertSpooled(application.post(MailEvents.JSON, Payload.json("bounces", Payload.bounce("5"))), 1);
                }

                // When
                application.context().getRouteController().resumeRoute("replay-spool");

                // Then
                await().untilAsserted(() -> assertThat(message(application)).startsWith("WARNING: route-bounces fails at " + file)
                        .endsWith(": 10 webhooks wait"));
            } finally {
                replays.release(1000);
            }
        }
    }

    @Test
    void aFailureThatComesBackAfterAMinuteIsLoggedAgain() throws IOException {
        // Given
        Files.writeString(file, Files.readString(file).replace("              - choice:", "              - throwException:\n"
                + "                  exceptionType: java.lang.IllegalStateException\n                  message: no ${body.recipient}\n"
                + "              - choice:"));
        ObjectNode bounce = Payload.bounce("5");

        try (InProcess application = start()) {
            application.post(MailEvents.JSON, Payload.json("bounces", bounce));
            IntStream.range(0, 2).forEach(minute -> sumUp(application));

            // When
            application.post(MailEvents.JSON, Payload.json("bounces", Payload.bounce("5")));

            // Then
            assertThat(failures(application)).filteredOn(one -> one.matches("route-bounces failed at .*: IllegalStateException: no .*"))
                    .hasSizeGreaterThanOrEqualTo(2);
            assertThat(application.log()).doesNotContain(bounce.get("to").asText());
        }
    }

    @Test
    void aMistakeThatIsRefusedWhenItIsSavedIsNoFailureOfTheRunningRoute() throws IOException {
        // Given
        ObjectNode bounce = Payload.bounce("5");

        try (InProcess application = start()) {
            // When
            Files.writeString(file, Files.readString(file).replace(REFUSED, "${body.recipent} regex 'x'"));

            // Then
            await().until(() -> application.log().contains("Not activated: " + file));
            assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", bounce)), 1, 1, 0, 0);
            assertThat(message(application)).isEmpty();
            assertThat(application.log()).doesNotContain("route-bounces failed");
        }
    }

    private InProcess start() {
        return TestSettings.of(database, Mailbox.folder()).withRoutes(folder).startInProcess();
    }

    /** What happens once a minute. It runs in the thread of the test, so only {@link #LOG} gets the line. */
    private static void sumUp(InProcess application) {
        application.context().getRegistry().findSingleByType(FailureLog.class).sumUp();
    }

    private static List<String> failures(InProcess application) {
        return application.log().lines().filter(line -> line.matches(".*(Exception|[1-9]\\d* spooled).*")).toList();
    }

    private static String message(InProcess application) {
        try {
            for (JsonNode check : new ObjectMapper().readTree(application.health().body()).get("checks")) {
                if (check.get("name").asText().equals("failing-routes")) {
                    return check.path("message").asText();
                }
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
        throw new AssertionError("no such check");
    }

    private static JsonNode summary(InProcess application) throws IOException {
        return Api.ask(application, "/api/summary");
    }
}
