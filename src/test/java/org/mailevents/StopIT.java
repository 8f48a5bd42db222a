package org.mailevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Isolated;
import org.mailevents.support.MailEvents;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;

/**
 * At SIGTERM the jar finishes the webhooks in flight, and then stops. Without memory it ends at once. Nothing needs repair afterwards. The
 * tests take the time of a stop, so no other class runs meanwhile. A stop is mostly a wait, so all of them happen at the same time. JUnit
 * would run the tests of an isolated class one after the other.
 */
@Isolated("it takes the time of a stop")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class StopIT {

    private final CompletableFuture<Void> withAWebhookInFlight = run(StopIT::stopWithAWebhookInFlight);
    private final CompletableFuture<Void> withAStepThatHangs = run(StopIT::stopWithAStepThatHangs);
    private final CompletableFuture<Void> underLoad = run(StopIT::stopUnderLoad);
    private final CompletableFuture<Void> withoutMemory = run(StopIT::runOutOfMemory);

    @Test
    void aWebhookInFlightIsAnsweredBeforeItEnds() {
        withAWebhookInFlight.join();
    }

    @Test
    void aStepThatHangsDoesNotKeepItFromEnding() {
        withAStepThatHangs.join();
    }

    @Test
    void underLoadItAnswersOrRefusesAndKeepsWhatItAcknowledged() {
        underLoad.join();
    }

    @Test
    void withoutMemoryItEndsAndTheNextStartHasAllThatItAcknowledged() {
        withoutMemory.join();
    }

    private static void stopWithAWebhookInFlight() {
        // Given
        Path folder = folder();
        delayFailed(folder, 3_000);
        ObjectNode delivery = Payload.delivery("failed");
        OwnProcess application = OwnProcess.jar(folder, Map.of()).started();
        CompletableFuture<HttpResponse<String>> answer = CompletableFuture.supplyAsync(() ->
                application.post(MailEvents.JSON, Payload.json("deliveries", delivery)));
        await().until(() -> application.log().contains("in flight"));

        // When
        Duration stop = stop(application);

        // Then
        assertReceipt(answer.join(), 1, 1, 0, 0);
        assertThat(stop).isLessThan(Duration.ofSeconds(10));
        assertThat(application.log()).doesNotContain("\tat ").doesNotContain("ERROR");
        delayFailed(folder, 0);
        try (OwnProcess next = OwnProcess.jar(folder, Map.of()).started()) {
            assertReceipt(next.post(MailEvents.JSON, Payload.json("deliveries", delivery)), 1, 0, 1, 0);
        }
    }

    private static void stopWithAStepThatHangs() {
        // Given
        Path folder = folder();
        delayFailed(folder, 600_000);
        OwnProcess application = OwnProcess.jar(folder, Map.of()).started();
        CompletableFuture<Void> lost = run(() ->
                application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("failed"))));
        await().until(() -> application.log().contains("in flight"));

        // When
        Duration stop = stop(application);

        // Then
        assertThat(stop).isLessThan(Duration.ofSeconds(10));
        await().until(lost::isDone);
    }

    private static void runOutOfMemory() {
        Path folder = folder();
        // Given: a step of a team doubles the text of a certain campaign until memory runs out
        beforeFailed(folder, """
                - filter:
                    simple:
                      expression: "${body.apiData} == 'CAMPAIGN-7'"
                    steps:
                      - setBody:
                          constant:
                            expression: "0123456789"
                      - loop:
                          constant:
                            expression: "40"
                          steps:
                            - setBody:
                                simple:
                                  expression: "${body}${body}"
                """);
        Map<String, String> small = Map.of("java.tool.options", "-Xmx112m -XX:+ExitOnOutOfMemoryError");
        OwnProcess application = OwnProcess.jar(folder, small).started();
        ObjectNode[] acknowledged = IntStream.range(0, 20).mapToObj(i -> Payload.delivery("queued")).toArray(ObjectNode[]::new);
        for (ObjectNode delivery : acknowledged) {
            assertReceipt(application.post(MailEvents.JSON, Payload.json("deliveries", delivery)), 1, 1, 0, 0);
        }
        ObjectNode failed = Payload.delivery("failed").put("apiData", "CAMPAIGN-7");

        // When
        assertThatThrownBy(() -> application.post(MailEvents.JSON, Payload.json("deliveries", failed)))
                .isInstanceOf(UncheckedIOException.class);

        // Then
        assertThat(application.ended()).isEqualTo(3);
        beforeFailed(folder, "");
        try (OwnProcess next = OwnProcess.jar(folder, small).started()) {
            assertReceipt(next.post(MailEvents.JSON, Payload.json("deliveries", acknowledged)), 20, 0, 20, 0);
            assertReceipt(next.post(MailEvents.JSON, Payload.json("deliveries", failed)), 1, 1, 0, 0);
        }
    }

    private static void stopUnderLoad() {
        // Given
        Path folder = folder();
        OwnProcess application = OwnProcess.jar(folder, Map.of()).started();
        Queue<ObjectNode> acknowledged = new ConcurrentLinkedQueue<>();
        Queue<HttpResponse<String>> refused = new ConcurrentLinkedQueue<>();
        List<CompletableFuture<Void>> callers = IntStream.range(0, 8).mapToObj(i -> run(() -> {
            try {
                while (true) {
                    ObjectNode delivery = Payload.delivery("queued");
                    HttpResponse<String> answer = application.post(MailEvents.JSON, Payload.json("deliveries", delivery));
                    if (answer.statusCode() == 200) {
                        acknowledged.add(delivery);
                    } else {
                        refused.add(answer);
                    }
                }
            } catch (UncheckedIOException e) {
                // The application has stopped.
            }
        })).toList();
        await().until(() -> acknowledged.size() > 500);

        // When
        Duration stop = stop(application);

        // Then
        callers.forEach(CompletableFuture::join);
        assertThat(stop).isLessThan(Duration.ofSeconds(10));
        assertThat(refused).allSatisfy(answer -> {
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.headers().firstValueAsLong("Retry-After")).hasValue(30);
        });
        assertThat(application.log()).doesNotContain("\tat ").doesNotContain("ERROR");
        try (OwnProcess next = OwnProcess.jar(folder, Map.of()).started()) {
            String again = Payload.json("deliveries", acknowledged.toArray(ObjectNode[]::new));
            assertReceipt(next.post(MailEvents.JSON, again), acknowledged.size(), 0, acknowledged.size(), 0);
        }
    }

    private static CompletableFuture<Void> run(Runnable runnable) {
        return CompletableFuture.runAsync(runnable, each -> new Thread(each).start());
    }

    private static Path folder() {
        return OwnProcess.folder("routes", "application.properties");
    }

    private static Duration stop(OwnProcess application) {
        Instant told = Instant.now();
        application.close();
        return Duration.between(told, Instant.now());
    }

    private static void delayFailed(Path folder, int millis) {
        beforeFailed(folder, "- log:\n    message: in flight\n"
                + "- delay:\n    expression:\n      constant:\n        expression: \"" + millis + "\"\n");
    }

    /** Puts steps before the first one of the branch for failed deliveries. */
    private static void beforeFailed(Path folder, String steps) {
        try {
            String yaml = Files.readString(Path.of("routes/route-deliveries.camel.yaml"));
            Matcher log = Pattern.compile("(?m)^( +)- log:\\s+message: failed$").matcher(yaml);
            assertThat(log.find()).isTrue();
            Files.writeString(folder.resolve("routes/route-deliveries.camel.yaml"),
                    yaml.substring(0, log.start()) + steps.indent(log.group(1).length()) + yaml.substring(log.start()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
