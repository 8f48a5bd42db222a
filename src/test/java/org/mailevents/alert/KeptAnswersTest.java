package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.AnsweredAlerts.ONE;
import static org.mailevents.support.AnsweredAlerts.TWO;
import static org.mailevents.support.AnsweredAlerts.USER;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mailevents.answer.Act;
import org.mailevents.support.AnsweredAlerts;
import org.mailevents.support.Api;
import org.mailevents.support.Payload;

/** The answers of recipients are kept with their incident, and the console shows them. */
@Execution(ExecutionMode.CONCURRENT)
class KeptAnswersTest {

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

    @ParameterizedTest
    @EnumSource
    void theConsoleShowsThatAnAnswerWasUndone(Act act) {
        // Given
        run = new AnsweredAlerts(Map.of());
        run.firstMail();

        // When
        HttpResponse<String> done = run.answer(run.token(act, ONE), "pair=unknown-user%40example.net", "period=week", "frequency=daily");

        // Then
        assertThat(answers()).singleElement().satisfies(answer -> {
            assertThat(answer.path("what").asText()).isEqualTo(act.toString());
            assertThat(answer.path("undoneAt").isNull()).isTrue();
        });

        // When
        run.undo(done);

        // Then
        assertThat(answers()).singleElement().satisfies(answer -> assertThat(answer.path("undoneAt").asText()).isNotEmpty());
    }

    @Test
    void theConsoleShowsAtEachIncidentTheAnswersThatHeldMeanwhile() {
        // Given
        run = new AnsweredAlerts(Map.of());
        run.firstMail();
        run.answer(run.token(Act.MUTE, ONE), "pair=unknown-user%40example.net", "period=day");
        run.answer(run.token(Act.MUTE, TWO), "pair=unknown-user%40example.net", "period=incident");
        HttpResponse<String> lessOften = run.answer(run.token(Act.LESS_OFTEN, ONE), "frequency=daily");

        // When
        nextIncident(Duration.ofHours(1));

        // Then
        assertThat(answers()).extracting(answer -> answer.path("what").asText() + " " + answer.path("recipient").asText())
                .containsExactlyInAnyOrder("mute " + ONE, "less-often " + ONE);

        // When
        nextIncident(Duration.ofDays(1));

        // Then
        assertThat(answers()).extracting(answer -> answer.path("what").asText()).containsExactly("less-often");

        // When
        run.undo(lessOften);
        nextIncident(Duration.ofHours(1));

        // Then
        assertThat(answers()).isEmpty();
    }

    private void nextIncident(Duration after) {
        run.pass(after);
        run.awaitEnds();
        run.post("bounces", Payload.bounce("2"));
        run.pass(Duration.ofSeconds(10));
        await().until(() -> !run.database().rows("SELECT 1 FROM alert_incident WHERE closed_at IS NULL").isEmpty()
                && run.database().rows("SELECT 1 FROM alert_mail WHERE sent_at IS NULL").isEmpty());
    }

    /** The answers at the latest incident, as the console shows them. */
    private List<JsonNode> answers() {
        String id = Api.ask(run.application(), "/api/incidents", "Authorization", USER).get(0).path("incidentId").asText();
        return List.copyOf(Api.ask(run.application(), "/api/incident?id=" + id, "Authorization", USER).path("answers")
                .findParents("what"));
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
