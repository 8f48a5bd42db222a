package org.mailevents.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertProblem;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.NetworkInterface;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mailevents.support.Api;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.PostgresServer;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;
import org.mailevents.support.TimedAlerts;
import org.mailevents.support.Where;

/** Only permitted callers open the page and the API. Both show the right numbers. */
@Order(1)
@Execution(ExecutionMode.CONCURRENT)
class ConsoleTest {

    private static final DateTimeFormatter CREATED = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter SPOOLED = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    private static final Pattern METHOD_AND_PATH =
            Pattern.compile("uri: platform-http:(\\S+)\\s+parameters:\\s+httpMethodRestrict: (\\w+)");

    /** Headers that a proxy adds to a request. */
    private static final List<String> PROXIED = List.of("X-Forwarded-For: 198.51.100.7", "x-forwarded-for: unknown",
            "X-FORWARDED-PROTO: https", "X-Forwarded-Port: 443",
            "X-Forwarded-Host: hooks.example.com", "X-Forwarded-Server: hooks", "X-Forwarded: for=198.51.100.7",
            "Forwarded: for=198.51.100.7", "Via: 1.1 proxy",
            "X-Real-IP: 198.51.100.7", "X-Client-IP: 198.51.100.7", "True-Client-IP: 198.51.100.7", "CF-Connecting-IP: 198.51.100.7",
            "X-Original-URL: /");

    private static InProcess start(Map<String, String> settings) {
        return TestSettings.of(TestDatabase.h2()).with(settings).startInProcess();
    }

    private static HttpResponse<String> get(MailEvents application, String path, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(application.uri(path));
        return application.send(headers.length == 0 ? request : request.headers(headers));
    }

    private static String basic(String credentials) {
        return "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void withUsersOnlyTheyMayLook() {
        try (InProcess application = start(Map.of("console.basic", "taro:pass:word,花子:秘密", "webhook.api-key", "k"))) {
            for (String path : new String[] {"/", "/console.js", "/api/summary", "/api/suppressions.csv", "/api/openapi.yaml",
                    "/nothing"}) {
                // When
                HttpResponse<String> nobody = get(application, path);
                HttpResponse<String> wrong = get(application, path, "Authorization", basic("taro:pass"));

                // Then
                for (HttpResponse<String> refused : new HttpResponse[] {nobody, wrong}) {
                    assertThat(assertProblem(refused, 401)).contains("console.basic");
                    assertThat(refused.headers().firstValue("WWW-Authenticate").orElseThrow()).startsWith("Basic realm=");
                }
                for (String user : new String[] {"taro:pass:word", "花子:秘密"}) {
                    assertThat(get(application, path, "Authorization", basic(user)).statusCode())
                            .isEqualTo(path.equals("/nothing") ? 404 : 200);
                }
            }
            HttpResponse<String> tried = application.send(HttpRequest.newBuilder(application.uri("/api/try"))
                    .POST(BodyPublishers.noBody()));
            assertThat(assertProblem(tried, 401)).contains("console.basic");
            assertThat(application.log()).doesNotContain("pass:word").doesNotContain("秘密");
        }
    }

    @Test
    void aUserOfThePageIsNoSecretOfTheWebhookNorTheOtherWayRound() {
        try (InProcess application = start(Map.of("console.basic", "taro:look", "webhook.basic", "hook:write"))) {
            String webhook = Payload.json("deliveries", Payload.delivery("queued"));

            assertProblem(application.post(MailEvents.JSON, webhook, "Authorization", basic("taro:look")), 401);
            assertProblem(get(application, "/api/summary", "Authorization", basic("hook:write")), 401);
            assertThat(application.post(MailEvents.JSON, webhook, "Authorization", basic("hook:write")).statusCode()).isEqualTo(200);
        }
    }

