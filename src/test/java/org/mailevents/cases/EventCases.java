package org.mailevents.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mailevents.support.Answers.assertProblem;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.Api;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;

/** The feed of events: what passes the filters, page by page and as a file. Each case has events of its own. */
public interface EventCases extends Cases {

    private HttpResponse<String> get(String path) {
        application().questions.acquireUninterruptibly();
        try {
            return application().send(HttpRequest.newBuilder(application().uri(path)));
        } finally {
            application().questions.release();
        }
    }

    private JsonNode ask(String path) {
        HttpResponse<String> answer = get(path);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Api.read("get", path, answer.body());
    }

    private JsonNode page(Map<String, String> asked) {
        return ask("/api/events" + query(asked));
    }

    private static String query(Map<String, String> asked) {
        return asked.entrySet().stream().map(each -> each.getKey() + "=" + Api.encoded(each.getValue()))
                .collect(Collectors.joining("&", "?", ""));
    }

    /** All events, from as many pages as there are. */
    private List<JsonNode> all(Map<String, String> asked) {
        List<JsonNode> events = new ArrayList<>();
        Map<String, String> next = new LinkedHashMap<>(asked);
        JsonNode page;
        do {
            page = page(next);
            page.path("events").forEach(events::add);
            next.put("after", page.path("next").asText());
        } while (!page.path("complete").asBoolean());
        assertThat(page.path("next").isNull()).isTrue();
        return events;
    }

    private List<String> found(String... asked) {
        return found(map(asked));
    }

    private List<String> found(Map<String, String> asked) {
        return all(asked).stream().map(event -> event.path("messageId").asText()).toList();
    }

    private static Map<String, String> map(String... asked) {
        Map<String, String> map = new LinkedHashMap<>();
        for (int i = 0; i < asked.length; i += 2) {
            map.put(asked[i], asked[i + 1]);
        }
        return map;
    }

    private void post(String eventType, JsonNode... elements) {
        assertReceipt(application().post(MailEvents.JSON, Payload.json(eventType, elements)), elements.length, elements.length, 0, 0);
    }

    private static String id(JsonNode element) {
        return element.path("messageId").asText();
    }

    @Test
    default void eachFilterFindsItsEventsAloneAndWithEachOther() {
        // Given
        String tag = UUID.randomUUID().toString();
        ObjectNode delivered = Payload.delivery("succeeded").put("to", "a." + tag + "@one" + tag + ".example")
                .put("from", "news@" + tag + ".example").put("subject", "Autumn " + tag).put("apiData", "order 1 " + tag);
        ObjectNode failed = Payload.delivery("failed").put("to", "b." + tag + "@two" + tag + ".example")
                .put("from", "news@" + tag + ".example").put("subject", "Winter " + tag).put("apiData", "order 2 " + tag)
                .put("reason", "552 5.2.2 Mailbox full");
        ObjectNode bounced = Payload.bounce("4").put("to", "c." + tag + "@two" + tag + ".example")
                .put("from", "orders@" + tag + ".example").put("subject", "Winter " + tag).put("apiData", "order 1 " + tag);
        ObjectNode blocked = Payload.bounce("2").put("to", "a." + tag + "@two" + tag + ".example")
                .put("from", "orders@" + tag + ".example").put("subject", "Autumn " + tag).put("apiData", "order 2 " + tag);
        post("deliveries", delivered, failed);
        post("bounces", bounced);
        post("blocks", blocked);
        JsonNode bounce = all(map("sender", tag, "status", "bounced")).get(0);
        String since = bounce.path("receivedAt").asText();
        Map<String, ObjectNode> events = Map.of("delivered", delivered, "failed", failed, "bounced", bounced, "blocked", blocked);
        record Case(String name, String value, List<String> expected) {
        }
        List<Case> cases = List.of(new Case("since", since, List.of("bounced", "blocked")),
                new Case("until", since, List.of("delivered", "failed")),
                new Case("status", "succeeded", List.of("delivered")), new Case("status", "failed", List.of("failed")),
                new Case("status", "bounced", List.of("bounced")), new Case("status", "blocks", List.of("blocked")),
                new Case("cause", "mailbox-full", List.of("failed")),
                new Case("cause", bounce.path("cause").asText(), List.of("bounced")),
                new Case("domain", "TWO" + tag + ".example", List.of("failed", "bounced", "blocked")),
                new Case("audience", bounce.path("audience").asText(), List.of("bounced")),
                new Case("apiData", "ORDER 1 " + tag, List.of("delivered", "bounced")),
                new Case("sender", "orders@" + tag, List.of("bounced", "blocked")),
                new Case("recipient", "A." + tag + "@one", List.of("delivered")),
                new Case("recipient", "A." + tag, List.of("delivered", "blocked")),
                new Case("subject", "winter " + tag, List.of("failed", "bounced")),
                new Case("text", "order 2 " + tag, List.of("failed", "blocked")));

        // Then
        for (Case one : cases) {
            for (Case other : cases) {
                boolean never = Set.of("since", "until").equals(new HashSet<>(List.of(one.name(), other.name())));
                if (one == other || !one.name().equals(other.name()) && !never) {
                    Map<String, String> asked = map("sender", tag, one.name(), one.value(), other.name(), other.value());
                    assertThat(found(asked)).as(asked.toString()).containsExactlyInAnyOrderElementsOf(one.expected().stream()
                            .filter(other.expected()::contains).map(events::get).map(EventCases::id).toList());
                }
            }
        }
    }

