package org.mailevents.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.ShippedRoutes.DEAD;
import static org.mailevents.support.ShippedRoutes.REFUSED;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.mailevents.support.Api;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** The view of the routes tells what runs, and how many events took which branch. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RouteViewTest {

    private final Path folder = OwnProcess.folder("routes").resolve("routes");
    private InProcess application;
    private JsonNode view;

    /** Given one application with routes of a team and some events, and when the view was asked for once. */
    @BeforeAll
    void start() throws IOException {
        Path webhook = folder.resolve("route-webhook.camel.yaml");
        Files.writeString(webhook, Files.readString(webhook) + """
                        - wireTap:
                            uri: direct:tell-chat
                """);
        Files.writeString(folder.resolve("tell-chat.camel.yaml"), """
                - route:
                    id: tell-chat
                    from:
                      uri: direct:tell-chat
                      steps:
                        - choice:
                            when:
                              - expression:
                                  simple:
                                    expression: "${variable.events[0].apiData} == 'CAMPAIGN-7'"
                                steps:
                                  - to:
                                      uri: https://chat.example.invalid/hooks/s3cret?connectTimeout=100
                              - expression:
                                  simple:
                                    expression: "${variable.events[0].apiData} == 'NOTHING'"
                """);
        Files.writeString(folder.resolve("forgotten.camel.yaml"), """
                - route:
                    id: forgotten
                    from:
                      uri: direct:forgotten
                      steps:
                        - log:
                            message: "never"
                """);
        Files.createDirectories(folder.resolve("drafts"));
        Files.writeString(folder.resolve("drafts/route-bounces.camel.yaml"), "# not ready");
        application = TestSettings.of(TestDatabase.h2(), Mailbox.folder()).withRoutes(folder).startInProcess();
        post("bounces", Payload.bounce("4"), Payload.bounce("7"), Payload.bounce("2").put("apiData", "CAMPAIGN-7"));
        post("deliveries", Payload.delivery("queued"), Payload.delivery("deferred"));
        post("deliveries", Payload.delivery("succeeded").put("subject", "boom"));
        failForTheSubjectBoom();
        view = Api.ask(application, "/api/routes");
    }

    private void failForTheSubjectBoom() throws IOException {
        Path deliveries = folder.resolve("route-deliveries.camel.yaml");
        Files.writeString(deliveries, Files.readString(deliveries).replace("        - to:\n", """
                - filter:
                    expression:
                      simple:
                        expression: "${body.events[0].subject} == 'boom'"
                    steps:
                      - throwException:
                          exceptionType: java.lang.IllegalStateException
                          message: too loud
                """.indent(8) + "        - to:\n"));
        await().until(() -> application.log().contains("Activated"));
    }

    @AfterAll
    void stop() {
        application.close();
    }

    private void post(String eventType, ObjectNode... elements) {
        assertThat(application.post(MailEvents.JSON, Payload.json(eventType, elements)).body()).contains("\"stored\":" + elements.length);
    }

    @Test
    void itShowsTheWayOfAWebhook() {
        assertThat(onTheWay()).containsExactly("receive-webhook", "route-webhook", "route-bounces", "route-deliveries", "tell-chat",
                "store-events");
        assertThat(names(route("receive-webhook").path("sendsTo"))).containsExactly("route-webhook");
        assertThat(names(route("route-webhook").path("sendsTo"))).containsExactly("tell-chat");
        assertThat(names(branch("route-webhook", "${body.eventType} == 'bounces'").path("sendsTo"))).containsExactly("route-bounces");
        assertThat(names(route("route-bounces").path("sendsTo"))).containsExactly("store-events");
        assertThat(view.path("routes").findValuesAsText("id")).contains("send-alerts").doesNotContain("api-message", "take-webhook");
    }

    @Test
    void itCountsTheEventsOfEachBranch() {
        assertThat(view.path("sample").path("events").asInt()).isEqualTo(6);
        assertThat(view.path("sample").path("complete").asBoolean()).isTrue();
        assertThat(branch("route-bounces", REFUSED).path("events").asInt()).isEqualTo(2);
        assertThat(branch("route-bounces", REFUSED).path("audience").asText()).isEqualTo("postmaster");
        assertThat(branch("route-bounces", DEAD).path("events").asInt()).isEqualTo(1);
        assertThat(branch("route-bounces", "otherwise").path("events").asInt()).isZero();
        assertThat(branch("route-deliveries", "otherwise").path("events").asInt()).isZero();
        assertThat(branch("route-webhook", "${body.eventType} == 'deliveries'").path("events").asInt()).isEqualTo(3);
        assertThat(route("route-bounces").path("events").asInt()).isEqualTo(3);
        assertThat(branch("tell-chat", "${variable.events[0].apiData} == 'CAMPAIGN-7'").path("events").asInt()).isEqualTo(1);
        assertThat(branch("tell-chat", "${variable.events[0].apiData} == 'NOTHING'").path("events").isNull()).isTrue();
    }

    @Test
    void itShowsWhatIsNotInUseWhatFailsAndWhatIsADraft() {
        assertThat(route("forgotten").path("state").asText()).isEqualTo("unused");
        assertThat(route("forgotten").path("events").isNull()).isTrue();
        assertThat(route("slack").path("state").asText()).as("a channel that no audience uses").isEqualTo("unused");
        assertThat(route("send-alerts").path("state").asText()).isEqualTo("active");
        assertThat(route("route-deliveries").path("state").asText()).isEqualTo("failing");
        assertThat(route("route-deliveries").path("failure").asText()).contains("route-deliveries.camel.yaml:").contains("too loud");
        assertThat(names(view.path("drafts"))).containsExactly("route-bounces.camel.yaml");
    }

    @Test
    void itShowsNoSecret() {
        assertThat(names(branch("tell-chat", "${variable.events[0].apiData} == 'CAMPAIGN-7'").path("calls")))
                .containsExactly("https://chat.example.invalid");
        assertThat(view.toString()).doesNotContain("s3cret");
    }

    private List<String> onTheWay() {
        return StreamSupport.stream(view.path("routes").spliterator(), false).filter(route -> !route.path("depth").isNull())
                .map(route -> route.path("id").asText()).toList();
    }

    private JsonNode route(String id) {
        return Api.find(view.path("routes"), "id", id);
    }

    private JsonNode branch(String route, String condition) {
        return Api.find(route(route).path("branches"), "condition", condition);
    }

    private static List<String> names(JsonNode list) {
        return StreamSupport.stream(list.spliterator(), false).map(JsonNode::asText).toList();
    }
}
