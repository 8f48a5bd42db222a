package org.mailevents.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mailevents.support.Answers.assertProblem;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;

/** The stored text is the text that was sent. Bytes that are not valid text are kept unchanged, and never become a different text. */
public interface CharsetCases extends Cases {

    @ParameterizedTest
    @CsvSource({"Shift_JIS,秋のお知らせ", "windows-31j,秋の①お知らせ～", "EUC-JP,秋のお知らせ", "\"iso-2022-jp\",秋のお知らせ", "ISO-8859-1,Größe für café"})
    default void theCharsetThatIsAnnouncedIsUsed(String charset, String subject) {
        // Given
        ObjectNode inJson = Payload.delivery("queued").put("subject", subject);
        ObjectNode inForm = Payload.delivery("queued").put("subject", subject);
        Charset used = Charset.forName(charset.replace("\"", ""));
        String event = Payload.form("deliveries", inForm).replaceFirst("event=.*", "event=")
                + URLEncoder.encode("{\"deliveries\":[" + inForm + "]}", used);

        // When
        HttpResponse<String> json = post(MailEvents.JSON + "; charset=" + charset, Payload.json("deliveries", inJson).getBytes(used));
        HttpResponse<String> form = post(MailEvents.FORM + ";charset=" + charset, event.getBytes(StandardCharsets.US_ASCII));

        // Then
        assertReceipt(json, 1, 1, 0, 0);
        assertReceipt(form, 1, 1, 0, 0);
        assertThat(stored(inJson)).containsEntry("subject", subject);
        assertThat(stored(inForm)).containsEntry("subject", subject);
    }

    @ParameterizedTest
    @ValueSource(strings = {"application/json", "application/json; charset=EUC-JP"})
    default void eventsThatDifferOnlyInBytesThatAreNoTextAreBothKept(String contentType) {
        // Given
        ObjectNode delivery = Payload.delivery("failed").put("reason", "550 X");
        List<byte[]> bodies = List.of(withByte(delivery, 0xFF), withByte(delivery, 0xFE));
        for (byte[] body : bodies) {

            // When
            HttpResponse<String> answer = post(contentType, body);

            // Then
            assertThat(assertProblem(answer, 400)).contains("UTF-8");
        }
        assertThat(keptBytes(delivery)).containsExactlyInAnyOrderElementsOf(bodies);
        assertThat(database().rows("SELECT 1 FROM mail_event WHERE recipient = ?", delivery.get("to").asText())).isEmpty();
    }

    @Test
    default void ofAFormToo() {
        // Given
        ObjectNode delivery = Payload.delivery("failed").put("reason", "550 X");
        List<byte[]> bodies = List.of("%FF", "%FE", "%E3%81").stream()
                .map(bytes -> Payload.form("deliveries", delivery).replace("550+X", "550+" + bytes).getBytes(StandardCharsets.US_ASCII))
                .toList();

        // When
        List<HttpResponse<String>> answers = bodies.stream().map(body -> post(MailEvents.FORM, body)).toList();

        // Then
        assertThat(answers).allSatisfy(answer -> assertThat(assertProblem(answer, 400)).contains("UTF-8"));
        for (byte[] body : bodies) {
            assertThat(database().rows("SELECT 1 FROM rejected_event WHERE payload = ?", new String(body, StandardCharsets.US_ASCII)))
                    .hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"utf-16", "utf-32", "nonsense", "\"", "IBM1047"})
    default void aCharsetInWhichNothingCanBeLookedForIsAnswered415(String charset) {
        assertThat(assertProblem(post(MailEvents.JSON + "; charset=" + charset, new byte[] {'{', '}'}), 415)).contains("UTF-8");
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "deflate", "br", "x-gzip", "gzip, identity"})
    default void aCompressedBodyIsAnswered415(String coding) {
        HttpResponse<String> answer = application().send(HttpRequest.newBuilder(application().uri(MailEvents.PATH))
                .headers("Content-Type", MailEvents.JSON, "Content-Encoding", coding)
                .POST(BodyPublishers.ofByteArray(new byte[] {0x1F, (byte) 0x8B})));
        assertThat(assertProblem(answer, 415)).contains("Content-Encoding");
        assertThat(answer.headers().firstValue("Accept-Encoding")).contains("identity");
    }

    private HttpResponse<String> post(String contentType, byte[] body) {
        return application().send(HttpRequest.newBuilder(application().uri(MailEvents.PATH)).header("Content-Type", contentType)
                .POST(BodyPublishers.ofByteArray(body)));
    }

    private static byte[] withByte(ObjectNode delivery, int no) {
        byte[] body = Payload.json("deliveries", delivery).getBytes(StandardCharsets.US_ASCII);
        body[new String(body, StandardCharsets.US_ASCII).indexOf("550 X") + 4] = (byte) no;
        return body;
    }

    /** The bodies that were kept as a data URL (RFC 2397) and contain this recipient. */
    private List<byte[]> keptBytes(ObjectNode delivery) {
        return database().rows("SELECT payload FROM rejected_event WHERE payload LIKE 'data:application/json;charset=%;base64,%'").stream()
                .map(Map::values).map(values -> values.iterator().next())
                .map(payload -> Base64.getDecoder().decode(payload.substring(payload.indexOf(',') + 1)))
                .filter(bytes -> new String(bytes, StandardCharsets.ISO_8859_1).contains(delivery.get("to").asText())).toList();
    }
}
