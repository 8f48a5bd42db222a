package org.mailevents.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mailevents.support.Answers.assertProblem;
import static org.mailevents.support.Answers.assertReceipt;
import static org.mailevents.support.Answers.number;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;

/** Webhooks that the vendor may send, as far as its format is known. */
public interface VendorCases extends Cases {

    @Test
    default void theEventMayBeAnObjectOrTextInBothContentTypes() {
        // Given
        ObjectNode first = Payload.delivery("queued");
        ObjectNode second = Payload.delivery("queued");
        String event = "{\\\"deliveries\\\":[" + first.toString().replace("\"", "\\\"") + "]}";

        // When
        HttpResponse<String> text = application().post("Application/JSON; charset=UTF-8",
                "{\"event\":\"" + event + "\",\"event_type\":\"deliveries\",\"server_composition\":\"pro\"}");
        HttpResponse<String> form = application().post(MailEvents.FORM + "; charset=utf-8", Payload.form("deliveries", second));

        // Then
        assertReceipt(text, 1, 1, 0, 0);
        assertReceipt(form, 1, 1, 0, 0);
        assertThat(stored(first)).containsEntry("message_id", first.get("messageId").asText());
        assertThat(stored(second)).containsEntry("message_id", second.get("messageId").asText());
    }

    @Test
    default void keysInAnotherOrderAreTheSameEvent() {
        // Given
        ObjectNode bounce = Payload.bounce("2");
        List<String> keys = new ArrayList<>();
        bounce.fieldNames().forEachRemaining(keys::add);
        Collections.reverse(keys);
        ObjectNode reversed = JsonNodeFactory.instance.objectNode();
        keys.forEach(key -> reversed.set(key, bounce.get(key)));
        application().post(MailEvents.JSON, Payload.json("bounces", bounce));

        // When
        HttpResponse<String> answer = application().post(MailEvents.JSON, Payload.json("bounces", reversed));

        // Then
        assertReceipt(answer, 1, 0, 1, 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"deliveries", "bounces", "blocks", "a type added later"})
    default void anEmptyArrayIsTaken(String eventType) {
        assertReceipt(application().post(MailEvents.JSON, Payload.json(eventType)), 0, 0, 0, 0);
    }

    @Test
    default void anotherEventTypeIsStoredAsItCame() {
        // Given
        String unique = Payload.delivery("queued").get("to").asText();
        ObjectNode element = JsonNodeFactory.instance.objectNode().put("status", "2").put("created", "yesterday").put("email", unique);
        element.putArray("reasons").add("spam");

        // When
        List<HttpResponse<String>> answers = List.of(
                application().post(MailEvents.JSON, Payload.json("unsubscribes", element)),
                application().post(MailEvents.JSON, Payload.json("unsubscribes", element)));

        // Then
        assertReceipt(answers.get(0), 1, 1, 0, 0);
        assertReceipt(answers.get(1), 1, 0, 1, 0);
        assertThat(database().row("SELECT * FROM mail_event WHERE extra LIKE ?", "%" + unique + "%"))
                .containsEntry("event_type", "unsubscribes").containsEntry("status", "2").containsEntry("recipient", null)
                .containsEntry("message_id", null).containsEntry("occurred_at", null).containsEntry("created_text", "yesterday")
                .containsEntry("extra", "{\"email\":\"" + unique + "\",\"reasons\":[\"spam\"]}").containsEntry("audience", null);
    }

    @Test
    default void numbersOfAnotherEventTypeAreKeptToTheLastDigit() {
        // Given
        String mark = Payload.delivery("queued").get("to").asText();
        String body = "{\"event_type\":\"blocks\",\"event\":{\"blocks\":[{\"m\":\"" + mark + "\",\"n\":1e400},{\"m\":\"" + mark
                + "\",\"n\":2e400},{\"m\":\"" + mark + "\",\"n\":12345678901234567.891}]}}";

        // When
        HttpResponse<String> answer = application().post(MailEvents.JSON, body);

        // Then
        assertReceipt(answer, 3, 3, 0, 0);
        assertThat(database().rows("SELECT 1 FROM mail_event WHERE extra LIKE ?", "%" + mark + "%12345678901234567.891%")).hasSize(1);
    }

    @Test
    default void whatStandsBesideTheEventIsBounded() {
        String body = Payload.json("deliveries", Payload.delivery("queued"))
                .replaceFirst("\\{", "{\"account\":\"" + "x".repeat(5_000) + "\",");
        assertProblem(application().post(MailEvents.JSON, body), 400);
    }

    @Test
    default void unknownKeysBesideTheEventAreKeptToo() {
        // Given
        ObjectNode delivery = Payload.delivery("queued").put("campaign", "autumn");
        String body = Payload.json("deliveries", delivery).replaceFirst("\\{", "{\"account\":\"main\",");

        // When
        assertReceipt(application().post(MailEvents.JSON, body), 1, 1, 0, 0);

        // Then
        assertThat(stored(delivery)).containsEntry("extra", "{\"account\":\"main\",\"campaign\":\"autumn\"}");
    }

