package org.mailevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.Mailbox.Mail;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;

/**
 * What anybody can see from outside, however the application runs and whatever database it has: HTTP in; answers, rows and mails
 * out. A test uses addresses of its own, so that the tests of a class share one application and run in any order.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Execution(ExecutionMode.CONCURRENT)
abstract class WebhookCases {

    private static final ObjectMapper JSON = new ObjectMapper();

    final TestDatabase database;
    final Mailbox mailbox;
    final MailEvents application;

    /** @param start starts the application with these settings */
    WebhookCases(TestDatabase database, Mailbox mailbox, Function<Map<String, String>, MailEvents> start) {
        this.database = database;
        this.mailbox = mailbox;
        Map<String, String> settings = new HashMap<>(database.settings());
        settings.putAll(mailbox.settings());
        this.application = start.apply(settings);
    }

    @AfterAll
    void stop() {
        application.close();
        mailbox.stop().run();
    }

    // --- every payload file -------------------------------------------------------------------------------------------------

    @Test
    void everyPayloadGivesItsRowsOnceAndItsMailOnce() {
        // Given
        Map<String, List<String>> expected = Map.ofEntries(
                Map.entry("deliveries-queued.json", List.of("deliveries queued null hanako@example.jp null")),
                Map.entry("deliveries-succeeded.json", List.of("deliveries succeeded null hanako@example.jp null")),
                Map.entry("deliveries-deferred.json", List.of("deliveries deferred null taro@example.net null")),
                Map.entry("deliveries-failed.json", List.of("deliveries failed null nobody@example.net null")),
                Map.entry("deliveries-mixed.json", List.of("deliveries queued null mixed@example.jp null",
                        "deliveries succeeded null mixed@example.jp null", "deliveries deferred null later@example.net null",
                        "deliveries failed null o'brien@example.org null")),
                Map.entry("deliveries-queued.form", List.of("deliveries queued null form@example.jp null")),
                Map.entry("deliveries-version1.form", List.of("deliveries queued null old@example.jp null")),
                Map.entry("bounces-unknown-user.json", List.of("bounces 2 permanent, address nobody@example.net list-owner")),
                Map.entry("bounces-unknown-user.form", List.of("bounces 2 permanent, address gone@example.net list-owner")),
                Map.entry("bounces-unknown-host.json", List.of("bounces 1 permanent, address user@nowhere.invalid list-owner")),
                Map.entry("bounces-every-code.json", codes().map(code -> "bounces " + code.get()[0] + " " + code.get()[1] + " code"
                        + code.get()[0] + "@example.net " + code.get()[2]).toList()),
                Map.entry("blocks.json", List.of("blocks 2 null null null")));
        String all = "SELECT event_type, status, kind, recipient, audience FROM mail_event WHERE message_id LIKE '%@mta01.example.com>'"
                + " AND recipient NOT LIKE '%-%' OR extra LIKE '%blocked@example.net%'";
        List<String> rows = expected.values().stream().flatMap(List::stream).toList();

        // When
        Payload.files().forEach(payload -> {
            int elements = expected.get(payload.name()).size();
            assertReceipt(application.post(payload), elements, elements, 0, 0);
        });

        // Then
        assertThat(database.rows(all)).extracting(row -> String.join(" ", row.values().stream().map(String::valueOf).toList()))
                .containsExactlyInAnyOrderElementsOf(rows);
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(
                database.rows("SELECT 1 FROM mail_event WHERE recipient LIKE 'code%' AND alert_state <> 'sent'")).isEmpty());
        Payload.files().forEach(payload -> {
            int elements = expected.get(payload.name()).size();
            assertReceipt(application.post(payload), elements, 0, elements, 0);
        });
        assertThat(database.rows(all)).hasSize(rows.size());
        String later = bounced("2"); // its mail comes after any that the repetition could cause
        await().atMost(Duration.ofSeconds(30)).until(() -> !mailbox.naming(later).isEmpty());
        assertThat(List.of("code1@", "code42@", "gone@", "user@nowhere", "nobody@")).allSatisfy(address ->
                assertThat(mailbox.naming(" " + address)).hasSize(1));
    }

    @Test
    void everyColumnHoldsWhatWasSent() {
        // Given
        ObjectNode delivery = Payload.delivery("failed").put("apiData", "ORDER-1").put("campaign", "autumn").put("sourceIp", "192.0.2.10");

        // When
        HttpResponse<String> answer = application.post(MailEvents.JSON, Payload.json("deliveries", delivery));

        // Then
        assertReceipt(answer, 1, 1, 0, 0);
        Map<String, String> row = database.row("SELECT * FROM mail_event WHERE recipient = ?", delivery.get("to").asText());
        assertThat(row).containsEntry("event_type", "deliveries").containsEntry("status", "failed").containsEntry("kind", null)
                .containsEntry("audience", null).containsEntry("message_id", delivery.get("messageId").asText())
                .containsEntry("sender", "news@shop.example.com").containsEntry("return_path", "news@return.pro.smtps.jp")
                .containsEntry("subject", "【テスト】秋のお知らせ").containsEntry("api_data", "ORDER-1")
                .containsEntry("reason", delivery.get("reason").asText()).containsEntry("enhanced_code", "5.1.1")
                .containsEntry("source_ip", "192.0.2.10").containsEntry("sender_ip", "198.51.100.7")
                .containsEntry("server_composition", "pro").containsEntry("created_text", "2026-10-01 09:00:06")
                .containsEntry("extra", "{\"campaign\":\"autumn\"}").containsEntry("alert_state", null);
        assertThat(database.rows("SELECT 1 FROM mail_event WHERE recipient = ? AND occurred_at = TIMESTAMP WITH TIME ZONE"
                + " '2026-10-01 00:00:06+00'", delivery.get("to").asText())).hasSize(1);
    }

    // --- the six cases of every status and code ------------------------------------------------------------------------------

    static Stream<String> statuses() {
        return Stream.of("queued", "succeeded", "deferred", "failed", "a status added later");
    }

    static Stream<Arguments> codes() {
        return Stream.of(Arguments.of("1", "permanent, address", "list-owner"), Arguments.of("2", "permanent, address", "list-owner"),
                Arguments.of("3", "temporary", "postmaster"), Arguments.of("4", "policy", "postmaster"),
                Arguments.of("5", "temporary", "postmaster"), Arguments.of("6", "not the address", "postmaster"),
                Arguments.of("7", "policy", "postmaster"), Arguments.of("8", "the message", "postmaster"),
                Arguments.of("9", "permanent, address", "list-owner"), Arguments.of("10", "suppressed", "list-owner"),
                Arguments.of("11", "suppressed", "list-owner"), Arguments.of("99", "permanent, other", "postmaster"),
                Arguments.of("42", "unknown", "postmaster"));
    }

    @ParameterizedTest
    @MethodSource("statuses")
    void aDeliveryIsStoredOnceInAnyPieces(String status) {
        // Given
        ObjectNode delivery = Payload.delivery(status);
        ObjectNode neighbour = Payload.delivery("queued");

        // When
        List<HttpResponse<String>> answers = List.of(
                application.post(MailEvents.JSON, Payload.json("deliveries", delivery)),
                application.post(MailEvents.FORM, Payload.form("deliveries", delivery)),
                application.post(MailEvents.JSON, Payload.json("deliveries", delivery, neighbour, delivery)));

        // Then
        assertReceipt(answers.get(0), 1, 1, 0, 0);
        assertReceipt(answers.get(1), 1, 0, 1, 0);
        assertReceipt(answers.get(2), 3, 1, 2, 0);
        assertThat(stored(delivery)).containsEntry("status", status).containsEntry("audience", null)
                .containsEntry("kind", status.contains(" ") ? "unknown" : null);
    }

    @ParameterizedTest
    @MethodSource("codes")
    void aBounceIsStoredAndMailedOnceInAnyPieces(String code, String kind, String audience) {
        // Given
        ObjectNode bounce = Payload.bounce(code);
        ObjectNode neighbour = Payload.bounce("2");

        // When
        List<HttpResponse<String>> answers = List.of(
                application.post(MailEvents.JSON, Payload.json("bounces", bounce)),
                application.post(MailEvents.FORM, Payload.form("bounces", bounce)),
                application.post(MailEvents.JSON, Payload.json("bounces", bounce, neighbour, bounce)));

        // Then
        assertReceipt(answers.get(0), 1, 1, 0, 0);
        assertReceipt(answers.get(1), 1, 0, 1, 0);
        assertReceipt(answers.get(2), 3, 1, 2, 0);
        assertThat(stored(bounce)).containsEntry("status", code).containsEntry("kind", kind).containsEntry("audience", audience);
        String recipient = bounce.get("to").asText();
        await().atMost(Duration.ofSeconds(30)).untilAsserted(() -> assertThat(stored(bounce)).containsEntry("alert_state", "sent"));
        assertThat(mailbox.naming(recipient)).hasSize(1);
    }

    @ParameterizedTest
    @MethodSource("statuses")
    void aDeliveryWithoutAnAddressIsSetAsideAlone(String status) {
        setsAsideAlone("deliveries", Payload.delivery(status), Payload.delivery(status));
    }

    @ParameterizedTest
    @MethodSource("codes")
    void aBounceWithoutAnAddressIsSetAsideAlone(String code) {
        setsAsideAlone("bounces", Payload.bounce(code), Payload.bounce(code));
    }

    private void setsAsideAlone(String eventType, ObjectNode bad, ObjectNode good) {
        // Given
        bad.remove("to");

        // When
        HttpResponse<String> answer = application.post(MailEvents.JSON, Payload.json(eventType, bad, good));

        // Then
        assertReceipt(answer, 2, 1, 0, 1);
        stored(good);
        assertThat(database.row("SELECT reason FROM rejected_event WHERE payload LIKE ?", "%" + bad.get("messageId").asText() + "%"))
                .containsEntry("reason", "to is missing");
    }

    @ParameterizedTest
    @MethodSource("statuses")
    void hostileTextInADeliveryIsOnlyText(String status) {
        hostileTextIsOnlyText("deliveries", Payload.delivery(status));
    }

    @ParameterizedTest
    @MethodSource("codes")
    void hostileTextInABounceIsOnlyText(String code) {
        ObjectNode bounce = Payload.bounce(code);
        hostileTextIsOnlyText("bounces", bounce);
        await().atMost(Duration.ofSeconds(30)).until(() -> !mailbox.naming(bounce.get("to").asText()).isEmpty());
        Mail mail = mailbox.naming(bounce.get("to").asText()).get(0);
        assertThat(mail.html()).doesNotContain("<script>").contains("&lt;script&gt;");
        assertThat(mail.to()).containsExactly("postmaster@localhost");
        assertThat(mail.header("Bcc")).isNull();
        assertThat(mail.text()).doesNotContain("\nBcc:").doesNotContain("\rBcc:");
    }

    private void hostileTextIsOnlyText(String eventType, ObjectNode element) {
        // Given
        String to = "o'brien-" + element.get("to").asText();
        String subject = "'; DROP TABLE mail_event; --\r\nBcc: victim@example.com\r\n\r\n<b>${7*7}</b> #{1} :?status ?";
        element.put("to", to).put("subject", subject).put("reason", "<script>alert(1)</script> \\ \" 550 5.1.1");

        // When
        HttpResponse<String> answer = application.post(MailEvents.FORM, Payload.form(eventType, element));

        // Then
        assertReceipt(answer, 1, 1, 0, 0);
        assertThat(stored(element)).containsEntry("subject", subject).containsEntry("reason", element.get("reason").asText())
                .containsEntry("enhanced_code", "5.1.1");
    }

    // --- what the vendor may send --------------------------------------------------------------------------------------------

    @Test
    void theEventMayBeAnObjectOrTextInBothContentTypes() {
        // Given
        ObjectNode first = Payload.delivery("queued");
        ObjectNode second = Payload.delivery("queued");
        String event = "{\\\"deliveries\\\":[" + first.toString().replace("\"", "\\\"") + "]}";

        // When
        HttpResponse<String> text = application.post("Application/JSON; charset=UTF-8",
                "{\"event\":\"" + event + "\",\"event_type\":\"deliveries\",\"server_composition\":\"pro\"}");
        HttpResponse<String> form = application.post(MailEvents.FORM + "; charset=utf-8", Payload.form("deliveries", second));

        // Then
        assertReceipt(text, 1, 1, 0, 0);
        assertReceipt(form, 1, 1, 0, 0);
        assertThat(stored(first)).containsEntry("message_id", first.get("messageId").asText());
        assertThat(stored(second)).containsEntry("message_id", second.get("messageId").asText());
    }

    @Test
    void keysInAnotherOrderAreTheSameEvent() {
        // Given
        ObjectNode bounce = Payload.bounce("2");
        List<String> keys = new ArrayList<>();
        bounce.fieldNames().forEachRemaining(keys::add);
        Collections.reverse(keys);
        ObjectNode reversed = JsonNodeFactory.instance.objectNode();
        keys.forEach(key -> reversed.set(key, bounce.get(key)));
        application.post(MailEvents.JSON, Payload.json("bounces", bounce));

        // When
        HttpResponse<String> answer = application.post(MailEvents.JSON, Payload.json("bounces", reversed));

        // Then
        assertReceipt(answer, 1, 0, 1, 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"deliveries", "bounces", "blocks", "a type added later"})
    void anEmptyArrayIsTaken(String eventType) {
        assertReceipt(application.post(MailEvents.JSON, Payload.json(eventType)), 0, 0, 0, 0);
    }

    @Test
    void anotherEventTypeIsStoredAsItCame() {
        // Given
        String unique = Payload.delivery("queued").get("to").asText();
        ObjectNode element = JsonNodeFactory.instance.objectNode().put("status", "2").put("created", "yesterday").put("email", unique);
        element.putArray("reasons").add("spam");

        // When
        List<HttpResponse<String>> answers = List.of(
                application.post(MailEvents.JSON, Payload.json("unsubscribes", element)),
                application.post(MailEvents.JSON, Payload.json("unsubscribes", element)));

        // Then
        assertReceipt(answers.get(0), 1, 1, 0, 0);
        assertReceipt(answers.get(1), 1, 0, 1, 0);
        assertThat(database.row("SELECT * FROM mail_event WHERE extra LIKE ?", "%" + unique + "%"))
                .containsEntry("event_type", "unsubscribes").containsEntry("status", "2").containsEntry("recipient", null)
                .containsEntry("message_id", null).containsEntry("occurred_at", null).containsEntry("created_text", "yesterday")
                .containsEntry("extra", "{\"email\":\"" + unique + "\",\"reasons\":[\"spam\"]}").containsEntry("audience", null);
    }

    @Test
    void unknownKeysBesideTheEventAreKeptToo() {
        // Given
        ObjectNode delivery = Payload.delivery("queued").put("campaign", "autumn");
        String body = Payload.json("deliveries", delivery).replaceFirst("\\{", "{\"account\":\"main\",");

        // When
        assertReceipt(application.post(MailEvents.JSON, body), 1, 1, 0, 0);

        // Then
        assertThat(stored(delivery)).containsEntry("extra", "{\"account\":\"main\",\"campaign\":\"autumn\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {MailEvents.JSON, MailEvents.FORM})
    void anHttp2ClientGetsTheSameAnswers(String contentType) throws Exception {
        // Given
        ObjectNode delivery = Payload.delivery("queued");
        String body = contentType.equals(MailEvents.JSON) ? Payload.json("deliveries", delivery) : Payload.form("deliveries", delivery);
        HttpClient http2 = HttpClient.newHttpClient();
        HttpRequest.Builder request = HttpRequest.newBuilder(application.uri(MailEvents.PATH)).POST(BodyPublishers.ofString(body));

        // When
        HttpResponse<String> refused = http2.send(request.copy().header("Content-Type", "text/plain").build(), BodyHandlers.ofString());
        HttpResponse<String> taken = http2.send(request.copy().header("Content-Type", contentType).build(), BodyHandlers.ofString());

        // Then
        assertThat(taken.version()).isEqualTo(HttpClient.Version.HTTP_2);
        assertProblem(refused, 415);
        assertReceipt(taken, 1, 1, 0, 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {MailEvents.JSON, MailEvents.FORM})
    void aHundredEventsWithLongReasonsAreOneWebhook(String contentType) {
        // Given
        ObjectNode[] deliveries = IntStream.range(0, 100).mapToObj(i -> Payload.delivery("failed").put("reason", "理由".repeat(500)))
                .toArray(ObjectNode[]::new);
        String body = contentType.equals(MailEvents.JSON) ? Payload.json("deliveries", deliveries) : Payload.form("deliveries", deliveries);

        // When
        HttpResponse<String> answer = application.post(contentType, body);

        // Then
        assertReceipt(answer, 100, 100, 0, 0);
        assertThat(List.of(deliveries)).allSatisfy(delivery -> assertThat(stored(delivery)).containsEntry("status", "failed"));
    }

    @Test
    void webhooksOfTheSameEventsAtTheSameTimeStoreEachOnce() {
        // Given
        List<ObjectNode> deliveries = IntStream.range(0, 50).mapToObj(i -> Payload.delivery("queued")).toList();
        List<String> bodies = IntStream.range(0, 40).mapToObj(i -> {
            List<ObjectNode> shuffled = new ArrayList<>(deliveries);
            Collections.shuffle(shuffled, new Random(i));
            return Payload.json("deliveries", shuffled.toArray(ObjectNode[]::new));
        }).toList();

        // When
        ExecutorService callers = Executors.newFixedThreadPool(bodies.size());
        List<HttpResponse<String>> answers = bodies.stream().map(body -> CompletableFuture.supplyAsync(() ->
                application.post(MailEvents.JSON, body), callers)).toList().stream().map(CompletableFuture::join).toList();
        callers.shutdown();

        // Then
        assertThat(answers).allSatisfy(answer -> assertThat(answer.statusCode()).isEqualTo(200));
        assertThat(answers.stream().mapToInt(answer -> number(answer, "stored")).sum()).isEqualTo(50);
        assertThat(answers.stream().mapToInt(answer -> number(answer, "duplicates")).sum()).isEqualTo(39 * 50);
        assertThat(deliveries).allSatisfy(this::stored);
    }

    // --- the views -----------------------------------------------------------------------------------------------------------

    @Test
    void aMessageHasItsStrongestStatusWhateverTheOrderOfArrival() {
        // Given
        List<List<String>> orders = List.of(List.of("queued", "deferred", "succeeded"), List.of("succeeded", "deferred", "queued"),
                List.of("failed", "queued"), List.of("queued", "failed"), List.of("a status added later", "queued"));
        List<String> strongest = List.of("succeeded", "succeeded", "failed", "failed", "queued");

        for (int i = 0; i < orders.size(); i++) {
            ObjectNode message = Payload.delivery("queued");

            // When
            for (String status : orders.get(i)) {
                application.post(MailEvents.JSON, Payload.json("deliveries", message.deepCopy().put("status", status)));
            }

            // Then
            assertThat(status(message)).containsEntry("status", strongest.get(i)).containsEntry("event_type", "deliveries");
        }
    }

    @Test
    void aBounceIsStrongerThanAnyDelivery() {
        // Given
        ObjectNode bounce = Payload.bounce("2");
        ObjectNode delivery = Payload.delivery("succeeded").put("to", bounce.get("to").asText())
                .put("messageId", bounce.get("messageId").asText()).put("created", "2026-10-02 00:00:00");
        application.post(MailEvents.JSON, Payload.json("bounces", bounce));

        // When
        application.post(MailEvents.JSON, Payload.json("deliveries", delivery));

        // Then
        assertThat(status(bounce)).containsEntry("status", "bounced").containsEntry("event_type", "bounces");
    }

    @ParameterizedTest
    @MethodSource("codes")
    void anAddressIsUndeliverableFromItsBounceUntilItTakesMail(String code, String kind) {
        // Given
        boolean listed = List.of("1", "2", "9", "10", "11").contains(code);
        ObjectNode first = Payload.bounce(code).put("created", "2026-10-01 09:00:00");
        String recipient = first.get("to").asText();
        ObjectNode second = Payload.bounce(code).put("to", recipient).put("created", "2026-10-03 09:00:00");
        ObjectNode before = Payload.delivery("succeeded").put("to", recipient).put("created", "2026-10-02 09:00:00");
        ObjectNode after = Payload.delivery("succeeded").put("to", recipient).put("created", "2026-10-04 09:00:00");
        String view = "SELECT * FROM undeliverable_recipient WHERE recipient = ?";

        // When
        application.post(MailEvents.JSON, Payload.json("deliveries", before));
        application.post(MailEvents.JSON, Payload.json("bounces", second, first));

        // Then
        assertThat(database.rows(view, recipient)).hasSize(listed ? 1 : 0).allSatisfy(row ->
                assertThat(row).containsEntry("status", code).containsEntry("kind", kind).containsEntry("bounces", "2")
                        .containsEntry("reason", first.get("reason").asText()));
        assertThat(database.rows(view + " AND first_bounced_at = TIMESTAMP WITH TIME ZONE '2026-10-01 00:00:00+00'"
                + " AND last_bounced_at = TIMESTAMP WITH TIME ZONE '2026-10-03 00:00:00+00'", recipient)).hasSize(listed ? 1 : 0);
        application.post(MailEvents.JSON, Payload.json("deliveries", after));
        assertThat(database.rows(view, recipient)).isEmpty();
    }

    // --- the alert -----------------------------------------------------------------------------------------------------------

    @Test
    void aMailExplainsEachBounceInBothParts() {
        // Given
        ObjectNode bounce = Payload.bounce("2");
        String recipient = bounce.get("to").asText();

        // When
        application.post(MailEvents.JSON, Payload.json("bounces", bounce));

        // Then
        await().atMost(Duration.ofSeconds(30)).until(() -> !mailbox.naming(recipient).isEmpty());
        Mail mail = mailbox.naming(recipient).get(0);
        assertThat(mail.subject()).matches("【バウンス】配信エラーが\\d+件発生しました（配信リストご担当者様）");
        assertThat(mail.text()).contains(recipient, "2026-10-01 09:00:07", "【テスト】秋のお知らせ", "ユーザ不明",
                "<https://mail.example.net/help?p=NoSuchUser>");
        assertThat(mail.html()).contains(recipient, "2026-10-01 09:00:07", "【テスト】秋のお知らせ", "ユーザ不明",
                "&lt;https://mail.example.net/help?p=NoSuchUser&gt;");
        assertThat(mail.to()).containsExactly("postmaster@localhost");
        assertThat(mail.header("From")).isEqualTo("mail-events@localhost");
        assertThat(mail.header("Auto-Submitted")).isEqualTo("auto-generated");
    }

    // --- hostile input -------------------------------------------------------------------------------------------------------

    @Test
    void headersAndQueryOfTheCallerReachNoStep() {
        // Given
        ObjectNode bounce = Payload.bounce("2");
        HttpRequest.Builder request = HttpRequest.newBuilder(application.uri(MailEvents.PATH + "?CamelSqlQuery=x&Bcc=victim@example.com"))
                .POST(BodyPublishers.ofString(Payload.json("bounces", bounce)))
                .headers("Content-Type", MailEvents.JSON, "To", "victim@example.com", "Bcc", "victim@example.com", "Subject", "owned",
                        "From", "owned@example.com", "CamelJdbcParameters", "{}", "CamelFileName", "../owned", "recipient", "owned",
                        "CamelHttpResponseCode", "599", "status", "owned", "kind", "owned", "audience", "owned");

        // When
        HttpResponse<String> answer = application.send(request);

        // Then
        assertReceipt(answer, 1, 1, 0, 0);
        assertThat(answer.headers().map().keySet()).doesNotContain("to", "bcc", "subject", "camelfilename", "recipient");
        assertThat(stored(bounce)).containsEntry("status", "2").containsEntry("audience", "list-owner");
        await().atMost(Duration.ofSeconds(30)).until(() -> !mailbox.naming(bounce.get("to").asText()).isEmpty());
        assertThat(mailbox.naming(bounce.get("to").asText())).hasSize(1).allSatisfy(mail -> {
            assertThat(mail.to()).containsExactly("postmaster@localhost");
            assertThat(mail.subject()).doesNotContain("owned");
        });
    }

    static Stream<Arguments> unstorable() {
        return Stream.of(
                Arguments.of("a NUL character", "subject", "a\0b", "subject holds a NUL character, which PostgreSQL cannot store"),
                Arguments.of("a NUL in the status", "status", "queued\0", "status holds a NUL character, which PostgreSQL cannot store"),
                Arguments.of("half a surrogate pair", "subject", "a\uD83Db", "subject holds half of a surrogate pair, which is no character"),
                Arguments.of("a long Message-ID", "messageId", "<" + "m".repeat(3_000) + "@example.com>",
                        "messageId is longer than the 998 bytes that RFC 5322 allows a line"),
                Arguments.of("a long address", "to", "長".repeat(400) + "@example.com",
                        "to is longer than the 998 bytes that RFC 5322 allows a line"),
                Arguments.of("a date that does not exist", "created", "2026-02-30 09:00:00",
                        "created is no date and time in the form YYYY-MM-DD HH:MM:SS"),
                Arguments.of("no date", "created", "yesterday", "created is no date and time in the form YYYY-MM-DD HH:MM:SS"),
                Arguments.of("an endless text", "reason", "x".repeat(1_000_001), "reason is longer than 1000000 characters"),
                Arguments.of("no Message-ID", "messageId", "", "messageId is missing"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("unstorable")
    void whatADatabaseWouldRefuseIsSetAsideAlone(String name, String key, String value, String reason) {
        // Given
        ObjectNode bad = Payload.delivery("queued");
        String mark = bad.get("to").asText();
        bad.put("apiData", mark).put(key, value);
        ObjectNode good = Payload.delivery("queued");

        // When
        List<HttpResponse<String>> answers = List.of(
                application.post(MailEvents.JSON, escaped(Payload.json("deliveries", good, bad))),
                application.post(MailEvents.JSON, escaped(Payload.json("deliveries", bad, good))));

        // Then
        assertReceipt(answers.get(0), 2, 1, 0, 1);
        assertReceipt(answers.get(1), 2, 0, 1, 1);
        stored(good);
        assertThat(database.row("SELECT reason FROM rejected_event WHERE payload LIKE ?", "%" + mark + "%")).containsEntry("reason", reason);
        assertThat(database.rows("SELECT 1 FROM mail_event WHERE api_data = ?", mark)).isEmpty();
    }

    @Test
    void aRejectedElementIsAWebhookThatCanBeSentAgainAfterAFix() {
        // Given
        ObjectNode bad = Payload.delivery("succeeded").put("subject", "絵文字 \uD83D\uDE00 and half \uD83D").put("created", "2026-02-30 09:00:00");
        application.post(MailEvents.JSON, escaped(Payload.json("deliveries", bad)));
        String payload = database.row("SELECT payload FROM rejected_event WHERE payload LIKE ?", "%" + bad.get("to").asText() + "%").get("payload");

        // When
        HttpResponse<String> answer = application.post(MailEvents.JSON,
                payload.replace("2026-02-30", "2026-03-02").replace("\\uD83D", "a heart"));

        // Then
        assertReceipt(answer, 1, 1, 0, 0);
        assertThat(stored(bad)).containsEntry("subject", "絵文字 \uD83D\uDE00 and half a heart");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "\"text\"", "null", "[]", "[{}]", "true"})
    void anElementThatIsNoObjectIsSetAsideAlone(String element) {
        // Given
        ObjectNode good = Payload.delivery("queued");
        String body = Payload.json("deliveries", good).replace("[{", "[" + element + ",{");

        // When
        HttpResponse<String> answer = application.post(MailEvents.JSON, body);

        // Then
        assertReceipt(answer, 2, 1, 0, 1);
        stored(good);
    }

    static Stream<String> unreadable() {
        return Stream.of("{\"event_type\":\"deliveries\",\"event\":\"{\\\"deliveries\\\":[" + "[".repeat(900) + "]".repeat(900) + "]}\"}",
                "{}", "[]", "null", "", "7", "\"text\"", "{", "[".repeat(100_000), "{\"a\":".repeat(100_000), "\0", "{}{}",
                "{\"event_type\":\"deliveries\"}", "{\"event_type\":\"deliveries\",\"event\":null}",
                "{\"event_type\":\"deliveries\",\"event\":[]}", "{\"event_type\":\"deliveries\",\"event\":7}",
                "{\"event_type\":\"deliveries\",\"event\":\"no JSON\"}", "{\"event_type\":\"deliveries\",\"event\":{}}",
                "{\"event_type\":\"deliveries\",\"event\":{\"deliveries\":{}}}", "{\"event_type\":\"deliveries\",\"event\":{\"bounces\":[]}}",
                "{\"event\":{\"deliveries\":[]}}", "{\"event_type\":{},\"event\":{\"deliveries\":[]}}");
    }

    @ParameterizedTest
    @MethodSource("unreadable")
    void aBodyThatIsNoWebhookIsKeptAndAnswered400(String body) {
        // When
        HttpResponse<String> answer = application.post(MailEvents.JSON, body);

        // Then
        assertProblem(answer, 400);
        assertThat(database.rows("SELECT reason FROM rejected_event WHERE payload = ?", body.replace("\0", "\\u0000"))).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "event", "event=", "event=%7B", "event=%zz", "&&&=", "event_type=deliveries&event=[]", "event_type=deliveries"})
    void aFormThatIsNoWebhookIsKeptAndAnswered400(String body) {
        assertProblem(application.post(MailEvents.FORM, body), 400);
        assertThat(database.rows("SELECT reason FROM rejected_event WHERE payload = ?", body)).hasSize(1);
    }

    @Test
    void theReceiveMailWebhookIsToldThatItIsWrongHere() {
        HttpResponse<String> answer = application.post(MailEvents.FORM, "filter=x&headers=%5B%5D&envelope-from=a%40example.com"
                + "&envelope-to=" + URLEncoder.encode("b@example.com", StandardCharsets.UTF_8));
        assertThat(assertProblem(answer, 400)).contains("receive-mail webhook");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "PROPFIND"})
    void anotherMethodIsAnswered405(String method) {
        HttpResponse<String> answer = application.send(HttpRequest.newBuilder(application.uri(MailEvents.PATH))
                .method(method, BodyPublishers.noBody()));
        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.headers().firstValue("Allow")).contains("POST");
        if (!method.equals("HEAD")) {
            assertProblem(answer, 405);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/xml", "multipart/form-data; boundary=x", "nonsense"})
    void anotherContentTypeIsAnswered415(String contentType) {
        assertThat(assertProblem(application.post(contentType, "{}"), 415)).contains(MailEvents.FORM, MailEvents.JSON);
    }

    @Test
    void noContentTypeIsAnswered415() {
        assertProblem(application.send(HttpRequest.newBuilder(application.uri(MailEvents.PATH)).POST(BodyPublishers.ofString("{}"))), 415);
    }

    @Test
    void anotherPathIsAnswered404AndNamesTheRightOne() {
        assertThat(assertProblem(application.send(HttpRequest.newBuilder(application.uri("/webhook"))
                .POST(BodyPublishers.ofString("{}"))), 404)).contains(MailEvents.PATH);
    }

    @Test
    void aBodyBeyondTheLimitIsAnswered413() {
        assertThat(assertProblem(application.post(MailEvents.JSON, "x".repeat(10 * 1024 * 1024 + 1)), 413)).contains("webhook.max-body");
    }

    @Test
    void aBodyAtTheLimitIsTaken() {
        // Given
        ObjectNode delivery = Payload.delivery("queued");
        String body = Payload.json("deliveries", delivery);

        // When
        HttpResponse<String> answer = application.post(MailEvents.JSON, body + " ".repeat(10 * 1024 * 1024 - body.getBytes(StandardCharsets.UTF_8).length));

        // Then
        assertReceipt(answer, 1, 1, 0, 0);
    }

    // --- what is asked above -------------------------------------------------------------------------------------------------

    private Map<String, String> stored(ObjectNode element) {
        return database.row("SELECT * FROM mail_event WHERE recipient = ? AND message_id = ?", element.get("to").asText(),
                element.get("messageId").asText());
    }

    private Map<String, String> status(ObjectNode element) {
        return database.row("SELECT * FROM message_status WHERE recipient = ? AND message_id = ?", element.get("to").asText(),
                element.get("messageId").asText());
    }

    /** Has a new address bounce. */
    private String bounced(String code) {
        ObjectNode bounce = Payload.bounce(code);
        assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", bounce)), 1, 1, 0, 0);
        return bounce.get("to").asText();
    }

    /** What UTF-8 cannot carry, as JSON escapes it. */
    private static String escaped(String json) {
        StringBuilder escaped = new StringBuilder();
        json.codePoints().forEach(c -> {
            if (Character.getType(c) == Character.SURROGATE) {
                escaped.append(String.format("\\u%04x", c));
            } else {
                escaped.appendCodePoint(c);
            }
        });
        return escaped.toString();
    }

    private static int number(HttpResponse<String> answer, String key) {
        try {
            return JSON.readTree(answer.body()).path(key).asInt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void assertReceipt(HttpResponse<String> answer, int received, int stored, int duplicates, int rejected) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(answer.body()).isEqualTo("{\"received\":" + received + ",\"stored\":" + stored + ",\"duplicates\":" + duplicates
                + ",\"rejected\":" + rejected + ",\"spooled\":0}");
    }

    /** @return its detail */
    static String assertProblem(HttpResponse<String> answer, int status) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        try {
            JsonNode problem = JSON.readTree(answer.body());
            assertThat(problem.path("status").asInt()).isEqualTo(status);
            assertThat(problem.path("title").asText()).isNotEmpty();
            assertThat(problem.path("detail").asText()).isNotEmpty().doesNotContain("Exception");
            return problem.path("detail").asText();
        } catch (Exception e) {
            throw new AssertionError(answer.body(), e);
        }
    }
}
