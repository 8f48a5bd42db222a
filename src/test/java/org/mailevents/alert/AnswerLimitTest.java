package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.AnsweredAlerts.ONE;
import static org.mailevents.support.AnsweredAlerts.TWO;

import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.answer.Act;
import org.mailevents.support.AnsweredAlerts;
import org.mailevents.support.TestDatabase;

/** Whoever sends many requests to the page of answers neither overloads the application nor locks out the recipients. */
@Execution(ExecutionMode.CONCURRENT)
class AnswerLimitTest {

    @AutoClose
    private AnsweredAlerts run;

    @Test
    void whoeverSendsTooMuchIsToldToWait() {
        run = new AnsweredAlerts(Map.of());
        run.firstMail();
        String token = run.token(Act.ACKNOWLEDGE, ONE);
        for (int request = 0; request < 30; request++) {
            assertThat(run.page(token).statusCode()).isEqualTo(200);
        }
        HttpResponse<String> refused = run.send("version=0-0&token=" + token);
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("Retry-After")).contains("60");
        assertThat(run.database().rows("SELECT 1 FROM alert_answer")).isEmpty();
        assertThat(run.page(run.token(Act.ACKNOWLEDGE, TWO)).statusCode()).as("another link").isEqualTo(200);
        run.pass(Duration.ofMinutes(1));
        assertThat(run.page(token).statusCode()).isEqualTo(200);
    }

    /** HAProxy adds a second header behind the one that the caller has sent. */
    @Test
    void whoeverSendsInvalidLinksLocksOutNobodyElse() {
        // Given
        run = new AnsweredAlerts(Map.of());
        run.firstMail();
        String token = run.token(Act.ACKNOWLEDGE, ONE);

        // When
        for (int request = 0; request < 300; request++) {
            assertThat(openFrom("192.0.2." + request % 250, "198.51.100.1, 198.51.100.7", "invalid").statusCode()).isEqualTo(404);
        }

        // Then
        assertThat(openFrom("192.0.2.251", "198.51.100.7", "invalid").statusCode()).isEqualTo(429);
        assertThat(openFrom("192.0.2.251", "198.51.100.7", token).statusCode()).as("a valid link").isEqualTo(200);
        assertThat(openFrom("198.51.100.7", "198.51.100.8", "invalid").statusCode()).as("another caller").isEqualTo(404);
    }

    @Test
    void whatIsNoAddressIsNotCounted() {
        run = new AnsweredAlerts(Map.of());
        for (int request = 0; request < 300; request++) {
            assertThat(openFrom("192.0.2.1", "x".repeat(200) + request, "invalid").statusCode()).isEqualTo(404);
        }
        assertThat(run.page("invalid").statusCode()).isEqualTo(429);
    }

    private HttpResponse<String> openFrom(String callers, String proxy, String token) {
        return run.application().send(HttpRequest.newBuilder(run.application().uri("/answer?token=" + token))
                .header("X-Forwarded-For", callers).header("X-Forwarded-For", proxy));
    }

    @Test
    void onlyAFewRequestsWaitForTheDatabaseAndNotForLong() throws SQLException {
        // Given
        TestDatabase database = TestDatabase.postgres();
        run = new AnsweredAlerts(database, Map.of());
        run.firstMail();
        String token = run.token(Act.MUTE, ONE);
        String waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                + " AND query LIKE '%alert_incident i%'";

        try (Connection lock = DriverManager.getConnection(database.url(), database.username(), database.password())) {
            lock.setAutoCommit(false);
            lock.createStatement().execute("LOCK TABLE alert_mail IN ACCESS EXCLUSIVE MODE");
            List<CompletableFuture<HttpResponse<String>>> answers = Stream.generate(() ->
                    CompletableFuture.supplyAsync(() -> run.page(token))).limit(4).toList();
            await().until(() -> database.rows(waiting).size() >= 4);

            // When
            HttpResponse<String> refused = run.page(token);

            // Then
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.headers().firstValue("Retry-After")).isPresent();
            assertThat(refused.body()).contains("Too many requests");
            assertThat(answers).allSatisfy(answer -> assertThat(answer.join().statusCode()).isEqualTo(503));
        }
        assertThat(run.page(token).statusCode()).isEqualTo(200);
    }

    @Test
    void aLinkThatIsOpenedDuringAStartOrAStopIsToBeOpenedAgain() throws Exception {
        // Given
        run = new AnsweredAlerts(Map.of());
        run.firstMail();
        String token = run.token(Act.MUTE, ONE);

        // When
        run.application().context().getRouteController().stopRoute("take-answer");

        // Then
        for (HttpResponse<String> answer : List.of(run.page(token), run.send("token=" + token))) {
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.headers().firstValue("Retry-After")).isPresent();
        }
        run.application().context().getRouteController().startRoute("take-answer");
        assertThat(run.page(token).statusCode()).isEqualTo(200);
    }
}
