package org.mailevents.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.cause.ShippedCauses;
import org.mailevents.event.MailEvent;
import org.mailevents.event.SentElement;
import org.mailevents.rehearsal.Rehearsal;
import org.mailevents.rehearsal.RehearsalEvents;
import org.mailevents.rehearsal.RouteTest;
import org.mailevents.rehearsal.RouteTestReader;
import org.mailevents.rehearsal.RouteTests;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.RouteFiles;
import org.mailevents.route.RouteGraph;
import org.mailevents.support.Api;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** The tests in {@code routes/tests/} say what the routes do, and a save that they refuse is not activated. */
@Execution(ExecutionMode.SAME_THREAD)
class RouteTestsTest {

    private static final Path FOLDER = OwnProcess.folder("routes", OwnProcess.ROUTE_TESTS).resolve("routes");
    private static final String BOUNCES = FOLDER.resolve("route-bounces.camel.yaml").toString();
    private static final String BOUNCE_TESTS = FOLDER.resolve("tests/bounces.test.yaml").toString();
    private static final String OWN_TESTS = FOLDER.resolve("tests/own.test.yaml").toString();
    private static final JsonSchema SCHEMA = JsonSchemaFactory.getInstance(VersionFlag.V202012)
            .getSchema(text(FOLDER.resolve("tests/test.schema.json")));
    /** The smallest test. Each case changes one thing of it. */
    private static final String SMALL = """
            - test: A refused mail goes to the postmaster
              bounce:
                status: "4"
              expect:
                audience: postmaster
            """;

    private static InProcess application;

    @BeforeAll
    static void start() {
        application = TestSettings.of(TestDatabase.h2(), Mailbox.folder()).withRoutes(FOLDER).startInProcess();
    }

    @AfterAll
    static void stop() {
        application.close();
    }

    @Test
    void theShippedRoutesPassTheirTestsWhichHaveEveryStatusAndCode() throws Exception {
        Map<String, String> files = files();
        List<RouteTest> tests = files.keySet().stream().filter(RouteFiles::isTest)
                .flatMap(file -> read(file, files.get(file)).stream()).toList();

        RouteTests.Result result = run(files);

        assertThat(result.failed()).isEmpty();
        assertThat(result.undecided()).isEmpty();
        assertThat(result.tests()).isEqualTo(tests.size());
        assertThat(RehearsalEvents.all(ShippedCauses.causes()).values()).extracting(MailEvent::status)
                .filteredOn(status -> !status.startsWith("new-"))
                .allSatisfy(status -> assertThat(tests).anyMatch(test -> test.webhook().contains("\"status\":\"" + status + "\"")));
        assertThat(RouteTests.audiences(files)).containsExactly("list-owner", "postmaster");
    }

    @Test
    void editedRoutesAreTriedWithEachCodeOfTheTable() {
        Set<String> codes = new TreeSet<>(ShippedCauses.rules().table().codes().keySet());
        codes.remove("unknown");
        codes.add("new-code");

        assertThat(RehearsalEvents.all(ShippedCauses.causes()).keySet().stream().filter(name -> name.startsWith("a bounce with code ")))
                .containsExactlyInAnyOrderElementsOf(codes.stream().map("a bounce with code "::concat).toList());
    }

    @Test
    void theSchemaKnowsTheKeysOfAnEvent() {
        assertThat(SCHEMA.getSchemaNode().at("/$defs/element/properties").fieldNames()).toIterable()
                .containsExactlyInAnyOrderElementsOf(SentElement.KEYS);
    }

