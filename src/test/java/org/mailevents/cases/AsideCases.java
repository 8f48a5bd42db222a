package org.mailevents.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.Api;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;

/** What was set aside is sent again by a user who has signed in. Nothing is stored or told twice, and nothing is lost. */
public interface AsideCases extends SignInCases {

    String USER = HEADER + ": taro@example.com";
    String NO_DAY = "2026-02-30 09:00:00";

    /** @param text the body of the answer */
    record Answer(int status, String text) {

        static Answer of(String answer) {
            return new Answer(Integer.parseInt(answer.substring(9, 12)), answer.substring(answer.indexOf("\r\n\r\n") + 4));
        }

        JsonNode json() {
            try {
                return new ObjectMapper().readTree(text);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }

        String problem(int expected) {
            assertThat(status).as(text).isEqualTo(expected);
            return json().path("detail").asText();
        }
    }

    private Answer get(String path) {
        return oneOfEight("GET", path, "", USER);
    }

    private Answer post(String path, String body) {
        return oneOfEight("POST", path, body, USER, "X-Token: " + token());
    }

    private Answer oneOfEight(String method, String path, String body, String... headers) {
        application().questions.acquireUninterruptibly();
        try {
            // an answer of HTTP/1.0 is not cut into chunks
            return Answer.of(application().exchangeFrom(ADDRESS, SignInCases.request(method, path, body, headers)
                    .replaceFirst("HTTP/1.1", "HTTP/1.0")));
        } finally {
            application().questions.release();
        }
    }

    private String token() {
        return get("/api/aside").json().path("token").asText();
    }

    /** Posts an event that cannot be stored. @return its row */
    private Map<String, String> rejected(String eventType, ObjectNode event) {
        assertReceipt(application().post(MailEvents.JSON, Payload.json(eventType, event)), 1, 0, 0, 1);
        return row(event);
    }

    private Map<String, String> row(ObjectNode event) {
        return database().row("SELECT rejected_id, reason, payload, received_at FROM rejected_event WHERE payload LIKE ?",
                "%" + event.get("messageId").asText() + "%");
    }

    private List<Map<String, String>> rows(ObjectNode event) {
        return database().rows("SELECT rejected_id, reason, payload FROM rejected_event WHERE payload LIKE ?",
                "%" + event.get("messageId").asText() + "%");
    }

    private static String path(Map<String, String> row) {
        return "/api/aside/rejected/" + row.get("rejected_id");
    }

    @Test
    default void aRejectedEventIsMendedAndSentAgain() {
        // Given
        ObjectNode bad = Payload.delivery("succeeded").put("subject", "領収書 <b>").put("created", NO_DAY);
        Map<String, String> row = rejected("deliveries", bad);
        JsonNode shown = Api.read("get", path(row), get(path(row)).text());
        assertThat(shown.path("payload").asText()).isEqualTo(row.get("payload")).contains("領収書 <b>");
        assertThat(shown.path("reason").asText()).startsWith("created is not a date");
        assertThat(shown.path("complete").asBoolean()).isTrue();
        String mended = shown.path("payload").asText().replace(NO_DAY, "2026-03-02 09:00:00");

        // When
        Answer answer = post(path(row), mended);

        // Then
        assertThat(answer.status()).as(answer.text()).isEqualTo(200);
        assertThat(Api.read("post", path(row), answer.text()).path("stored").asInt()).isEqualTo(1);
        assertThat(rows(bad)).isEmpty();
        assertThat(stored(bad)).containsEntry("subject", "領収書 <b>").containsEntry("received_at", row.get("received_at"));
        assertReceipt(application().post(MailEvents.JSON, mended), 1, 0, 1, 0);
        assertThat(post(path(row), mended).problem(404)).contains("does not exist any more");
    }

