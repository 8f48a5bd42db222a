package org.mailevents.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertProblem;
import static org.mailevents.support.Answers.assertReceipt;
import static org.mailevents.support.ShippedRoutes.REFUSED;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.Api;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;

/** The questions of a support desk that is asked "did my mail arrive?". Every answer matches the OpenAPI description. */
public interface ApiCases extends Cases {

    /** The format of {@code created}, in the zone of webhook.time-zone. */
    DateTimeFormatter CREATED = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withZone(ZoneId.of("Asia/Tokyo"));

    private JsonNode ask(String path) {
        return oneOfEight(() -> Api.ask(application(), path));
    }

    private HttpResponse<String> get(String path) {
        return oneOfEight(() -> application().send(HttpRequest.newBuilder(application().uri(path))));
    }

    /** The application answers eight questions at a time and refuses a ninth. More cases than that may run at a time. */
    private <T> T oneOfEight(Supplier<T> question) {
        application().questions.acquireUninterruptibly();
        try {
            return question.get();
        } finally {
            application().questions.release();
        }
    }

    private void post(String eventType, JsonNode... elements) {
        assertReceipt(application().post(MailEvents.JSON, Payload.json(eventType, elements)), elements.length, elements.length, 0, 0);
    }

    @Test
    default void aMessageTellsItsHistory() {
        // Given
        ObjectNode message = Payload.delivery("queued").put("created", "2026-10-01 09:00:00").put("subject", "領収書 <b>");
        post("deliveries", message.deepCopy().put("status", "succeeded").put("created", "2026-10-01 09:10:00"), message,
                message.deepCopy().put("status", "deferred").put("created", "2026-10-01 09:00:05").put("reason", "450 4.2.0 Greylisted"));

        // When
        JsonNode events = ask("/api/messages/" + Api.encoded(message.get("messageId").asText()));

        // Then
        assertThat(events.findValuesAsText("status")).containsExactly("queued", "deferred", "succeeded");
        assertThat(events.findValuesAsText("occurredAt")).containsExactly("2026-10-01T00:00:00Z", "2026-10-01T00:00:05Z",
                "2026-10-01T00:10:00Z");
        assertThat(events.findValuesAsText("outcome")).containsOnly("succeeded");
        assertThat(events.get(1).path("reason").asText()).isEqualTo("450 4.2.0 Greylisted");
        assertThat(events.get(0).path("subject").asText()).isEqualTo("領収書 <b>");
        assertThat(events.get(0).path("recipient").asText()).isEqualTo(message.get("to").asText());
        assertThat(ask("/api/messages/" + message.get("messageId").asText().replaceAll("[<>]", ""))).as("without brackets")
                .isEqualTo(events);
    }

    @Test
    default void anEventIsATestOfTheRoutes() {
        // Given
        ObjectNode bounce = Payload.bounce("4");
        post("bounces", bounce);
        String id = ask("/api/messages/" + Api.encoded(bounce.get("messageId").asText())).get(0).get("eventId").asText();

        // When
        HttpResponse<String> test = get("/api/events/" + id + "/test");

        // Then
        assertThat(test.statusCode()).isEqualTo(200);
        assertThat(test.body()).contains("\n  bounce:\n    status: \"4\"\n    to: \"" + bounce.get("to").asText() + "\"\n")
                .endsWith("\n  expect:\n    kind: \"policy\"\n    audience: \"postmaster\"\n");
        assertProblem(get("/api/events/" + id.replaceAll("\\d", "0").replaceAll("[a-f]", "a") + "/test"), 404);
        assertThat(assertProblem(get("/api/events/5/test"), 400)).contains("eventId");
    }

    @Test
    default void aMessageToSeveralHasAnOutcomeForEach() {
        // Given
        ObjectNode first = Payload.delivery("succeeded");
        ObjectNode second = Payload.bounce("5").put("messageId", first.get("messageId").asText());
        post("deliveries", first);
        post("bounces", second);

        // When
        JsonNode events = ask("/api/messages/" + Api.encoded(first.get("messageId").asText()));

        // Then
        assertThat(events).hasSize(2).allSatisfy(event -> assertThat(event.path("outcome").asText())
                .isEqualTo(event.path("recipient").equals(first.get("to")) ? "succeeded" : "bounced"));
    }

