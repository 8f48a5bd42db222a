package org.mailevents.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertReceipt;
import static org.mailevents.support.Answers.assertSpooled;
import static org.mailevents.support.ShippedRoutes.withFirstStep;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** The rules and the table of causes are edited while the application runs, and the next webhook is decided by them. */
@Execution(ExecutionMode.CONCURRENT)
class LiveCausesTest {

    private static final String REPLY = "550 The house is empty";
    private static final String FIRST_RULE = "  \"rules\": [\n";

    private final Path folder = OwnProcess.folder("routes");
    private final Path routes = folder.resolve("routes");
    private final Path rules = routes.resolve("bounce-rules.json");
    private final Path table = routes.resolve("bounce-causes.json");

    @ParameterizedTest
    @ValueSource(strings = {"H2", "PostgreSQL"})
    void aSavedRuleDecidesTheNextWebhook(String kind) throws IOException {
        TestDatabase database = kind.equals("H2") ? TestDatabase.h2() : TestDatabase.postgres();
        try (InProcess application = start(database)) {
            // Given
            assertThat(decided(application, database)).isEqualTo("unknown, permanent, other, postmaster");

            // When
            save(rules, Files.readString(rules).replace(FIRST_RULE, FIRST_RULE + rule("suspended")));

            // Then
            await().until(() -> decided(application, database).equals("suspended, permanent, address, list-owner"));
            await().until(() -> application.log().contains("Activated: " + rules));
        }
    }

    @Test
    void aBrokenFileNeverReplacesTheRulesThatDecide() throws IOException {
        TestDatabase database = TestDatabase.h2();
        try (InProcess application = start(database)) {
            // Given
            String shipped = Files.readString(rules);

            // When
            save(rules, shipped.replace(FIRST_RULE, FIRST_RULE + rule("suspendet")));

            // Then
            await().until(() -> application.log().contains("Not activated: " + rules + ":4: rules/0/cause: \"suspendet\" is not a cause of"
                    + " bounce-causes.json. The previous version keeps"));
            assertThat(application.health().body()).contains("WARNING: not activated: " + rules);
            assertThat(decided(application, database)).isEqualTo("unknown, permanent, other, postmaster");

            // When
            save(rules, shipped.replace(FIRST_RULE, FIRST_RULE + rule("suspended")));

            // Then
            await().until(() -> application.log().contains("Valid again: " + rules));
            await().until(() -> decided(application, database).equals("suspended, permanent, address, list-owner"));
            await().until(() -> !application.health().body().contains("WARNING"));
        }
    }

    /** Otherwise the next start would be refused. */
    @Test
    void rulesWithWhichATestOfTheRoutesFailsAreActivatedTogetherWithTheNewTest() throws IOException {
        TestDatabase database = TestDatabase.h2();
        Path tests = routes.resolve("tests/ours.test.yaml");
        Files.createDirectories(tests.getParent());
        Files.writeString(tests, routeTest("permanent, other"));
        try (InProcess application = start(database)) {
            // When
            save(rules, Files.readString(rules).replace(FIRST_RULE, FIRST_RULE + rule("suspended")));

            // Then
            await().until(() -> application.log().contains("Not activated: " + rules + ": with this file, " + tests
                    + ":7: the test \"ours\" expects the kind permanent, other, but the routes give permanent, address"));
            assertThat(decided(application, database)).isEqualTo("unknown, permanent, other, postmaster");

            // When
            save(tests, routeTest("permanent, address"));

            // Then
            await().until(() -> decided(application, database).equals("suspended, permanent, address, list-owner"));
            await().until(() -> !application.health().body().contains("WARNING"));
        }
    }

    private static String routeTest(String kind) {
        return """
                - test: ours
                  bounce:
                    status: "99"
                    reason: %s
                  # the rules decide the kind
                  expect:
                    kind: %s
                """.formatted(REPLY, kind);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void aNewCauseAndItsRuleAreActivatedTogetherInWhateverOrderTheyAreSaved(boolean ruleFirst) throws IOException {
        TestDatabase database = TestDatabase.h2();
        try (InProcess application = start(database)) {
            // Given
            String shipped = Files.readString(table);
            String cause = shipped.substring(shipped.indexOf("    \"suspended\": {"), shipped.indexOf("    \"mailbox-full\": {"));
            String withCause = shipped.replace(cause, cause + cause.replace("\"suspended\"", "\"moved\"")
                    .replace("permanent, address", "moved away"));
            String withRule = Files.readString(rules).replace(FIRST_RULE, FIRST_RULE + rule("moved"));

            // When
            save(ruleFirst ? rules : table, ruleFirst ? withRule : withCause);
            await().until(() -> application.log().contains((ruleFirst ? "Not activated: " + rules : "Activated: " + table)));
            save(ruleFirst ? table : rules, ruleFirst ? withCause : withRule);

            // Then
            await().until(() -> decided(application, database).equals("moved, moved away, postmaster"));
            assertThat(application.log()).doesNotContain("Not activated: " + table);
        }
    }

    /** A rule may be corrected while webhooks wait, so they are decided when they are stored. */
    @ParameterizedTest
    @ValueSource(strings = {"H2", "PostgreSQL"})
    void anEventOutOfTheSpoolIsDecidedByTheRulesOfItsReplay(String kind) throws IOException {
        TestDatabase database = kind.equals("H2") ? TestDatabase.h2() : TestDatabase.postgres();
        Path route = routes.resolve("route-bounces.camel.yaml");
        String sound = Files.readString(route);
        Files.writeString(route, withFirstStep(sound, """
                - throwException:
                    exceptionType: java.lang.IllegalStateException
                    message: not now
                """));
        try (InProcess application = start(database)) {
            // Given
            ObjectNode bounce = bounce();
            assertSpooled(application.post(MailEvents.JSON, Payload.json("bounces", bounce)), 1);
            save(rules, Files.readString(rules).replace(FIRST_RULE, FIRST_RULE + rule("suspended")));
            await().until(() -> application.log().contains("Activated: " + rules));

            // When
            save(route, sound);

            // Then
            await().until(() -> !rows(database, bounce).isEmpty());
            assertThat(rows(database, bounce)).isEqualTo("suspended, permanent, address, list-owner");
        }
    }

    private InProcess start(TestDatabase database) {
        return TestSettings.of(database).withRoutes(routes).with("spool.directory", folder.resolve("spool")).startInProcess();
    }

    private static ObjectNode bounce() {
        return Payload.bounce("99").put("reason", REPLY);
    }

    private static String rule(String cause) {
        return """
                    {"cause": "%s", "when": {"words": ["house is empty"]}, "reason": "Nobody is there.", "source": "https://example.com/"},
                """.formatted(cause);
    }

    /** What is decided about a new bounce: its cause, kind and audience. */
    private static String decided(InProcess application, TestDatabase database) {
        ObjectNode bounce = bounce();
        assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", bounce)), 1, 1, 0, 0);
        return rows(database, bounce);
    }

    private static String rows(TestDatabase database, ObjectNode bounce) {
        return String.join("; ", database.rows("SELECT cause, kind, audience FROM mail_event WHERE recipient = ?",
                bounce.get("to").asText()).stream().map(Map::values).map(values -> String.join(", ", values)).toList());
    }

    private static void save(Path file, String text) throws IOException {
        assertThat(Files.readString(file)).isNotEqualTo(text);
        Files.writeString(file, text);
    }
}
