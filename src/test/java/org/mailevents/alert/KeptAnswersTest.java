package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.AnsweredAlerts.ONE;
import static org.mailevents.support.AnsweredAlerts.TWO;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.answer.Act;
import org.mailevents.support.AnsweredAlerts;
import org.mailevents.support.Api;

/** The answers of recipients are kept with their incident, and the console shows them. */
@Execution(ExecutionMode.CONCURRENT)
class KeptAnswersTest {

    private static final String USER = "Basic " + Base64.getEncoder().encodeToString("desk:secret".getBytes(StandardCharsets.UTF_8));

    @AutoClose
    private AnsweredAlerts run;

    @Test
    void theConsoleShowsAnIncidentWithItsAnswers() {
        // Given
        run = new AnsweredAlerts(Map.of());
        run.firstMail();
        run.answer(run.token(Act.MUTE, TWO), "pair=unknown-user%40example.net", "period=incident");
        run.answer(run.token(Act.ACKNOWLEDGE, ONE));
        run.mailed(1);

        // When
        JsonNode incidents = Api.ask(run.application(), "/api/incidents", "Authorization", USER);
        String id = incidents.get(0).path("incidentId").asText();
        JsonNode incident = Api.ask(run.application(), "/api/incident?id=" + id, "Authorization", USER);

        // Then
        assertThat(incidents).hasSize(1);
        assertThat(incidents.get(0).path("acknowledgedBy").asText()).isEqualTo(ONE);
        assertThat(incident.path("bounces").toString())
                .isEqualTo("[{\"cause\":\"unknown-user\",\"domain\":\"example.net\",\"bounces\":1}]");
        assertThat(incident.path("answers").findValuesAsText("what")).containsExactlyInAnyOrder("acknowledge", "mute");
        assertThat(incident.path("answers").findValuesAsText("recipient")).containsExactlyInAnyOrder(ONE, TWO);
        assertThat(incident.path("deliveries").findValuesAsText("recipient")).contains(ONE, TWO);
        assertThat(incident.path("mails").findValuesAsText("what")).contains("opened");
        assertThat(run.application().send(HttpRequest.newBuilder(run.application().uri("/api/incident?id=x"))
                .header("Authorization", USER)).statusCode()).isEqualTo(400);
        assertThat(run.application().send(HttpRequest.newBuilder(run.application().uri("/api/incident?id=" + UUID.randomUUID()))
                .header("Authorization", USER)).statusCode()).isEqualTo(404);
    }

    @Test
    void answersGoWithTheirIncidentExceptThatADigestStaysWanted() {
        // Given
        run = new AnsweredAlerts(Map.of("retention.days", "1"));
        run.firstMail();
        run.answer(run.token(Act.MUTE, ONE), "pair=unknown-user%40example.net", "period=week");
        run.answer(run.token(Act.LESS_OFTEN, ONE), "frequency=daily");
        run.undo(run.answer(run.token(Act.LESS_OFTEN, TWO), "frequency=daily"));

        // When
        run.pass(Duration.ofMinutes(46));
        run.mailed(2);
        run.pass(Duration.ofDays(32));

        // Then
        await().until(() -> run.database().rows("SELECT 1 FROM alert_incident").isEmpty());
        assertThat(run.database().rows("SELECT what, recipient FROM alert_answer")).singleElement()
                .hasToString("{what=less-often, recipient=" + ONE + "}");
    }
}