    /** The answer was lost, or the process was killed, after the event was stored and before its row was deleted. */
    @Test
    default void anEventThatIsStoredAlreadyOnlyLosesItsRow() {
        // Given
        ObjectNode bounce = Payload.bounce("2").put("created", NO_DAY);
        Map<String, String> row = rejected("bounces", bounce);
        String mended = row.get("payload").replace(NO_DAY, "2026-03-02 09:00:00");
        assertReceipt(application().post(MailEvents.JSON, mended), 1, 1, 0, 0);

        // When
        Answer answer = post(path(row), mended);

        // Then
        assertThat(answer.text()).isEqualTo("{\"received\":1,\"stored\":0,\"duplicates\":1,\"rejected\":0,\"spooled\":0}");
        assertThat(rows(bounce)).isEmpty();
        stored(bounce);
        await().until(() -> !mailbox().naming(bounce.get("to").asText()).isEmpty());
        assertThat(mailbox().naming(bounce.get("to").asText())).hasSize(1);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "2026-02-30 09:00:00 | yesterday            | created is not a date and time",
        "\"messageId\":      | \"noMessageId\":     | messageId is missing",
        "\"to\":             | \"nobody\":          | to is missing",
        "\"event_type\":     | \"type\":            | event_type",
        "[{                  | [5,{                 | the element is not a JSON object",
        "[{                  | [],\"x\":[{          | the webhook holds no event",
        "]}}                 | ]}                   | is not JSON"})
    default void whatIsStillWrongIsNamedAndNothingChanges(String right, String wrong, String reason) {
        // Given
        ObjectNode bad = Payload.delivery("succeeded").put("created", NO_DAY);
        Map<String, String> row = rejected("deliveries", bad);

        // When
        String refusal = post(path(row), row.get("payload").replace(right, wrong)).problem(422);

        // Then
        assertThat(refusal).startsWith("Still rejected: ").contains(reason, "Nothing has changed.");
        assertThat(rows(bad)).containsExactly(database().row("SELECT rejected_id, reason, payload FROM rejected_event WHERE rejected_id ="
                + " CAST(? AS uuid)", row.get("rejected_id")));
        assertThat(database().rows("SELECT 1 FROM mail_event WHERE message_id = ?", bad.get("messageId").asText())).isEmpty();

        // When
        String asItWas = post(path(row), "").problem(422);

        // Then
        assertThat(asItWas).contains("created is not a date and time");
        assertThat(rows(bad)).hasSize(1);
    }

    @Test
    default void aBodyThatNobodyCouldReadIsMended() {
        // Given
        ObjectNode delivery = Payload.delivery("succeeded");
        String body = Payload.json("deliveries", delivery);
        assertThat(application().post(MailEvents.JSON, body.substring(0, body.length() - 1)).statusCode()).isEqualTo(400);
        Map<String, String> row = row(delivery);

        // When
        Answer answer = post(path(row), body);

        // Then
        assertThat(answer.text()).contains("\"stored\":1");
        stored(delivery);
        assertThat(rows(delivery)).isEmpty();
    }

