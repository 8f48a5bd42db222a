package org.mailevents.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.ShippedRoutes.REFUSED;
import static org.mailevents.support.ShippedRoutes.withKind;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.Map;
import java.util.UUID;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.mailevents.Application;
import org.mailevents.support.Api;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** A decision is explained by the routes that made it, whatever has changed since. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DecisionTest {

    private static final String USER = "taro:look";

    private final TestDatabase database = TestDatabase.h2();
    private final Path folder = OwnProcess.folder("routes").resolve("routes");
    private final Path file = folder.resolve("route-bounces.camel.yaml");
    private final TestSettings settings = TestSettings.of(database, Mailbox.folder()).with("console.basic", USER).withRoutes(folder);
    private InProcess application;
    private String shipped;

    @BeforeAll
    void start() throws IOException {
        application = settings.startInProcess();
        shipped = Files.readString(file);
    }

    @AfterAll
    void stop() {
        application.close();
    }

    @BeforeEach
    void asShipped() throws IOException {
        activate(shipped);
    }

    @Test
    void anEventIsExplainedByTheRoutesThatDecidedIt() throws IOException {
        // Given
        activate(withKind(shipped, "old policy"));
        String before = posted(Payload.bounce("4"));

        // When
        activate(shipped);
        JsonNode decision = decision(before);

        // Then
        assertThat(decision.path("kind").asText()).isEqualTo("old policy");
        assertThat(decision.path("remarks")).isEmpty();
        assertThat(decision.path("revision").path("active").asBoolean()).isFalse();
        assertThat(decision.path("revision").path("firstUsedAt").asText()).isNotEmpty();
        assertThat(decision.path("kindSetBy").path("step").asText()).isEqualTo("setVariable[kind]");
    }

    @Test
    void aConditionOfATeamIsNamed() throws IOException {
        // Given
        activate(shipped.replace("        - to:\n", """
                              - filter:
                                  expression:
                                    simple:
                                      expression: "${body.apiData} == 'CAMPAIGN-7'"
                                  steps:
                                    - setVariable:
                                        name: audience
                                        expression:
                                          constant:
                                            expression: sales
                        - to:
                """));

        // When
        JsonNode decision = decision(posted(Payload.bounce("4").put("apiData", "CAMPAIGN-7")));

        // Then
        assertThat(decision.path("audience").asText()).isEqualTo("sales");
        assertThat(decision.path("branches").findValuesAsText("condition")).containsExactly("${body.eventType} == 'bounces'",
                REFUSED, "${body.apiData} == 'CAMPAIGN-7'");
        int line = decision.path("audienceSetBy").path("line").asInt();
        assertThat(Files.readAllLines(file).subList(line - 1, line + 4)).anyMatch(text -> text.contains("sales"));
        assertThat(Files.readAllLines(file).get(decision.at("/branches/2/line").asInt() - 1)).contains("- filter:");
    }

    @Test
    void aDecisionThatIsDifferentTodayIsSaidToBe() throws IOException {
        // Given
        activate(shipped.replace("expression: postmaster", "expression: \"{{team.audience:first}}\""));
        String eventId = posted(Payload.bounce("4"));

        // When
        application.context().getPropertiesComponent().addOverrideProperty("team.audience", "second");
        JsonNode decision = decision(eventId);

        // Then
        assertThat(decision.path("audience").asText()).isEqualTo("first");
        assertThat(decision.path("remarks").findValuesAsText("code")).containsExactly("differs");
        assertThat(decision.path("text").asText()).contains("differently today: kind policy, audience second");
    }

    @Test
    void anUndecidedBounceAndAMutedOneAreExplained() throws IOException {
        // Given
        activate(shipped.replaceAll("- setVariable:\\s+name: audience\\s+expression:\\s+constant:\\s+expression: postmaster",
                "- log: {message: undecided}").replace("expression: list-owner", "expression: none"));

        // When
        JsonNode undecided = decision(posted(Payload.bounce("4")));
        JsonNode muted = decision(posted(Payload.bounce("2")));

        // Then
        assertThat(undecided.path("audience").asText()).isEqualTo("postmaster");
        assertThat(undecided.path("audienceSetBy").isNull()).isTrue();
        assertThat(undecided.path("remarks").findValuesAsText("code")).containsExactly("undecided");
        assertThat(muted.path("audience").asText()).isEqualTo("none");
        assertThat(muted.path("text").asText()).contains("Audience: none (muted, so nobody is mailed), set by setVariable[audience]");
    }

    @Test
    void anEventFromBeforeTheRevisionsIsExplainedByTheActiveRoutes() {
        String eventId = posted(Payload.bounce("4"));
        database.execute("UPDATE mail_event SET route_revision = NULL WHERE event_id = ?", UUID.fromString(eventId));

        JsonNode decision = decision(eventId);

        assertThat(decision.path("revision").path("decided").asBoolean()).isFalse();
        assertThat(decision.path("remarks").findValuesAsText("code")).containsExactly("revision-unknown");
        assertThat(decision.path("audienceSetBy").path("file").asText()).isEqualTo("routes/route-bounces.camel.yaml");
    }

    @Test
    void theCommandPrintsTheText() throws Exception {
        String eventId = posted(Payload.bounce("4"));

        String text = Application.explainDecision(main(application.port, settings.map()), eventId);

        assertThat(text).isEqualTo(decision(eventId).path("text").asText()).contains("Event " + eventId,
                "Cause: policy\nKind: policy\nAudience: postmaster, set by setVariable[audience] in",
                "Recipients: those of the setting alert.to");
    }

    @Test
    void theCommandSaysWhatToChange() {
        assertThatThrownBy(() -> Application.explainDecision(main(application.port, Map.of()), UUID.randomUUID().toString()))
                .hasMessageContaining("401").hasMessageContaining("console.basic");
        assertThatThrownBy(() -> Application.explainDecision(main(application.port, settings.map()), "no id"))
                .hasMessageContaining("id of an event");
        assertThatThrownBy(() -> Application.explainDecision(main(MailEvents.freePort(), settings.map()), UUID.randomUUID().toString()))
                .hasMessageContaining("Start Mail Events first");
    }

    private static Main main(int port, Map<String, String> settings) {
        Main main = Application.withSettings();
        settings.forEach(main::addOverrideProperty);
        main.addOverrideProperty("camel.server.port", String.valueOf(port));
        return main;
    }

    /** Posts a bounce, and returns the id of its event. */
    private String posted(ObjectNode bounce) {
        assertThat(application.post(MailEvents.JSON, Payload.json("bounces", bounce)).body()).contains("\"stored\":1");
        return ask("/api/recipients/" + bounce.get("to").asText()).get(0).path("eventId").asText();
    }

    private JsonNode decision(String eventId) {
        return ask("/api/events/" + eventId + "/decision");
    }

    private JsonNode ask(String path) {
        return Api.ask(application, path, "Authorization",
                "Basic " + Base64.getEncoder().encodeToString(USER.getBytes(StandardCharsets.UTF_8)));
    }

    private void activate(String yaml) throws IOException {
        if (!Files.readString(file).equals(yaml)) {
            int before = application.log().split("Activated").length;
            Files.writeString(file, yaml);
            await().until(() -> application.log().split("Activated").length > before);
        }
    }
}