    @Test
    default void theOwnPageOfAMessageTellsItsWayAndTheStateOfTheAddress() {
        // Given
        ObjectNode queued = Payload.delivery("queued").put("created", "2026-10-01 09:00:00").put("subject", "領収書 <b>").put("apiData", "");
        queued.put("added later", "by the vendor");
        ObjectNode bounce = Payload.bounce("2").put("to", queued.get("to").asText()).put("messageId", queued.get("messageId").asText())
                .put("created", "2026-10-01 09:00:00").put("reason", "550 5.1.1 User unknown");
        ObjectNode other = queued.deepCopy().put("status", "succeeded").put("to", "Other." + queued.get("to").asText());
        post("bounces", bounce);
        post("deliveries", queued, other);
        String id = Api.encoded(queued.get("messageId").asText());

        // When
        JsonNode choice = ask("/api/message?id=" + id);
        JsonNode message = ask("/api/message?id=" + id + "&to=" + Api.encoded(bounce.get("to").asText().toUpperCase(Locale.ROOT)));

        // Then
        assertThat(choice.path("recipients").findValuesAsText("recipient")).containsExactly(bounce.get("to").asText(),
                other.get("to").asText());
        assertThat(choice.path("recipients").findValuesAsText("outcome")).containsExactly("bounced", "succeeded");
        assertThat(message.path("outcome").asText()).isEqualTo("bounced");
        assertThat(message.path("events").findValuesAsText("eventType")).as("both happened in the same second")
                .containsExactly("deliveries", "bounces");
        assertThat(message.at("/events/0/raw")).isEqualTo(queued);
        assertThat(message.at("/events/1/raw")).isEqualTo(bounce);
        assertThat(message.at("/events/1/status").asText()).isEqualTo("bounced");
        assertThat(message.at("/events/1/code").asText()).isEqualTo("2");
        assertThat(message.at("/address/state").asText()).isEqualTo("listed");
        assertThat(message.at("/address/since").asText()).isEqualTo("2026-10-01T00:00:00Z");
        assertThat(message.at("/address/cause").asText()).isEqualTo("unknown-user");
        assertThat(message.at("/address/leavesWith").asText()).isEqualTo("delivery");

        // When
        post("deliveries", Payload.delivery("succeeded").put("to", bounce.get("to").asText()).put("created", "2026-10-03 09:00:00"));

        // Then
        JsonNode address = ask("/api/message?id=" + id + "&to=" + Api.encoded(bounce.get("to").asText())).path("address");
        assertThat(address.path("state").asText()).isEqualTo("clear");
        assertThat(address.path("lastSucceededAt").asText()).isEqualTo("2026-10-03T00:00:00Z");
        assertProblem(get("/api/message?id=" + id + "&to=nobody@example.net"), 404);
        assertProblem(get("/api/message?id=unknown"), 404);
        assertThat(assertProblem(get("/api/message?to=a@example.net"), 400)).contains("Set id");
    }

    @Test
    default void theOwnPageOfAMessageTellsWhichAlertToldOfItAndToWhom() {
        // Given
        String address = bounced("2");
        String id = stored("recipient", address).get("message_id");

        // When
        JsonNode alert = await().until(() -> ask("/api/message?id=" + Api.encoded(id)).at("/alerts/0"),
                found -> found.hasNonNull("sentAt"));

        // Then
        assertThat(alert.path("alertId").asText()).isEqualTo(stored("recipient", address).get("alert_id"));
        assertThat(alert.path("audience").asText()).isEqualTo("list-owner");
        assertThat(alert.path("deliveries").findValuesAsText("channel")).contains("mail");
        assertThat(alert.at("/deliveries/0/sentAt").asText()).isNotEqualTo("null");
    }

    private Map<String, String> stored(String column, String value) {
        return database().row("SELECT * FROM mail_event WHERE " + column + " = ?", value);
    }

