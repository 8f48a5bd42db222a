package org.mailevents.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.mailevents.sample.SampleRecords;
import org.mailevents.support.MailEvents;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.VendorServer;
import org.mailevents.support.VendorServer.Fact;

/** A day of sample mail of which some webhooks never arrive, and the vendor that has all of it, in another time zone. */
final class WithheldDay implements AutoCloseable {

    static final int WITHHELD = 137;
    static final ZoneId TOKYO = ZoneId.of("Asia/Tokyo");
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String KEYS = "SELECT event_type, status, message_id, recipient, created_text FROM mail_event";

    /** The day began less than a week ago, and has ended in every time zone. */
    final LocalDate day = LocalDate.now(TOKYO).minusDays(3);
    final VendorServer vendor = new VendorServer(TOKYO, SampleRecords.COMPOSITION, Clock.systemUTC());
    private final List<Fact> arriving;

    WithheldDay() {
        vendor.zone = ZoneId.of("UTC");
        vendor.facts.addAll(SampleRecords.of(day.atTime(23, 59, 59).atZone(TOKYO)).stream()
                .filter(fact -> !fact.eventType().equals("blocks"))
                .filter(fact -> fact.element().path("created").asText().startsWith(day.toString())).toList());
        List<Fact> shuffled = new ArrayList<>(vendor.facts);
        Collections.shuffle(shuffled, new Random(11));
        arriving = shuffled.subList(WITHHELD, shuffled.size());
    }

    /** Sends the webhooks that are not withheld. */
    void post(MailEvents application) {
        arriving.stream().collect(Collectors.groupingBy(Fact::eventType)).forEach((type, sent) -> {
            ObjectNode webhook = JSON.createObjectNode().put("event_type", type).put("server_composition", SampleRecords.COMPOSITION);
            ArrayNode array = webhook.putObject("event").putArray(type);
            sent.forEach(fact -> array.add(fact.element()));
            assertThat(application.post(MailEvents.JSON, webhook.toString()).statusCode()).isEqualTo(200);
        });
    }

    /** Asks an application to compare a day with the vendor. */
    static HttpResponse<String> reconcile(MailEvents application, LocalDate day) {
        return application.send(HttpRequest.newBuilder(application.uri("/api/reconcile")).header("Content-Type", MailEvents.JSON)
                .POST(BodyPublishers.ofString("{\"day\":\"" + day + "\"}")));
    }

    /** The recipients of all bounces. */
    List<String> bounced() {
        return vendor.facts.stream().filter(fact -> fact.eventType().equals("bounces")).map(fact -> fact.element().path("to").asText())
                .toList();
    }

    /** What tells the events of the day from each other. */
    Set<String> keys() {
        return vendor.facts.stream().map(Fact::element).map(element -> String.join(" ", element.path("status").asText(),
                element.path("messageId").asText(), element.path("to").asText(), element.path("created").asText()))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** The same of the stored events. */
    static List<String> keys(TestDatabase database) {
        return database.rows(KEYS).stream().map(row -> String.join(" ", row.get("status"), row.get("message_id"), row.get("recipient"),
                row.get("created_text"))).toList();
    }

    @Override
    public void close() {
        vendor.close();
    }
}