    @Test
    void withoutUsersOnlyABrowserOnThisMachineMayLook() throws IOException {
        try (InProcess application = start(Map.of("camel.server.host", "0.0.0.0", "webhook.api-key", "k"))) {
            // A web site whose name resolves to this machine, and a proxy that forwards a request, are refused.
            assertRefused(raw(application, "Host: hooks.example.com"));
            assertRefused(raw(application, "Host: localhost.example.com"));
            for (String header : PROXIED) {
                assertRefused(raw(application, "Host: localhost\r\n" + header));
            }
            assertRefused(raw(application, "HTTP/1.0", "Host: 127.0.0.1:8080"));
            assertThat(raw(application, "Host: localhost:8080")).startsWith("HTTP/1.1 200");
            assertThat(raw(application, "Host: 127.0.0.1")).startsWith("HTTP/1.1 200");
            assertThat(raw(application, "Host: [::1]:1")).startsWith("HTTP/1.1 200");
            // A caller with a wrong path of the webhook learns the right path.
            HttpResponse<String> mistaken = application.send(HttpRequest.newBuilder(application.uri("/webhook"))
                    .header("X-Forwarded-For", "198.51.100.7").POST(BodyPublishers.ofString("{}")));
            assertThat(assertProblem(mistaken, 404)).contains(MailEvents.PATH);

            // Some people write the path in this way in the vendor's console.
            HttpResponse<String> webhook = application.send(HttpRequest.newBuilder(application.uri(MailEvents.PATH + "/"))
                    .header("Content-Type", MailEvents.JSON)
                    .header("X-Forwarded-For", "198.51.100.7")
                    .POST(BodyPublishers.ofString(Payload.json("deliveries", Payload.delivery("queued"))
                    .replaceFirst("\\{", "{\"api_key\":\"k\","))));
            assertThat(webhook.statusCode()).as(webhook.body()).isEqualTo(200);

            String address = outward();
            Assumptions.assumeTrue(address != null, "This machine has no address but its own: nobody can ask from outside");
            URI outside = URI.create("http://" + address + ":" + application.port + "/api/summary");
            assertThat(assertProblem(application.send(HttpRequest.newBuilder(outside)), 403)).contains("console.basic");
        }
    }

    /** The start log promises that without a secret only this machine can reach the application. */
    @Test
    void withoutASecretOnlyThisMachineMaySendWebhooks() {
        try (InProcess application = start(Map.of())) {
            // Given
            ObjectNode bounce = Payload.bounce("2");
            String body = Payload.json("bounces", bounce).replaceAll("\\P{ASCII}", "?");
            Function<String, String> post = headers -> application.exchange("POST " + MailEvents.PATH + " HTTP/1.1\r\n" + headers
                    + "\r\nConnection: close\r\nContent-Type: "
                    + MailEvents.JSON + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);

            // When, Then
            for (String header : PROXIED) {
                assertNoWebhook(post.apply("Host: localhost\r\n" + header));
            }
            assertNoWebhook(post.apply("Host: hooks.example.com"));
            assertNoWebhook(application.exchange("POST " + MailEvents.PATH + " HTTP/1.0\r\nHost: localhost\r\nContent-Type: "
                    + MailEvents.JSON + "\r\nContent-Length: "
                    + body.length() + "\r\n\r\n" + body));
            // The application refuses the request before the body arrives.
            assertNoWebhook(application.exchange("POST " + MailEvents.PATH + " HTTP/1.1\r\nHost: hooks.example.com\r\nContent-Type: "
                    + MailEvents.JSON
                    + "\r\nContent-Length: 9000000\r\n\r\n{"));
            assertThat(post.apply("Host: localhost:8080")).startsWith("HTTP/1.1 200").contains("\"stored\":1");
        }
    }

    private static void assertNoWebhook(String answer) {
        assertThat(answer).startsWith("HTTP/1.").contains(" 403 ", "application/problem+json", "webhook.api-key", "webhook.basic");
    }

    private static void assertRefused(String answer) {
        assertThat(answer).startsWith("HTTP/1.").contains(" 403 ", "application/problem+json", "console.basic");
    }

    /** Sends headers that Java's HTTP client does not allow. */
    private static String raw(InProcess application, String headers) throws IOException {
        return raw(application, "HTTP/1.1", headers);
    }

