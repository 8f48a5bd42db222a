package org.mailevents.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertProblem;
import static org.mailevents.support.Answers.assertReceipt;
import static org.mailevents.support.Answers.assertSpooled;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.PostgresServer;
import org.mailevents.support.PromQl;
import org.mailevents.support.Scrape;
import org.mailevents.support.SmtpServer;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** The metrics count what really happened. A monitoring system notices trouble before a webhook is refused. */
@Execution(ExecutionMode.CONCURRENT)
class WatchTest {


    @Test
    void everythingThatHappensIsCounted() throws IOException {
        // Given
        PostgresServer postgres = new PostgresServer();
        AtomicBoolean refuses = new AtomicBoolean(true);
        Path folder = OwnProcess.folder("routes");
        Path route = folder.resolve("routes/route-deliveries.camel.yaml");
        String good = Files.readString(route);
        ObjectNode delivery = Payload.delivery("succeeded");
        ObjectNode rejected = Payload.delivery("queued").put("created", "2026-02-30 00:00:00");
        TestSettings settings = TestSettings.of(postgres.database()).with("alert.first-delay", "100ms", "alert.updates", "100ms",
                "alert.max-per-day", "100000").withRoutes(folder.resolve("routes"));
        try (SmtpServer smtp = new SmtpServer(address -> refuses.get() ? "451 not now" : "250 ok", () -> { })) {
            try (InProcess application = settings.with("alert.endpoint", smtp.endpoint()).startInProcess()) {
                Scrape first = Scrape.of(application);
                assertThat(first.samples()).filteredOn(sample -> sample.name().matches("mail_events_.*_(total|count)")).isNotEmpty()
                        .allSatisfy(sample -> assertThat(sample.value()).as(sample.toString()).isZero());

                // When: webhooks
                assertReceipt(application.post(MailEvents.JSON, Payload.json("deliveries", delivery, rejected)), 2, 1, 0, 1);
                assertReceipt(application.post(MailEvents.JSON, Payload.json("deliveries", delivery)), 1, 0, 1, 0);
                assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", Payload.bounce("2"), Payload.bounce("4"))), 2, 2,
                        0, 0);
                assertProblem(application.post(MailEvents.JSON, "{"), 400);
                assertProblem(application.post("text/plain", "x"), 415);
                assertProblem(application.send(HttpRequest.newBuilder(application.uri("/elsewhere")).POST(BodyPublishers.noBody())), 404);

                // Then
                await().untilAsserted(() -> {
                    Scrape scrape = Scrape.of(application);
                    assertThat(scrape.value("mail_events_mails_total", "outcome", "failed")).isPositive();
                    assertThat(scrape.value("mail_events_mails_total", "outcome", "sent")).isZero();
                    assertThat(scrape.value("mail_events_alert_oldest_age_seconds")).isPositive();
                    assertThat(scrape.value("mail_events_database_up")).isEqualTo(1);
                });

                // When: the mail server accepts mails, and a broken edit is saved and then corrected
                refuses.set(false);
                Files.writeString(route, good.replace("- split:", "- splitt:"));

                // Then
                await().untilAsserted(() -> {
                    Scrape scrape = Scrape.of(application);
                    assertThat(scrape.value("mail_events_mails_total", "outcome", "sent")).isPositive();
                    assertThat(scrape.value("mail_events_alert_oldest_age_seconds")).isZero();
                    assertThat(scrape.value("mail_events_edits_total", "outcome", "refused")).isEqualTo(1);
                    assertThat(scrape.value("mail_events_edits_broken_files")).isEqualTo(1);
                });
                Files.writeString(route, good + "# mended\n");
                await().untilAsserted(() -> {
                    assertThat(Scrape.of(application).value("mail_events_edits_total", "outcome", "taken")).isEqualTo(1);
                    assertThat(Scrape.of(application).value("mail_events_edits_broken_files")).isZero();
                });

                // When: the database is down
                postgres.kill();
                assertSpooled(application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("queued"), delivery,
                        rejected)), 3);

                // Then
                await().untilAsserted(() -> {
                    Scrape scrape = Scrape.of(application);
                    assertThat(scrape.value("mail_events_database_up")).isZero();
                    assertThat(scrape.value("mail_events_spool_webhooks")).isEqualTo(1);
                    assertThat(scrape.value("mail_events_spool_bytes")).isEqualTo(4_096);
                    assertThat(scrape.value("mail_events_spool_limit_bytes")).isEqualTo(1 << 30);
                    assertThat(scrape.value("mail_events_spool_oldest_age_seconds")).isPositive();
                });
                assertThat(application.observe("health/live").statusCode()).isEqualTo(200);
                assertThat(application.observe("health/ready").statusCode()).isEqualTo(200);

                // When: it is back
                postgres.start();

