package org.mailevents.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;

/** One bad element becomes a rejected event with its reason. The other elements of the webhook are stored. */
public interface UnstorableCases extends Cases {

    static Stream<Arguments> unstorable() {
        return Stream.of(
                Arguments.of("a NUL character", "subject", "a\0b", "subject holds a NUL character, which PostgreSQL cannot store"),
                Arguments.of("a NUL in the status", "status", "queued\0", "status holds a NUL character, which PostgreSQL cannot store"),
                Arguments.of("half a surrogate pair", "subject", "a\uD83Db",
                        "subject holds half of a surrogate pair, which is not a character"),
                Arguments.of("a long Message-ID", "messageId", "<" + "m".repeat(3_000) + "@example.com>",
                        "messageId is longer than the 998 bytes that RFC 5322 allows a line"),
                Arguments.of("a long address", "to", "長".repeat(400) + "@example.com",
                        "to is longer than the 998 bytes that RFC 5322 allows a line"),
                Arguments.of("a date that does not exist", "created", "2026-02-30 09:00:00",
                        "created is not a date and time in the form YYYY-MM-DD HH:MM:SS, from 1970 to 9999"),
                Arguments.of("the year 1", "created", "0001-01-01 00:00:00",
                        "created is not a date and time in the form YYYY-MM-DD HH:MM:SS, from 1970 to 9999"),
                Arguments.of("the year 12345", "created", "+12345-01-01 00:00:00",
                        "created is not a date and time in the form YYYY-MM-DD HH:MM:SS, from 1970 to 9999"),
                Arguments.of("a negative year", "created", "-2026-01-01 00:00:00",
                        "created is not a date and time in the form YYYY-MM-DD HH:MM:SS, from 1970 to 9999"),
                Arguments.of("no date", "created", "yesterday",
                        "created is not a date and time in the form YYYY-MM-DD HH:MM:SS, from 1970 to 9999"),
                Arguments.of("an endless text", "subject", "x".repeat(1_000_001), "subject is longer than 1000000 characters"),
                Arguments.of("no Message-ID", "messageId", "", "messageId is missing"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("org.mailevents.cases.UnstorableCases#unstorable")
    default void whatADatabaseWouldRefuseIsSetAsideAlone(String name, String key, String value, String reason) {
        // Given
        ObjectNode bad = Payload.delivery("queued");
        String mark = bad.get("to").asText();
        bad.put("apiData", mark).put(key, value);
        ObjectNode good = Payload.delivery("queued");

        // When
        List<HttpResponse<String>> answers = List.of(
                application().post(MailEvents.JSON, escaped(Payload.json("deliveries", good, bad))),
                application().post(MailEvents.JSON, escaped(Payload.json("deliveries", bad, good))));

        // Then
        assertReceipt(answers.get(0), 2, 1, 0, 1);
        assertReceipt(answers.get(1), 2, 0, 1, 1);
        stored(good);
        assertThat(database().row("SELECT reason FROM rejected_event WHERE payload LIKE ?", "%" + mark + "%"))
                .containsEntry("reason", reason);
        assertThat(database().rows("SELECT 1 FROM mail_event WHERE api_data = ?", mark)).isEmpty();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("org.mailevents.cases.UnstorableCases#unstorable")
    default void ofAnotherEventTypeItOnlyStaysOutOfItsColumn(String name, String key, String value) {
        // Given
        ObjectNode element = Payload.delivery("queued");
        String mark = element.get("to").asText();
        element.put("mark", mark).put(key, value);
        if (value.length() > 100_000) {
            return; // The limit also holds for an unknown key.
        }

        // When
        HttpResponse<String> answer = application().post(MailEvents.JSON, escaped(Payload.json("blocks", element)));

        // Then
        assertReceipt(answer, 1, 1, 0, 0);
        assertThat(database().rows("SELECT 1 FROM mail_event WHERE event_type = 'blocks' AND extra LIKE ?", "%" + mark + "%")).hasSize(1);
    }

    @Test
    default void aRejectedElementIsAWebhookThatCanBeSentAgainAfterAFix() {
        // Given
        ObjectNode bad = Payload.delivery("succeeded").put("subject", "絵文字 \uD83D\uDE00 and half \uD83D")
                .put("created", "2026-02-30 09:00:00");
        application().post(MailEvents.JSON, escaped(Payload.json("deliveries", bad)));
        String payload = database().row("SELECT payload FROM rejected_event WHERE payload LIKE ?", "%" + bad.get("to").asText() + "%")
                .get("payload");

        // When
        HttpResponse<String> answer = application().post(MailEvents.JSON,
                payload.replace("2026-02-30", "2026-03-02").replace("\\uD83D", "a heart"));

        // Then
        assertReceipt(answer, 1, 1, 0, 0);
        assertThat(stored(bad)).containsEntry("subject", "絵文字 \uD83D\uDE00 and half a heart");
    }

    @ParameterizedTest
    @ValueSource(strings = {"1", "\"text\"", "null", "[]", "[{}]", "true"})
    default void anElementThatIsNoObjectIsSetAsideAlone(String element) {
        // Given
        ObjectNode good = Payload.delivery("queued");
        String body = Payload.json("deliveries", good).replace("[{", "[" + element + ",{");

        // When
        HttpResponse<String> answer = application().post(MailEvents.JSON, body);

        // Then
        assertReceipt(answer, 2, 1, 0, 1);
        stored(good);
    }

    @Test
    default void ofAKeyThatRepeatsNoValueIsDropped() {
        // Given
        ObjectNode good = Payload.delivery("queued");
        ObjectNode bad = Payload.delivery("queued");
        String body = Payload.json("deliveries", good, bad)
                .replace("\"to\":\"" + bad.get("to").asText(),
                        "\"to\":\"someone@example.net\",\"to\":\"" + bad.get("to").asText());

        // When
        HttpResponse<String> answer = application().post(MailEvents.JSON, body);

        // Then
        assertReceipt(answer, 2, 1, 0, 1);
        stored(good);
        assertThat(database().rows("SELECT 1 FROM rejected_event WHERE payload LIKE ?",
                "%[\"someone@example.net\",\"" + bad.get("to").asText() + "\"]%")).hasSize(1);
    }

    /** A text that UTF-8 cannot encode, escaped as JSON. */
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
}
