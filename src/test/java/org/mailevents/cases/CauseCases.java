package org.mailevents.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mailevents.support.Answers.assertProblem;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.Api;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;

/** Each bounce and each failed delivery is stored with its cause, and the rules can be asked about any reply. */
public interface CauseCases extends Cases {

    /** The cause of a row, whether its address is dead, its kind and its audience. */
    private String decided(ObjectNode element) {
        return String.join(" | ", database().row("SELECT COALESCE(cause, '-') AS cause, CASE WHEN dead THEN 'dead' WHEN NOT dead THEN"
                + " 'alive' ELSE '-' END AS dead, COALESCE(kind, '-') AS kind, COALESCE(audience, '-') AS audience FROM mail_event"
                + " WHERE message_id = ?", element.get("messageId").asText()).values());
    }

    /** The same bounce of a new message to a new address of the same domain. */
    private static ObjectNode renewed(ObjectNode bounce) {
        ObjectNode other = Payload.bounce("2");
        String domain = bounce.get("to").asText().replaceFirst(".*@", "@");
        return bounce.deepCopy().put("messageId", other.get("messageId").asText())
                .put("to", other.get("to").asText().replaceFirst("@.*", domain));
    }

    @Test
    default void theBounceOfEachCodeIsStoredWithItsCause() {
        // Given
        Map<String, ObjectNode> bounces = new LinkedHashMap<>();
        Payload.elements("bounces-every-code.json").forEach(bounce -> bounces.put(bounce.get("status").asText(), renewed(bounce)));

        // When
        HttpResponse<String> answer = application().post(MailEvents.JSON,
                Payload.json("bounces", bounces.values().toArray(JsonNode[]::new)));

        // Then
        assertReceipt(answer, bounces.size(), bounces.size(), 0, 0);
        Map<String, String> decided = new LinkedHashMap<>();
        bounces.forEach((code, bounce) -> decided.put(code, decided(bounce)));
        assertThat(decided).containsExactlyInAnyOrderEntriesOf(Map.ofEntries(
                Map.entry("1", "unknown-host | dead | permanent, address | list-owner"),
                Map.entry("2", "unknown-user | dead | permanent, address | list-owner"),
                Map.entry("3", "timeout | alive | temporary | postmaster"),
                Map.entry("4", "policy | alive | policy | postmaster"),
                Map.entry("5", "mailbox-full | alive | temporary | postmaster"),
                Map.entry("6", "forwarding | alive | not the address | postmaster"),
                Map.entry("7", "policy | alive | policy | postmaster"),
                Map.entry("8", "too-large | alive | the message | postmaster"),
                Map.entry("9", "bad-address | dead | permanent, address | list-owner"),
                Map.entry("10", "not-attempted | alive | suppressed | list-owner"),
                Map.entry("11", "not-attempted | alive | suppressed | list-owner"),
                Map.entry("99", "unknown | alive | permanent, other | postmaster"),
                Map.entry("42", "unknown | alive | unknown | postmaster")));
    }

