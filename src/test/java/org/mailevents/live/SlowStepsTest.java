package org.mailevents.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mailevents.support.Answers.assertSpooled;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.apache.camel.component.http.HttpComponent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** A step of a team calls a server that takes the connection and never answers. */
@Execution(ExecutionMode.CONCURRENT)
class SlowStepsTest {

    private final Path routes = OwnProcess.folder("routes").resolve("routes");

    @Test
    void aWebhookWaitsTenSecondsForAStepUnlessTheStepHasItsOwnTimeout() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
            // Given
            String server = "127.0.0.1:" + silent.getLocalPort();
            insert("failed", "http://" + server + "/h1dden");
            insert("succeeded", "http://" + server + "/h1dden?responseTimeout=1000");
            insert("queued", "https://" + server + "/h1dden");
            insert("deferred", "smtp://" + server + "?to=a@example.com&from=b@example.com");
            try (InProcess application = TestSettings.of(TestDatabase.h2()).withRoutes(routes)
                    .with("camel.component.https.connectTimeout", "700").startInProcess()) {

                // When
                Map<String, CompletableFuture<Duration>> waits = new LinkedHashMap<>();
                for (String status : new String[] {"failed", "succeeded", "queued", "deferred"}) {
                    waits.put(status, CompletableFuture.supplyAsync(() -> spooledAfter(application, status)));
                }

                // Then
                assertThat(waits.get("failed").join()).isBetween(Duration.ofSeconds(9), Duration.ofSeconds(20));
                assertThat(waits.get("succeeded").join()).isLessThan(Duration.ofSeconds(9));
                assertThat(waits.get("queued").join()).isLessThan(Duration.ofSeconds(9));
                assertThat(waits.get("deferred").join()).isBetween(Duration.ofSeconds(9), Duration.ofSeconds(20));
                String place = "route-deliveries failed at " + routes + "/route-deliveries.camel.yaml:";
                assertThat(application.log().lines().filter(line -> line.startsWith(place)).map(line -> line.substring(place.length())))
                        .anyMatch(line -> line.matches("\\d+ \\(http://" + server + "\\): SocketTimeoutException: Read timed out"))
                        .anyMatch(line -> line.matches("\\d+: ConnectTimeoutException: Connect to https://" + server + " failed.*"))
                        .anyMatch(line -> line.matches("\\d+ \\(smtp://" + server + "\\): MessagingException.*"));
                assertThat(application.log()).doesNotContain("h1dden");
                HttpComponent https = application.context().getComponent("https", HttpComponent.class);
                assertThat(https.getConnectTimeout() + " " + https.getResponseTimeout()).isEqualTo("700 10000");
            }
        }
    }

    /** Adds a step to the branch of a status. */
    private void insert(String status, String uri) throws IOException {
        Path file = routes.resolve("route-deliveries.camel.yaml");
        String yaml = Files.readString(file);
        String changed = yaml.replaceFirst("(?m)^( +)- log:\\s+message: " + status + "$",
                "$1- setBody:\n$1    constant:\n$1      expression: a text\n$1- to:\n$1    uri: \"" + uri + "\"\n$0");
        assertThat(changed).isNotEqualTo(yaml);
        Files.writeString(file, changed);
    }

    private static Duration spooledAfter(InProcess application, String status) {
        long start = System.nanoTime();
        assertSpooled(application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery(status))), 1);
        return Duration.ofNanos(System.nanoTime() - start);
    }
}