    @Test
    void theSchemaForEditorsAllowsTheShippedTests() {
        assertThat(files()).allSatisfy((file, text) -> {
            if (RouteFiles.isTest(file)) {
                assertThat(text).startsWith("# yaml-language-server: $schema=test.schema.json\n");
                assertThat(SCHEMA.validate(text, InputFormat.YAML)).as(file).isEmpty();
            }
        });
        assertThat(SCHEMA.validate(SMALL, InputFormat.YAML)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            # what is there           | what is written instead        | whether the schema refuses it too | the error
            `status: "4"`             | `statsu: "4"`                  | yes | 3: unknown key statsu; the keys of an event are status
            `expect:`                 | `expects:`                     | yes | 4: unknown key expects; the keys of a test are test, bounce
            `audience: postmaster`    | `audiense: postmaster`         | yes | 5: unknown key audiense; the keys of expect are cause
            `audience: postmaster`    | `audience:`                    | yes | 5: audience, or none, must be a text
            `audience: postmaster`    | `sends: nothing`               | yes | 5: sends must be a list
            `audience: postmaster`    | `sends: [{contains: x}]`       | yes | 5: the key to is missing
            `    audience: postmaster`| `    {}`                       | yes | 5: expect needs at least one of the keys cause
            `  expect:`               | `  delivery:`                  | yes | 1: a test needs one of the keys bounce, delivery and webhook
            `  bounce:`               | `  webhook:`                   | yes | 1: the event of the test "A refused mail goes
            `- test: A`               | `- x: A`                       | yes | 1: unknown key x
            `status: "4"`             | `created: yesterday`           | no  | 1: the event of the test "A refused mail goes
            `audience: postmaster`    | `audience: a, audience: b`     | no  | 5: mapping values are not allowed here
            `audience: postmaster`    | `audience: list-owner`         | no  | 5: the test "A refused mail goes to the postmaster" expects
            """)
    void aMistakeInATestIsNamedWithItsLine(String there, String instead, String schemaRefuses, String error) throws Exception {
        assertThat(SMALL).contains(there);
        String text = SMALL.replace(there, instead);

        assertThat(run(with(OWN_TESTS, text)).failed()).singleElement()
                .satisfies(mistake -> assertThat(mistake).hasMessageStartingWith(OWN_TESTS + ":" + error));
        if (!error.contains("mapping values")) {
            assertThat(!SCHEMA.validate(text, InputFormat.YAML).isEmpty()).isEqualTo(schemaRefuses.equals("yes"));
        }
    }

    /** Two causes may have the same kind and the same audience, so only the cause tells whether a rule applies. */
    @ParameterizedTest
    @CsvSource({"4, policy, spam", "99, unknown, none"})
    void aTestExpectsTheCauseThatTheRulesDecide(String code, String cause, String wrong) throws Exception {
        String test = SMALL.replace("\"4\"", "\"" + code + "\"");
        String right = test.replace("audience: postmaster", "cause: " + cause);

        assertThat(run(with(OWN_TESTS, right)).failed()).isEmpty();
        assertThat(SCHEMA.validate(right, InputFormat.YAML)).isEmpty();
        assertThat(run(with(OWN_TESTS, test.replace("audience: postmaster", "cause: " + wrong))).failed()).singleElement()
                .satisfies(mistake -> assertThat(mistake).hasMessage(OWN_TESTS + ":5: the test \"A refused mail goes to the postmaster\""
                        + " expects the cause " + wrong + ", but the rules give " + cause
                        + ". If the rules are right, change or delete this test."));
    }

    @Test
    void aMisspeltVariableIsNamedByTheTestThatFailsBecauseOfIt() throws Exception {
        Map<String, String> files = with(OWN_TESTS, SMALL);
        files.replaceAll((file, text) -> RouteFiles.isTest(file) ? text : text.replace("name: audience", "name: audiense"));

        assertThat(run(files).failed()).anySatisfy(mistake -> assertThat(mistake).hasMessageStartingWith(OWN_TESTS + ":5: ")
                .hasMessageMatching(".* set no audience\\. Please check \\Q" + BOUNCES + "\\E:\\d+: nothing reads the variable"
                        + " audiense\\. Did you mean audience\\? If the routes are right, change or delete this test\\."));
    }

    @Test
    void aWebhookThatContainsItselfIsAMistake() throws Exception {
        String text = "- test: a\n  webhook:\n    event_type: blocks\n    event: &a\n      blocks: [*a]\n  expect:\n    kind: none\n";

        assertThat(run(with(OWN_TESTS, text)).failed()).singleElement()
                .satisfies(mistake -> assertThat(mistake).hasMessageStartingWith(OWN_TESTS + ":4: an event cannot hold an anchor"));
    }

    @Test
    void aTestThatFailsNamesTheStepThatDecided() throws Exception {
        Map<String, String> files = with(BOUNCES, files().get(BOUNCES).replace("expression: list-owner", "expression: crm"));

        List<BrokenFile> failed = run(files).failed();

        assertThat(failed).hasSize(7).first().satisfies(first -> assertThat(first).hasMessageMatching("\\Q" + BOUNCE_TESTS + "\\E:\\d+:"
                + " the test \"The domain does not exist, so the list owner takes the address off the list\" expects the audience"
                + " list-owner, but the routes give crm \\(\\Q" + BOUNCES + "\\E:\\d+\\)\\."
                + " If the routes are right, change or delete this test\\."));
        assertThat(lineOf(files, BOUNCE_TESTS, failed.get(0).line())).isEqualTo("    audience: list-owner");
        assertThat(lineOf(files, BOUNCES, Integer.parseInt(failed.get(0).reason().replaceFirst("(?s).*:(\\d+)\\).*", "$1"))))
                .contains("setVariable");
    }

    @Test
    void aTestOfABounceForWhichTheRoutesSetNoAudienceFails() throws Exception {
        Map<String, String> files = with(BOUNCES, files().get(BOUNCES).replace("expression: list-owner", "expression: ''"));
        files.keySet().removeIf(RouteFiles::isTest);
        files.put(OWN_TESTS, SMALL.replace("\"4\"", "\"2\"").replace("postmaster", "none"));

        assertThat(run(files).failed()).singleElement().satisfies(mistake -> assertThat(mistake).hasMessageMatching("\\Q" + OWN_TESTS
                + "\\E:5: .* expects the audience none, but the routes set no audience \\(\\Q" + BOUNCES + "\\E:\\d+\\)\\..*"));
    }

    @Test
    void aStepThatSetsSeveralVariablesIsNamed() throws Exception {
        String steps = "- setVariables:\n    variables: [{name: kind, constant: x}, {name: audience, constant: crm}]\n";
        Map<String, String> files = bouncesWith("        - to:\n            uri: direct:store", steps.indent(14));
        files.put(OWN_TESTS, SMALL);

        List<BrokenFile> failed = run(files).failed();

        int line = (int) files.get(BOUNCES).substring(0, files.get(BOUNCES).indexOf("- setVariables")).lines().count();
        assertThat(failed).filteredOn(one -> one.file().equals(OWN_TESTS)).singleElement().satisfies(one ->
                assertThat(one).hasMessageMatching(".* but the routes give crm \\(\\Q" + BOUNCES + "\\E:" + line + "\\).*"));
    }

    /** The answer of the other system may set what the test expects. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {setVariable: {name: audience, simple: '${body}'}} | audience: postmaster                                 | yes
            {setVariable: {name: kind, simple: '${body}'}}     | kind: policy                                         | yes
            {filter: {simple: '${body} == 1', steps: [{to: 'https://b.example'}]}} | sends: [{to: 'https://a.example'}, \
            {to: 'https://b.example'}]                                                                                | yes
            {toD: 'https://${body.status}.example'} | sends: [{to: 'https://a.example'}, {to: 'https://c.example'}]   | yes
            {setBody: {simple: '${body}'}}, {to: 'https://b.example'} | sends: [{to: 'https://a.example'}, \
            {to: 'https://b.example', contains: answer}]                                                              | yes
            {to: 'https://b.example'} | sends: [{to: 'https://a.example'}, {to: 'https://c.example'}]                 | no
            {to: 'https://b.example'} | sends: [{to: 'https://a.example'}, {to: 'https://b.example'}, {to: 'seda:c'}] | no
            {to: 'https://b.example'} | sends: [{to: 'https://c.example'}, {to: 'https://b.example'}]                 | no""")
    void whatDiffersAfterAnotherSystemWasAskedIsUndecided(String step, String expected, String undecided) throws Exception {
        Map<String, String> files = bouncesWith("        - to:\n            uri: direct:store",
                ("- to: https://a.example\n- " + step.replace("}, {to", "}\n- {to") + "\n").indent(14));
        files.keySet().removeIf(RouteFiles::isTest);
        files.put(OWN_TESTS, SMALL.replace("audience: postmaster", expected));

        RouteTests.Result result = run(files);

        assertThat(undecided.equals("yes") ? result.undecided() : result.failed()).singleElement()
                .satisfies(one -> assertThat(one).hasMessageContaining("but the routes"));
        assertThat(undecided.equals("yes") ? result.failed() : result.undecided()).isEmpty();
    }

    private static Map<String, String> bouncesWith(String there, String before) {
        String bounces = files().get(BOUNCES);
        assertThat(bounces).contains(there);
        return with(BOUNCES, bounces.replace(there, before + there));
    }

    @Test
    void aTestSeesWhatWouldBeSent() throws Exception {
        Map<String, String> files = files();
        files.put(FOLDER.resolve("tell-chat.camel.yaml").toString(), """
                - route:
                    id: tell-chat
                    from:
                      uri: direct:tell-chat
                      steps:
                        - split:
                            expression:
                              simple:
                                expression: "${variable.events}"
                            steps:
                              - setBody:
                                  expression:
                                    simple:
                                      expression: "refused: ${body.recipient}"
                              - to:
                                  uri: https://chat.example.com/secret
                """);
        String webhook = FOLDER.resolve("route-webhook.camel.yaml").toString();
        files.put(webhook, files.get(webhook) + "        - to:\n            uri: direct:tell-chat\n");
        files.keySet().removeIf(RouteFiles::isTest);
        files.put(OWN_TESTS, SMALL + """
                    sends:
                      - to: https://chat.example.com
                        contains: "refused: recipient@example.jp"
                """);

        assertThat(run(files).failed()).isEmpty();
        assertSends(files, "contains: \"refused", "contains: \"accepted",
                "7: .* expects .* in the message to https://chat.example.com, .*");
        assertSends(files, "chat.example.com", "chat.example.org", "7: .* expects a message to https://chat.example.org, .*");
        assertSends(files, "    sends:\n(?s:.*)", "    sends: []\n", "6: .* expects no message, but the routes send one to"
                + " https://chat.example.com \\(.*tell-chat.camel.yaml:15\\).*");
        assertSends(files, "\\z", "      - to: seda:more\n", "9: .* expects a message to seda:more, but the routes send none.*");
    }

    private static void assertSends(Map<String, String> files, String there, String instead, String error) throws Exception {
        Map<String, String> changed = new TreeMap<>(files);
        changed.put(OWN_TESTS, files.get(OWN_TESTS).replaceFirst(there, instead));
        assertThat(run(changed).failed()).singleElement().satisfies(mistake ->
                assertThat(mistake).hasMessageMatching("\\Q" + OWN_TESTS + "\\E:" + error));
    }

    @Test
    void anEditThatItsTestsRefuseIsActivatedWithThemChangedOrDeleted() throws IOException {
        // Given
        Path route = Path.of(BOUNCES);
        Path tests = Path.of(BOUNCE_TESTS);
        String routeBefore = Files.readString(route);
        String testsBefore = Files.readString(tests);

        // When
        Files.writeString(route, routeBefore.replace("expression: list-owner", "expression: crm"));

        // Then
        awaitLog("Not activated: " + route + ": with this file, " + tests + ":");
        assertThat(application.log()).contains("but the routes give crm (" + route + ":", "change or delete this test",
                "fail as well: line ").doesNotContain(".. The previous version");
        assertThat(application.health().body()).contains("not activated");

        // When
        Files.writeString(tests, testsBefore.replace("audience: list-owner", "audience: crm"));

        // Then
        awaitLog("Activated: " + route + ", " + tests);

        // When
        int logged = application.log().length();
        Files.writeString(route, routeBefore.replace("expression: list-owner", "expression: other"));
        Files.delete(tests);

        // Then
        await().untilAsserted(() -> assertThat(application.log().substring(logged)).contains("Activated: " + route + "\n"));

        // When
        Files.writeString(tests, testsBefore.replace("audience: list-owner", "audience: crm"));

        // Then
        awaitLog("Not activated: " + tests + ":");
        Files.writeString(route, routeBefore);
        Files.writeString(tests, testsBefore);
        await().untilAsserted(() -> assertThat(application.health().body()).doesNotContain("not activated"));
    }

    @Test
    void testsThatNeedTheAnswerOfAnotherSystemArePointedOut() throws IOException {
        // Given
        Path route = Path.of(BOUNCES);
        String before = Files.readString(route);
        String test = SMALL.replace("  bounce:\n", "  bounce:\n    apiData: ASK\n");

        // When
        Files.writeString(route, before.replaceFirst("(?m)^ *- choice:", """
                - filter:
                    simple: "\\${body.apiData} == 'ASK'"
                    steps:
                      - to: https://crm.example.com/ask
                      - setVariable: {name: audience, simple: "\\${body.team}"}
                """.indent(14) + "$0"));
        Files.writeString(Path.of(OWN_TESTS), test + test);

        // Then
        String warning = OWN_TESTS + ":1: the test \"A refused mail goes to the postmaster\" is undecided";
        awaitLog("Please check " + warning);
        assertThat(application.log()).contains(" The tests in these lines are undecided as well: 7");
        assertThat(application.health().body()).contains("WARNING: please check: ");

        // When
        Path other = FOLDER.resolve("route-deliveries.camel.yaml");
        Files.writeString(other, Files.readString(other) + "# edited\n");

        // Then
        awaitLog("Activated: " + other);
        assertThat(application.log()).containsOnlyOnce("Please check " + warning);

        // When
        Files.delete(Path.of(OWN_TESTS));
        Files.writeString(route, before);

        // Then
        await().untilAsserted(() -> assertThat(application.health().body()).doesNotContain("please check"));
    }

    /** The first edit breaks a test that nobody has edited. */
    @Test
    void anEditThatItsTestsRefuseDelaysNoOtherEdit() {
        // Given
        Map<String, String> live = files();
        String deliveries = FOLDER.resolve("route-deliveries.camel.yaml").toString();
        Map<String, String> saved = files();
        saved.computeIfPresent(deliveries, (file, text) -> text.replaceFirst("(?s)name: kind(.*?)expression: \\w+",
                "name: kind$1expression: x"));
        saved.computeIfPresent(BOUNCES, (file, text) -> text.replace("expression: list-owner", "expression: crm"));
        saved.computeIfPresent(BOUNCE_TESTS, (file, text) -> text.replace("audience: list-owner", "audience: crm"));
        ModelCamelContext context = (ModelCamelContext) application.context();
        List<RouteDefinition> javaRoutes = context.getRouteDefinitions().stream().filter(route -> RouteGraph.file(route) == null).toList();

        // When
        EditReview.Decision decision = new EditReview(new RouteValidation(context, javaRoutes), file -> Set.of()).review(live, saved);

        // Then
        assertThat(decision.broken()).containsOnlyKeys(deliveries);
        saved.put(deliveries, live.get(deliveries));
        assertThat(decision.valid()).isEqualTo(saved);
    }

    /** A person finds the event in the history and pastes it. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "null", textBlock = """
            bounces    | 4      | null
            bounces    | 77     | {"key": "value"}
            deliveries | failed | null
            blocks     | queued | {"key": {"deep": [1, true, null]}}""")
    void aStoredEventIsATestThatPasses(String type, String status, String extra) throws Exception {
        // Given
        ObjectNode element = type.equals("bounces") ? Payload.bounce(status) : Payload.delivery(status);
        element.put("reason", "550 \"no\": 日本 'x' #1 \u007f \u2028 \uD83D\uDE00").put("subject", "- a: b");
        if (extra != null) {
            element.setAll((ObjectNode) new ObjectMapper().readTree(extra));
        }
        application.post(MailEvents.JSON, Payload.json(type, element));
        JsonNode event = Api.ask(application, "/api/messages/" + Api.encoded(element.get("messageId").asText())).get(0);

        // When
        HttpResponse<String> answer = application.send(HttpRequest.newBuilder(
                application.uri("/api/events/" + event.get("eventId").asText() + "/test")));

        // Then
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/yaml");
        assertThat(run(with(OWN_TESTS, answer.body())).failed()).isEmpty();
        assertThat(SCHEMA.validate(answer.body(), InputFormat.YAML)).isEmpty();
        List<RouteTest> tests = read(OWN_TESTS, answer.body());
        assertThat(tests).singleElement().satisfies(test -> {
            assertThat(test.audience().text()).isEqualTo(type.equals("bounces") ? "postmaster" : "none");
            JsonNode again = new ObjectMapper().readTree(test.webhook()).at("/event/" + type + "/0");
            assertThat(again.get("reason")).isEqualTo(element.get("reason"));
            assertThat(again.path("key")).isEqualTo(element.path("key"));
        });
    }

    private static void awaitLog(String text) {
        await().untilAsserted(() -> assertThat(application.log()).contains(text));
    }

    private static RouteTests.Result run(Map<String, String> files) throws BrokenFile {
        try (Rehearsal rehearsal = new Rehearsal(application.context(), files)) {
            return new RouteTests(application.context()).run(rehearsal, files);
        }
    }

    private static List<RouteTest> read(String file, String text) {
        try {
            return new RouteTestReader(file, text).read();
        } catch (BrokenFile e) {
            throw new IllegalStateException(e);
        }
    }

    private static Map<String, String> files() {
        return new TreeMap<>(FolderWatch.ofRoutes(FOLDER).first());
    }

    private static Map<String, String> with(String file, String text) {
        Map<String, String> files = files();
        files.put(file, text);
        return files;
    }

    private static String lineOf(Map<String, String> files, String file, int line) {
        return files.get(file).lines().toList().get(line - 1);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
