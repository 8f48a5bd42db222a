package org.mailevents.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.UUID;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.Test;
import org.mailevents.Application;
import org.mailevents.support.Api;
import org.mailevents.support.InProcess;
import org.mailevents.support.Mailbox;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;
import org.mailevents.support.VendorServer;

/** An application that misses webhooks of a day gets their events from the vendor, when it is time and when it is asked. */
class ReconcileStepsTest {

    private static final Duration LONG = Duration.ofMinutes(3);
    private static final int WITHHELD = WithheldDay.WITHHELD;

    @Test
    void aDayIsRepairedOnceAndEachEventIsToldOnce() throws Exception {
        TestDatabase database = TestDatabase.h2InMemory();
        Mailbox mailbox = Mailbox.folder();
        try (WithheldDay sample = new WithheldDay();
                InProcess application = TestSettings.of(database, mailbox).with(sample.vendor.settings())
                        .with("vendor.calls-a-day", 400).startInProcess()) {
            // Given
            sample.post(application);
            database.execute("UPDATE mail_event SET received_at = TIMESTAMP WITH TIME ZONE '2020-01-01 00:00:00+00' WHERE message_id = ?",
                    database.rows("SELECT MIN(message_id) AS id FROM mail_event").get(0).get("id"));

            // When: it is time
            await().atMost(LONG).until(() -> database.row("SELECT ran_for FROM reconciliation").get("ran_for") != null);
            database.execute("UPDATE reconciliation SET ran_for = TIMESTAMP WITH TIME ZONE '2020-01-01 00:00:00+00'");

            // Then
            await().atMost(LONG).untilAsserted(() -> assertThat(WithheldDay.keys(database))
                    .containsExactlyInAnyOrderElementsOf(sample.keys()));
            await().atMost(LONG).untilAsserted(() -> assertThat(database.rows("SELECT event_id FROM mail_event WHERE event_type = 'bounces'"
                    + " AND (alert_state <> 'sent' OR alert_id IS NULL)")).isEmpty());
            JsonNode answer = ask(application);
            assertThat(answer.path("configured").asBoolean()).isTrue();
            assertThat(answer.path("calibration").path("state").asText()).isEqualTo("believed");
            assertThat(answer.path("calibration").path("offsetSeconds").asLong()).isEqualTo(-9 * 60 * 60);
            assertThat(answer.path("callsToday").asInt()).isEqualTo(sample.vendor.calls()).isLessThanOrEqualTo(400);
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
            String again = Application.reconcile(main, List.of(sample.day.toString()));

            // Then
            assertThat(again).startsWith(sample.day + ": ").doesNotContain("Not looked at");
            assertThat(sum(ask(application), "repaired")).isEqualTo(WITHHELD);
            assertThat(WithheldDay.keys(database)).hasSameSizeAs(sample.vendor.facts);
            assertThat(mailbox.count()).isEqualTo(mails);
            assertThat(application.observe("metrics").body()).contains("mail_events_repaired_total " + WITHHELD + ".0");
            assertThat(application.log()).contains("from the vendor's list").doesNotContain(VendorServer.KEY);

            // When: another process has a backlog
            database.execute("INSERT INTO spool_backlog (process_id, seen_at) VALUES (?, CURRENT_TIMESTAMP)", UUID.randomUUID());

            // Then
            assertThat(WithheldDay.reconcile(application, sample.day).statusCode()).isEqualTo(409);

            // When
            database.execute("DELETE FROM spool_backlog");
            HttpResponse<String> future = WithheldDay.reconcile(application, LocalDate.now().plusDays(2));

            // Then
            assertThat(future.statusCode()).isEqualTo(400);
            assertThat(future.body()).contains("Choose a day from ");
        }
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
}
