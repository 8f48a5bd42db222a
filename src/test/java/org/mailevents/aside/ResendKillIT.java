package org.mailevents.aside;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;

/** A process is killed while it sends a mended event again. The event is neither lost nor stored or told twice. */
class ResendKillIT {

    private static final String NO_DAY = "2026-02-30 09:00:00";
    private static final String CREDENTIALS = "taro:secret";

    /** The step of the process that a lock of the test holds up until the process is killed. */
    private enum Step {
        /** The event is not stored yet. */
        STORE("mail_event", "INSERT INTO mail_event", 0),
        /** The event is stored, and its row in {@code rejected_event} is not deleted yet. */
        DELETE("rejected_event", "DELETE FROM rejected_event", 1);

        private final String table;
        private final String statement;
        private final int stored;

        Step(String table, String statement, int stored) {
            this.table = table;
            this.statement = statement;
            this.stored = stored;
        }
    }

    private final TestDatabase database = TestDatabase.postgres();
    private final Map<String, String> settings = new HashMap<>(database.settings());
    private final Mailbox mailbox = Mailbox.folder();
    private final ObjectNode bounce = Payload.bounce("2").put("created", NO_DAY);
    private OwnProcess process;

    @ParameterizedTest
    @EnumSource(Step.class)
    void theSameRequestAfterAKillEndsWhatTheFirstBegan(Step step) throws Exception {
        // Given
        settings.putAll(Map.of("console.basic", CREDENTIALS, "alert.endpoint", mailbox.endpoint(), "alert.first-delay", "200ms"));
        start();
        try {
            assertReceipt(process.post(MailEvents.JSON, Payload.json("bounces", bounce)), 1, 0, 0, 1);
            Map<String, String> row = rejected().get(0);
            String path = "/api/aside/rejected/" + row.get("rejected_id");
            String mended = row.get("payload").replace(NO_DAY, "2026-03-02 09:00:00");

            // When
            killDuring(step, path, mended);

            // Then
            assertThat(rejected()).containsExactly(row);
            assertThat(stored()).hasSize(step.stored);

            // When
            start();
            HttpResponse<String> answer = send(path, mended);

            // Then
            assertReceipt(answer, 1, 1 - step.stored, step.stored, 0);
            assertThat(rejected()).isEmpty();
            assertThat(stored()).hasSize(1);
            await().until(() -> told() == 1 && !database.rows("SELECT 1 FROM mail_event WHERE alert_state = 'sent'").isEmpty());
            assertThat(send(path, mended).statusCode()).isEqualTo(404);
            assertThat(told()).isEqualTo(1);
        } finally {
            process.kill();
        }
    }

    private void start() {
        process = OwnProcess.jar(settings).started();
    }

    private void killDuring(Step step, String path, String mended) throws SQLException {
        try (Connection lock = DriverManager.getConnection(database.url(), database.username(), database.password())) {
            lock.setAutoCommit(false);
            lock.createStatement().execute("LOCK TABLE " + step.table + " IN SHARE MODE");
            CompletableFuture<HttpResponse<String>> lost = CompletableFuture.supplyAsync(() -> send(path, mended));
            await().until(() -> !waiting(step).isEmpty());
            process.kill();
            // Otherwise the server would still carry out the statement that waits for the lock.
            waiting(step).forEach(each -> database.execute("SELECT pg_terminate_backend(?)", Integer.parseInt(each.get("pid"))));
            await().until(() -> waiting(step).isEmpty());
            assertThat(lost).failsWithin(Duration.ofSeconds(10));
        }
    }

    /** The backends that wait with the statement of the step. Other jobs of the process may wait for the table as well. */
    private List<Map<String, String>> waiting(Step step) {
        return database.rows("SELECT l.pid FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid WHERE NOT l.granted"
                + " AND l.relation = CAST(? AS regclass) AND a.query LIKE ?", step.table, step.statement + "%");
    }

    private List<Map<String, String>> rejected() {
        return database.rows("SELECT rejected_id, reason, payload FROM rejected_event");
    }

    private List<Map<String, String>> stored() {
        return database.rows("SELECT 1 FROM mail_event WHERE recipient = ?", bounce.get("to").asText());
    }

    private int told() {
        return mailbox.naming(bounce.get("to").asText()).size();
    }

    private HttpResponse<String> send(String path, String body) {
        return process.send(request(path).header("X-Token", token()).header("Content-Type", MailEvents.JSON)
                .POST(BodyPublishers.ofString(body)));
    }

    private String token() {
        try {
            return new ObjectMapper().readTree(process.send(request("/api/aside")).body()).path("token").asText();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(process.uri(path)).header("Authorization",
                "Basic " + Base64.getEncoder().encodeToString(CREDENTIALS.getBytes(StandardCharsets.UTF_8)));
    }
}