    @Test
    default void anAddressTellsItsMailNewestFirst() {
        // Given
        ObjectNode first = Payload.delivery("succeeded").put("created", "2026-10-01 09:00:00");
        ObjectNode second = Payload.bounce("2").put("to", first.get("to").asText()).put("created", "2026-10-02 09:00:00");
        post("bounces", second);
        post("deliveries", first);

        // When
        JsonNode events = ask("/api/recipients/" + Api.encoded(first.get("to").asText()));

        // Then
        assertThat(events.findValuesAsText("messageId")).containsExactly(second.get("messageId").asText(), first.get("messageId").asText());
        assertThat(events.findValuesAsText("outcome")).containsExactly("bounced", "succeeded");
        assertThat(events.get(0).path("kind").asText()).isEqualTo("permanent, address");
        assertThat(ask("/api/recipients/" + Api.encoded(first.get("to").asText().toUpperCase(Locale.ROOT))).findValuesAsText("messageId"))
                .as("as somebody may write it").isEqualTo(events.findValuesAsText("messageId"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"nobody@nowhere.example", "' OR 1=1 --", "a/b", "100%", "a b+c", "日本", "%", "${7*7}", ":?address", "..",
            "x?y=z#f"})
    default void whatIsUnknownIsSaidToBe(String name) {
        for (String path : new String[] {"/api/messages/", "/api/recipients/"}) {
            // When
            HttpResponse<String> answer = get(path + Api.encoded(name).replace("..", "%2E%2E"));

            // Then
            assertProblem(answer, 404);
        }
    }

    @Test
    default void anAddressWithEverySignIsFound() {
        // Given
        ObjectNode delivery = Payload.delivery("succeeded").put("to", "\"a/b c\"+tag%'o@例え.example")
                .put("messageId", "<a/b+c%20d?e#f&g=" + Payload.delivery("queued").get("to").asText() + ">");
        post("deliveries", delivery);

        // When
        JsonNode ofAddress = ask("/api/recipients/" + Api.encoded(delivery.get("to").asText()));
        JsonNode ofMessage = ask("/api/messages/" + Api.encoded(delivery.get("messageId").asText()));

        // Then
        assertThat(ofAddress).hasSize(1).isEqualTo(ofMessage);
    }

    @ParameterizedTest
    @ValueSource(strings = {"%s@example.net", "%S@EXAMPLE.net", "  %s@example.net\u3000", "mailto:%s@example.net",
            "\"Name, B.\" <%s@example.net>", "%s＠ｅｘａｍｐｌｅ．ｎｅｔ"})
    default void anAddressIsFoundInWhateverFormItIsAskedFor(String form) {
        // Given
        String local = "Taro." + UUID.randomUUID();
        ObjectNode capitals = Payload.delivery("succeeded").put("to", local + "@Example.NET");
        ObjectNode small = Payload.delivery("queued").put("to", local.toLowerCase(Locale.ROOT) + "@example.net");
        post("deliveries", capitals, small);

        // When
        JsonNode events = ask("/api/recipients/" + Api.encoded(form.formatted(local)));

        // Then
        assertThat(events.findValuesAsText("recipient")).as("as they were sent")
                .containsExactlyInAnyOrder(capitals.get("to").asText(), small.get("to").asText());
    }

    @Test
    default void anAddressThatWasSentToInFullWidthLettersIsFoundByThem() {
        // Given
        ObjectNode delivery = Payload.delivery("queued").put("to", "ｔａｒｏ＠" + UUID.randomUUID() + ".example");
        post("deliveries", delivery);

        // When
        JsonNode events = ask("/api/recipients/" + Api.encoded(delivery.get("to").asText()));

        // Then
        assertThat(events.findValuesAsText("messageId")).containsExactly(delivery.get("messageId").asText());
    }

    @Test
    default void eachFailureTellsItsCause() {
        // Given
        ObjectNode failed = Payload.delivery("failed").put("created", "2026-10-01 09:00:00").put("reason", "552 5.2.2 Mailbox full");
        ObjectNode bounce = Payload.bounce("2").put("to", failed.get("to").asText()).put("messageId", failed.get("messageId").asText())
                .put("created", "2026-10-01 09:00:01").put("reason", "550 5.1.1 User unknown");
        post("deliveries", failed, failed.deepCopy().put("status", "queued").put("created", "2026-10-01 08:00:00"));
        post("bounces", bounce);

        // When
        JsonNode ofMessage = ask("/api/messages/" + Api.encoded(bounce.get("messageId").asText()));
        JsonNode ofAddress = ask("/api/recipients/" + Api.encoded(bounce.get("to").asText()));

        // Then
        assertThat(ofMessage.findValuesAsText("cause")).containsExactly("null", "mailbox-full", "unknown-user");
        assertThat(ofMessage.findValuesAsText("dead")).containsExactly("null", "false", "true");
        assertThat(ofAddress.findValuesAsText("cause")).containsExactly("unknown-user", "mailbox-full", "null");
    }

    @Test
    default void theCausesAreThoseOfTheFile() throws IOException {
        // Given
        JsonNode file = new ObjectMapper().readTree(Path.of("routes/bounce-causes.json").toFile());

        // When
        JsonNode told = ask("/api/causes");

        // Then
        assertThat(told.path("causes").fieldNames()).toIterable().containsExactlyElementsOf(() -> file.get("causes").fieldNames());
        told.path("causes").fields().forEachRemaining(cause -> {
            JsonNode expected = file.path("causes").path(cause.getKey());
            assertThat(cause.getValue().path("dead")).isEqualTo(expected.path("dead"));
            assertThat(cause.getValue().path("texts").path("ja")).isEqualTo(expected.path("ja"));
            assertThat(cause.getValue().path("texts").path("en")).isEqualTo(expected.path("en"));
        });
        told.path("codes").fields().forEachRemaining(code -> assertThat(code.getValue().path("names").path("ja"))
                .isEqualTo(file.path("codes").path(code.getKey()).path("ja")));
        assertThat(told.path("codes").fieldNames()).toIterable().containsExactlyElementsOf(() -> file.get("codes").fieldNames());
    }

    @Test
    default void anAddressIsOnTheSuppressionListUntilItTakesMail() {
        // Given
        ObjectNode bounce = Payload.bounce("2").put("created", "2026-10-01 09:00:00").put("reason",
                "=1+1,\"x\"\r\n550 5.1.1 User unknown");
        String address = bounce.get("to").asText();
        post("deliveries", Payload.delivery("succeeded").put("to", address).put("created", "2026-09-30 09:00:00"));
        post("bounces", bounce, bounce.deepCopy().put("created", "2026-10-02 09:00:00"));

        // When
        JsonNode listed = Api.find(ask("/api/suppressions"), "recipient", address);
        String file = get("/api/suppressions.csv?language=en").body();
        post("deliveries", Payload.delivery("succeeded").put("to", address).put("created", "2026-10-03 09:00:00"));

        // Then
        assertThat(listed.path("cause").asText()).isEqualTo("unknown-user");
        assertThat(listed.path("dead").asBoolean()).isTrue();
        assertThat(listed.path("code").asText()).isEqualTo("2");
        assertThat(listed.path("bounces").asInt()).isEqualTo(2);
        assertThat(listed.path("firstBouncedAt").asText()).isEqualTo("2026-10-01T00:00:00Z");
        assertThat(listed.path("lastBouncedAt").asText()).isEqualTo("2026-10-02T00:00:00Z");
        assertThat(listed.path("lastSucceededAt").asText()).isEqualTo("2026-09-30T00:00:00Z");
        assertThat(listed.path("leavesWith").asText()).isEqualTo("delivery");
        JsonNode texts = ask("/api/causes").at("/causes/unknown-user/texts/en");
        assertThat(file).startsWith("\uFEFF\"recipient\",\"code\",\"kind\",\"reason\",\"first_bounced_at\",\"last_bounced_at\","
                + "\"bounces\",\"cause\",\"cause_name\",\"dead\",\"last_succeeded_at\",\"leaves_with\",\"what_to_do\"\r\n");
        assertThat(file).contains("\"" + address + "\",\"2\",\"permanent, address\",\"'=1+1,\"\"x\"\"\r\n550 5.1.1 User unknown\","
                + "\"2026-10-01T00:00:00Z\",\"2026-10-02T00:00:00Z\",\"2\",\"unknown-user\",\"" + texts.path("name").asText()
                + "\",\"true\",\"2026-09-30T00:00:00Z\",\"delivery\",\"" + texts.path("action").asText() + "\"\r\n");
        assertThat(Api.find(ask("/api/suppressions"), "recipient", address)).isNull();
        assertThat(get("/api/suppressions.csv").body()).doesNotContain(address);
    }

    @Test
    default void onlyDeadAddressesAndThoseThatTheVendorBlocksAreSuppressed() {
        // Given
        ObjectNode filtered = Payload.bounce("2").put("to", UUID.randomUUID() + "@docomo.ne.jp").put("reason", "550 Unknown user");
        ObjectNode blocked = Payload.bounce("10").put("reason", "");
        ObjectNode codeOnly = Payload.bounce("2").put("reason", "");
        post("bounces", filtered, blocked, codeOnly);

        // When
        JsonNode list = ask("/api/suppressions");

        // Then
        assertThat(Api.find(list, "recipient", filtered.get("to").asText())).as("the reply has two meanings").isNull();
        JsonNode one = Api.find(list, "recipient", blocked.get("to").asText());
        assertThat(one.path("cause").asText()).isEqualTo("not-attempted");
        assertThat(one.path("dead").asBoolean()).isFalse();
        assertThat(one.path("leavesWith").asText()).isEqualTo("unblocking");
        assertThat(one.path("lastSucceededAt").isNull()).isTrue();
        assertThat(Api.find(list, "recipient", codeOnly.get("to").asText()).path("dead").asBoolean()).isTrue();
    }

    @Test
    default void theCaseOfADomainNeverMakesTwoOfAnAddress() {
        // Given
        String local = "Taro." + UUID.randomUUID();
        ObjectNode first = Payload.bounce("2").put("to", local + "@example.net").put("created", "2026-10-01 09:00:00");
        ObjectNode second = Payload.bounce("2").put("to", local + "@EXAMPLE.Net").put("created", "2026-10-02 09:00:00");
        post("bounces", second, first);

        // When
        JsonNode list = ask("/api/suppressions");

        // Then
        assertThat(Api.find(list, "recipient", first.get("to").asText())).isNull();
        assertThat(Api.find(list, "recipient", second.get("to").asText()).path("bounces").asInt()).isEqualTo(2);

        // When
        post("deliveries", Payload.delivery("succeeded").put("to", local + "@Example.NET").put("created", "2026-10-03 09:00:00"));

        // Then
        assertThat(get("/api/suppressions.csv").body()).doesNotContain(local);
    }

    @Test
    default void theFileSpeaksTheLanguageOfItsReader() {
        ObjectNode bounce = Payload.bounce("10").put("reason", "");
        post("bounces", bounce);
        JsonNode texts = ask("/api/causes").at("/causes/not-attempted/texts");

        for (String language : new String[] {"ja", "en"}) {
            assertThat(get("/api/suppressions.csv?language=" + language).body().lines().filter(line -> line.contains(
                    bounce.get("to").asText()))).singleElement().asString()
                    .contains("\"" + texts.path(language).path("name").asText() + "\"", texts.path(language).path("action").asText());
        }
        assertThat(assertProblem(get("/api/suppressions.csv?language=xx"), 400)).contains("en, ja");
    }

    @Test
    default void theSummaryTellsOfNow() {
        // Given
        Instant before = Instant.now().minusMillis(1);
        ObjectNode bounce = Payload.bounce("5").put("created", CREATED.format(Instant.now())).put("reason", "552 5.2.2 Mailbox full");
        post("bounces", bounce);

        // When
        JsonNode summary = ask("/api/summary?hours=744");

        // Then
        assertThat(summary.path("database").asText()).isEqualTo("up");
        assertThat(summary.path("latestBounces")).as("other cases add to them").isNotEmpty();
        assertThat(Api.find(summary.path("causes"), "cause", "mailbox-full").path("bounces").asLong()).isPositive();
        assertThat(summary.path("hours").findValues("bounced")).isNotEmpty();
        assertThat(Api.find(summary.path("domains"), "domain", "example.net").path("finished").asLong())
                .isGreaterThanOrEqualTo(Api.find(summary.path("domains"), "domain", "example.net").path("bounces").asLong()).isPositive();
        assertThat(Instant.parse(summary.path("lastReceivedAt").asText())).isAfterOrEqualTo(before);
        assertThat(summary.path("pipeline").path("figures").path("stored").asDouble()).isPositive();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "745", "99999999999", "many", "1.5", "%20"})
    default void whatIsNoNumberOfHoursIsSaidToBeNone(String hours) {
        assertThat(assertProblem(get("/api/summary?hours=" + hours), 400)).contains("1 to 744");
    }