    private static String raw(InProcess application, String version, String headers) throws IOException {
        try (Socket socket = application.connect()) {
            socket.getOutputStream().write(("GET / " + version + "\r\n" + headers + "\r\nConnection: close\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static String outward() throws IOException {
        return NetworkInterface.networkInterfaces().flatMap(NetworkInterface::inetAddresses)
                .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                .map(address -> address.getHostAddress()).findFirst().orElse(null);
    }

    /** Any web page that is open in a browser on this machine can make the browser post to the application. */
    @Test
    void aPageOfAnotherSiteCannotPostWhatNeedsNoSecret() {
        try (InProcess application = start(Map.of())) {
            String webhook = Payload.form("bounces", Payload.bounce("2"));

            assertThat(assertProblem(application.post(MailEvents.FORM, webhook, "Origin", "https://site.example"), 403))
                    .contains("webhook.api-key");
            assertReceipt(application.post(MailEvents.FORM, webhook), 1, 1, 0, 0);

            HttpRequest.Builder delete = HttpRequest.newBuilder(application.uri("/api/summary")).DELETE();
            assertProblem(application.send(delete.copy().header("Origin", "https://site.example")), 403);
            assertProblem(application.send(delete.copy().header("Origin", application.uri("").toString())), 404);
        }
    }

    @Test
    void slowQuestionsLeaveRoomForOthersAndEnd() {
        TestDatabase database = TestDatabase.postgres();
        try (InProcess application = TestSettings.of(database).startInProcess()) {
            // Given
            String address = "/api/recipients/taro@example.net";
            database.execute("ALTER VIEW event_by_address RENAME TO quick_event");
            // three times the time limit of a query
            database.execute("CREATE VIEW event_by_address AS SELECT quick_event.* FROM pg_sleep(15), quick_event");

            // When
            ExecutorService callers = Executors.newFixedThreadPool(20);
            List<HttpResponse<String>> answers = IntStream.range(0, 20)
                    .mapToObj(i -> CompletableFuture.supplyAsync(() -> get(application, address), callers))
                    .toList().stream().map(CompletableFuture::join).toList();
            callers.shutdown();

            // Then
            assertThat(answers).extracting(HttpResponse::body).filteredOn(body -> body.contains("already answers 8 requests")).hasSize(12);
            assertThat(answers).filteredOn(answer -> answer.statusCode() == 500).hasSize(8);
            assertThat(database.row("SELECT COUNT(*) AS n FROM pg_stat_activity WHERE query LIKE '%taro@example.net%' AND state = 'active'"
                    + " AND pid <> pg_backend_pid()")).containsEntry("n", "0");
            database.execute("DROP VIEW event_by_address");
            database.execute("ALTER VIEW quick_event RENAME TO event_by_address");
            assertProblem(get(application, address), 404);
            assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", Payload.bounce("2"))), 1, 1, 0, 0);
        }
    }

    @Test
    void anAddressThatBouncesAllTheTimeHidesNoOtherFromTheSuppressionList() {
        TestDatabase database = TestDatabase.h2();
        try (InProcess application = TestSettings.of(database).startInProcess()) {
            database.execute("INSERT INTO mail_event (event_id, event_type, status, cause, dead, message_id, recipient,"
                    + " received_at, occurred_at, created_text)"
                    + " SELECT RANDOM_UUID(), 'bounces', '2', 'unknown-user', TRUE, CONCAT('<', n, '@mta>'),"
                    + " CASE WHEN n = 1 THEN 'once@example.net' ELSE 'always@example.net' END,"
                    + " CURRENT_TIMESTAMP - INTERVAL '5' HOUR + n * INTERVAL '1' SECOND, CURRENT_TIMESTAMP, ''"
                    + " FROM SYSTEM_RANGE(1, 3000) AS g(n)");

            assertThat(get(application, "/api/suppressions").body()).contains("once@example.net", "always@example.net");
        }
    }

    /** A team may take a cause out of the table. Rows and counts still have its id. */
    @Test
    void aCauseThatTheTableDoesNotHaveAnyMoreCountsAsUnknown() {
        TestDatabase database = TestDatabase.h2();
        try (InProcess application = TestSettings.of(database).startInProcess()) {
            application.post(MailEvents.JSON, Payload.json("bounces", at(Payload.bounce("2"), Instant.now()),
                    at(Payload.bounce("10"), Instant.now())));
            database.execute("UPDATE mail_event SET cause = 'a-former-cause'");

            JsonNode summary = Api.ask(application, "/api/summary?hours=744");

            assertThat(summary.path("causes").findValuesAsText("cause")).containsExactly("unknown");
            assertThat(summary.path("domains").findValuesAsText("cause")).containsExactly("unknown");
            assertThat(get(application, "/api/suppressions.csv?language=en").body())
                    .contains("\"a-former-cause\",\"a-former-cause\",");
        }
    }

    @Test
    void aCauseIsRenamedWithoutARestart() throws IOException {
        Path routes = OwnProcess.folder("routes").resolve("routes");
        try (InProcess application = TestSettings.of(TestDatabase.h2()).withRoutes(routes).startInProcess()) {
            // Given
            application.post(MailEvents.JSON, Payload.json("bounces", Payload.bounce("2")));
            Path file = routes.resolve("bounce-causes.json");
            String name = Api.ask(application, "/api/causes").at("/causes/unknown-user/texts/en/name").asText();
            assertThat(get(application, "/api/suppressions.csv?language=en").body()).contains("\"" + name + "\"");

            // When
            Files.writeString(file, Files.readString(file).replace('"' + name + '"', "\"Nobody of this name\""));

            // Then
            await().until(() -> Api.ask(application, "/api/causes").at("/causes/unknown-user/texts/en/name").asText(),
                    "Nobody of this name"::equals);
            assertThat(get(application, "/api/suppressions.csv?language=en").body()).contains("\"Nobody of this name\"")
                    .doesNotContain("\"" + name + "\"");
        }
    }

    @Test
    void aUserWithoutAPasswordStopsTheStart() {
        assertThatThrownBy(() -> start(Map.of("console.basic", "taro"))).hasStackTraceContaining("Set console.basic to user:password");
        assertThatThrownBy(() -> start(Map.of("console.basic", "taro:look,hanako:"))).hasStackTraceContaining("no colon or no password");
    }

    @Test
    void anAddressIsFoundThoughOnlyItsHashIsStored() {
        try (InProcess application = start(Map.of("privacy.hash-recipients", "a key of sixteen characters or more"))) {
            // Given
            ObjectNode bounce = Payload.bounce("2");
            application.post(MailEvents.JSON, Payload.json("bounces", bounce));
            String address = bounce.get("to").asText();

            // When
            JsonNode found = Api.ask(application, "/api/recipients/" + Api.encoded(address));

            // Then
            assertThat(found).hasSize(1);
            assertThat(found.toString()).doesNotContain(address).contains(bounce.get("messageId").asText());
            String hash = found.get(0).path("recipient").asText();
            assertThat(Api.ask(application, "/api/recipients/" + hash)).as("by its hash").isEqualTo(found);
            String id = bounce.get("messageId").asText();
            for (String asked : List.of(address, address.toUpperCase(Locale.ROOT), "Taro <" + address + ">", "mailto:" + address, hash)) {
                for (String parameter : List.of("text", "recipient")) {
                    JsonNode events = Api.ask(application, "/api/events?" + parameter + "=" + Api.encoded(asked)).path("events");
                    assertThat(events).as(asked).extracting(event -> event.path("messageId").asText() + event.path("recipient").asText())
                            .containsExactly(id + hash);
                }
            }
            for (String asked : List.of(address, address.toUpperCase(Locale.ROOT), hash)) {
                JsonNode message = Api.ask(application, "/api/message?id=" + Api.encoded(id) + "&to=" + Api.encoded(asked));
                assertThat(message.path("recipient").asText()).as(asked).isEqualTo(hash);
                assertThat(message.at("/address/state").asText()).isEqualTo("listed");
                assertThat(message.at("/events/0/raw/to").asText()).isEqualTo(hash);
                assertThat(message.toString()).doesNotContainIgnoringCase(address);
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void hoursAreCountedByWhenItHappenedAndStayWhenTheRowsGo(Where where) {
        try (TimedAlerts run = where.run(Map.of("webhook.time-zone", "UTC"))) {
            // Given
            Instant hour = run.now().truncatedTo(java.time.temporal.ChronoUnit.HOURS).minus(Duration.ofHours(5));
            run.post("deliveries", at(Payload.delivery("queued"), hour), at(Payload.delivery("succeeded"), hour.plusSeconds(3599)),
                    at(Payload.delivery("succeeded"), hour.plusSeconds(3600)), at(Payload.delivery("a status added later"), hour));
            run.post("bounces", at(Payload.bounce("2"), hour), at(Payload.bounce("2"), hour),
                    at(Payload.bounce("77").put("reason", ""), hour));
            run.post("blocks", at(Payload.delivery("x"), hour));
            Instant received = run.now();
            Instant longAgo = hour.minus(Duration.ofDays(60));
            run.post("bounces", at(Payload.bounce("2").put("to", "nobody@old.example"), longAgo));
            String weekBefore = "INSERT INTO event_count (received_slot, occurred_hour, event_type, status, events) VALUES ('"
                    + hour.minus(Duration.ofDays(7)) + "', '" + hour.minus(Duration.ofDays(7)) + "', ";
            run.database().execute(weekBefore + "'deliveries', 'succeeded', 30)");
            run.database().execute(weekBefore + "'bounces', 'mailbox-full', 10)");
            Map<String, Map<String, Long>> expected = Map.of(hour.toString(),
                    Map.of("queued", 1L, "succeeded", 1L, "bounced", 3L, "other", 2L),
                    hour.plusSeconds(3600).toString(), Map.of("succeeded", 1L));

            // When, Then: not counted yet
            assertThat(hours(run.application())).isEqualTo(expected);
            assertOneClock(run.application(), hour, longAgo);

            // When
            run.pass(Duration.ofMinutes(12));
            await().until(() -> run.database().row("SELECT SUM(events) AS n FROM event_count").get("n"), "49"::equals);

            // Then
            assertThat(hours(run.application())).isEqualTo(expected);
            assertOneClock(run.application(), hour, longAgo);
            JsonNode causes = Api.ask(run.application(), "/api/summary").path("causes");
            assertThat(causes.findValuesAsText("cause")).containsExactly("unknown-user", "unknown");
            assertThat(causes.findValuesAsText("bounces")).containsExactly("2", "1");
            JsonNode latest = Api.ask(run.application(), "/api/summary").path("latestBounces");
            assertThat(latest.findValuesAsText("code")).containsExactlyInAnyOrder("2", "2", "77");
            assertThat(latest.get(0).path("receivedAt").asText()).isEqualTo(received.toString());

            // When
            run.database().execute("DELETE FROM mail_event");
            run.post("deliveries", at(Payload.delivery("queued"), hour));

            // Then
            Map<String, Map<String, Long>> one = new TreeMap<>(expected);
            one.put(hour.toString(), Map.of("queued", 2L, "succeeded", 1L, "bounced", 3L, "other", 2L));
            assertThat(hours(run.application())).isEqualTo(one);
        }
    }

    /** What happened before the time of the summary is in none of its figures, although it was received within this time. */
    private static void assertOneClock(MailEvents application, Instant hour, Instant longAgo) {
        JsonNode summary = Api.ask(application, "/api/summary");
        assertThat(summary.path("clock").asText()).isEqualTo("occurred");
        assertThat(summary.path("domains")).singleElement().satisfies(domain -> {
            assertThat(domain.path("domain").asText()).isEqualTo("example.net");
            assertThat(domain.path("cause").asText()).isEqualTo("unknown-user");
            assertThat(domain.path("bounces").asLong()).isEqualTo(3);
            assertThat(domain.path("finished").asLong()).isEqualTo(5);
        });
        assertThat(summary.path("causes").findValuesAsText("bounces")).containsExactly("2", "1");
        assertThat(summary.path("latestBounces").findValuesAsText("recipient")).hasSize(3).doesNotContain("nobody@old.example");
        assertThat(summary.at("/earlier/events").asLong()).isEqualTo(1);
        assertThat(summary.at("/earlier/newest").asText()).isEqualTo(longAgo.toString());
        JsonNode counted = Api.find(summary.path("hours"), "hour", hour.toString());
        assertThat(counted.path("finished").asLong()).isEqualTo(4);
        assertThat(counted.path("share").asDouble()).isEqualTo(0.25);
        assertThat(counted.at("/usual/finished").asDouble()).isEqualTo(40);
        assertThat(counted.at("/usual/share").asDouble()).isEqualTo(0.75);
    }

    @ParameterizedTest
    @EnumSource
    void whatComesOutOfTheSpoolLateIsCountedToo(Where where) throws IOException {
        Path spool = OwnProcess.folder().resolve("late");
        try (TimedAlerts run = where.run(Map.of("webhook.time-zone", "UTC"))) {
            // Given
            Instant hour = run.now().truncatedTo(java.time.temporal.ChronoUnit.HOURS).minus(Duration.ofHours(5));
            run.post("deliveries", at(Payload.delivery("queued"), hour));
            Instant received = run.now();
            run.pass(Duration.ofMinutes(30));
            run.post("deliveries", at(Payload.delivery("queued"), hour));
            run.pass(Duration.ofMinutes(30));
            await().until(() -> run.database().row("SELECT SUM(events) AS n FROM event_count").get("n"), "2"::equals);

            // When
            Files.createDirectories(spool);
            Path complete = Files.writeString(spool.resolve("x"), Payload.json("deliveries", at(Payload.delivery("failed"), hour)));
            Path folder = Path.of(run.application().context().resolvePropertyPlaceholders("{{spool.directory}}"));
            Files.move(complete, folder.resolve(SPOOLED.format(received) + "-late.json"));

            // Then
            await().until(() -> run.database().row("SELECT SUM(events) AS n FROM event_count").get("n"), "3"::equals);
            assertThat(hours(run.application())).isEqualTo(Map.of(hour.toString(), Map.of("queued", 2L, "failed", 1L)));
            assertThat(run.database().rows("SELECT * FROM event_recount")).isEmpty();
        }
    }

    private static ObjectNode at(ObjectNode element, Instant created) {
        return element.put("created", CREATED.format(created));
    }

    private static Map<String, Map<String, Long>> hours(MailEvents application) {
        Map<String, Map<String, Long>> hours = new TreeMap<>();
        Api.ask(application, "/api/summary").path("hours").forEach(hour -> {
            Map<String, Long> events = new TreeMap<>();
            hour.path("events").fields().forEachRemaining(event -> events.put(event.getKey(), event.getValue().asLong()));
            hours.put(hour.path("hour").asText(), events);
        });
        return hours;
    }

    @Test
    void whileTheDatabaseIsDownThePipelineIsStillShown() {
        PostgresServer server = new PostgresServer();
        try (InProcess application = start(server.database().settings())) {
            // Given
            Api.ask(application, "/api/summary");
            server.kill();

            // When
            JsonNode summary = await().until(() -> Api.ask(application, "/api/summary"),
                    answer -> answer.path("database").asText().equals("down"));

            // Then
            for (String unknown : List.of("hours", "causes", "domains", "incidents", "latestBounces", "earlier", "lastReceivedAt")) {
                assertThat(summary.path(unknown).isNull()).as(unknown).isTrue();
            }
            assertThat(summary.at("/health/0/what").asText()).isEqualTo("database-down");
            assertThat(assertProblem(get(application, "/api/messages/x"), 503)).contains("database is down");
            assertThat(get(application, "/api/events").body()).contains("\"what\":\"database-down\"");
            assertThat(assertProblem(get(application, "/api/suppressions.csv"), 503)).contains("database is down");
            assertThat(get(application, "/").statusCode()).isEqualTo(200);
        }
    }

    /** The description names every route of the folder with its method, and no other request. */
    @Test
    void theDescriptionNamesTheRoutes() throws IOException {
        Set<String> requests;
        try (Stream<Path> files = Files.list(Path.of("routes"))) {
            requests = files.filter(file -> file.toString().endsWith(".camel.yaml")).map(ConsoleTest::text)
                    .flatMap(text -> METHOD_AND_PATH.matcher(text).results()).map(found -> found.group(2) + " " + found.group(1))
                    .collect(Collectors.toSet());
        }
        assertThat(Api.model().getPaths().entrySet().stream()
                .flatMap(path -> path.getValue().readOperationsMap().keySet().stream().map(method -> method + " " + path.getKey())))
                .containsExactlyInAnyOrderElementsOf(requests);
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
