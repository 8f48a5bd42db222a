package org.mailevents.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mailevents.support.Answers.assertProblem;
import static org.mailevents.support.ShippedRoutes.REFUSED;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.Api;

/** The question of somebody who got a mail: why did I get it? */
public interface DecisionCases extends Cases {

    private <T> T oneOfEight(Supplier<T> question) {
        application().questions.acquireUninterruptibly();
        try {
            return question.get();
        } finally {
            application().questions.release();
        }
    }

    @Test
    default void aBounceIsExplainedByItsBranchAndItsSteps() throws IOException {
        // Given
        String address = bounced("4");
        JsonNode event = oneOfEight(() -> Api.ask(application(), "/api/recipients/" + address)).get(0);

        // When
        JsonNode decision = oneOfEight(() -> Api.ask(application(), "/api/events/" + event.path("eventId").asText() + "/decision"));

        // Then
        assertThat(event.path("audience").asText()).isEqualTo("postmaster");
        assertThat(event.path("routeRevision").asText()).matches("[0-9a-f]{12}").isEqualTo(decision.path("revision").path("id").asText());
        assertThat(decision.path("cause").asText()).isEqualTo("policy");
        assertThat(decision.path("dead").asBoolean(true)).isFalse();
        assertThat(decision.path("kind").asText()).isEqualTo("policy");
        assertThat(decision.path("kindSetBy").isNull()).as("it is that of the cause").isTrue();
        assertThat(decision.path("audience").asText()).isEqualTo("postmaster");
        assertThat(decision.path("revision").path("active").asBoolean()).isTrue();
        assertThat(decision.path("revision").path("decided").asBoolean()).isTrue();
        assertThat(decision.path("remarks")).isEmpty();
        assertThat(decision.path("branches").findValuesAsText("condition"))
                .containsExactly("${body.eventType} == 'bounces'", REFUSED);
        assertThat(decision.path("branches").findValuesAsText("file"))
                .containsExactly("routes/route-webhook.camel.yaml", "routes/route-bounces.camel.yaml");
        List<String> yaml = Files.readAllLines(Path.of("routes/route-bounces.camel.yaml"));
        int condition = decision.at("/branches/1/line").asInt();
        assertThat(yaml.subList(condition - 1, condition + 2)).anyMatch(text -> text.contains(REFUSED));
        assertThat(decision.path("audienceSetBy").path("step").asText()).isEqualTo("setVariable[audience]");
        int line = decision.path("audienceSetBy").path("line").asInt();
        assertThat(yaml.get(line - 1)).contains("setVariable");
        assertThat(yaml.get(line)).contains("name: audience");
        assertThat(decision.path("text").asText()).contains("Audience: postmaster, set by setVariable[audience] in"
                + " routes/route-bounces.camel.yaml:" + line);
    }

    @Test
    default void anUnknownEventIsAnswered404() {
        assertProblem(oneOfEight(() -> application().send(
                HttpRequest.newBuilder(application().uri("/api/events/" + UUID.randomUUID() + "/decision")))), 404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "%27", "0b8f5c1e-5f0e-5d3a-9f0c-3a1b2c4d5e6"})
    default void whatIsNoEventIdIsSaidToBeNone(String id) {
        assertThat(assertProblem(oneOfEight(() -> application().send(
                HttpRequest.newBuilder(application().uri("/api/events/" + id + "/decision")))), 400)).contains("id of an event");
    }
}