    /** docomo gives the same words for an address that does not exist and for a filter of its subscriber. */
    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
            550 Unknown user (in reply to end of DATA command); recipient-filter | alive | policy | list-owner
            550 Unknown user (in reply to RCPT TO command);     unknown-user | dead | permanent, address | list-owner
            550 Unknown user;                                   unknown-user | alive | permanent, address | list-owner""")
    default void theCommandTellsWhetherAnAddressOfDocomoIsDead(String reply, String expected) {
        // Given
        ObjectNode bounce = renewed(Payload.bounce("2").put("to", "a@docomo.ne.jp")).put("reason", reply);

        // When
        assertReceipt(application().post(MailEvents.FORM, Payload.form("bounces", bounce)), 1, 1, 0, 0);

        // Then
        assertThat(decided(bounce)).isEqualTo(expected);
    }

    @Test
    default void aFailedDeliveryIsStoredWithItsCauseAndNoOtherDeliveryIs() {
        // Given
        ObjectNode failed = Payload.delivery("failed").put("reason", "552 5.2.2 Over quota");
        ObjectNode dead = Payload.delivery("failed").put("reason", "550 5.1.1 User unknown");
        ObjectNode deferred = Payload.delivery("deferred").put("reason", "452 4.2.2 Over quota");

        // When
        assertReceipt(application().post(MailEvents.JSON, Payload.json("deliveries", failed, dead, deferred)), 3, 3, 0, 0);

        // Then
        assertThat(List.of(decided(failed), decided(dead), decided(deferred)))
                .containsExactly("mailbox-full | alive | - | -", "unknown-user | dead | - | -", "- | - | - | -");
    }

    /** qmail writes so. */
    @Test
    default void aReplyThatNamesNoHostIsStoredWithItsCause() {
        // Given
        String reply = "Connected to 192.0.2.1 but recipient was rejected. Remote host said: 550 5.1.1 User unknown";
        ObjectNode bounce = Payload.bounce("2").put("reason", reply);
        ObjectNode failed = Payload.delivery("failed").put("reason", reply);

        // When
        assertReceipt(application().post(MailEvents.JSON, Payload.json("bounces", bounce)), 1, 1, 0, 0);
        assertReceipt(application().post(MailEvents.JSON, Payload.json("deliveries", failed)), 1, 1, 0, 0);

        // Then
        assertThat(decided(bounce)).isEqualTo("unknown-user | dead | permanent, address | list-owner");
        assertThat(decided(failed)).isEqualTo("unknown-user | dead | - | -");
    }

    private HttpResponse<String> explained(String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(application().uri("/api/explain")).POST(BodyPublishers.ofString(body));
        return oneOfEight(() -> application().send(headers.length == 0 ? request.header("Content-Type", "application/json")
                : request.headers(headers)));
    }

    private <T> T oneOfEight(Supplier<T> question) {
        application().questions.acquireUninterruptibly();
        try {
            return question.get();
        } finally {
            application().questions.release();
        }
    }

    @Test
    default void aReplyIsExplained() {
        // Given
        String request = "{\"reply\": \"550 Unknown user taro@docomo.ne.jp\", \"to\": \"taro@docomo.ne.jp\", \"code\": \"2\","
                + " \"command\": \"DATA\"}";

        // When
        HttpResponse<String> answer = explained(request, "Content-Type", "application/json; charset=utf-8");
        HttpResponse<String> text = explained(request, "Content-Type", "application/json", "Accept", "text/plain");

        // Then
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JsonNode explanation = Api.read("post", "/api/explain", answer.body());
        assertThat(explanation.path("cause").asText()).isEqualTo("recipient-filter");
        assertThat(explanation.path("dead").asBoolean(true)).isFalse();
        assertThat(explanation.path("sureness").asText()).isEqualTo("reply");
        assertThat(explanation.path("contradicts").asBoolean()).isTrue();
        assertThat(explanation.at("/rule/source").asText()).startsWith("https://");
        assertThat(explanation.at("/read/command").asText()).isEqualTo("DATA");
        assertThat(explanation.at("/texts/en/name").asText()).isEqualTo("Recipient's own filter");
        assertThat(text.headers().firstValue("Content-Type")).contains("text/plain; charset=utf-8");
        assertThat(text.body()).startsWith("原因: recipient-filter (").contains("配信不能: いいえ", "出典: https://");
    }

    /** A code may be a number. A caller that knows nothing gets an answer as well. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"code": 9}                     | bad-address | true  | code
            {"reply": "zzz", "code": "9"}   | bad-address | false | code
            {"reply": null, "to": null}     | unknown     | false | none
            {}                              | unknown     | false | none""")
    default void whatACallerDoesNotKnowMayBeMissing(String request, String cause, boolean dead, String sureness) {
        JsonNode explanation = Api.read("post", "/api/explain", explained(request).body());

        assertThat(explanation.path("cause").asText()).isEqualTo(cause);
        assertThat(explanation.path("dead").asBoolean()).isEqualTo(dead);
        assertThat(explanation.path("sureness").asText()).isEqualTo(sureness);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "[]", "[{}]", "null", "\"550 5.1.1 User unknown\"", "550 5.1.1 User unknown", "{\"reply\": \"550"})
    default void whatIsNoQuestionIsSaidToBeNone(String body) {
        assertThat(assertProblem(explained(body), 400)).contains("Send a JSON object");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            {"repli": "550"}           | The key "repli" is probably misspelt. Did you mean "reply"?
            {"reply": {"text": "550"}} | The value of "reply" must be a text.""")
    default void aMisspeltKeyIsSaid(String body, String problem) {
        assertThat(assertProblem(explained(body), 400)).contains(problem);
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "DELETE"})
    default void aReplyIsExplainedOnlyWithPost(String method) {
        HttpResponse<String> answer = oneOfEight(() -> application().send(HttpRequest.newBuilder(application().uri("/api/explain"))
                .method(method, BodyPublishers.noBody())));

        assertThat(assertProblem(answer, 405)).contains("POST");
        assertThat(answer.headers().firstValue("Allow")).contains("POST");
    }

    @Test
    default void noOtherWebSiteAndNoFormCanAsk() {
        assertThat(assertProblem(explained("{}", "Content-Type", "application/json", "Origin", "https://elsewhere.example"), 403))
                .contains("another web site");
        assertThat(assertProblem(explained("{}", "Content-Type", "text/plain"), 415)).contains("application/json");
        assertThat(assertProblem(explained("{\"reply\": \"" + "x".repeat(10 << 20) + "\"}"), 413)).contains("webhook.max-body");
    }
}