    @ParameterizedTest
    @CsvSource({"/,text/html", "/console.css,text/css", "/console.js,text/javascript", "/words.js,text/javascript",
            "/views.js,text/javascript", "/parts.js,text/javascript", "/overview.js,text/javascript", "/words-overview.js,text/javascript",
            "/health.js,text/javascript", "/words-health.js,text/javascript",
            "/chart.js,text/javascript", "/icon.svg,image/svg+xml"})
    default void thePageIsServed(String path, String mediaType) {
        HttpResponse<String> answer = get(path);

        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type").orElseThrow()).startsWith(mediaType + ";");
        assertThat(answer.headers().firstValue("Content-Security-Policy").orElseThrow()).contains("default-src 'none'")
                .doesNotContain("unsafe");
        assertThat(answer.body()).isNotEmpty().doesNotContainPattern("(?:src|href|import|url\\(|fetch\\()[=(\"' ]*(?:https?:)?//");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/application.properties", "/data/mail-events.mv.db", "/../application.properties",
            "/%2e%2e/application.properties", "/routes/on-error.camel.yaml",
        "/index.html", "/console", "/org/mailevents/Application.class", "/db/migration/V1__schema.sql", "/META-INF/MANIFEST.MF",
        "/api/nothing"})
    default void nothingElseIs(String path) {
        assertProblem(get(path), 404);
    }

    @Test
    default void anEditIsTriedBeforeItIsActive() throws IOException {
        // Given
        String active = Files.readString(Path.of("routes/route-bounces.camel.yaml"));
        int code = active.indexOf("expression: postmaster", active.indexOf(REFUSED));
        ObjectNode request = JsonNodeFactory.instance.objectNode();
        request.putObject("files").put("route-bounces.camel.yaml",
                active.substring(0, code) + active.substring(code).replaceFirst("postmaster", "list-owner"));
        request.put("payload", Payload.json("bounces", Payload.bounce("3"), Payload.bounce("4")));

        // When
        HttpResponse<String> answer = oneOfEight(() -> application().send(HttpRequest.newBuilder(application().uri("/api/try"))
                .header("Content-Type", MailEvents.JSON).POST(BodyPublishers.ofString(request.toString()))));

        // Then
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JsonNode difference = Api.read("post", "/api/try", answer.body());
        assertThat(difference.path("events").asInt()).isEqualTo(2);
        assertThat(difference.path("changes")).singleElement().satisfies(change -> {
            assertThat(change.path("before").asText()).isEqualTo("postmaster");
            assertThat(change.path("after").asText()).isEqualTo("list-owner");
            assertThat(change.path("branch").asText()).isEqualTo(REFUSED);
            assertThat(change.path("statuses").path("4").asInt()).isEqualTo(1);
        });
    }

    @Test
    default void theDescriptionOfTheApiIsServed() {
        assertThat(get("/api/openapi.yaml").body()).isEqualTo(Api.description());
    }

    @ParameterizedTest
    @ValueSource(strings = {"/api/recipients/%00", "/api/messages/a%00b", "/api/recipients/%ED%A0%80", "/api/messages/%C3%28",
            "/api/summary?hours=%00", "/%", "/%zz"})
    default void anAddressThatCannotBeDecodedIsAnswered400(String path) {
        // When
        String answer = application().exchange("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n");

        // Then
        assertThat(answer).startsWith("HTTP/1.1 400 Bad Request").contains("application/problem+json", "cannot be decoded");
        assertThat(application().log()).doesNotContain("Unhandled exception");
    }
}
