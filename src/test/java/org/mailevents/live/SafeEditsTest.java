package org.mailevents.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertReceipt;
import static org.mailevents.support.Answers.assertSpooled;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** Edits that load and are wrong: no edit ends an alert silently, loses a webhook, or stops the application. */
class SafeEditsTest {

    private static final TestDatabase DATABASE = TestDatabase.h2InMemory();
    private static final Mailbox MAILBOX = Mailbox.folder();
    private static final Path ROUTES = OwnProcess.folder("routes").resolve("routes");
    private static final String ROUTE_BOUNCES = "route-bounces.camel.yaml";
    private static final String SPLIT_AND_STORE = """
            - route:
                id: route-bounces
                from:
                  uri: direct:route-bounces
                  steps:
                    - split:
                        expression: {simple: {expression: "${body.events}"}}
                        onPrepare: collectEvents
                        aggregationStrategy: collectEvents
                        steps:
                          - filter:
                              simple: "${body.status} == '4'"
                              steps:
                                - setVariable:
                                    name: audience
                                    simple: "%s"
                    - to:
                        uri: direct:store-events
            """;

    private static InProcess application;
    private static Map<Path, String> shipped;

    @BeforeAll
    static void start() throws IOException {
        shipped = files();
        application = TestSettings.of(DATABASE, MAILBOX).with("alert.first-delay", "100ms", "alert.updates", "100ms",
                "alert.max-per-hour", "1000", "alert.max-per-day", "100000", "alert.undecided", "duty", "alert.to.duty", "duty@example.com")
                .withRoutes(ROUTES).startInProcess();
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    @AfterEach
    void restore() throws IOException {
        for (Path file : files().keySet()) {
            if (!shipped.containsKey(file)) {
                Files.writeString(file, unused(file));
            }
        }
        for (Map.Entry<Path, String> file : shipped.entrySet()) {
            Files.writeString(file.getKey(), file.getValue());
        }
        ObjectNode bounce = Payload.bounce("2");
        await().until(() -> {
            application.post(MailEvents.JSON, Payload.json("bounces", bounce.put("messageId", "<" + System.nanoTime() + "@a.example>")));
            return !DATABASE.rows("SELECT 1 FROM mail_event WHERE kind = 'permanent, address' AND audience = 'list-owner'"
                    + " AND recipient = ?", bounce.get("to").asText()).isEmpty();
        });
        await().untilAsserted(() -> assertThat(application.health().body()).doesNotContain("WARNING"));
    }

    /** The empty text is a decision that a step has computed from a missing value. */
    @ParameterizedTest
    @ValueSource(strings = {"${body.extra}", " "})
    void aBounceWithoutADecisionIsMailedToTheUndecidedAudience(String audience) throws IOException {
        // Given
        save(ROUTE_BOUNCES, SPLIT_AND_STORE.formatted(audience));
        ObjectNode blank = Payload.bounce("4");
        ObjectNode filtered = Payload.bounce("2");
        ObjectNode failed = Payload.delivery("failed");

        // When
        assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", blank, filtered)), 2, 2, 0, 0);
        assertReceipt(application.post(MailEvents.JSON, Payload.json("deliveries", failed)), 1, 1, 0, 0);

        // Then
        for (ObjectNode bounce : List.of(blank, filtered)) {
            assertThat(stored(bounce)).containsEntry("audience", "duty")
                    .containsEntry("kind", bounce == blank ? "policy" : "permanent, address");
            await().until(() -> !MAILBOX.naming(address(bounce)).isEmpty());
            assertThat(MAILBOX.naming(address(bounce)).get(0).to()).containsExactly("duty@example.com");
        }
        assertThat(stored(failed)).containsEntry("audience", null).containsEntry("alert_state", null);
    }

    @Test
    void theLogNamesTheRouteOfUndecidedBouncesOnceAMinute() throws IOException {
        // Given
        edit("route-webhook.camel.yaml", "uri: direct:route-bounces", "uri: direct:store-events");
        List<ObjectNode> bounces = Stream.generate(() -> Payload.bounce("2")).limit(20).toList();

        // When
        for (ObjectNode bounce : bounces) {
            application.post(MailEvents.JSON, Payload.json("bounces", bounce, Payload.bounce("3")));
        }

        // Then
        assertThat(bounces).allSatisfy(bounce -> assertThat(stored(bounce)).containsEntry("audience", "duty"));
        await().untilAsserted(() -> assertThat(undecidedLines()).anySatisfy(line -> assertThat(line).matches("Bounces without an audience:"
                + " \\d+ from the route route-(webhook|bounces) \\(" + ROUTES + "/route-(webhook|bounces)\\.camel\\.yaml:\\d+\\)\\."
                + " Their alerts go to duty \\(alert\\.undecided\\)\\..*")));
        assertThat(undecidedLines()).hasSizeLessThan(bounces.size());
    }

    @Test
    void aMutedBounceIsStoredAndMailedToNobody() throws IOException {
        // Given
        save(ROUTE_BOUNCES, SPLIT_AND_STORE.formatted("none"));
        ObjectNode muted = Payload.bounce("4");
        ObjectNode told = Payload.bounce("2");

        // When
        application.post(MailEvents.JSON, Payload.json("bounces", muted, told));

        // Then
        assertThat(stored(muted)).containsEntry("audience", "none").containsEntry("alert_state", null);
        await().until(() -> !MAILBOX.naming(address(told)).isEmpty());
        assertThat(MAILBOX.naming(address(muted))).isEmpty();
        assertThat(DATABASE.rows("SELECT 1 FROM alert_incident WHERE audience = 'none'")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "expression: list-owner | expression: list-onwer | :23: no setting knows the audience list-onwer, so its alerts go to alert.to."
            + " Did you mean list-owner?",
        "expression: list-owner | expression: marketing  | :23: no setting knows the audience marketing, so its alerts go to alert.to."
            + " If it is new, set alert.to.marketing in application.properties",
        "name: audience         | name: audiense         | :23: nothing reads the variable audiense. Did you mean audience?",
        "- choice:              | '- setVariable: {name: kidn, constant: x}\n              - choice:' |"
            + " :15: nothing reads the variable kidn. Did you mean kind?"})
    void aDecisionThatIsProbablyMisspeltIsActivatedAndPointedOut(String right, String wrong, String warning) throws IOException {
        // Given
        String place = ROUTES.resolve(ROUTE_BOUNCES) + warning;

        // When
        edit(ROUTE_BOUNCES, right, wrong);

        // Then
        await().untilAsserted(() -> assertThat(message(application.health())).isEqualTo("WARNING: please check: " + place));
        assertThat(application.log()).contains("Activated: " + ROUTES.resolve(ROUTE_BOUNCES), "Please check " + place);
        assertThat(application.health().statusCode()).isEqualTo(200);
        ObjectNode bounce = Payload.bounce("2");
        application.post(MailEvents.JSON, Payload.json("bounces", bounce));
        await().until(() -> !MAILBOX.naming(address(bounce)).isEmpty());

        // When
        save("also.camel.yaml", unused(ROUTES.resolve("also.camel.yaml")) + "# " + wrong.replace("\n", "\n# ") + "\n");

        // Then
        assertThat(application.log().lines().filter(line -> line.contains("Please check " + place))).hasSize(1);
    }

    @Test
    void theFormerWayToMuteIsPointedOut() throws IOException {
        edit(ROUTE_BOUNCES, "        - to:", "              - removeVariable:\n                  name: audience\n        - to:");

        await().untilAsserted(() -> assertThat(message(application.health())).contains(
                "a bounce without an audience goes to alert.undecided. To mute bounces, set the variable audience to none"));
    }

    /** Only a step that computes its endpoint can loop, and only for an event unlike those of the rehearsal. Other loops are refused. */
    @ParameterizedTest
    @ValueSource(strings = {
        "- toD:\n    uri: direct:${header.back}",
        "- split:\n    expression: {simple: {expression: '${variable.events}'}}\n    steps: [{toD: 'direct:${header.back}'}]",
        "- multicast:\n    parallelProcessing: 'true'\n    steps: [{toD: 'direct:${header.back}'}, {toD: 'direct:${header.back}'}]"})
    void aLoopThatShowsOnlyAtRunTimeIsEndedAndItsWebhookIsStoredLater(String step) throws IOException {
        // Given
        String webhook = shipped.get(ROUTES.resolve("route-webhook.camel.yaml"));
        save("tell-us.camel.yaml", """
                - route:
                    id: tell-us
                    from:
                      uri: direct:tell-us
                      steps:
                        - setHeader:
                            name: back
                            expression:
                              constant:
                                expression: tell-us
                %s""".formatted(step.indent(8)));
        save("route-webhook.camel.yaml", webhook.replace("        - choice:", """
                        - filter:
                            simple: "${body.events[0].apiData} == 'LOOP'"
                            steps:
                              - to: direct:tell-us
                """.indent(0) + "        - choice:"));
        ObjectNode looping = Payload.bounce("2").put("apiData", "LOOP");

        // When
        HttpResponse<String> answer = application.post(MailEvents.JSON, Payload.json("bounces", looping, Payload.bounce("4")));
        List<ObjectNode> others = Stream.generate(() -> Payload.delivery("queued")).limit(6).toList();
        List<CompletableFuture<HttpResponse<String>>> answers = others.stream().map(other -> CompletableFuture.supplyAsync(
                () -> application.post(MailEvents.JSON, Payload.json("deliveries", other)))).toList();

        // Then
        assertSpooled(answer, 2);
        answers.forEach(other -> assertReceipt(other.join(), 1, 1, 0, 0));
        assertThat(application.observe("health/live").statusCode()).isEqualTo(200);
        assertThat(application.log()).contains("The routes call each other without an end: the route tell-us ("
                + ROUTES + "/tell-us.camel.yaml:");
        assertThat(DATABASE.rows("SELECT 1 FROM mail_event WHERE recipient = ?", address(looping))).isEmpty();

        // When
        save("route-webhook.camel.yaml", webhook.replace("direct:route-bounces", "direct:store-events"));

        // Then
        await().until(() -> !DATABASE.rows("SELECT 1 FROM mail_event WHERE recipient = ?", address(looping)).isEmpty());
        assertThat(stored(looping)).as("replayed, and still without a decision").containsEntry("audience", "duty");
    }

    private List<String> undecidedLines() {
        return application.log().lines().filter(line -> line.startsWith("Bounces without an audience:")).toList();
    }

    private static Map<String, String> stored(ObjectNode element) {
        return DATABASE.row("SELECT * FROM mail_event WHERE recipient = ?", address(element));
    }

    private static String address(ObjectNode element) {
        return element.get("to").asText();
    }

    private static String message(HttpResponse<String> health) throws IOException {
        for (var check : new ObjectMapper().readTree(health.body()).path("checks")) {
            if (check.path("name").asText().equals("live-edit")) {
                return check.path("message").asText();
            }
        }
        return health.body();
    }

    private static void edit(String name, String right, String wrong) throws IOException {
        String text = shipped.get(ROUTES.resolve(name));
        int at = text.indexOf(right);
        assertThat(at).isPositive();
        save(name, text.substring(0, at) + wrong + text.substring(at + right.length()));
    }

    /** Returns when the file is activated. */
    private static void save(String name, String text) throws IOException {
        String line = "Activated: .*" + java.util.regex.Pattern.quote(ROUTES.resolve(name).toString()) + ".*";
        long before = application.log().lines().filter(one -> one.matches(line)).count();
        Files.writeString(ROUTES.resolve(name), text);
        await().until(() -> application.log().lines().filter(one -> one.matches(line)).count() > before);
    }

    /** A route that no route sends to. A deleted file would be a mistake. */
    private static String unused(Path file) {
        String name = file.getFileName().toString().split("\\.")[0];
        return "- route: {id: " + name + ", from: {uri: 'direct:" + name + "', steps: [{to: 'log:unused'}]}}\n";
    }

    private static Map<Path, String> files() throws IOException {
        Map<Path, String> files = new HashMap<>();
        try (Stream<Path> paths = Files.list(ROUTES)) {
            for (Path path : paths.filter(path -> path.toString().endsWith(".camel.yaml")).toList()) {
                files.put(path, Files.readString(path));
            }
        }
        return files;
    }
}