    @Test
    default void nobodyActsWithoutTheTokenOfTheUser() {
        // Given
        ObjectNode bad = Payload.delivery("succeeded").put("created", NO_DAY);
        Map<String, String> row = rejected("deliveries", bad);
        String mended = row.get("payload").replace(NO_DAY, "2026-03-02 09:00:00");
        String token = token();
        String othersToken = oneOfEight("GET", "/api/aside", "", HEADER + ": hanako").json().path("token").asText();

        // When, Then
        for (String path : List.of(path(row), "/api/aside/rejected", "/api/aside/failed", "/api/aside/failed/x.json")) {
            assertThat(oneOfEight("POST", path, mended, USER).problem(403)).contains("X-Token");
            for (String wrong : List.of("", "x", ".", "1.1", othersToken, token + "x", "9" + token, token.substring(1))) {
                assertThat(oneOfEight("POST", path, mended, USER, "X-Token: " + wrong).problem(403)).contains("X-Token");
            }
            for (String site : List.of("Sec-Fetch-Site: cross-site", "Origin: https://evil.example")) {
                assertThat(oneOfEight("POST", path, mended, USER, "X-Token: " + token, site).problem(403)).contains("another web site");
            }
            assertThat(application().exchange("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + USER
                    + "\r\nMail-Events-User: taro@example.com\r\nX-Token: " + token + "\r\nContent-Length: 0\r\n\r\n"))
                    .as("from another address").startsWith("HTTP/1.1 403").contains("console.basic");
        }
        assertThat(rows(bad)).hasSize(1);
        assertThat(database().rows("SELECT 1 FROM mail_event WHERE message_id = ?", bad.get("messageId").asText())).isEmpty();
        assertThat(post(path(row), mended).status()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({"5,400", "0b8f5c1e-5f0e-8d3a-9f0c-3a1b2c4d5e6f,404"})
    default void anUnknownRejectedEventIsSaidToBe(String id, int status) {
        get("/api/aside/rejected/" + id).problem(status);
        post("/api/aside/rejected/" + id, "").problem(status);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "PUT    | /api/aside/rejected/0b8f5c1e-5f0e-8d3a-9f0c-3a1b2c4d5e6f | GET, POST",
        "DELETE | /api/aside/rejected/0b8f5c1e-5f0e-8d3a-9f0c-3a1b2c4d5e6f | GET, POST",
        "PUT    | /api/aside/rejected                                      | POST",
        "GET    | /api/aside/failed                                        | POST",
        "PUT    | /api/aside/failed/x.json                                 | POST"})
    default void aWrongMethodIsAnsweredWithTheRightOnes(String method, String path, String allowed) {
        String answer = throughProxy(method, path, "", USER);

        assertThat(answer).startsWith("HTTP/1.1 405").containsIgnoringCase("\r\nallow: " + allowed + "\r\n")
                .contains("application/problem+json", "Send the request with " + allowed.replace(", ", " or ") + ".");
    }

    @ParameterizedTest
    @ValueSource(strings = {"x", "AAAA", "%00", "5"})
    default void aPlaceInTheListThatIsNoneIsRefused(String after) {
        assertThat(get("/api/aside?after=" + after).status()).isEqualTo(400);
    }

    @Test
    default void theListIsReadInPages() {
        // Given
        ObjectNode[] bad = IntStream.range(0, 120).mapToObj(i -> Payload.delivery("queued").put("created", NO_DAY))
                .toArray(ObjectNode[]::new);
        assertReceipt(application().post(MailEvents.JSON, Payload.json("deliveries", bad)), 120, 0, 0, 120);
        Set<String> expected = new HashSet<>();
        for (ObjectNode event : bad) {
            expected.add(row(event).get("rejected_id"));
        }
        List<String> read = new ArrayList<>();

        // When
        String after = "";
        while (after != null) {
            JsonNode page = Api.read("get", "/api/aside", get("/api/aside" + after).text());
            assertThat(page.path("rejected").size()).isLessThanOrEqualTo(50);
            read.addAll(page.path("rejected").findValuesAsText("rejectedId"));
            after = page.path("nextRejected").isNull() ? null : "?after=" + page.path("nextRejected").asText();
        }

        // Then
        assertThat(read).doesNotHaveDuplicates().containsAll(expected);
    }

    @Test
    default void aLongPayloadIsShortenedInTheList() {
        // Given
        ObjectNode bad = Payload.delivery("queued").put("created", NO_DAY).put("subject", "長".repeat(5_000));
        Map<String, String> row = rejected("deliveries", bad);

        // When
        JsonNode listed = null;
        for (String after = ""; listed == null;) {
            JsonNode page = get("/api/aside" + after).json();
            listed = Api.find(page.path("rejected"), "rejectedId", row.get("rejected_id"));
            after = "?after=" + page.path("nextRejected").asText();
        }

        // Then
        assertThat(listed.path("payload").asText()).isEqualTo(row.get("payload").substring(0, 4_096));
        assertThat(listed.path("complete").asBoolean()).isFalse();
        assertThat(get(path(row)).json().path("payload").asText()).isEqualTo(row.get("payload"));
        assertThat(post(path(row), row.get("payload").replace(NO_DAY, "2026-03-02 09:00:00")).status()).isEqualTo(200);
        stored(bad);
    }

    @Test
    default void aFailedWebhookIsTriedAgain() throws IOException {
        // Given
        ObjectNode delivery = Payload.delivery("succeeded");
        String name = UUID.randomUUID() + ".json";
        Path failed = application().spool().resolve("failed");
        Files.writeString(failed.resolve(name), Payload.json("deliveries", delivery));
        Files.writeString(failed.resolve(name + ".reason.txt"), "a step failed\n");
        JsonNode listed = Api.find(Api.read("get", "/api/aside", get("/api/aside").text()).path("failed"), "name", name);
        assertThat(listed.path("reason").asText()).isEqualTo("a step failed");
        assertThat(listed.path("bytes").asLong()).isEqualTo(Files.size(failed.resolve(name)));

        // When
        Answer answer = post("/api/aside/failed/" + name, "");

        // Then
        assertThat(answer).isEqualTo(new Answer(202, "{\"webhooks\":1}"));
        await().until(() -> !Files.exists(failed.resolve(name + ".reason.txt")));
        stored(delivery);
        assertThat(failed.resolve(name)).doesNotExist();
        assertThat(application().spool().resolve(name)).doesNotExist();
        post("/api/aside/failed/" + name, "").problem(404);
    }

    @ParameterizedTest
    @ValueSource(strings = {"..%2Fkeep.json", "%2Fetc%2Fpasswd", "..%2Ffailed%2Fkeep.json", "keep.json.reason.txt", "none.json",
        "..%5Ckeep.json"})
    default void onlyAWebhookInFailedIsMoved(String name) throws IOException {
        // Given
        Path outside = Files.writeString(application().spool().resolveSibling("keep.json"), "{}");
        Path reason = Files.writeString(application().spool().resolve("failed/keep.json.reason.txt"), "kept");

        // When
        Answer answer = post("/api/aside/failed/" + name, "");

        // Then
        answer.problem(404);
        assertThat(outside).exists();
        assertThat(reason).exists();
    }
}