    @Test
    default void whatIsStillDelayedIsFound() {
        // Given
        String sender = "news@" + UUID.randomUUID() + ".example";
        List<ObjectNode> delayed = Stream.generate(() -> Payload.delivery("deferred").put("from", sender)).limit(4).toList();
        post("deliveries", delayed.toArray(ObjectNode[]::new));
        post("deliveries", delayed.get(1).deepCopy().put("status", "succeeded"), delayed.get(2).deepCopy().put("status", "failed"));
        post("bounces", Payload.bounce("2").put("from", sender).put("to", delayed.get(3).get("to").asText())
                .put("messageId", id(delayed.get(3))));
        // another recipient of the same message has it
        post("deliveries", delayed.get(0).deepCopy().put("status", "succeeded").put("to", "other@" + sender.split("@")[1]));

        // Then
        assertThat(found("sender", sender, "status", "deferred")).hasSize(4);
        assertThat(found("sender", sender, "status", "deferred", "withoutEnd", "true")).containsExactly(id(delayed.get(0)));
    }

    @Test
    default void whatHappenedEarlierCanBeLeftOutAlthoughItWasReceivedNow() {
        // Given
        String tag = UUID.randomUUID().toString();
        ObjectNode old = Payload.delivery("queued").put("subject", tag).put("created", "2026-01-01 09:00:00");
        ObjectNode later = Payload.delivery("queued").put("subject", tag).put("created", "2026-01-02 09:00:00");
        post("deliveries", later, old);

        // Then
        assertThat(found("subject", tag, "happenedSince", "2026-01-01T12:00:00Z")).containsExactly(id(later));
        assertThat(found("subject", tag, "since", "2026-01-01T12:00:00Z")).containsExactlyInAnyOrder(id(later), id(old));
    }

    @Test
    default void eachEventHasItsStatusAndItsCodeUnderOneName() {
        // Given
        ObjectNode queued = Payload.delivery("queued");
        String address = queued.get("to").asText();
        ObjectNode bounced = Payload.bounce("2").put("to", address).put("messageId", id(queued));
        ObjectNode blocked = Payload.bounce("3").put("to", address).put("messageId", id(queued));
        post("deliveries", queued);
        post("bounces", bounced);
        post("blocks", blocked);

        // Then
        for (JsonNode events : List.of(page(map("recipient", address)).path("events"),
                ask("/api/recipients/" + Api.encoded(address)), ask("/api/messages/" + Api.encoded(id(queued))),
                ask("/api/message" + query(map("id", id(queued), "to", address))).path("events"))) {
            assertThat(events).extracting(event -> event.path("status").asText() + " " + event.path("code").asText())
                    .containsExactlyInAnyOrder("queued null", "bounced 2", "blocks 3");
        }
    }

    @Test
    default void pagesAndTheFileTellEachEventOnceAlsoWhileOthersArrive() {
        // Given
        String subject = "Feed " + UUID.randomUUID();
        ObjectNode[] first = Stream.generate(() -> Payload.delivery("queued").put("subject", subject)).limit(11).toArray(ObjectNode[]::new);
        post("deliveries", first);
        List<String> expected = Stream.of(first).map(EventCases::id).toList();

        // When
        Map<String, String> asked = map("subject", subject, "limit", "4");
        List<String> found = new ArrayList<>();
        JsonNode page;
        do {
            page = page(asked);
            page.path("events").forEach(event -> found.add(id(event)));
            asked.put("after", page.path("next").asText());
            post("deliveries", Payload.delivery("queued").put("subject", subject));
        } while (!page.path("complete").asBoolean());

        // Then
        assertThat(found).as("events of one webhook have one time of receipt").containsExactlyInAnyOrderElementsOf(expected);

        // When
        List<JsonNode> all = all(map("subject", subject));
        HttpResponse<String> file = get("/api/events.csv" + query(map("subject", subject)));

        // Then
        assertThat(all.stream().map(event -> event.path("receivedAt").asText()).toList()).isSortedAccordingTo((a, b) -> b.compareTo(a));
        assertThat(file.headers().firstValue("Content-Type")).contains("text/csv; charset=utf-8");
        assertThat(file.body()).startsWith("\uFEFF\"event_id\",\"message_id\",\"recipient\",\"event_type\",\"status\",\"code\",\"cause\",");
        assertThat(file.body().lines().skip(1).map(line -> line.substring(1, 37)).toList())
                .containsExactlyElementsOf(all.stream().map(event -> event.path("eventId").asText()).toList());
    }

