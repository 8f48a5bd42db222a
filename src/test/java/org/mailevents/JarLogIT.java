package org.mailevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.support.MailEvents;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;

/** The jar can log JSON. While the jar stops, it reports that it is no longer ready. */
@Execution(ExecutionMode.CONCURRENT)
class JarLogIT {

    private static final ObjectMapper JSON = new ObjectMapper();

    private final Path folder = OwnProcess.folder("routes", "application.properties");

    @Test
    void eachLineOfALogInJsonIsAnObjectAndNamesNobody() {
        // Given
        try (OwnProcess application = OwnProcess.jar(folder, Map.of("log.format", "json", "webhook.misspelt", "x")).started()) {

            // When
            assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", Payload.bounce("2"))), 1, 1, 0, 0);
            application.post(MailEvents.JSON, "{ \"someone@example.net\"");
            application.close();

            // Then
            List<JsonNode> lines = lines(application);
            assertThat(lines).hasSizeGreaterThan(5).allSatisfy(line -> {
                assertThat(line.path("timestamp").isNumber()).isTrue();
                assertThat(line.path("level").asText()).matches("INFO|WARN|ERROR");
                assertThat(line.path("loggerName").asText()).isNotEmpty();
                assertThat(line.path("formattedMessage").asText()).isNotEmpty();
            });
            assertThat(lines).anyMatch(line -> line.path("formattedMessage").asText().startsWith("bounces: 1 received, 1 stored"));
            assertThat(application.log()).doesNotContain("@");
        }
    }

    @Test
    void theFileSaysItToo() throws IOException {
        // Given
        Files.writeString(folder.resolve("application.properties"), Files.readString(Path.of("application.properties"))
                .replace("log.format = text", "log.format = json") + "webhook.time-zone = Mars\n");

        // When
        OwnProcess application = OwnProcess.jar(folder, Map.of());

        // Then
        assertThat(application.ended()).isEqualTo(1);
        assertThat(lines(application)).hasSize(1).first().satisfies(line -> {
            assertThat(line.path("level").asText()).isEqualTo("ERROR");
            assertThat(line.path("formattedMessage").asText()).contains("Set webhook.time-zone ");
        });
    }

    @Test
    void whileItStopsItIsNotReady() throws IOException {
        // Given
        Path route = folder.resolve("routes/route-deliveries.camel.yaml");
        Files.writeString(route, Files.readString(route).replaceFirst("(?m)^( +)- log:\\s+message: failed$",
                "$1- log:\n$1    message: in flight\n"
                        + "$1- delay:\n$1    expression:\n$1      constant:\n$1        expression: \"5000\"\n$0"));
        OwnProcess application = OwnProcess.jar(folder, Map.of()).started();
        await().until(() -> application.observe("health/ready").statusCode() == 200);
        CompletableFuture<Integer> answer = CompletableFuture.supplyAsync(() ->
                application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("failed"))).statusCode());
        await().until(() -> application.log().contains("in flight"));

        // When
        CompletableFuture<Void> stopped = CompletableFuture.runAsync(application::close);

        // Then
        await().atMost(Duration.ofSeconds(6)).pollInterval(Duration.ofMillis(50))
                .until(() -> application.observe("health/ready").statusCode() == 503);
        assertThat(answer.join()).isEqualTo(200);
        stopped.join();
    }

    private static List<JsonNode> lines(OwnProcess application) {
        return application.log().lines().map(line -> {
            try {
                return JSON.readTree(line);
            } catch (IOException e) {
                throw new UncheckedIOException(line, e);
            }
        }).toList();
    }
}
