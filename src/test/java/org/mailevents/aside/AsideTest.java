package org.mailevents.aside;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertProblem;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.h2.jdbcx.JdbcDataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mailevents.cause.ShippedCauses;
import org.mailevents.database.JdbiFactory;
import org.mailevents.event.EventReader;
import org.mailevents.event.MailEvent;
import org.mailevents.event.Receipt;
import org.mailevents.event.RejectedEvent;
import org.mailevents.event.WebhookBody;
import org.mailevents.parse.WebhookReader;
import org.mailevents.privacy.RecipientHash;
import org.mailevents.support.Browser;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;
import org.openqa.selenium.By;
import org.openqa.selenium.NoSuchElementException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.support.ui.WebDriverWait;

/** A user of console.basic sends again what was set aside: in the browser, all at once, and against the will of the database. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AsideTest {

    private static final String USER = "taro:pass word";
    private static final String NO_DAY = "2026-02-30 09:00:00";

    private final TestDatabase database = TestDatabase.h2();
    private InProcess application;
    private ChromeDriver browser;

    static Stream<Named<Supplier<TestDatabase>>> databases() {
        return Stream.of(Named.of("H2", TestDatabase::h2), Named.of("PostgreSQL", TestDatabase::postgres));
    }

    @BeforeAll
    void start() {
        application = settings(database).startInProcess();
    }

    @AfterAll
    void stop() {
        if (browser != null) {
            browser.quit();
        }
        application.close();
        assertThat(application.log()).doesNotContain("@example.net", "pass word");
    }

    /** Events of the type poison fail in the routes. */
    private static TestSettings settings(TestDatabase database) {
        Path folder = OwnProcess.folder("routes");
        Path file = folder.resolve("routes/route-webhook.camel.yaml");
        try {
            Files.writeString(file, Files.readString(file).replaceFirst("            when:\n", """
                                when:
                                  - expression:
                                      simple:
                                        expression: "\\${body.eventType} == 'poison'"
                                    steps:
                                      - throwException:
                                          exceptionType: java.lang.IllegalStateException
                                          message: the CRM of nobody@example.net is away
                                      - to:
                                          uri: direct:store-events
                    """));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return TestSettings.of(database).withRoutes(folder.resolve("routes")).with("console.basic", "hanako:another," + USER,
                "spool.directory", folder.resolve("spool"));
    }

    private static HttpResponse<String> send(InProcess application, String method, String path, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(application.uri(path)).method(method, BodyPublishers.ofString(body))
                .header("Content-Type", MailEvents.JSON).header("Authorization",
                        "Basic " + Base64.getEncoder().encodeToString(USER.getBytes(StandardCharsets.UTF_8)));
        for (int i = 0; i < headers.length; i += 2) {
            request.setHeader(headers[i], headers[i + 1]);
        }
        return application.send(request);
    }

    private static HttpResponse<String> act(InProcess application, String path, String body) throws IOException {
        return send(application, "POST", path, body, "X-Token", token(application));
    }

    private static String token(InProcess application) throws IOException {
        return new ObjectMapper().readTree(send(application, "GET", "/api/aside", "").body()).path("token").asText();
    }

    private static List<Map<String, String>> rejected(TestDatabase database, ObjectNode event) {
        return database.rows("SELECT rejected_id, reason, payload FROM rejected_event WHERE payload LIKE ?",
                "%" + event.get("messageId").asText() + "%");
    }

    private static List<Map<String, String>> stored(TestDatabase database, ObjectNode event) {
        return database.rows("SELECT subject, recipient FROM mail_event WHERE message_id = ?", event.get("messageId").asText());
    }

    private ObjectNode rejectedEvent() {
        ObjectNode bad = Payload.delivery("succeeded").put("created", NO_DAY).put("subject",
                "<img src=x onerror=\"document.title='owned'\">");
        assertReceipt(application.post(MailEvents.JSON, Payload.json("deliveries", bad)), 1, 0, 0, 1);
        return bad;
    }

    /** A team has added a constraint, so the database itself refuses the event. */
    @ParameterizedTest
    @MethodSource("databases")
    void whatTheDatabaseStillRefusesStaysAsItWas(Supplier<TestDatabase> databases) throws IOException {
        // Given
        TestDatabase refusing = databases.get();
        ObjectNode bounce = Payload.bounce("2").put("subject", "poison");
        ObjectNode later = Payload.bounce("2").put("subject", "poison");
        try (InProcess own = settings(refusing).startInProcess()) {
            refusing.execute("ALTER TABLE mail_event ADD CONSTRAINT of_a_team CHECK (subject <> 'poison')");
            assertReceipt(own.post(MailEvents.JSON, Payload.json("bounces", bounce, later)), 2, 0, 0, 2);
            List<Map<String, String>> before = rejected(refusing, bounce);
            String path = "/api/aside/rejected/" + before.get(0).get("rejected_id");
            String payload = before.get(0).get("payload");

            // When
            String asItWas = assertProblem(act(own, path, ""), 422);
            String mended = assertProblem(act(own, path, payload.replace("\"poison\"", "\"poison\",\"note\":\"still\"")), 422);

            // Then
            assertThat(List.of(asItWas, mended)).allSatisfy(reason -> assertThat(reason)
                    .startsWith("Still rejected: the database refused it: ").contains("Nothing has changed.").doesNotContain("@"));
            assertThat(rejected(refusing, bounce)).isEqualTo(before);
            assertThat(stored(refusing, bounce)).isEmpty();

            // When
            HttpResponse<String> partly = act(own, path, Payload.json("bounces", Payload.bounce("2"), bounce));

            // Then
            assertThat(assertProblem(partly, 422)).contains("The other events are stored, and the rejected event is kept.");
            assertThat(rejected(refusing, bounce)).isEqualTo(before);

            // When
            refusing.execute("ALTER TABLE mail_event DROP CONSTRAINT of_a_team");
            HttpResponse<String> all = act(own, "/api/aside/rejected", "");

            // Then
            assertThat(all.statusCode()).isEqualTo(202);
            assertThat(all.body()).isEqualTo("{\"events\":2}");
            await().until(() -> rejected(refusing, bounce).isEmpty() && rejected(refusing, later).isEmpty()
                    && !stored(refusing, bounce).isEmpty() && !stored(refusing, later).isEmpty());
            assertReceipt(own.post(MailEvents.JSON, payload), 1, 0, 1, 0);
            assertThat(own.log()).contains("taro has all 2 rejected events sent again");
        }
    }

    /** The body of a form arrives empty, so it could be taken for a request to send the event again as it was. */
    @Test
    void aMendedWebhookThatIsSentAsAFormIsRefused() throws IOException {
        // Given
        ObjectNode bad = rejectedEvent();
        Map<String, String> row = rejected(database, bad).get(0);
        String mended = Payload.json("deliveries", bad.deepCopy().put("created", "2026-10-01 09:00:07"));

        // When
        HttpResponse<String> answer = send(application, "POST", "/api/aside/rejected/" + row.get("rejected_id"), mended, "X-Token",
                token(application), "Content-Type", MailEvents.FORM);

        // Then
        assertThat(assertProblem(answer, 415)).contains("application/json");
        assertThat(rejected(database, bad)).containsExactly(row);
        assertThat(stored(database, bad)).isEmpty();
    }

    /** While an event is on its way, a replay of all rejected events may take its row away and put it back. */
    @Test
    void aRowThatAReplayPutsBackStays() {
        // Given
        WebhookReader reader = new WebhookReader(new EventReader(ZoneId.of("Asia/Tokyo"), ShippedCauses.causes()), RecipientHash.with(""));
        WebhookBody body = WebhookBody.of(false, Payload.json("deliveries", Payload.delivery("succeeded")));
        MailEvent event = reader.read(body, Instant.now()).next().events().get(0);
        UUID row = RejectedEvent.of(event, "").rejectedId();
        JdbcDataSource source = new JdbcDataSource();
        source.setURL(database.url());
        source.setUser(database.username());
        Resend resend = new Resend(row, reader.read(body, event.receivedAt()), new RejectedRows(JdbiFactory.create(source)));
        resend.next();

        // When: the database refuses the event twice, here and in the replay
        database.execute("INSERT INTO rejected_event VALUES (?, CURRENT_TIMESTAMP, 'the database refused it', '{}')", row);
        resend.addReceipt(new Receipt(1, 0, 0, 1, 0));
        resend.finish();

        // Then
        database.row("SELECT 1 FROM rejected_event WHERE rejected_id = ?", row);
        database.execute("DELETE FROM rejected_event WHERE rejected_id = ?", row);
    }

    @Test
    void anEventWhoseRouteFailsIsKeptAndTheAnswerNamesTheStep() throws IOException {
        // Given
        ObjectNode bad = rejectedEvent();
        List<Map<String, String>> before = rejected(database, bad);

        // When
        HttpResponse<String> answer = act(application, "/api/aside/rejected/" + before.get(0).get("rejected_id"),
                "{\"event_type\": \"poison\", \"event\": {\"poison\": [{\"mark\": 1}]}}");

        // Then
        assertThat(answer.statusCode()).isEqualTo(500);
        assertThat(answer.body()).contains("The rejected event is kept, because a step fails: route-webhook failed at ",
                "route-webhook.camel.yaml:", "the CRM of <address> is away");
        assertThat(rejected(database, bad)).isEqualTo(before);
        assertThat(application.spool()).isDirectoryNotContaining("glob:**.json");
        database.execute("DELETE FROM rejected_event WHERE rejected_id = CAST(? AS uuid)", before.get(0).get("rejected_id"));
    }

    @Test
    void allFailedWebhooksAreTriedAgainAndAnUnreadableOneComesBack() throws IOException {
        // Given
        ObjectNode delivery = Payload.delivery("succeeded");
        Path failed = application.spool().resolve("failed");
        Files.writeString(failed.resolve("good.json"), Payload.json("deliveries", delivery));
        Files.writeString(failed.resolve("bad.json"), "{");

        // When
        HttpResponse<String> answer = act(application, "/api/aside/failed", "");

        // Then
        assertThat(answer.statusCode()).isEqualTo(202);
        await().until(() -> !stored(database, delivery).isEmpty() && Files.exists(failed.resolve("bad.json")));
        JsonNode list = new ObjectMapper().readTree(send(application, "GET", "/api/aside", "").body()).path("failed");
        assertThat(list.findValuesAsText("name")).containsExactly("bad.json");
        assertThat(list.get(0).path("reason").asText()).contains("is not JSON");
        Files.delete(failed.resolve("bad.json"));
    }

    /** A body of more than 1 MB that nobody can read has a name made of its content, so it returns under the same name. */
    @Test
    void aLargeBodyThatNobodyCanReadKeepsItsReason() throws IOException {
        // Given
        String large = "{\"event\": [" + "x".repeat(1_100_000);
        assertThat(application.post(MailEvents.JSON, large).statusCode()).isEqualTo(400);
        Path failed = application.spool().resolve("failed");
        String name = failed.toFile().list((folder, file) -> file.endsWith(".json") && file.length() > 40)[0];
        Path reason = failed.resolve(name + ".reason.txt");
        assertThat(reason).isNotEmptyFile();

        // When
        assertThat(act(application, "/api/aside/failed/" + name, "").statusCode()).isEqualTo(202);

        // Then
        await().until(() -> Files.exists(reason.resolveSibling(name)) && !Files.exists(application.spool().resolve(name)));
        assertThat(reason).isNotEmptyFile();
        Files.delete(reason.resolveSibling(name));
    }

    private void open(String language) {
        Browser.assumeInstalled();
        if (browser == null) {
            browser = Browser.open();
            // Chrome remembers the password. Scripts cannot load anything under an address that holds one.
            browser.get(application.uri("/").toString().replace("://", "://" + USER.replace(" ", "%20") + "@"));
        }
        browser.get(application.uri("/").toString());
        browser.executeScript("localStorage.setItem('language', arguments[0])", language);
        browser.get(application.uri("/?#aside").toString());
        wait(() -> !text("#rejected-table").isEmpty());
    }

    private <T> T wait(Supplier<T> condition) {
        return new WebDriverWait(browser, Duration.ofSeconds(20)).ignoring(NoSuchElementException.class).until(any -> condition.get());
    }

    private String text(String css) {
        return browser.findElement(By.cssSelector(css)).getText();
    }

    private WebElement row(String reason) {
        return wait(() -> browser.findElement(By.xpath("//table[@id='rejected-table']/tbody/tr[contains(., '" + reason + "')]")));
    }

    @ParameterizedTest
    @CsvSource({"en,Sent again: 1 stored", "ja,再送しました。保存: 1件"})
    void anEventIsMendedInTheBrowser(String language, String done) {
        // Given
        ObjectNode bad = rejectedEvent();
        open(language);
        WebElement row = row("created is not a date");

        // When
        row.findElements(By.tagName("summary")).get(1).click();
        WebElement text = row.findElement(By.tagName("textarea"));
        wait(() -> text.getDomProperty("value").contains(bad.get("messageId").asText()));

        // Then
        assertThat(text.getDomProperty("value")).contains("\n  \"event\": {\n");
        assertThat(browser.getTitle()).doesNotContain("owned");

        // When
        type(text, text.getDomProperty("value").replace("messageId", "nothing"));
        send(row);

        // Then
        wait(() -> text("#aside-status").startsWith("Still rejected: messageId is missing"));
        assertThat(rejected(database, bad)).hasSize(1);
        WebElement again = row("created is not a date").findElement(By.tagName("textarea"));
        assertThat(again.getDomProperty("value")).as("what was typed").contains("nothing");

        // When
        type(again, again.getDomProperty("value").replace("nothing", "messageId").replace(NO_DAY, "2026-03-02 09:00:00"));
        send(row("created is not a date"));

        // Then
        wait(() -> text("#aside-status").contains(done));
        wait(() -> !text("#rejected-table").contains("created is not a date"));
        assertThat(rejected(database, bad)).isEmpty();
        assertThat(stored(database, bad)).hasSize(1);
        assertThat(application.log()).contains("taro has sent a rejected event again: 1 stored, 0 duplicates, 0 rejected");
        assertThat(Browser.violations(browser)).isEmpty();
        assertNothingWasRefusedByThePolicy();
    }

    private void type(WebElement text, String value) {
        browser.executeScript("arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))", text, value);
    }

    private void send(WebElement row) {
        row.findElement(By.cssSelector("details[open] button")).click();
    }

    /** A browser logs what its Content-Security-Policy refuses. The answers 401, 404 and 422 are what the tests ask for. */
    private void assertNothingWasRefusedByThePolicy() {
        assertThat(browser.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
                .filter(entry -> !entry.getMessage().matches("(?s).*status of (?:401|404|422) .*"))).isEmpty();
    }

    @Test
    void everyViewObeysThePolicy() {
        open("en");
        for (String view : List.of("", "#events?text=nobody@example.org", "#incidents", "#proof", "#suppressions", "#explain", "#routes",
                "#aside")) {
            browser.get(application.uri("/" + view).toString());
            wait(() -> !browser.findElement(By.id("as-of")).getText().isEmpty());
        }
        assertNothingWasRefusedByThePolicy();
    }

    @ParameterizedTest
    @CsvSource({"en", "ja"})
    void theViewFitsOnAPhoneAndKeepsNobodyOut(String language) {
        // Given
        ObjectNode bad = rejectedEvent();
        browserOnAPhone();
        try {
            // When
            open(language);
            row("created is not a date").findElements(By.tagName("summary")).forEach(WebElement::click);
            wait(() -> browser.findElement(By.cssSelector("#rejected-table textarea")).getDomProperty("value")
                    .contains(bad.get("messageId").asText()));

            // Then
            assertThat(Browser.violations(browser)).isEmpty();
            assertThat((Long) browser.executeScript("return document.querySelector('#rejected-table details').clientWidth"))
                    .as("pixels for a cell beside its heading").isGreaterThan(180);
            assertThat((Boolean) browser.executeScript(
                    "return document.documentElement.scrollWidth <= document.documentElement.clientWidth")).isTrue();
        } finally {
            browser.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
            database.execute("DELETE FROM rejected_event");
        }
    }

    private void browserOnAPhone() {
        open("en");
        browser.executeCdpCommand("Emulation.setDeviceMetricsOverride",
                Map.of("width", 390, "height", 800, "deviceScaleFactor", 1, "mobile", true));
    }
}