    @Test
    default void theFileHoldsNoFormula() {
        // Given
        ObjectNode event = Payload.bounce("2").put("subject", "=HYPERLINK(\"http://x\")").put("reason", "550 a\r\n\"b\", c");
        post("bounces", event);

        // When
        String file = get("/api/events.csv" + query(map("text", event.get("to").asText()))).body();

        // Then
        assertThat(file).contains("\",\"" + event.get("to").asText() + "\",\"bounces\",\"bounced\",\"2\",",
                ",\"'=HYPERLINK(\"\"http://x\"\")\",", "\"550 a\r\n\"\"b\"\", c\"");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            %1$s@d%1$s.example | recipient
            <%1$s@d%1$s.example> | recipient
            "山田 太郎" <%1$s@d%1$s.example> | recipient
            mailto:%1$s@d%1$s.example?subject=x | recipient
            %1$s＠ｄ%1$s．ｅｘａｍｐｌｅ | recipient
            %1$s@D%1$s.EXAMPLE | recipient
            %1$s@mta | messageId
            <%1$s@mta> | messageId
            d%1$s.example | domain
            @d%1$s.example | domain
            D%1$s.Example | domain
            %1$s | text
            No. ４５-%1$s | text
            data no. 45-%1$s | text
            注文 NO. 45-%1$s | text""")
    default void whatPeoplePasteIsFound(String pasted, String readAs) {
        // Given
        String tag = UUID.randomUUID().toString();
        ObjectNode event = Payload.delivery("queued").put("to", tag + "@d" + tag + ".example").put("messageId", "<" + tag + "@mta>")
                .put("subject", "ご注文 No. 45-" + tag).put("apiData", "{\"x\":\"data No. 45-" + tag + "\"}");
        ObjectNode other = Payload.delivery("queued");
        post("deliveries", event, other);

        // When
        JsonNode page = page(map("text", pasted.formatted(tag)));

        // Then
        assertThat(all(map("text", pasted.formatted(tag)))).extracting(EventCases::id).containsExactly(id(event));
        assertThat(page.path("readAs").fieldNames()).toIterable().containsExactly(readAs);
    }

    @Test
    default void signsThatTheDatabaseTakesForPatternsAreOrdinary() {
        // Given
        String tag = UUID.randomUUID().toString();
        ObjectNode percent = Payload.delivery("queued").put("subject", "100% " + tag);
        ObjectNode other = Payload.delivery("queued").put("subject", "1000 " + tag).put("apiData", "a_b!c\\d'e " + tag);
        post("deliveries", percent, other);

        // Then
        assertThat(found("subject", "100% " + tag)).containsExactly(id(percent));
        assertThat(found("subject", "10_% " + tag)).isEmpty();
        assertThat(found("apiData", "a_b!c\\d'e " + tag)).containsExactly(id(other));
        assertThat(found("apiData", "a%c\\d'e " + tag)).isEmpty();
        assertThat(found("text", "axb!c\\d'e " + tag)).isEmpty();
        assertThat(found("domain", "%" + tag)).isEmpty();
    }

    @Test
    default void whatWasSentInFullWidthLettersIsFoundByThem() {
        // Given
        String tag = UUID.randomUUID().toString();
        ObjectNode event = Payload.delivery("queued").put("subject", "ＡＢＣ１２３" + tag);
        post("deliveries", event);

        // Then
        assertThat(found("subject", "ＡＢＣ１２３" + tag)).containsExactly(id(event));
        assertThat(found("text", "１２３" + tag.toUpperCase(Locale.ROOT))).containsExactly(id(event));
    }

    @Test
    default void nothingIsFoundWhereNothingIs() {
        JsonNode page = page(map("text", "nobody@nowhere.example"));

        assertThat(page.path("events")).isEmpty();
        assertThat(page.path("complete").asBoolean()).isTrue();
        assertThat(page.path("readAs").path("recipient").asText()).isEqualTo("nobody@nowhere.example");
        assertThat(found("text", "no such text " + UUID.randomUUID())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"since=yesterday", "until=2026-11-30", "happenedSince=today", "withoutEnd=no",
            "since=2026-11-30T00:00:00Z&until=2026-11-30T00:00:00Z", "limit=0", "limit=201", "limit=many", "after=5",
            "after=2026-11-30T00:00:00Z_5", "recipent=a", "status=failed&status=queued"})
    default void whatCannotBeAskedSaysWhatToWrite(String query) {
        String name = query.split("=")[0].replace("recipent", "recipient");
        assertThat(assertProblem(get("/api/events?" + query), 400)).contains(name);
        if (!query.matches("(limit|after).*")) {
            assertThat(assertProblem(get("/api/events.csv?" + query), 400)).contains(name);
        }
    }
}
