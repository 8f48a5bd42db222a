package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.Application;
import org.mailevents.support.Api;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;
import org.mailevents.support.Rfc5322;
import org.mailevents.support.SmtpServer;
import org.mailevents.support.SmtpServer.Moment;
import org.mailevents.support.SmtpServer.Taken;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;
import org.mailevents.support.TimedAlerts;

/** Each recipient gets a mail at a pace of its own. What a mail server refuses permanently ends, and the operators know. */
@Execution(ExecutionMode.CONCURRENT)
class DeliveryTest {

    private static final String LIST = "list@example.com";
    private static final String OPS = "ops@example.com";

    /** The replies to a recipient, and to a mail for it. Whoever is not named here is accepted. */
    private final Map<String, String> toRecipient = new ConcurrentHashMap<>();
    private final Map<String, String> toMail = new ConcurrentHashMap<>();
    /** How often each recipient was refused, or a mail for it. */
    private final Map<String, AtomicInteger> refused = new ConcurrentHashMap<>();
    private final AtomicReference<String> last = new AtomicReference<>();
    private final SmtpServer server = new SmtpServer((moment, address) -> {
        if (moment == Moment.RECIPIENT) {
            last.set(address);
            return counted(address, toRecipient.getOrDefault(address, moment.usual()));
        }
        return moment == Moment.DATA ? counted(last.get(), toMail.getOrDefault(last.get(), moment.usual())) : moment.usual();
    });

    @AfterEach
    void close() {
        server.close();
    }

    @Test
    void aRecipientWhoIsRefusedForNowDelaysNeitherTheOthersNorTheNextMail() {
        try (TimedAlerts run = run("alert.to", "Slow <slow@example.com>, here@example.com")) {
            // Given
            toRecipient.put("slow@example.com", "451 4.7.1 greylisted");
            ObjectNode first = post(run, "2");
            run.pass(Duration.ofSeconds(10));
            awaitMail("here@example.com", first);

            // When
            ObjectNode second = post(run, "2");
            run.pass(Duration.ofMinutes(6));

            // Then
            awaitMail("here@example.com", second);
            assertThat(to("slow@example.com")).isEmpty();

            // When
            toRecipient.clear();

            // Then
            await().until(() -> {
                run.pass(Duration.ofMinutes(1));
                return to("slow@example.com").size() >= 2;
            });
            assertThat(ids("slow@example.com")).containsExactlyInAnyOrderElementsOf(ids("here@example.com")).hasSize(2);
            assertThat(server.taken).allSatisfy(taken -> {
                assertThat(taken.recipients()).hasSize(1);
                assertThat(Rfc5322.read(taken.raw()).to()).isEqualTo("Slow <slow@example.com>, here@example.com");
            });
        }
    }

    @Test
    void aMailThatIsRefusedPermanentlyIsToldOnceAndEndsAfterADay() {
        try (TimedAlerts run = run("alert.to.list-owner", LIST, "alert.to", OPS, "alert.language", "en")) {
            // Given
            toMail.put(LIST, "554 5.7.1 we do not like this mail to <" + LIST + ">");
            post(run, "2");
            run.pass(Duration.ofSeconds(10));

            // Then
            await().until(() -> !to(OPS).isEmpty());
            assertThat(to(OPS).get(0).mail().subject()).isEqualTo("[Mail Events] The server refuses a mail to list-owner");
            assertThat(to(OPS).get(0).mail().text()).contains("554 5.7.1 we do not like this mail", LIST, "alert.endpoint");

            // When
            awaitRefusals(LIST, 3, run, Duration.ofHours(11));
            assertThat(run.database().rows("SELECT 1 FROM alert_mail WHERE what = 'opened' AND sent_at IS NULL")).hasSize(1);
            ObjectNode next = post(run, "2");
            awaitRefusals(LIST, 4, run, Duration.ofHours(3));
            await().until(() -> !run.database().rows("SELECT 1 FROM alert_delivery WHERE gave_up_at IS NOT NULL").isEmpty());
            toMail.clear();

            // Then
            await().until(() -> {
                run.pass(Duration.ofMinutes(5));
                return !to(LIST).isEmpty();
            });
            // it may be the all-clear, which lists all bounces of the incident
            assertThat(to(LIST).get(0).mail().text()).contains(address(next));
            assertThat(ids(LIST)).doesNotContain(run.database().row("SELECT message_id FROM alert_mail WHERE what = 'opened'")
                    .get("message_id"));
            assertThat(to(OPS)).hasSize(1);
        }
    }

    @Test
    void aTemporaryFailureEndsTheTimeOfRefusals() {
        try (TimedAlerts run = run("alert.to.list-owner", LIST, "alert.to", OPS)) {
            // Given
            toMail.put(LIST, "554 5.7.1 no");
            post(run, "2");
            run.pass(Duration.ofSeconds(10));
            String refusedSince = "SELECT 1 FROM alert_delivery WHERE recipient = ? AND refused_since IS NOT NULL";
            await().until(() -> run.database().rows(refusedSince, LIST).size() == 1);

            // When
            toMail.put(LIST, "451 4.3.0 later");
            awaitRefusals(LIST, refused.get(LIST).get() + 1, run, Duration.ofHours(1));

            // Then
            await().until(() -> run.database().rows(refusedSince, LIST).isEmpty());
        }
    }

