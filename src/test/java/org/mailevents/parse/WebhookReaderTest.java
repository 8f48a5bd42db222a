package org.mailevents.parse;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.StringWriter;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.cause.ShippedCauses;
import org.mailevents.event.EventReader;
import org.mailevents.event.MailEvent;
import org.mailevents.event.Webhook;
import org.mailevents.event.WebhookBody;
import org.mailevents.privacy.RecipientHash;

/** A body is read correctly, whatever its length. */
class WebhookReaderTest {

    private static final String KEY = "0123456789abcdef";

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1_000, 1_001, 2_000, 3_500})
    void inWhateverPiecesEveryElementIsReadOnceAndCanBeReadAgainFromItsCopy(int count) throws IOException {
        // Given
        String elements = IntStream.range(0, count).mapToObj(i -> "{\"to\":\"" + i + "@example.net\",\"messageId\":\"<" + i
                + ">\",\"status\":\"queued\"}")
                .collect(Collectors.joining(","));
        String json = "{\"event\":{\"other\":[{}],\"deliveries\":[" + elements + "]},\"api_key\":\"s3cret\",\"event_type\":\"deliveries\"}";

        // When
        List<MailEvent> events = new ArrayList<>();
        List<MailEvent> copied = new ArrayList<>();
        WebhookPieces pieces = reader("").read(WebhookBody.of(false, json), Instant.now());
        while (pieces.hasNext()) {
            Webhook piece = pieces.next();
            events.addAll(piece.events());
            assertThat(text(piece.copy().get())).doesNotContain("s3cret");
            reader("").read(piece.copy().get(), piece.receivedAt()).forEachRemaining(again -> copied.addAll(again.events()));
        }

        // Then
        assertThat(events).extracting(MailEvent::messageId).containsExactlyElementsOf(IntStream.range(0, count)
                .mapToObj(i -> "<" + i + ">").toList());
        assertThat(copied).extracting(MailEvent::eventId).containsExactlyElementsOf(events.stream().map(MailEvent::eventId).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"{\"x\":{\"lost\":1},\"x\":[{\"a\":1}]}", "{\"x\":1,\"x\":[{\"a\":1}]}",
            "{\"y\":[],\"x\":{\"lost\":1},\"x\":[{\"a\":1}]}"})
    void ofANameThatRepeatsNothingIsDropped(String event) {
        Webhook webhook = reader("").read(WebhookBody.of(false, "{\"event_type\":\"x\",\"event\":" + event + "}"), Instant.now()).next();
        assertThat(webhook.problem().status()).isEqualTo(400);
        assertThat(webhook.rejected()).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void noAddressIsKeptOfALargeBodyThatNobodyCanRead(boolean form) throws IOException {
        // Given
        String element = form
                ? "%7B%22to%22%3A%22taro.yamada.1@example.net%22%2C%22reason%22%3A%22%3Chanako.suzuki%40example.net%3E+unknown%22%7D%2C"
                : "{\"to\":\"taro.yamada.1@example.net\",\"reason\":\"<hanako.suzuki@example.net> unknown\"},";
        String body = (form ? "event_type=bounces&event=" : "{\"event\":[") + element.repeat(2_000_000 / element.length());

        // When
        Webhook webhook = reader(KEY).read(WebhookBody.of(form, body), Instant.now()).next();

        // Then
        assertThat(webhook.isForAFile()).isTrue();
        String kept = text(webhook.copy().get());
        assertThat(kept).doesNotContain("taro.yamada", "hanako.suzuki").contains("unknown");
    }

    @Test
    void aSecretThatIsMaskedLeavesJsonReadable() throws IOException {
        Webhook webhook = reader("").read(WebhookBody.of(false, "{\"api_key\":\"s3cret\",\"event\":{}}"), Instant.now()).next();
        assertThat(webhook.rejected().get(0).payload()).isEqualTo("{\"api_key\":\"******\",\"event\":{}}");
    }

    private static WebhookReader reader(String key) {
        return new WebhookReader(new EventReader(ZoneId.of("Asia/Tokyo"), ShippedCauses.causes()), RecipientHash.with(key));
    }

    private static String text(WebhookBody body) throws IOException {
        StringWriter text = new StringWriter();
        WebhookBody.text(body.open(), StandardCharsets.UTF_8, CodingErrorAction.REPORT).transferTo(text);
        return text.toString();
    }
}