                // Then
                await().untilAsserted(() -> {
                    Scrape scrape = Scrape.of(application);
                    assertThat(scrape.value("mail_events_replayed_total", "outcome", "stored")).isEqualTo(1);
                    assertThat(scrape.value("mail_events_replayed_total", "outcome", "duplicates")).isEqualTo(1);
                    assertThat(scrape.value("mail_events_replayed_total", "outcome", "rejected")).isEqualTo(1);
                    assertThat(scrape.value("mail_events_spool_webhooks")).isZero();
                    assertThat(scrape.value("mail_events_spool_oldest_age_seconds")).isZero();
                    assertThat(scrape.value("mail_events_spool_bytes")).isZero();
                });
                Scrape last = Scrape.of(application);
                assertThat(last.value("mail_events_received_total")).isEqualTo(9);
                assertThat(last.value("mail_events_stored_total")).isEqualTo(3);
                assertThat(last.value("mail_events_duplicates_total")).isEqualTo(1);
                assertThat(last.value("mail_events_rejected_total")).isEqualTo(2); // one of the two is the body that is not a webhook
                assertThat(last.value("mail_events_spooled_total")).isEqualTo(3);
                assertThat(last.value("mail_events_webhooks_total", "status", "200")).isEqualTo(4);
                assertThat(last.value("mail_events_webhooks_total", "status", "400")).isEqualTo(1);
                assertThat(last.value("mail_events_webhooks_total", "status", "404")).isEqualTo(1);
                assertThat(last.value("mail_events_webhooks_total", "status", "415")).isEqualTo(1);
                assertThat(last.value("mail_events_webhooks_total", "status", "503")).isZero();
                assertThat(last.value("mail_events_webhook_latency_seconds_count")).isEqualTo(6); // all but the 404
                assertThat(last.value("mail_events_webhook_latency_seconds_bucket", "le", "10.0")).isEqualTo(6);
                assertThat(last.value("mail_events_batch_size_events_sum")).isEqualTo(6); // rejected events are not in a batch
                assertThat(last.value("mail_events_queue_events")).isZero();
            }
        } finally {
            postgres.kill();
        }
    }

    @Test
    void itIsNotReadyBeforeAWebhookIsRefused() {
        // Given
        PostgresServer postgres = new PostgresServer();
        try (InProcess application = TestSettings.of(postgres.database()).with("spool.max-size", "40 KB").startInProcess()) {
            postgres.kill();
            for (int i = 0; i < 8; i++) {
                assertSpooled(application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("queued"))), 1);
                assertThat(application.observe("health/ready").statusCode()).isEqualTo(200);
            }

            // When
            assertSpooled(application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("queued"))), 1);

            // Then
            assertThat(application.observe("health/ready").statusCode()).isEqualTo(503);
            assertThat(application.observe("health/ready").body()).contains("spool.max-size");
            assertThat(application.observe("health/live").statusCode()).isEqualTo(200);
            assertSpooled(application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("queued"))), 1);
            assertProblem(application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("queued"))), 503);
            assertThat(Scrape.of(application).value("mail_events_webhooks_total", "status", "503")).isEqualTo(1);

            // When
            postgres.start();

            // Then
            await().until(() -> application.observe("health/ready").statusCode() == 200);
        } finally {
            postgres.kill();
        }
    }

    @Test
    void theDashboardShowsEveryMeterOfOurs() {
        try (InProcess application = TestSettings.of(TestDatabase.h2()).startInProcess()) {
            Set<String> shown = new TreeSet<>();
            PromQl.panels().forEach(panel -> panel.metrics().forEach(metric -> shown.add(family(metric))));
            Set<String> ours = new TreeSet<>();
            Scrape.of(application).names().stream().filter(name -> name.startsWith("mail_events_")).forEach(name -> ours.add(family(name)));
            assertThat(ours).hasSize(29);
            assertThat(shown).containsAll(ours);
        }
    }

    /** The name of the meter. A histogram has several metrics. */
    private static String family(String metric) {
        return metric.replaceFirst("_(bucket|count|sum|max)$", "");
    }

    @Test
    void everyAlertSaysWhatToDo() {
        assertThat(PromQl.alerts()).hasSize(17).allSatisfy(alert -> {
            assertThat(alert.annotations().get("summary")).isNotBlank();
            assertThat(alert.annotations().get("description")).hasSizeGreaterThan(80);
        });
    }

    /** Each alert rule fires when it should, and not before. The test needs promtool, which {@code apt-get install prometheus} installs. */
    @Test
    void theAlertsFireWhenTheyShould() throws Exception {
        assumeThat(promtool("--version")).as("promtool is not on the PATH, so the alert rules are not tested").isZero();
        assertThat(promtool("check", "rules", PromQl.ALERTS.toString())).isZero();
        String cases = "src/test/resources/prometheus-alerts-test.yaml";
        assertThat(promtool("test", "rules", cases)).isZero();
        List<String> tried = PromQl.alerts().stream().map(PromQl.Rule::name).toList();
        assertThat(Files.readString(Path.of(cases))).contains(tried);
    }

    private static int promtool(String... arguments) throws InterruptedException {
        String[] command = new String[arguments.length + 1];
        command[0] = "promtool";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        try {
            return new ProcessBuilder(command).inheritIO().start().waitFor();
        } catch (IOException e) {
            return -1;
        }
    }
}
