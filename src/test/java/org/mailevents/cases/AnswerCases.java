package org.mailevents.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mailevents.support.Answers.assertProblem;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;

/** A request that is not a valid webhook gets an answer that says what to change, and never a 5xx. The application keeps a copy. */
public interface AnswerCases extends Cases {

    static Stream<String> unreadable() {
        return Stream.of("{\"event_type\":\"deliveries\",\"event\":\"{\\\"deliveries\\\":[" + "[".repeat(900) + "]".repeat(900) + "]}\"}",
                "{}", "[]", "null", "", "7", "\"text\"", "{", "[".repeat(100_000), "{\"a\":".repeat(100_000), "\0", "{}{}",
                "{\"event_type\":\"deliveries\"}", "{\"event_type\":\"deliveries\",\"event\":null}",
                "{\"event_type\":\"deliveries\",\"event\":[]}", "{\"event_type\":\"deliveries\",\"event\":7}",
                "{\"event_type\":\"deliveries\",\"event\":\"no JSON\"}", "{\"event_type\":\"deliveries\",\"event\":{}}",
                "{\"event_type\":\"deliveries\",\"event\":{\"deliveries\":{}}}",
                "{\"event_type\":\"deliveries\",\"event\":{\"bounces\":[]}}", "{\"event\":{\"deliveries\":[]}}",
                "{\"event_type\":\"blocks\",\"event\":{\"blocks\":[1e9999999999]}}", "{\"event_type\":{},\"event\":{\"deliveries\":[]}}");
    }

    @ParameterizedTest
    @MethodSource("org.mailevents.cases.AnswerCases#unreadable")
    default void aBodyThatIsNoWebhookIsKeptAndAnswered400(String body) {
        // When
        HttpResponse<String> answer = application().post(MailEvents.JSON, body);

        // Then
        assertProblem(answer, 400);
        assertThat(database().rows("SELECT reason FROM rejected_event WHERE payload = ?", body.replace("\0", "\\u0000"))).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "event", "event=", "event=%7B", "event=%zz", "&&&=", "event_type=deliveries&event=[]",
            "event_type=deliveries"})
    default void aFormThatIsNoWebhookIsKeptAndAnswered400(String body) {
        assertProblem(application().post(MailEvents.FORM, body), 400);
        assertThat(database().rows("SELECT reason FROM rejected_event WHERE payload = ?", body)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {MailEvents.JSON, MailEvents.FORM})
    default void twoEventsInOneWebhookAreKeptAndAnswered400(String contentType) {
        // Given
        String first = Payload.delivery("queued").get("to").asText();
        String second = Payload.delivery("queued").get("to").asText();
        String body = contentType.equals(MailEvents.FORM)
                ? "event_type=deliveries&event={\"deliveries\":[\"" + first + "\"]}&event={\"deliveries\":[\"" + second + "\"]}"
                : "{\"event_type\":\"deliveries\",\"event\":{\"deliveries\":[\"" + first + "\"]},"
                        + "\"event\":{\"deliveries\":[\"" + second + "\"]}}";

        // When
        HttpResponse<String> answer = application().post(contentType, body);

        // Then
        assertProblem(answer, 400);
        assertThat(database().rows("SELECT 1 FROM rejected_event WHERE payload LIKE ?", "%" + first + "%" + second + "%")).hasSize(1);
    }

    @Test
    default void theReceiveMailWebhookIsToldThatItIsWrongHere() {
        HttpResponse<String> answer = application().post(MailEvents.FORM, "filter=x&headers=%5B%5D&envelope-from=a%40example.com"
                + "&envelope-to=" + URLEncoder.encode("b@example.com", StandardCharsets.UTF_8));
        assertThat(assertProblem(answer, 400)).contains("receive-mail webhook");
    }

    @ParameterizedTest
    @ValueSource(strings = {"GET", "PUT", "DELETE", "PATCH", "OPTIONS", "HEAD", "PROPFIND"})
    default void anotherMethodIsAnswered405(String method) {
        HttpResponse<String> answer = application().send(HttpRequest.newBuilder(application().uri(MailEvents.PATH))
                .method(method, BodyPublishers.noBody()));
        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.headers().firstValue("Allow")).contains("POST");
        if (!method.equals("HEAD")) {
            assertProblem(answer, 405);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"text/plain", "application/xml", "multipart/form-data; boundary=x", "nonsense"})
    default void anotherContentTypeIsAnswered415(String contentType) {
        assertThat(assertProblem(application().post(contentType, "{}"), 415)).contains(MailEvents.FORM, MailEvents.JSON);
    }

    /** A caller that is still sending a refused body gets its answer, and the connection is closed. */
    @ParameterizedTest
    @ValueSource(strings = {"POST text/plain 415", "PUT application/json 405"})
    default void aRefusalArrivesAndClosesTheConnection(String refused) {
        // Given
        String[] words = refused.split(" ");
        String body = "x".repeat(250_000);

        // When
        String answer = application().exchange(words[0] + " " + MailEvents.PATH + " HTTP/1.1\r\nHost: localhost\r\n"
                + "Content-Type: " + words[1] + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);

        // Then
        assertThat(answer).startsWith("HTTP/1.1 " + words[2]).contains("connection: close", "application/problem+json").endsWith("\"}");
    }

    @Test
    default void noContentTypeIsAnswered415() {
        assertProblem(application().send(
                HttpRequest.newBuilder(application().uri(MailEvents.PATH)).POST(BodyPublishers.ofString("{}"))), 415);
    }

    @Test
    default void anotherPathIsAnswered404AndNamesTheRightOne() {
        assertThat(assertProblem(application().send(HttpRequest.newBuilder(application().uri("/webhook"))
                .POST(BodyPublishers.ofString("{}"))), 404)).contains(MailEvents.PATH);
    }

    @Test
    default void aBodyBeyondTheLimitIsAnswered413() {
        assertThat(assertProblem(application().post(MailEvents.JSON, "x".repeat(10 * 1024 * 1024 + 1)), 413)).contains("webhook.max-body");
    }

    @Test
    default void aBodyAtTheLimitIsTaken() {
        // Given
        ObjectNode delivery = Payload.delivery("queued");
        String body = Payload.json("deliveries", delivery);

        // When
        HttpResponse<String> answer = application().post(MailEvents.JSON,
                body + " ".repeat(10 * 1024 * 1024 - body.getBytes(StandardCharsets.UTF_8).length));

        // Then
        assertReceipt(answer, 1, 1, 0, 0);
    }
}
