package org.mailevents.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertProblem;
import static org.mailevents.support.Answers.assertReceipt;
import static org.mailevents.support.ShippedRoutes.withFirstStep;
import static org.mailevents.support.ShippedRoutes.withKind;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.camel.Route;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
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

/** Files in {@code routes/} are saved while the application runs. A valid file is activated, and a broken file changes nothing. */
@Execution(ExecutionMode.CONCURRENT)
class LiveEditTest {

    private static final ListAppender<ILoggingEvent> LOG = new ListAppender<>();

    private final TestDatabase database = TestDatabase.h2();
    private final Mailbox mailbox = Mailbox.folder();
    private final Path folder = OwnProcess.folder("routes").resolve("routes");
    private InProcess application;

    @BeforeAll
    static void listen() {
        LOG.list = new CopyOnWriteArrayList<>();
        LOG.start();
        InProcess.root().addAppender(LOG);
    }

    @AfterAll
    static void stopListening() {
        InProcess.root().detachAppender(LOG);
    }

    @BeforeEach
    void start() {
        application = TestSettings.of(database, mailbox).with("alert.first-delay", "100ms", "alert.updates", "100ms")
                .withRoutes(folder).startInProcess();
    }

    @AfterEach
    void stop() {
        application.close();
    }

    /** RouteMistakesTest has the other kinds of mistakes. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "route-bounces    | - split:                           | - splitt:                    | :7: Unknown node id: splitt",
        "route-bounces    | uri: direct:route-bounces          | uri: direct:elsewhere        |"
            + " sends to direct:route-bounces, but no route in routes/ starts from direct:route-bounces",
        "route-bounces    | '- route:'                         | '- beans: []\n- route:'       |"
            + " :1: beans takes effect only at the next start"})
    void aBrokenRouteNeverReplacesAWorkingOne(String route, String right, String wrong, String reason) throws IOException {
        // Given
        Path file = folder.resolve(route + ".camel.yaml");
        String good = Files.readString(file);
        assertThat(good).contains(right);

        // When
        Files.writeString(file, good.replace(right, wrong.replace("\\n", "\n")));

        // Then
        await().untilAsserted(() -> assertThat(log()).anySatisfy(line ->
                assertThat(line).startsWith("Not activated: " + file).contains(reason).endsWith(". The previous version keeps running.")
                        .doesNotContain("\n")));
        await().untilAsserted(() -> assertThat(application.health().body()).contains("WARNING"));
        HttpResponse<String> health = application.health();
        assertThat(health.statusCode()).isEqualTo(200);
        assertThat(health.body()).contains("WARNING: not activated: " + file);
        assertThat(new ObjectMapper().readTree(health.body()).findValue("message").asText()).contains(reason);
        assertThat(kind()).isEqualTo("permanent, address");

        // When
        Files.writeString(file, good + "# mended\n");

        // Then
        await().untilAsserted(() -> assertThat(application.health().body()).doesNotContain("WARNING"));
        assertThat(log()).contains("Activated: " + file, "Valid again: " + file);
        assertThat(kind()).isEqualTo("permanent, address");
    }

    @ParameterizedTest
    @ValueSource(strings = "")
    void anEmptyFileNeverReplacesAWorkingRoute(String text) throws IOException {
        // When
        Files.writeString(folder.resolve("route-bounces.camel.yaml"), text);

        // Then
        await().untilAsserted(() -> assertThat(log()).anyMatch(line -> line.contains("route-bounces.camel.yaml: the file is empty.")));
        assertThat(kind()).isEqualTo("permanent, address");
    }

    @Test
    void aDeletedFileGoesOnAndTheLogSaysUntilWhen() throws IOException {
        // Given
        Path file = folder.resolve("route-bounces.camel.yaml");
        String good = Files.readString(file);

        // When
        Files.delete(file);

        // Then
        await().untilAsserted(() -> assertThat(log())
                .anyMatch(line -> line.contains(file + ": the file was deleted; the next start runs without it")));
        await().untilAsserted(() -> assertThat(application.health().body()).contains("WARNING"));
        assertThat(kind()).isEqualTo("permanent, address");

        // When
        Files.writeString(file, good);

        // Then
        await().untilAsserted(() -> assertThat(application.health().body()).doesNotContain("WARNING"));
    }

    @Test
    void aRouteOfTheApiIsEditedAndAnotherAdded() throws IOException {
        // Given
        Path file = folder.resolve("api-suppressions.camel.yaml");
        String address = bounced();

        // When
        Files.writeString(file, Files.readString(file).replace("reason AS \"reason\"", "UPPER(recipient) AS \"loud\""));
        Files.writeString(folder.resolve("api-mine.camel.yaml"), Files.readString(folder.resolve("api-recipient.camel.yaml"))
                .replace("id: api-recipient", "id: api-mine").replace("/api/recipients/", "/api/mine/"));

        // Then
        await().untilAsserted(() -> assertThat(get("/api/suppressions").body()).contains("\"loud\":\"" + address.toUpperCase()));
        await().untilAsserted(() -> assertThat(get("/api/mine/" + address).body()).contains("\"recipient\":\"" + address));
        assertProblem(get("/api/mine/nobody"), 404);

        // When
        Files.writeString(file, Files.readString(file).replace("FROM undeliverable_recipient", "FROM nowhere"));

        // Then
        await().untilAsserted(() -> assertProblem(get("/api/suppressions"), 500));
        assertThat(get("/api/suppressions").body()).doesNotContainIgnoringCase("nowhere");
    }

    private HttpResponse<String> get(String path) {
        return application.send(HttpRequest.newBuilder(application.uri(path)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"in place", "in pieces", "renamed"})
    void howeverAnEditorSavesItTakesEffectWithinSeconds(String way) throws IOException {
        // Given
        Path file = folder.resolve("route-bounces.camel.yaml");
        String text = withKind(Files.readString(file), "edited");

        // When
        switch (way) {
            case "in place" -> Files.writeString(file, text);
            case "in pieces" -> {
                Files.writeString(file, "");
                for (int i = 0; i < text.length(); i += 500) {
                    Files.writeString(file, text.substring(i, Math.min(i + 500, text.length())), StandardOpenOption.APPEND);
                    await().pollDelay(Duration.ofMillis(20)).until(() -> true); // a slow editor
                }
            }
            default -> {
                Path temporary = Files.writeString(folder.resolve(".route-bounces.camel.yaml.swp"), text);
                Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            }
        }

        // Then
        await().until(() -> kind().equals("edited"));
        await().untilAsserted(() -> assertThat(log()).contains("Activated: " + file));
        assertThat(log()).noneMatch(line -> line.startsWith("Not activated"));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anEditThatSpansTwoFilesTakesEffectInWhateverOrderTheyAreSaved(boolean callerFirst) throws IOException {
        // Given
        Path caller = folder.resolve("route-bounces.camel.yaml");
        Path called = folder.resolve("name-kind.camel.yaml");
        Runnable saveCaller = () -> save(caller, withFirstStep(read(caller), "- to:\n    uri: direct:name-kind"));
        Runnable saveCalled = () -> save(called, """
                - route:
                    id: name-kind
                    from:
                      uri: direct:name-kind
                      steps:
                        - setVariable:
                            name: kind
                            expression:
                              constant:
                                expression: named elsewhere
                """);

        // When
        (callerFirst ? saveCaller : saveCalled).run();
        await().untilAsserted(() -> assertThat(log()).anyMatch(line -> line.contains(callerFirst ? "direct:name-kind" : "Activated")));
        (callerFirst ? saveCalled : saveCaller).run();

        // Then
        await().until(() -> kind().equals("named elsewhere"));
        await().untilAsserted(() -> assertThat(application.health().body()).doesNotContain("WARNING"));
    }

    @Test
    void aRouteRenamedInItsFileIsReplacedAndNotDoubled() throws IOException {
        // Given
        Path file = folder.resolve("route-bounces.camel.yaml");
        Route untouched = application.context().getRoute("route-deliveries");

        // When
        save(file, withKind(read(file), "renamed").replace("id: route-bounces", "id: sort-bounces"));

        // Then
        await().until(() -> kind().equals("renamed"));
        assertThat(application.context().getRoutes()).extracting(Route::getId).contains("sort-bounces").doesNotContain("route-bounces");
        assertThat(application.context().getRoute("route-deliveries")).as("only the routes of the saved file").isSameAs(untouched);
    }

    @Test
    void aFileThatIsRenamedGoesOnAsTheNewOne() throws IOException {
        // When
        Path moved = Files.move(folder.resolve("route-bounces.camel.yaml"), folder.resolve("bounces.camel.yaml"));
        save(moved, withKind(read(moved), "moved"));

        // Then
        await().until(() -> kind().equals("moved"));
        await().untilAsserted(() -> assertThat(application.health().body()).doesNotContain("WARNING"));
    }

    @Test
    void whatHappensOnAnErrorIsEditedLiveForEveryRoute() throws IOException {
        // Given
        Path route = folder.resolve("route-deliveries.camel.yaml");
        save(route, read(route).replaceFirst("(?m)^( +)- log:\\s+message: failed$", "$1- throwException:\n$1    exceptionType:"
                + " java.lang.IllegalStateException\n$1    message: no\n$0"));
        await().until(() -> application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("failed"))).body()
                .contains("\"spooled\":1"));
        Path errors = folder.resolve("on-error.camel.yaml");
        String mark = folder.getParent().getFileName().toString();

        // When
        save(errors, read(errors).replaceFirst("(?m)^( +)- bean:$", "$1- log:\n$1    message: \"" + mark
                + " \\${bean:failure?method=at}\"\n$0"));

        // Then
        await().until(() -> log().contains("Activated: " + errors));
        application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("failed")));
        assertThat(LOG.list).extracting(ILoggingEvent::getFormattedMessage).anyMatch(line ->
                line.matches(mark + " route-deliveries failed at \\Q" + route + "\\E:\\d+: IllegalStateException: no"));
        assertThat(kind()).isEqualTo("permanent, address");
    }

    /** JarStartIT has an expression that never ends, because it would keep a core busy during all further tests. */
    @ParameterizedTest
    @ValueSource(strings = {"${nothing}", "<#list 1.. as i></#list>"})
    void aTemplateThatFailsOnARealMailDoesNotStopIt(String failing) {
        // Given
        Path template = folder.resolve("templates/alert.txt.ftl");
        save(template, read(template).replace("<#import",
                "<#list alert.bounces as bounce><#if bounce.subject?contains('テスト')>" + failing + "</#if></#list><#import"));
        await().until(() -> log().contains("Activated: " + template));
        ObjectNode bounce = Payload.bounce("2");

        // When
        application.post(MailEvents.JSON, Payload.json("bounces", bounce));

        // Then
        await().until(() -> !mailbox.naming(bounce.get("to").asText()).isEmpty());
        assertThat(mailbox.naming(bounce.get("to").asText()).get(0).text()).contains("ユーザ不明");
    }

    /** Posts a new bounce. @return its address */
    private String bounced() {
        ObjectNode bounce = Payload.bounce("2");
        application.post(MailEvents.JSON, Payload.json("bounces", bounce));
        return bounce.get("to").asText();
    }

    private String kind() {
        ObjectNode bounce = Payload.bounce("2");
        assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", bounce)), 1, 1, 0, 0);
        return String.valueOf(database.row("SELECT kind FROM mail_event WHERE recipient = ?", bounce.get("to").asText()).get("kind"));
    }

    /** The log lines about the files of this folder. */
    private List<String> log() {
        return LOG.list.stream().map(ILoggingEvent::getFormattedMessage)
                .filter(line -> line.contains(folder.toString())).toList();
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static void save(Path file, String text) {
        try {
            Files.writeString(file, text);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }
}