    @ParameterizedTest
    @ValueSource(strings = {MailEvents.JSON, MailEvents.FORM})
    default void anHttp2ClientGetsTheSameAnswers(String contentType) throws Exception {
        // Given
        ObjectNode delivery = Payload.delivery("queued");
        String body = contentType.equals(MailEvents.JSON) ? Payload.json("deliveries", delivery) : Payload.form("deliveries", delivery);
        HttpClient http2 = HttpClient.newHttpClient();
        HttpRequest.Builder request = HttpRequest.newBuilder(application().uri(MailEvents.PATH)).POST(BodyPublishers.ofString(body));

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
    default void aHundredEventsWithLongReasonsAreOneWebhook(String contentType) {
        // Given
        ObjectNode[] deliveries = IntStream.range(0, 100).mapToObj(i -> Payload.delivery("failed").put("reason", "理由".repeat(500)))
                .toArray(ObjectNode[]::new);
        String body = contentType.equals(MailEvents.JSON) ? Payload.json("deliveries", deliveries) : Payload.form("deliveries", deliveries);

        // When
        HttpResponse<String> answer = application().post(contentType, body);

        // Then
        assertReceipt(answer, 100, 100, 0, 0);
        assertThat(List.of(deliveries)).allSatisfy(delivery -> assertThat(stored(delivery)).containsEntry("status", "failed"));
    }

    @ParameterizedTest
    @ValueSource(strings = {MailEvents.JSON, MailEvents.FORM})
    default void aWebhookOfThousandsOfEventsIsOneReceipt(String contentType) {
        // Given
        String mark = Payload.delivery("queued").get("to").asText();
        ObjectNode[] deliveries = IntStream.range(0, 2_500).mapToObj(i -> {
            ObjectNode delivery = Payload.delivery("queued").put("apiData", mark);
            return i % 1_000 == 999 ? delivery.without("messageId") : delivery;
        }).toArray(ObjectNode[]::new);
        Set<String> ids = Stream.of(deliveries).filter(delivery -> delivery.has("messageId"))
                .map(delivery -> delivery.get("messageId").asText())
                .collect(Collectors.toSet());
        String body = contentType.equals(MailEvents.JSON) ? Payload.json("deliveries", deliveries) : Payload.form("deliveries", deliveries);

        // When
        HttpResponse<String> first = application().post(contentType, body);
        HttpResponse<String> second = application().post(contentType, body);

        // Then
        assertReceipt(first, 2_500, 2_498, 0, 2);
        assertReceipt(second, 2_500, 0, 2_498, 2);
        assertThat(database().rows("SELECT message_id FROM mail_event WHERE api_data = ?", mark)).extracting(row -> row.get("message_id"))
                .containsExactlyInAnyOrderElementsOf(ids);
        assertThat(database().rows("SELECT 1 FROM rejected_event WHERE payload LIKE ?", "%" + mark + "%")).hasSize(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"first", "last"})
    default void whereTheTypeStandsDoesNotMatter(String place) {
        // Given
        ObjectNode[] deliveries = IntStream.range(0, 1_200).mapToObj(i -> Payload.delivery("queued")).toArray(ObjectNode[]::new);
        String json = Payload.json("deliveries", deliveries);
        String event = json.substring(json.indexOf("\"event\":"), json.length() - 1);
        String type = "\"event_type\":\"deliveries\"";

        // When
        HttpResponse<String> answer = application().post(MailEvents.JSON, "{"
                + (place.equals("first") ? type + "," + event : event + "," + type) + "}");

        // Then
        assertReceipt(answer, 1_200, 1_200, 0, 0);
    }

    @Test
    default void aReplyOfAMegabyteIsCutAndSaidToBe() {
        // Given
        ObjectNode first = Payload.delivery("failed").put("reason", "550 5.1.1 " + "理".repeat(1_100_000));
        ObjectNode second = first.deepCopy().put("reason", first.get("reason").asText() + "!");

        // When
        HttpResponse<String> answer = application().post(MailEvents.JSON, Payload.json("deliveries", first, second));

        // Then
        assertReceipt(answer, 2, 2, 0, 0);
        List<Map<String, String>> rows = database().rows("SELECT reason, extra FROM mail_event WHERE recipient = ?", first.get("to")
                .asText());
        assertThat(rows).extracting(row -> row.get("extra")).containsExactlyInAnyOrder("{\"reasonLength\":1100010}",
                "{\"reasonLength\":1100011}");
        assertThat(rows).allSatisfy(row -> {
            assertThat(first.get("reason").asText()).startsWith(row.get("reason"));
            assertThat(row.get("reason").getBytes(StandardCharsets.UTF_8).length).isBetween(16_382, 16_384);
        });
    }

    @Test
    default void webhooksOfTheSameEventsAtTheSameTimeStoreEachOnce() {
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
                application().post(MailEvents.JSON, body), callers)).toList().stream().map(CompletableFuture::join).toList();
        callers.shutdown();

        // Then
        assertThat(answers).allSatisfy(answer -> assertThat(answer.statusCode()).isEqualTo(200));
        assertThat(answers.stream().mapToInt(answer -> number(answer, "stored")).sum()).isEqualTo(50);
        assertThat(answers.stream().mapToInt(answer -> number(answer, "duplicates")).sum()).isEqualTo(39 * 50);
        assertThat(deliveries).allSatisfy(this::stored);
    }
}
