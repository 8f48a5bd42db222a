package org.mailevents.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.Application;
import org.mailevents.support.Answers;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;
import org.mailevents.support.PostgresServer;
import org.mailevents.support.SmtpServer;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;
import org.mailevents.support.TimedAlerts;
import org.mailevents.support.Where;

/** Rows older than {@code retention.days} are deleted if no alert about them is pending. Webhooks are stored at the same time. */
@Execution(ExecutionMode.CONCURRENT)
class RetentionTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration DAY = Duration.ofDays(1);

    @Test
    void byDefaultNothingIsDeletedAndNothingRunsThatCould() {
        try (TimedAlerts run = run(Where.H2, Map.of());
                TimedAlerts deleting = run(Where.H2, Map.of("retention.days", "1"))) {
            // Given
            run.post("deliveries", Payload.delivery("succeeded"));
            deleting.post("deliveries", Payload.delivery("succeeded"));

            // When
            run.pass(Duration.ofDays(10_000));
            deleting.pass(Duration.ofDays(10_000));

            // Then
            assertThat(deleting.application().context().getRoute("expire-events")).isNotNull();
            assertThat(run.application().context().getRoute("expire-events")).isNull();
            await().until(() -> rows(deleting, "mail_event") == 0);
            assertThat(rows(run, "mail_event")).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsOlderGoesAndWhatIsYoungerStays(Where where) {
        try (TimedAlerts run = run(where, Map.of("retention.days", "30"))) {
            // Given
            ObjectNode old = Payload.delivery("succeeded");
            ObjectNode young = Payload.delivery("succeeded");
            post(run, "deliveries", old, Payload.delivery("queued").put("messageId", ""));
            run.pass(DAY);
            post(run, "deliveries", young, Payload.delivery("queued").put("messageId", ""));
            assertThat(rows(run, "rejected_event")).isEqualTo(2);

            // When
            run.pass(Duration.ofDays(29).plusSeconds(1));

            // Then
            await().until(() -> rows(run, "mail_event") == 1 && rows(run, "rejected_event") == 1);
            assertThat(stored(run, young)).isTrue();
            await().until(() -> run.application().log().contains(
                    "Deleted rows older than 30 days (retention.days): 1 events, 1 rejected events, 0 incidents"));

            // When
            post(run, "deliveries", old);

            // Then
            assertThat(stored(run, old)).as("a new event, since nothing is known of the old one").isTrue();
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatComesLateOutOfTheSpoolGoesToo(Where where) {
        try (TimedAlerts run = run(where, Map.of("retention.days", "1"))) {
            // Given
            OffsetDateTime before = run.now().atOffset(ZoneOffset.UTC).minusHours(1);
            run.post("deliveries", Payload.delivery("succeeded"));
            run.pass(DAY.multipliedBy(2));
            await().until(() -> rows(run, "mail_event") == 0);

            // When
            run.database().execute("INSERT INTO mail_event (event_id, event_type, received_at) VALUES (CAST(? AS uuid), 'deliveries', ?)",
                    UUID.randomUUID().toString(), before);
            assertThat(rows(run, "mail_event")).isEqualTo(1);
            run.pass(HOUR.multipliedBy(2));

            // Then
            await().until(() -> rows(run, "mail_event") == 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void noBounceGoesBeforeItsMailWasSent(Where where) {
        AtomicBoolean down = new AtomicBoolean(true);
        try (SmtpServer server = new SmtpServer(address -> down.get() ? "451 later" : "250 ok", () -> { });
                TimedAlerts run = run(where, Map.of("retention.days", "1", "alert.endpoint", server.endpoint()))) {
            // Given
            ObjectNode claimed = Payload.bounce("2");
            ObjectNode pending = Payload.bounce("2");
            run.post("bounces", claimed);
            run.pass(Duration.ofSeconds(10));
            await().until(() -> "claimed".equals(state(run, claimed)));
            run.post("bounces", pending);
            run.post("deliveries", Payload.delivery("succeeded"));

            // When
            run.pass(Duration.ofDays(5));

            // Then
            await().until(() -> rows(run, "mail_event") == 2);
            assertThat(List.of(state(run, claimed), state(run, pending))).containsExactly("claimed", "pending");

            // When
            down.set(false);
            run.pass(HOUR);
            await().until(() -> "sent".equals(state(run, claimed)) && rows(run, "alert_mail WHERE sent_at IS NULL") == 0);
            run.pass(Duration.ofMinutes(10));
            await().until(() -> "sent".equals(state(run, pending)) && rows(run, "alert_mail WHERE sent_at IS NULL") == 0);
            run.pass(HOUR);
            await().until(() -> server.taken.size() == 3 && rows(run, "alert_mail WHERE sent_at IS NULL") == 0);
            run.pass(HOUR);

            // Then
            await().until(() -> rows(run, "mail_event") == 0);
            assertThat(texts(server)).element(0).asString().contains(address(claimed)).doesNotContain(address(pending));
            assertThat(texts(server)).element(1).asString().contains(address(pending));
            assertThat(texts(server)).element(2).asString().as("the all-clear").contains(address(claimed), address(pending));
        }
    }

    @ParameterizedTest
    @EnumSource
    void noBounceGoesBeforeEveryRecipientHasItsMail(Where where) {
        AtomicBoolean greylists = new AtomicBoolean(true);
        try (SmtpServer server = new SmtpServer(address -> greylists.get() && address.startsWith("late") ? "451 later" : "250 ok",
                () -> { });
                TimedAlerts run = run(where, Map.of("retention.days", "1", "alert.endpoint", server.endpoint(),
                        "alert.to", "early@example.com, late@example.com"))) {
            // Given
            ObjectNode bounce = Payload.bounce("2");
            run.post("bounces", bounce);
            run.post("deliveries", Payload.delivery("succeeded"));
            run.pass(Duration.ofSeconds(10));
            await().until(() -> "sent".equals(state(run, bounce)) && rows(run, "alert_mail WHERE sent_at IS NULL") == 0);
            run.pass(HOUR);
            await().until(() -> rows(run, "alert_incident WHERE closed_at IS NULL") == 0 && server.taken.size() == 2);

            // When
            run.pass(Duration.ofDays(5));

            // Then
            await().until(() -> rows(run, "mail_event") == 1);

            // When
            greylists.set(false);
            await().until(() -> {
                run.pass(Duration.ofMinutes(16));
                return server.taken.size() == 4;
            });

            // Then
            assertThat(texts(server)).allSatisfy(text -> assertThat(text).contains(address(bounce)));
            await().until(() -> {
                run.pass(HOUR);
                return rows(run, "mail_event") == 0;
            });
        }
    }

    @ParameterizedTest
    @EnumSource
    void theBouncesOfAnIncidentStayUntilItsAllClear(Where where) {
        try (TimedAlerts run = run(where, Map.of("retention.days", "1", "alert.quiet", "10d"))) {
            // Given
            ObjectNode bounce = Payload.bounce("2");
            run.post("bounces", bounce);
            run.post("deliveries", Payload.delivery("succeeded"));
            run.pass(Duration.ofSeconds(10));
            run.mailed(1);

            // When
            run.pass(Duration.ofDays(5));

            // Then
            await().until(() -> rows(run, "mail_event") == 1);
            assertThat(state(run, bounce)).isEqualTo("sent");

            // When
            run.pass(Duration.ofDays(5).plus(HOUR));
            assertThat(run.mailed(2).mails().get(1).text()).contains(address(bounce));
            run.pass(HOUR);

            // Then
            await().until(() -> rows(run, "mail_event") == 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anIncidentThatDoesNotEndKeepsItsBouncesForAMonth(Where where) {
        try (TimedAlerts run = run(where, Map.of("retention.days", "1", "alert.quiet", "60d"))) {
            // Given
            run.post("bounces", Payload.bounce("2"));
            run.pass(Duration.ofSeconds(10));
            run.mailed(1);

            // When
            run.pass(Duration.ofDays(31));

            // Then
            await().until(() -> rows(run, "mail_event") == 0);
            assertThat(rows(run, "alert_incident")).isEqualTo(1);
            assertThat(rows(run, "alert_mail")).isEqualTo(1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theMailsOfAnIncidentOutliveItsBouncesForAMonth(Where where) {
        try (TimedAlerts run = run(where, Map.of("retention.days", "1"))) {
            // Given
            run.post("bounces", Payload.bounce("2"));
            run.pass(Duration.ofSeconds(10));
            run.mailed(1).pass(Duration.ofMinutes(46));
            run.mailed(2);

            // When
            run.pass(Duration.ofDays(30));

            // Then
            await().until(() -> rows(run, "mail_event") == 0);
            assertThat(rows(run, "alert_mail")).isEqualTo(2);

            // When
            run.pass(DAY.plus(HOUR));

            // Then
            await().until(() -> rows(run, "alert_incident") == 0);
            assertThat(rows(run, "alert_mail")).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource
    void aDigestStaysForAMonthToo(Where where) {
        try (TimedAlerts run = run(where, Map.of("retention.days", "1", "alert.digest.list-owner", "daily 09:00"))) {
            // Given
            await().until(() -> rows(run, "alert_mail") == 1);
            run.pass(DAY);
            await().until(() -> rows(run, "alert_mail") == 2);
            run.mailed(0);
            String last = run.database().row("SELECT MAX(about) AS about FROM alert_mail").get("about");

            // When
            run.pass(Duration.ofDays(32));

            // Then
            await().until(() -> run.database().rows("SELECT 1 FROM alert_mail WHERE about = ?", last).isEmpty());
            await().until(() -> rows(run, "alert_mail") == 1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void webhooksAreStoredWhileTwoProcessesDelete(Where where) {
        Map<String, String> settings = Map.of("retention.days", "30");
        try (TimedAlerts run = run(where, settings)) {
            // Given
            int old = 8_000;
            // A thousand rows of each second, as many as one step deletes. How they were stored does not matter here. Their ids say that
            // their own time is unknown, so they are in the default partition.
            run.database().execute("INSERT INTO mail_event (event_id, event_type, status, message_id, recipient, received_at)"
                    + " SELECT CAST(CONCAT('00000000-0000-8000-8000-', LPAD(CAST(n AS varchar), 12, '0')) AS uuid), 'deliveries',"
                    + " 'succeeded', CONCAT('<', n, '@mta>'), CONCAT(n, '@example.net'),"
                    + " CAST(? AS timestamp with time zone) + n / 1000 * INTERVAL '1' SECOND FROM generate_series(0, ?) AS old(n)",
                    run.now().atOffset(ZoneOffset.UTC), old - 1);
            run.pass(Duration.ofSeconds(old / 1_000));
            Main second = Application.configured();
            second.bind("clock", run.clock());
            try (InProcess other = TestSettings.of(run.database()).with(settings).startInProcess(second)) {

                // When
                run.pass(Duration.ofDays(30));
                await().until(() -> rows(run, "mail_event") < old);
                AtomicInteger young = new AtomicInteger();
                List<Integer> left = new ArrayList<>();
                // Each process deletes at most four times a second, so many webhooks arrive between the steps.
                await().pollInterval(Duration.ofMillis(50)).until(() -> {
                    Answers.assertReceipt((young.get() % 100 == 0 ? run.application() : other)
                            .post(MailEvents.JSON, Payload.json("deliveries", deliveries(50))),
                            50, 50, 0, 0);
                    left.add(rows(run, "mail_event") - young.addAndGet(50));
                    return left.get(left.size() - 1) == 0;
                });

                // Then
                assertThat(left).as("in several steps").anyMatch(rows -> rows > 0 && rows < old);
                assertThat(rows(run, "mail_event")).isEqualTo(young.get());
            }
        }
    }

    @Test
    void anOutageOfTheDatabaseIsNoNewsHere() {
        PostgresServer server = new PostgresServer();
        try (TimedAlerts run = new TimedAlerts(server.database(), Application.configured(), Map.of("retention.days", "1"))) {
            // Given
            run.post("deliveries", Payload.delivery("succeeded"));
            server.kill();
            run.pass(Duration.ofDays(2));
            await().until(() -> run.application().log().contains("The database is down"));

            // When
            server.start();

            // Then
            await().until(() -> rows(run, "mail_event") == 0);
            assertThat(told(run, "")).noneMatch(line -> !line.toLowerCase().contains("rejected_event"));
        } finally {
            server.kill();
        }
    }

    @ParameterizedTest
    @CsvSource({"H2, JdbcSQL", "POSTGRES, PSQLException"})
    void whatCannotBeDeletedIsToldOnceAndTriedAgain(Where where, String exception) {
        try (TimedAlerts run = run(where, Map.of("retention.days", "1"))) {
            // Given
            post(run, "deliveries", Payload.delivery("succeeded"), Payload.delivery("queued").put("messageId", ""));
            run.database().execute("ALTER TABLE rejected_event RENAME TO elsewhere");
            await().until(() -> told(run, exception).size() == 1);

            // When
            run.pass(Duration.ofDays(2));
            await().until(() -> rows(run, "mail_event") == 0);
            run.database().execute("ALTER TABLE elsewhere RENAME TO rejected_event");

            // Then
            await().until(() -> rows(run, "rejected_event") == 0);
            assertThat(told(run, exception)).hasSize(1);
        }
    }

    /** The log lines about deletions that failed with this exception. */
    private static List<String> told(TimedAlerts run, String exception) {
        return run.application().log().lines()
                .filter(line -> line.contains("Cannot delete rows older than retention.days") && line.contains(exception)).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "1.5", "soon", "30 days"})
    void whatIsNoNumberOfDaysIsToldAtTheStart(String days) {
        assertThatThrownBy(() -> start(Map.of("retention.days", days)))
                .hasStackTraceContaining("Set retention.days to a whole number from 1 to 999999999: '" + days + "' is not one");
    }

    @Test
    void aSilenceThatOutlivesAllEventsCouldNotBeNoticed() {
        assertThatThrownBy(() -> start(Map.of("retention.days", "2", "alert.silence", "48h")))
                .hasStackTraceContaining("Set alert.silence to less than retention.days");
    }

    private static void start(Map<String, String> settings) {
        TestSettings.of(TestDatabase.h2InMemory()).with(settings).startInProcess().close();
    }

    private static void post(TimedAlerts run, String eventType, JsonNode... elements) {
        assertThat(run.application().post(MailEvents.JSON, Payload.json(eventType, elements)).statusCode()).isEqualTo(200);
    }

    private static JsonNode[] deliveries(int count) {
        return IntStream.range(0, count).mapToObj(i -> Payload.delivery("succeeded")).toArray(JsonNode[]::new);
    }

    private static int rows(TimedAlerts run, String table) {
        return Integer.parseInt(run.database().row("SELECT COUNT(*) AS n FROM " + table).get("n"));
    }

    private static boolean stored(TimedAlerts run, ObjectNode element) {
        return !run.database().rows("SELECT 1 FROM mail_event WHERE recipient = ?", address(element)).isEmpty();
    }

    private static String state(TimedAlerts run, ObjectNode bounce) {
        return run.database().row("SELECT alert_state FROM mail_event WHERE recipient = ?", address(bounce)).get("alert_state");
    }

    private static String address(ObjectNode element) {
        return element.get("to").asText();
    }

    private static List<String> texts(SmtpServer server) {
        return server.taken.stream().map(taken -> taken.mail().text()).toList();
    }

    /** Each incident ends with an all-clear, and a day has any number of mails. */
    private static TimedAlerts run(Where where, Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(settings);
        all.putAll(Map.of("alert.all-clear-from", "1", "alert.max-per-day", "1000"));
        return where.run(all);
    }
}
