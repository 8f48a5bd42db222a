package org.mailevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertProblem;
import static org.mailevents.support.Answers.assertReceipt;
import static org.mailevents.support.Answers.assertSpooled;

import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.mail.internet.MimeUtility;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.Certificate;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestSettings;

/** The jar starts, refuses to start with a mistake, and activates edits. */
@Execution(ExecutionMode.CONCURRENT)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class JarStartIT {

    /** For tests that need an application and change none of its routes. */
    private final Path sharedFolder = OwnProcess.folder("routes", "application.properties");
    private OwnProcess running;

    /** For tests of settings in a file and in the environment. */
    private final Path configuredFolder = OwnProcess.folder("routes", "application.properties");
    private OwnProcess configured;

    @BeforeAll
    void start() throws IOException {
        running = TestSettings.none().with("camel.server.host", "localhost").launchJar(sharedFolder);
        Files.writeString(configuredFolder.resolve("application.properties"), """

                webhook.path = /from-the-file
                webhook.api-key = from-the-file
                alert.to = 監視担当 <watch@example.com>
                alert.to.list-owner = from-the-file@example.com
                alert.to.crm = crm@example.com
                crm.url = http://127.0.0.1:1/
                webhook.apikey = x
                privcy.hash-recipients = 0123456789abcdef
                """, StandardOpenOption.APPEND);
        Files.writeString(configuredFolder.resolve("routes/tell-crm.camel.yaml"), """
                - route:
                    id: tell-crm
                    from:
                      uri: direct:tell-crm
                      steps:
                        - to:
                            uri: "{{crm.url}}"
                """);
        configured = TestSettings.none().with("webhook.api-key", "from-the-environment", "alert.first-delay", "100ms",
                "alert.to.list-owner", "from-the-environment@example.com", "alert.to.it", "it@example.com", "alrt.to", "x",
                "console.basic", "look:here", "camel.server.host", "localhost").launchJar(configuredFolder);
        running.started();
        configured.started();
    }

    @AfterAll
    void stop() {
        running.close();
        configured.close();
    }

    @Test
    void itDoesNotListenBeyondLoopbackWithoutASecret() {
        OwnProcess application = OwnProcess.jar(Map.of("camel.server.host", "0.0.0.0"));
        assertThat(application.ended()).isEqualTo(1);
        assertThat(application.log()).contains("camel.server.host", "webhook.api-key", "webhook.basic").doesNotContain("\tat ");
    }

    @ParameterizedTest
    @CsvSource({"webhook.time-zone,Mars", "camel.server.port,80a", "database.url,jdbc:mysql:x", "log.format,xml"})
    void aSettingThatCannotBeUsedIsNamed(String key, String value) {
        OwnProcess application = OwnProcess.jar(Map.of(key, value));
        assertThat(application.ended()).isEqualTo(1);
        assertThat(application.log()).contains("Set " + key + " ").doesNotContain("\tat ");
    }

    @Test
    void aKeyStoreThatCannotBeUsedIsNamed() {
        OwnProcess application = OwnProcess.jar(new TestSettings(Certificate.settings()).with("camel.ssl.keystorePassword", "wrong").map());
        assertThat(application.ended()).isEqualTo(1);
        assertThat(application.log()).contains("Set camel.ssl.keyStore ", "camel.ssl.keystorePassword").doesNotContain("\tat ")
                .doesNotContain(Certificate.PASSWORD);
    }

    @Test
    void withNothingButItsRoutesItStoresFromItsFirstAnswerOnOrSaysWhenToComeAgain() {
        try (OwnProcess application = OwnProcess.jar(OwnProcess.folder("routes"), Map.of())) {
            List<HttpResponse<String>> answers = new ArrayList<>();
            while (answers.isEmpty() || answers.get(answers.size() - 1).statusCode() == 503) {
                try {
                    answers.add(application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("queued"))));
                } catch (UncheckedIOException e) {
                    // The application does not listen yet.
                }
            }
            assertReceipt(answers.remove(answers.size() - 1), 1, 1, 0, 0);
            assertThat(answers).allSatisfy(answer -> {
                assertProblem(answer, 503);
                assertThat(answer.headers().firstValueAsLong("Retry-After")).hasValue(30);
            });
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"help", "--help", "-h"})
    void itTellsItsCommandsAnywhere(String command) {
        OwnProcess help = OwnProcess.jar(OwnProcess.folder(), Map.of("log.format", "xml"), command);
        assertThat(help.ended()).isZero();
        assertThat(help.log()).startsWith("Usage: java -jar mail-events.jar [command]\n")
                .contains("\n  preview  ", "\n  preview stored  ", "\n  check [folder]  ", "\n  sample  ", "\n  sample anyway  ",
                        "\n  help, --help, -h  ", "\n  --version  ")
                .doesNotContain("INFO", "ERROR");
    }

    @Test
    void aCheckTellsEveryMistakeOfAFolderAndItsExitStatus() throws IOException {
        Path folder = OwnProcess.folder("routes", OwnProcess.ROUTE_TESTS, "application.properties");
        Map<String, String> unreachable = Map.of("database.url", "jdbc:postgresql://127.0.0.1:1/none");

        OwnProcess good = OwnProcess.jar(OwnProcess.folder(), unreachable, "check", folder.toString());
        assertThat(good.ended()).as(good.log()).isZero();
        assertThat(good.log()).matches("Checked the settings, .* no mistake\\.\n");

        Path route = folder.resolve("routes/route-bounces.camel.yaml");
        Files.writeString(route, Files.readString(route).replace("expression: list-owner", "expression: crm"));
        OwnProcess bad = OwnProcess.jar(folder, unreachable, "check");
        assertThat(bad.ended()).isEqualTo(1);
        assertThat(bad.log().lines()).hasSize(10).first().asString().startsWith("routes/tests/bounces.test.yaml:10: the test ");
        assertThat(bad.log()).endsWith(": 7 mistakes.\n");

        OwnProcess nowhere = OwnProcess.jar(folder, Map.of(), "check", "nowhere");
        assertThat(nowhere.ended()).isEqualTo(1);
        assertThat(nowhere.log()).startsWith("Not checked: nowhere has no routes/.");
    }

    @Test
    void itTellsItsVersionAnywhere() {
        OwnProcess version = OwnProcess.jar(OwnProcess.folder(), Map.of(), "--version");
        assertThat(version.ended()).isZero();
        assertThat(version.log()).matches("Mail Events \\d\\S+\nApache Camel 4\\.\\S+\n");
    }

    @Test
    void aCommandThatIsUnknownIsToldTheOthers() {
        OwnProcess unknown = OwnProcess.jar(OwnProcess.folder("routes"), Map.of(), "previw");
        assertThat(unknown.ended()).isEqualTo(1);
        assertThat(unknown.log()).contains("Unknown command: previw. The commands are preview, preview stored,"
                        + " check [folder], sample, sample anyway, try, reconcile with a day, explain with a reply,"
                        + " explain-decision with the id of an event, help and --version.")
                .doesNotContain("\tat ", "Exception");
    }

    @Test
    void explainDecisionWithoutAnIdSaysWhereTheIdIs() {
        OwnProcess explain = OwnProcess.jar(OwnProcess.folder("routes"), Map.of(), "explain-decision");
        assertThat(explain.ended()).isEqualTo(1);
        assertThat(explain.log()).contains("Not done: The command explain-decision needs the id of one event", "/api/recipients/")
                .doesNotContain("Unknown command");
    }

    @Test
    void itTellsTheAddressOfThePage() {
        String line = "page: http://127.0.0.1:" + running.port + "/ for browsers on this machine only (console.basic)";
        await().until(() -> running.log().contains(line));
    }

    @Test
    void itTellsTheAddressOfThePageThatIsOpenToUsers() {
        String line = "page: http://localhost:" + configured.port + "/ with a user and password of console.basic";
        await().until(() -> configured.log().contains(line));
    }

    @Test
    void withoutRoutesItSaysWhereToStart() {
        OwnProcess application = OwnProcess.jar(OwnProcess.folder("application.properties"), Map.of());
        assertThat(application.ended()).isEqualTo(1);
        assertThat(application.log()).contains("this folder has no routes/");
    }

    @Test
    void withoutANeededRouteItSaysWhichOne() throws IOException {
        Path folder = OwnProcess.folder("routes", "application.properties");
        Files.delete(folder.resolve("routes/send-alerts.camel.yaml"));
        OwnProcess application = OwnProcess.jar(folder, Map.of());
        assertThat(application.ended()).isEqualTo(1);
        assertThat(application.log()).contains("the route send-alerts is missing in routes/");
    }

    @Test
    void whereItCannotListenItDoesNotRun() throws IOException {
        try (ServerSocket taken = new ServerSocket(0)) {
            OwnProcess application = OwnProcess.jar(Map.of("camel.server.port", String.valueOf(taken.getLocalPort())));
            assertThat(application.ended()).isEqualTo(1);
            assertThat(application.log()).contains("camel.server.port").doesNotContain("takes webhooks").doesNotContain("\tat ");
        }
    }

    @Test
    void aSecondOneInTheSameFolderSaysSo() {
        OwnProcess second = OwnProcess.jar(sharedFolder, Map.of());
        assertThat(second.ended()).isEqualTo(1);
        assertThat(second.log()).contains("database.url", "check that no second Mail Events runs in this folder").doesNotContain("\tat ");
        assertReceipt(running.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("queued"))), 1, 1, 0, 0);
    }

    @Test
    void aMisspeltSettingIsPointedOut() {
        assertThat(configured.log()).contains("webhook.apikey is not a setting of Mail Events. Did you mean webhook.api-key?",
                "privcy.hash-recipients is not a setting of Mail Events. Did you mean privacy.hash-recipients?",
                "The environment variable ALRT_TO is not a setting of Mail Events. Did you mean ALERT_TO?",
                "alert.to.crm is not used: no route, no test and no other setting names the audience crm. Is it misspelt?")
                .doesNotContain("alert.to.crm is not a setting", "ALERT_TO_IT", "crm.url")
                .doesNotContainPattern("camel\\S* is not a setting");
    }

    @Test
    void theDescriptionOfTheApiIsTheOneThatWasSaved() throws IOException {
        Files.writeString(sharedFolder.resolve("routes/openapi.yaml"), "# ours\n", StandardOpenOption.APPEND);

        assertThat(running.send(HttpRequest.newBuilder(running.uri("/api/openapi.yaml"))).body())
                .isEqualTo(Files.readString(sharedFolder.resolve("routes/openapi.yaml")));
    }

    @Test
    void theEnvironmentWinsOverTheFileAndTheFileOverTheDefaults() {
        assertProblem(configured.post(MailEvents.JSON, "{}"), 404);
        ObjectNode bounce = Payload.bounce("2");
        assertThat(postConfigured("from-the-file", bounce)).isEqualTo(401);
        assertThat(postConfigured("from-the-environment", bounce)).isEqualTo(200);
        assertThat(mailAbout(bounce).to()).containsExactly("from-the-environment@example.com");
    }

    @Test
    void aNameInTheFileMayBeJapanese() throws IOException {
        ObjectNode bounce = Payload.bounce("4");
        assertThat(postConfigured("from-the-environment", bounce)).isEqualTo(200);
        assertThat(MimeUtility.decodeText(mailAbout(bounce).header("To"))).isEqualTo("監視担当 <watch@example.com>");
    }

    private int postConfigured(String key, ObjectNode bounce) {
        return configured.send(HttpRequest.newBuilder(configured.uri("/from-the-file")).header("Content-Type", MailEvents.FORM)
                .POST(HttpRequest.BodyPublishers.ofString("api_key=" + key + "&" + Payload.form("bounces", bounce)))).statusCode();
    }

    private Mailbox.Mail mailAbout(ObjectNode bounce) {
        Mailbox outbox = Mailbox.folder(configuredFolder.resolve("data/outbox"));
        String address = bounce.get("to").asText();
        await().until(() -> !outbox.naming(address).isEmpty());
        return outbox.naming(address).get(0);
    }

    @Test
    void anAddressInTheFileMayNotBeJapanese() throws IOException {
        Path folder = OwnProcess.folder("routes", "application.properties");
        Files.writeString(folder.resolve("application.properties"), "\nalert.to = watch@例え.jp\n", StandardOpenOption.APPEND);
        OwnProcess refused = OwnProcess.jar(folder, Map.of());
        assertThat(refused.ended()).isEqualTo(1);
        assertThat(refused.log()).contains("Set alert.to to mail addresses", "only ASCII characters").doesNotContain("\tat ");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "routes/route-bounces.camel.yaml | direct:store-events | direct:store | :56: the route route-bounces sends to direct:store",
        "routes/templates/alert.txt.ftl  | words.intro         | words.introo | :44: The following has evaluated to null"})
    void aBrokenFileStopsTheStartAndIsNamedWithItsLine(String name, String right, String wrong, String line) throws IOException {
        Path folder = OwnProcess.folder("routes", "application.properties");
        Path file = folder.resolve(name);
        Files.writeString(file, Files.readString(file).replace(right, wrong));
        OwnProcess application = OwnProcess.jar(folder, Map.of());
        assertThat(application.ended()).isEqualTo(1);
        assertThat(application.log()).contains("Not started: " + name + line).doesNotContain("\tat ");
    }

    @Test
    void anInstanceWhoseHealthPortIsTakenTakesWebhooks() {
        try (OwnProcess second = TestSettings.none().with("camel.management.port", running.healthPort).startJar()) {
            assertThat(running.health().body()).contains("\"status\":\"UP\"");
            assertThat(second.log()).contains("camel.management.port").doesNotContain("\tat ");
            assertReceipt(second.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("queued"))), 1, 1, 0, 0);
        }
    }

    @Test
    void thePreviewShowsTheMailsOfAnIncidentAndSendsNone() throws IOException {
        // Given
        Path folder = OwnProcess.folder("routes", "application.properties");
        Path page = folder.resolve("data/preview.html");

        // When
        Map<String, String> slack = Map.of("alert.channel", "mail,slack", "alert.slack.url", "https://hooks.example.com/s3cr3t");
        OwnProcess samples = OwnProcess.jar(folder, slack, "preview");

        // Then
        assertThat(samples.ended()).isZero();
        assertThat(samples.log()).contains("Open it in a browser: ").contains("data/preview.html");
        assertThat(page).content().contains("【緊急】", "[Urgent] ", "発生中", "継続中", "収束", "Ongoing", "All clear", "srcdoc=",
                "<summary>slack</summary>", "&quot;blocks&quot;").doesNotContain("s3cr3t", "<summary>teams");
        assertThat(folder.resolve("data")).isDirectoryNotContaining("glob:**mail-events*").isDirectoryNotContaining("glob:**outbox");

        // Given
        ObjectNode bounce = Payload.bounce("2").put("subject", "<b>\"&amp;");
        assertThat(OwnProcess.jar(folder, Map.of(), "preview", "stored").ended()).isEqualTo(1);
        try (OwnProcess application = OwnProcess.jar(folder, Map.of()).started()) {
            assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", bounce)), 1, 1, 0, 0);
        }

        // When
        OwnProcess stored = OwnProcess.jar(folder, Map.of(), "preview", "stored");

        // Then
        assertThat(stored.ended()).isZero();
        assertThat(page).content().contains(bounce.get("to").asText(), "&lt;b>&quot;&amp;amp;").doesNotContain("<b>\"");

        // Given
        Path template = folder.resolve("routes/templates/alert.txt.ftl");
        Files.writeString(template, Files.readString(template).replace("words.intro", "words.introo"));

        // When
        OwnProcess broken = OwnProcess.jar(folder, Map.of(), "preview");

        // Then
        assertThat(broken.ended()).isEqualTo(1);
        assertThat(broken.log()).contains("Not done: routes/templates/alert.txt.ftl:44: ");
    }

    @Test
    void aRouteIsEditedLive() throws IOException {
        // Given
        Path folder = OwnProcess.folder("routes", "application.properties");
        Path route = folder.resolve("routes/route-bounces.camel.yaml");
        String good = Files.readString(route);
        Mailbox outbox = Mailbox.folder(folder.resolve("data/outbox"));
        TestSettings settings = TestSettings.none().with("alert.first-delay", "100ms", "alert.to.edited", "edited@example.com");
        try (OwnProcess application = settings.startJar(folder)) {

            // When
            Files.writeString(route, good.replace("- split:", "- splitt:"));

            // Then
            await().until(() -> application.log().contains("Not activated: routes/route-bounces.camel.yaml:7: Unknown node id: splitt."
                    + " The previous version keeps running."));
            await().until(() -> application.health().body().contains("WARNING"));
            assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", Payload.bounce("2"))), 1, 1, 0, 0);

            // When
            Files.writeString(route, good.replace("list-owner", "edited"));

            // Then
            await().until(() -> application.log().contains("Valid again: routes/route-bounces.camel.yaml"));
            ObjectNode bounce = Payload.bounce("2");
            assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", bounce)), 1, 1, 0, 0);
            await().until(() -> !outbox.naming(bounce.get("to").asText()).isEmpty());
            assertThat(outbox.naming(bounce.get("to").asText()).get(0).to()).containsExactly("edited@example.com");
            assertThat(application.log()).doesNotContain("\tat ");
        }
    }

    /** FreeMarker cannot be stopped within an expression. So this one ends with its process. */
    @Test
    void aTemplateThatNeverEndsOnARealMailDoesNotStopIt() throws IOException {
        // Given
        Path folder = OwnProcess.folder("routes", "application.properties");
        Path template = folder.resolve("routes/templates/alert.txt.ftl");
        Mailbox outbox = Mailbox.folder(folder.resolve("data/outbox"));
        ObjectNode bounce = Payload.bounce("2");
        OwnProcess application = TestSettings.none().with("alert.first-delay", "100ms").startJar(folder);
        try {
            Files.writeString(template, Files.readString(template).replace("<#import", "<#list alert.bounces as bounce>"
                    + "<#if bounce.subject?contains('テスト')>${(1..)?filter(i -> false)?first!}</#if></#list><#import"));
            await().until(() -> application.log().contains("Activated: routes/templates/alert.txt.ftl"));

            // When
            application.post(MailEvents.JSON, Payload.json("bounces", bounce));

            // Then
            await().until(() -> !outbox.naming(bounce.get("to").asText()).isEmpty());
            assertThat(outbox.naming(bounce.get("to").asText()).get(0).text()).contains("ユーザ不明");
            assertThat(application.log()).contains("keeps a core busy until the application is restarted");
        } finally {
            application.kill();
        }
    }

    @Test
    void aStepThatFailsIsNamedInTheLogAndNobodysAddress() throws IOException {
        // Given
        Path folder = OwnProcess.folder("routes", "application.properties");
        Path route = folder.resolve("routes/route-deliveries.camel.yaml");
        Files.writeString(route, Files.readString(route)
                .replaceFirst("(?m)^( +)- log:\\s+message: failed$", "$1- throwException:\n$1    exceptionType:"
                        + " java.lang.IllegalStateException\n$1    message: no mail for someone@example.net\n$0"));
        try (OwnProcess application = OwnProcess.jar(folder, Map.of()).started()) {

            // When
            HttpResponse<String> answer = application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("failed")));

            // Then
            assertSpooled(answer, 1);
            assertThat(application.log()).containsPattern("on-error: route-deliveries failed at"
                    + " routes/route-deliveries\\.camel\\.yaml:\\d+: IllegalStateException: no mail for <address>")
                    .doesNotContain("example.net").doesNotContain("\tat ").doesNotContain("Failed delivery");
        }
    }

    @Test
    void whatIsStoredIsThereAfterAHardKill() {
        // Given
        Path folder = OwnProcess.folder("routes", "application.properties");
        List<ObjectNode> deliveries = List.of(Payload.delivery("queued"), Payload.delivery("failed"));
        OwnProcess killed = OwnProcess.jar(folder, Map.of()).started();
        deliveries.forEach(delivery -> assertReceipt(killed.post(MailEvents.JSON, Payload.json("deliveries", delivery)), 1, 1, 0, 0));
        killed.kill();

        // When
        try (OwnProcess application = OwnProcess.jar(folder, Map.of()).started()) {

            // Then
            assertThat(deliveries).allSatisfy(delivery ->
                    assertReceipt(application.post(MailEvents.JSON, Payload.json("deliveries", delivery)), 1, 0, 1, 0));
        }
    }
}
