package org.mailevents.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.Test;
import org.mailevents.Application;
import org.mailevents.sample.SampleRecords;
import org.mailevents.support.Api;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;
import org.mailevents.support.VendorServer;
import org.mailevents.support.VendorServer.Fact;

/** An application that misses webhooks of a day gets their events from the vendor, when it is time and when it is asked. */
class ReconcileStepsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ZoneId TOKYO = ZoneId.of("Asia/Tokyo");
    private static final Duration LONG = Duration.ofMinutes(3);
    private static final int WITHHELD = 137;
    private static final String KEYS = "SELECT event_type, status, message_id, recipient, created_text FROM mail_event";

    /** The day began less than a week ago, and has ended in every time zone. */
    private final LocalDate day = LocalDate.now(TOKYO).minusDays(3);

    @Test
    void aDayIsRepairedOnceAndEachEventIsToldOnce() throws Exception {
        TestDatabase database = TestDatabase.h2InMemory();
        Mailbox mailbox = Mailbox.folder();
        try (VendorServer vendor = new VendorServer(TOKYO, SampleRecords.COMPOSITION, Clock.systemUTC());
                InProcess application = TestSettings.of(database, mailbox).with(vendor.settings())
                        .with("vendor.calls-a-day", 400).startInProcess()) {
            // Given
            vendor.zone = ZoneId.of("UTC");
            vendor.facts.addAll(SampleRecords.of(day.atTime(23, 59, 59).atZone(TOKYO)).stream()
                    .filter(fact -> !fact.eventType().equals("blocks")).toList());
            List<Fact> withheld = withheld(vendor.facts);
            post(application, vendor.facts, withheld);
            database.execute("UPDATE mail_event SET received_at = TIMESTAMP WITH TIME ZONE '2020-01-01 00:00:00+00' WHERE message_id = ?",
                    database.rows("SELECT MIN(message_id) AS id FROM mail_event").get(0).get("id"));

            // When: it is time
            await().atMost(LONG).until(() -> database.row("SELECT ran_for FROM reconciliation").get("ran_for") != null);
            database.execute("UPDATE reconciliation SET ran_for = TIMESTAMP WITH TIME ZONE '2020-01-01 00:00:00+00'");

            // Then
            await().atMost(LONG).untilAsserted(() -> assertThat(keys(database)).containsExactlyInAnyOrderElementsOf(keys(vendor.facts)));
            await().atMost(LONG).untilAsserted(() -> assertThat(database.rows("SELECT event_id FROM mail_event WHERE event_type = 'bounces'"
                    + " AND (alert_state <> 'sent' OR alert_id IS NULL)")).isEmpty());
            JsonNode answer = ask(application);
            assertThat(answer.path("configured").asBoolean()).isTrue();
            assertThat(answer.path("calibration").path("state").asText()).isEqualTo("believed");
            assertThat(answer.path("calibration").path("offsetSeconds").asLong()).isEqualTo(-9 * 60 * 60);
            assertThat(answer.path("callsToday").asInt()).isEqualTo(vendor.calls()).isLessThanOrEqualTo(400);
            assertThat(answer.path("callsAllowed").asInt()).isEqualTo(400);
            assertThat(sum(answer, "repaired")).isEqualTo(WITHHELD);
            assertThat(sum(answer, "notReported")).isZero();
            for (JsonNode one : answer.path("days")) {
                assertThat(one.path("complete").asBoolean()).as(one.toString()).isTrue();
                assertThat(one.path("stored").asLong()).isEqualTo(one.path("vendor").asLong());
                long inHours = 0;
                for (JsonNode hour : one.path("hours")) {
                    inHours += hour.path("repaired").asLong();
                    // the application was started after that day
                    assertThat(hour.path("why").get(0).path("what").asText()).isEqualTo("not-running");
                }
                assertThat(inHours).isEqualTo(one.path("repaired").asLong());
            }
            int mails = mailbox.count();

            // When: somebody asks
            Main main = Application.withSettings();
            main.addOverrideProperty("camel.server.port", String.valueOf(application.port));
            String again = Application.reconcile(main, List.of(day.toString()));

            // Then
            assertThat(again).startsWith(day + ": ").doesNotContain("Not looked at");
            assertThat(sum(ask(application), "repaired")).isEqualTo(WITHHELD);
            assertThat(keys(database)).hasSameSizeAs(vendor.facts);
            assertThat(mailbox.count()).isEqualTo(mails);
            assertThat(application.observe("metrics").body()).contains("mail_events_repaired_total " + WITHHELD + ".0");
            assertThat(application.log()).contains("from the vendor's list").doesNotContain(VendorServer.KEY);

            // When
            HttpResponse<String> future = reconcile(application, LocalDate.now(TOKYO).plusDays(1).toString());

            // Then
            assertThat(future.statusCode()).isEqualTo(400);
            assertThat(future.body()).contains("Choose a day from ");
        }
    }

    private static List<Fact> withheld(Collection<Fact> facts) {
        List<Fact> shuffled = new ArrayList<>(facts);
        Collections.shuffle(shuffled, new Random(11));
        return shuffled.subList(0, WITHHELD);
    }

    private static void post(InProcess application, Collection<Fact> facts, Collection<Fact> withheld) {
        Set<Fact> missing = Collections.newSetFromMap(new IdentityHashMap<>());
        missing.addAll(withheld);
        facts.stream().filter(fact -> !missing.contains(fact)).collect(Collectors.groupingBy(Fact::eventType)).forEach((type, sent) -> {
            ObjectNode webhook = JSON.createObjectNode().put("event_type", type).put("server_composition", SampleRecords.COMPOSITION);
            ArrayNode array = webhook.putObject("event").putArray(type);
            sent.forEach(fact -> array.add(fact.element()));
            assertThat(application.post(MailEvents.JSON, webhook.toString()).statusCode()).isEqualTo(200);
        });
    }

    private static Set<String> keys(Collection<Fact> facts) {
        return facts.stream().map(Fact::element).map(element -> String.join(" ", element.path("status").asText(),
                element.path("messageId").asText(), element.path("to").asText(), element.path("created").asText()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static List<String> keys(TestDatabase database) {
        return database.rows(KEYS).stream().map(row -> String.join(" ", row.get("status"), row.get("message_id"), row.get("recipient"),
                row.get("created_text"))).toList();
    }

    private static long sum(JsonNode answer, String field) {
        long sum = 0;
        for (JsonNode day : answer.path("days")) {
            sum += day.path(field).asLong();
        }
        return sum;
    }

    private static JsonNode ask(InProcess application) {
        return Api.ask(application, "/api/reconciliation");
    }

    private static HttpResponse<String> reconcile(InProcess application, String day) {
        return application.send(HttpRequest.newBuilder(application.uri("/api/reconcile")).header("Content-Type", MailEvents.JSON)
                .POST(BodyPublishers.ofString("{\"day\":\"" + day + "\"}")));
    }
}
