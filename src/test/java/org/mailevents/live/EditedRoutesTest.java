package org.mailevents.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertReceipt;
import static org.mailevents.support.Answers.assertSpooled;
import static org.mailevents.support.ShippedRoutes.REFUSED;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** The steps that a team adds to the routes work. No step can make the application acknowledge an event that is not stored. */
class EditedRoutesTest {

    private final TestDatabase database = TestDatabase.h2();
    private final Mailbox mailbox = Mailbox.folder();
    private final Path folder = OwnProcess.folder("routes");

    @Test
    void theStepShownInTheCommentWorks() throws IOException {
        // Given
        edit("route-deliveries", yaml -> yaml.replaceAll("(?m)^( +)# ( *- \\w+:| *\\w+:)", "$1$2").replace("file:data/campaign-7",
                "file:" + folder + "/campaign-7"));
        ObjectNode failed = Payload.delivery("failed").put("apiData", "CAMPAIGN-7");
        ObjectNode other = Payload.delivery("failed").put("apiData", "CAMPAIGN-8");

        try (InProcess application = start()) {
            // When
            HttpResponse<String> answer = application.post(MailEvents.JSON, Payload.json("deliveries", failed, other));

            // Then
            assertReceipt(answer, 2, 2, 0, 0);
            assertThat(folder.resolve("campaign-7/failed.csv")).hasContent("\"" + failed.get("to").asText() + "\",\"5.1.1\"");
            assertThat(stored(failed)).containsEntry("status", "failed");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {
        "- setBody:\n    expression:\n      constant:\n        expression: something else",
        "- stop: {}",
        "- setHeader:\n    name: CamelJdbcParameters\n    expression:\n      constant:\n        expression: x"})
    void whatAStepDoesToItsMessageChangesNothingOfWhatIsStored(String step) throws IOException {
        // Given
        edit("route-deliveries", yaml -> insert(yaml, "message: failed", step));
        ObjectNode first = Payload.delivery("failed");
        ObjectNode second = Payload.delivery("queued");

        try (InProcess application = start()) {
            // When
            HttpResponse<String> answer = application.post(MailEvents.JSON, Payload.json("deliveries", first, second));

            // Then
            assertReceipt(answer, 2, 2, 0, 0);
            assertThat(stored(first)).containsEntry("status", "failed");
            assertThat(stored(second)).containsEntry("status", "queued");
        }
    }

    @Test
    void aSplitWithinABranchChangesNothingOfWhatIsStored() throws IOException {
        // Given
        edit("route-bounces", yaml -> yaml.replaceFirst("(?m)^( +)- setVariable:$", "$1- setBody:\n$1    expression:\n$1      simple:\n$1"
                + "        expression: \"\\${body.reason}\"\n$1- split:\n$1    expression:\n$1      tokenize:\n$1        token: \" \"\n$1"
                + "    aggregationStrategy: \"#class:org.apache.camel.processor.aggregate.UseLatestAggregationStrategy\"\n$1    steps:\n$1"
                + "      - log:\n$1          message: a word\n$0"));
        ObjectNode refused = Payload.bounce("4");
        ObjectNode tooLarge = Payload.bounce("8");
        ObjectNode dead = Payload.bounce("2");

        try (InProcess application = start()) {
            // When
            HttpResponse<String> answer = application.post(MailEvents.JSON, Payload.json("bounces", refused, tooLarge, dead));

            // Then
            assertReceipt(answer, 3, 3, 0, 0);
            assertThat(stored(refused)).containsEntry("kind", "policy").containsEntry("audience", "postmaster");
            assertThat(stored(tooLarge)).containsEntry("kind", "the message").containsEntry("audience", "postmaster");
            assertThat(stored(dead)).containsEntry("kind", "permanent, address").containsEntry("audience", "list-owner");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"stopOnException: \"true\"", "parallelProcessing: \"true\"\n            timeout: \"200\""})
    void noOptionOfTheSplitMakesItLoseAnEventOrHang(String option) throws IOException {
        // Given
        edit("route-deliveries", yaml -> insert(yaml.replace("            onPrepare:", "            " + option
                + "\n            onPrepare:"),
                "message: failed", option.startsWith("stop")
                ? "- throwException:\n    exceptionType: java.lang.IllegalStateException\n    message: no"
                        : "- delay:\n    expression:\n      constant:\n        expression: \"2000\""));

        try (InProcess application = start()) {
            for (int i = 0; i < 25; i++) { // The number exceeds the number of worker threads.
                // When
                HttpResponse<String> answer = application.post(MailEvents.JSON,
                        Payload.json("deliveries", Payload.delivery("queued"), Payload.delivery("failed"), Payload.delivery("queued")));

                // Then
                assertSpooled(answer, 3);
            }
            assertThat(database.rows("SELECT 1 FROM mail_event")).isEmpty();
            ObjectNode good = Payload.delivery("queued");
            application.post(MailEvents.JSON, Payload.json("deliveries", good));
            await().until(() -> !database.rows("SELECT 1 FROM mail_event WHERE recipient = ?", good.get("to").asText()).isEmpty());
        }
    }

    @Test
    void anAudienceComputedFromWhatAStrangerWroteLeadsToNobodyElse() throws IOException {
        // Given
        edit("route-bounces", yaml -> yaml.replaceFirst("constant:\\s+expression: list-owner",
                "simple:\n                                expression: \"\\${body.apiData}\""));
        ObjectNode bounce = Payload.bounce("2").put("apiData", "x:attacker@evil.example}}{{nope");

        try (InProcess application = start()) {
            // When
            application.post(MailEvents.JSON, Payload.json("bounces", bounce));

            // Then
            await().until(() -> !mailbox.mails().isEmpty());
            assertThat(mailbox.mails().get(0).to()).containsExactly("postmaster@localhost");
        }
    }

    @Test
    void aStepThatFailsHasTheWebhookKeptAsAWhole() throws IOException {
        // Given
        edit("route-deliveries", yaml -> insert(yaml, "message: failed",
                "- throwException:\n    exceptionType: java.lang.IllegalStateException\n    message: mail to someone@example.net"));

        try (InProcess application = start()) {
            // When
            HttpResponse<String> answer = application.post(MailEvents.JSON,
                    Payload.json("deliveries", Payload.delivery("failed"), Payload.delivery("queued")));

            // Then
            assertSpooled(answer, 2);
            assertThat(database.rows("SELECT 1 FROM mail_event")).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"- stop: {}", "- setBody:\n    expression:\n      constant:\n        expression: stored",
        "- log:\n    message: and nothing else"})
    void whatARouteDoesNotStoreIsKept(String step) throws IOException {
        // Given
        edit("route-webhook", yaml -> yaml.replace("        - choice:", """
                        - filter:
                            expression:
                              simple:
                                expression: "${body.events[0].apiData} == 'not stored'"
                            steps:
                """ + step.indent(14) + "- stop: {}".indent(14) + "        - choice:"));

        try (InProcess application = start()) {
            // When
            HttpResponse<String> answer = application.post(MailEvents.JSON,
                    Payload.json("deliveries", Payload.delivery("queued").put("apiData", "not stored")));

            // Then
            assertSpooled(answer, 1);
            assertThat(database.rows("SELECT 1 FROM mail_event")).isEmpty();
        }
    }

    @Test
    void anAudienceOfTheTeamsOwnHasItsOwnRecipients() throws IOException {
        // Given
        edit("route-bounces", yaml -> yaml.replace("expression: list-owner", "expression: crm"));
        ObjectNode dead = Payload.bounce("2");
        ObjectNode refused = Payload.bounce("4");

        try (InProcess application = start(Map.of("alert.to.crm", "CRM <crm@example.com>, crm2@example.com", "alert.language", "en"))) {
            // When
            application.post(MailEvents.JSON, Payload.json("bounces", dead, refused));

            // Then
            await("a mail for each of the three recipients").until(() -> mailbox.mails().size() == 3);
            Mailbox.Mail crm = mailbox.naming(dead.get("to").asText()).get(0);
            Mailbox.Mail postmaster = mailbox.naming(refused.get("to").asText()).get(0);
            assertThat(crm.to()).containsExactly("CRM <crm@example.com>", "crm2@example.com");
            assertThat(postmaster.to()).containsExactly("postmaster@localhost");
            assertThat(crm.subject()).startsWith("example.net: unknown user, 1 bounce at ").endsWith("(crm)");
            assertThat(crm.text()).contains("Unknown user", "The address does not exist").doesNotContain(refused.get("to").asText());
            assertThat(postmaster.html()).contains("Rejection", "refuse the mail").doesNotContain(dead.get("to").asText());
        }
    }

    @Test
    void whatIsDecidedOnAStatusHoldsForAllEventsOfIt() {
        // Given
        Map<String, String> kinds = Map.of("2", "permanent, address", "5", "temporary", "8", "the message", "42", "unknown");
        List<ObjectNode> bounces = IntStream.range(0, 10).boxed().flatMap(i -> kinds.keySet().stream().map(Payload::bounce)).toList();
        ObjectNode withoutStatus = Payload.bounce("2").put("reason", "").without("status");

        try (InProcess application = start()) {
            // When
            application.post(MailEvents.JSON, Payload.json("bounces", Stream.concat(bounces.stream(), Stream.of(withoutStatus))
                    .toArray(JsonNode[]::new)));

            // Then
            assertThat(bounces).allSatisfy(bounce -> assertThat(stored(bounce))
                    .containsEntry("kind", kinds.get(bounce.get("status").asText()))
                    .containsEntry("audience", bounce.get("status").asText().equals("2") ? "list-owner" : "postmaster"));
            assertThat(stored(withoutStatus)).containsEntry("kind", "unknown").containsEntry("audience", "postmaster");
        }
    }

    @Test
    void aStepOfATeamSeesEveryEvent() throws IOException {
        // Given
        edit("route-deliveries", yaml -> insert(yaml, "message: failed", "- log:\n    message: seen ${body.recipient}"));
        List<ObjectNode> failed = Stream.generate(() -> Payload.delivery("failed")).limit(20).toList();

        try (InProcess application = start()) {
            // When
            HttpResponse<String> answer = application.post(MailEvents.JSON, Payload.json("deliveries", failed.toArray(JsonNode[]::new)));

            // Then
            assertReceipt(answer, 20, 20, 0, 0);
            assertThat(application.log().lines().filter(line -> line.startsWith("seen ")))
                    .containsExactlyElementsOf(failed.stream().map(delivery -> "seen " + delivery.get("to").asText()).toList());
        }
    }

    @Test
    void aDecisionOnMoreThanTheStatusIsMadeForEachEvent() throws IOException {
        // Given
        edit("route-bounces", yaml -> yaml.replace(REFUSED, REFUSED + " && ${body.apiData} == 'CAMPAIGN-7'")
                .replaceFirst("expression: postmaster", "expression: crm"));
        ObjectNode ours = Payload.bounce("4").put("apiData", "CAMPAIGN-7");
        ObjectNode other = Payload.bounce("4").put("apiData", "CAMPAIGN-8");

        try (InProcess application = start()) {
            // When
            application.post(MailEvents.JSON, Payload.json("bounces", other, ours));

            // Then
            assertThat(stored(ours)).containsEntry("audience", "crm");
            assertThat(stored(other)).containsEntry("audience", "postmaster");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "library: Jackson"})
    void anEventBecomesJsonAsItIs(String library) throws IOException {
        // Given
        edit("route-webhook", yaml -> yaml + """
                        - split:
                            expression:
                              simple:
                                expression: "${variable.events}"
                            steps:
                              - marshal:
                                  json: {LIBRARY}
                              - to:
                                  uri: file:FOLDER?fileName=events.json&fileExist=Append&appendChars=%0A
                """.replace("LIBRARY", library).replace("FOLDER", folder + "/json"));
        ObjectNode bounce = Payload.bounce("4").put("to", "\"B 4\"@DOCOMO.NE.JP").put("created", "2026-10-01 09:00:07")
                .put("newKey", "新\"しい");
        ObjectNode withoutRecipient = new ObjectMapper().createObjectNode().put("something", "new");

        try (InProcess application = start()) {
            // When
            assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", bounce)), 1, 1, 0, 0);
            assertReceipt(application.post(MailEvents.JSON, Payload.json("blocks", withoutRecipient)), 1, 1, 0, 0);

            // Then
            List<String> lines = Files.readAllLines(folder.resolve("json/events.json"));
            JsonNode json = new ObjectMapper().readTree(lines.get(0));
            Map<String, String> row = stored(bounce);
            assertThat(Instant.parse(json.get("occurredAt").textValue())).isEqualTo("2026-10-01T00:00:07Z");
            assertThat(Instant.parse(json.get("receivedAt").textValue())).isBetween(Instant.now().minusSeconds(60), Instant.now());
            assertThat(json.get("recipient").textValue()).isEqualTo("\"B 4\"@DOCOMO.NE.JP");
            assertThat(json.get("address").textValue()).isEqualTo("\"b 4\"@docomo.ne.jp");
            assertThat(json.get("domain").textValue()).isEqualTo("docomo.ne.jp");
            assertThat(json.get("eventId").textValue()).isEqualTo(row.get("event_id"));
            assertThat(json.get("reason").textValue()).isEqualTo(row.get("reason"));
            assertThat(json.at("/extra/newKey").textValue()).isEqualTo("新\"しい");
            JsonNode other = new ObjectMapper().readTree(lines.get(1));
            assertThat(other.get("domain").isNull() && other.get("address").isNull() && other.get("occurredAt").isNull()).isTrue();
            assertThat(names(json)).isEqualTo(names(other)).isEqualTo(names(new ObjectMapper().readTree(documentedEvent())));
        }
    }

    @Test
    void aHashKeepsItsDomain() throws IOException {
        // Given
        edit("route-bounces", yaml -> yaml.replace(REFUSED, "${body.domain} == 'docomo.ne.jp'")
                .replaceFirst("expression: postmaster", "expression: docomo"));
        ObjectNode bounce = Payload.bounce("42").put("to", "B4@DOCOMO.NE.JP");

        try (InProcess application = start(Map.of("privacy.hash-recipients", "a key of sixteen characters"))) {
            // When
            assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", bounce)), 1, 1, 0, 0);

            // Then
            assertThat(database.row("SELECT * FROM mail_event")).containsEntry("audience", "docomo")
                    .hasEntrySatisfying("recipient", hash -> assertThat(hash).matches("h-[0-9a-f]{32}@docomo\\.ne\\.jp"));
        }
    }

    private static Set<String> names(JsonNode json) {
        return json.properties().stream().map(Map.Entry::getKey).collect(Collectors.toSet());
    }

    /** The event that the documentation shows. */
    private static String documentedEvent() throws IOException {
        return Files.readString(Path.of("docs/editing-routes.md")).split("```json\n")[1].split("```")[0];
    }

    private InProcess start() {
        return start(Map.of());
    }

    private InProcess start(Map<String, String> more) {
        return TestSettings.of(database, mailbox).withRoutes(folder.resolve("routes")).with(more).startInProcess();
    }

    private Map<String, String> stored(ObjectNode element) {
        return database.row("SELECT * FROM mail_event WHERE recipient = ?", element.get("to").asText());
    }

    private void edit(String route, java.util.function.UnaryOperator<String> edit) throws IOException {
        Path file = folder.resolve("routes/" + route + ".camel.yaml");
        String before = Files.readString(file);
        String after = edit.apply(before);
        assertThat(after).isNotEqualTo(before);
        Files.writeString(file, after);
    }

    /** Puts steps before the log step of a branch. */
    private static String insert(String yaml, String message, String step) {
        int line = yaml.lastIndexOf("\n", yaml.lastIndexOf("- log:", yaml.indexOf(message))) + 1;
        int indent = yaml.indexOf('-', line) - line;
        return yaml.substring(0, line) + step.indent(indent) + yaml.substring(line);
    }
}