    @Test
    void aRecipientWhoIsRefusedPermanentlyIsToldOnceThoughSeveralMailsAreMade() {
        try (TimedAlerts run = run("alert.to.list-owner", LIST + ", here@example.com", "alert.to", OPS, "alert.fallback",
                "chief@example.net")) {
            // Given
            toRecipient.put(LIST, "550 5.1.1 no such user");

            // When
            ObjectNode first = post(run, "2");
            run.pass(Duration.ofSeconds(10));
            awaitMail("here@example.com", first);
            awaitGivenUp(run, 1);
            ObjectNode second = post(run, "2");
            run.pass(Duration.ofMinutes(6));
            awaitMail("here@example.com", second);
            awaitGivenUp(run, 2);

            // Then
            await().until(() -> to("chief@example.net").size() == 1 && to(OPS).size() == 1);
            assertThat(to(OPS).get(0).mail().text()).contains("550 5.1.1 no such user", LIST, "alert.to.list-owner");
            run.pass(Duration.ofDays(1));
            await().until(() -> run.database().rows("SELECT 1 FROM alert_mail WHERE what = 'closed' AND sent_at IS NOT NULL").size() == 1);
            assertThat(server.taken).filteredOn(taken -> taken.mail().subject().contains("拒否")).hasSize(2);
        }
    }

    @Test
    void aMailThatNobodyHasGotGoesToTheCorrectedAddress() {
        // Given
        TestDatabase database = TestDatabase.h2();
        toRecipient.put("typo@example.com", "550 5.1.1 no such user");
        TestSettings settings = TestSettings.of(database).with("alert.endpoint", server.endpoint(), "alert.first-delay", "100ms");
        ObjectNode bounce = Payload.bounce("2");
        try (InProcess application = settings.with("alert.to", "typo@example.com").startInProcess()) {
            application.post(MailEvents.JSON, Payload.json("bounces", bounce));
            await().until(() -> !database.rows("SELECT 1 FROM alert_delivery WHERE refused_since IS NOT NULL").isEmpty());
            assertThat(health(application)).contains("alerts-not-sent");
        }

        // When
        try (InProcess application = settings.with("alert.to", "right@example.com").startInProcess()) {

            // Then
            awaitMail("right@example.com", bounce);
            await().until(() -> database.rows("SELECT 1 FROM alert_delivery WHERE sent_at IS NULL AND gave_up_at IS NULL").isEmpty());
            assertThat(database.rows("SELECT 1 FROM mail_event WHERE alert_state = 'sent'")).hasSize(1);
            assertThat(health(application)).doesNotContain("alerts-not-sent");
        }
    }

    private static List<String> health(InProcess application) {
        return Api.ask(application, "/api/summary").path("health").findValuesAsText("what");
    }

    @Test
    void whatAProcessSentJustBeforeItWasKilledIsNotSentAgain() {
        // Given
        TestDatabase database = TestDatabase.h2();
        TestSettings settings = TestSettings.of(database).with("alert.endpoint", server.endpoint(), "alert.first-delay", "100ms");
        server.close();
        try (InProcess application = settings.startInProcess()) {
            application.post(MailEvents.JSON, Payload.json("bounces", Payload.bounce("2")));
            await().until(() -> !database.rows("SELECT 1 FROM alert_delivery WHERE failure IS NOT NULL").isEmpty());
        }
        database.execute("UPDATE alert_delivery SET sent_at = CURRENT_TIMESTAMP, retry_at = NULL");
        server.open();

        // When
        try (InProcess application = settings.startInProcess()) {

            // Then
            await().until(() -> !database.rows("SELECT 1 FROM alert_mail WHERE sent_at IS NOT NULL").isEmpty());
            assertThat(database.rows("SELECT 1 FROM mail_event WHERE alert_state = 'sent'")).hasSize(1);
            assertThat(server.taken).isEmpty();
        }
    }

    private TimedAlerts run(String... settings) {
        Map<String, String> all = new ConcurrentHashMap<>(Map.of("alert.endpoint", server.endpoint(), "alert.max-per-day", "1000",
                "alert.all-clear-from", "1"));
        for (int i = 0; i < settings.length; i += 2) {
            all.put(settings[i], settings[i + 1]);
        }
        return new TimedAlerts(Application.configured(), all);
    }

    private String counted(String address, String reply) {
        if (!reply.startsWith("250")) {
            refused.computeIfAbsent(address, any -> new AtomicInteger()).incrementAndGet();
        }
        return reply;
    }

    /**
     * Passes the time once, again and again until the recipient was refused so often. Mail Events may note a refusal only after the time
     * has passed. Then the next attempt is a quarter of an hour later.
     */
    private void awaitRefusals(String recipient, int count, TimedAlerts run, Duration time) {
        while (refused.get(recipient).get() < count) {
            int before = refused.get(recipient).get();
            run.pass(time);
            await().until(() -> {
                if (refused.get(recipient).get() == before) {
                    run.pass(Duration.ofSeconds(30));
                }
                return refused.get(recipient).get() > before;
            });
        }
    }

    private static void awaitGivenUp(TimedAlerts run, int count) {
        await().until(() -> {
            run.pass(Duration.ofSeconds(10)); // the other recipient may have got the mail only after the refusal
            return run.database().rows("SELECT 1 FROM alert_delivery WHERE recipient = ? AND gave_up_at IS NOT NULL", LIST).size() == count;
        });
    }

    private void awaitMail(String recipient, ObjectNode bounce) {
        await().until(() -> to(recipient).stream().anyMatch(taken -> taken.mail().text().contains(address(bounce))));
    }

    private List<Taken> to(String recipient) {
        return server.taken.stream().filter(taken -> taken.recipients().contains(recipient)).toList();
    }

    private List<String> ids(String recipient) {
        return to(recipient).stream().map(taken -> taken.mail().header("Message-ID")).toList();
    }

    private static ObjectNode post(TimedAlerts run, String code) {
        ObjectNode bounce = Payload.bounce(code);
        run.post("bounces", bounce);
        return bounce;
    }

    private static String address(ObjectNode bounce) {
        return bounce.get("to").asText();
    }
}
