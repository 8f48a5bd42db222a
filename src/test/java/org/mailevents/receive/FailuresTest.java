package org.mailevents.receive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertProblem;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.apache.camel.main.Main;
import org.apache.camel.spi.InterceptStrategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.Application;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.Payload;
import org.mailevents.support.PostgresServer;
import org.mailevents.support.SimulatedClock;
import org.mailevents.support.SmtpServer;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** The next system is down. A bounce counts as mailed only after the mail server accepted its mail. */
@Execution(ExecutionMode.CONCURRENT)
class FailuresTest {

    @Test
    void twoInstancesMailEachBounceOnce() {
        // Given
        TestDatabase database = TestDatabase.postgres();
        Mailbox mailbox = Mailbox.smtp();
        List<ObjectNode> bounces = IntStream.range(0, 1_200).mapToObj(i -> Payload.bounce(i % 2 == 0 ? "2" : "4")).toList();
        try (InProcess one = TestSettings.of(database, mailbox).startInProcess();
                InProcess two = TestSettings.of(database, mailbox).startInProcess()) {

            // When
            for (int i = 0; i < bounces.size(); i += 100) {
                JsonNode[] hundred = bounces.subList(i, i + 100).toArray(JsonNode[]::new);
                assertReceipt((i % 200 == 0 ? one : two).post(MailEvents.JSON, Payload.json("bounces", hundred)), 100, 100, 0, 0);
            }

            // Then
            await().until(() ->
                    database.rows("SELECT 1 FROM mail_event WHERE alert_state = 'sent'").size() == bounces.size());
            List<String> named = mailbox.mails().stream().flatMap(mail -> mail.addresses().stream()).toList();
            assertThat(named).containsExactlyInAnyOrderElementsOf(bounces.stream().map(bounce -> bounce.get("to").asText()).toList());
        } finally {
            mailbox.stop().run();
        }
    }

    @Test
    void whatAKilledProcessClaimedIsMailedByTheNext() {
        // Given
        TestDatabase database = TestDatabase.h2();
        Mailbox mailbox = Mailbox.folder();
        ObjectNode bounce = Payload.bounce("2");
        TestSettings settings = TestSettings.of(database, mailbox);
        try (InProcess application = settings.with("alert.endpoint", "smtp://127.0.0.1:" + MailEvents.freePort()).startInProcess()) {
            application.post(MailEvents.JSON, Payload.json("bounces", bounce));
            await().until(() -> !database.rows("SELECT 1 FROM mail_event WHERE alert_state = 'claimed'").isEmpty());
        }
        String id = database.row("SELECT mail_id FROM alert_mail").get("mail_id");
        database.execute("UPDATE alert_delivery SET retry_at = ?", OffsetDateTime.now().minusSeconds(1));

        // When
        InProcess next = settings.startInProcess();

        // Then
        await().until(() -> !mailbox.naming(bounce.get("to").asText()).isEmpty());
        next.close();
        assertThat(mailbox.mails()).hasSize(1);
        assertThat(mailbox.mails().get(0).header("Message-ID")).isEqualTo("<" + id + "@localhost>");
    }

    @Test
    void aRecipientWhoIsRefusedDoesNotKeepTheMailFromTheOthers() {
        // Given
        TestDatabase database = TestDatabase.h2();
        ObjectNode bounce = Payload.bounce("2");
        try (SmtpServer server = new SmtpServer(address -> address.startsWith("gone") ? "550 5.1.1 no such user" : "250 ok", () -> { });
                InProcess application = recipients(database, server, "gone@example.com,here@example.com").startInProcess()) {

            // When
            application.post(MailEvents.JSON, Payload.json("bounces", bounce));

            // Then
            await().until(() -> !database.rows("SELECT 1 FROM mail_event WHERE alert_state = 'sent'").isEmpty());
            assertThat(server.taken).hasSize(1);
            assertThat(server.taken.get(0).recipients()).containsExactly("here@example.com");
            assertThat(server.taken.get(0).mail().text()).contains(bounce.get("to").asText());
        }
    }

    @Test
    void aRecipientWhoIsRefusedForNowGetsTheSameMailLaterAndNobodyGetsItTwice() {
        // Given
        TestDatabase database = TestDatabase.h2();
        ObjectNode bounce = Payload.bounce("2");
        AtomicInteger asked = new AtomicInteger();
        Function<String, String> greylisting = address ->
                address.startsWith("grey") && asked.incrementAndGet() < 3 ? "451 4.7.1 greylisted" : "250 ok";
        try (SmtpServer server = new SmtpServer(greylisting, () -> { });
                InProcess application = recipients(database, server, "grey@example.com,here@example.com").startInProcess()) {

            // When
            application.post(MailEvents.JSON, Payload.json("bounces", bounce));

            // Then
            await().until(() -> database.rows("SELECT 1 FROM alert_delivery WHERE sent_at IS NOT NULL").size() == 2);
            assertThat(server.taken.stream().map(SmtpServer.Taken::recipients))
                    .containsExactly(List.of("here@example.com"), List.of("grey@example.com"));
            assertThat(server.taken.stream().map(taken -> taken.mail().header("Message-ID")).distinct()).hasSize(1);
        }
    }

    @Test
    void aMailThatWasTakenWhileTheDatabaseWentDownIsNotSentAgain() {
        // Given
        PostgresServer postgres = new PostgresServer();
        TestDatabase database = postgres.database();
        ObjectNode bounce = Payload.bounce("2");
        try (SmtpServer server = new SmtpServer(address -> "250 ok", postgres::kill);
                InProcess application = recipients(database, server, "here@example.com").startInProcess()) {
            application.post(MailEvents.JSON, Payload.json("bounces", bounce));
            await().until(() -> server.taken.size() == 1);

            // When
            postgres.start();

            // Then
            await().until(() -> !database.rows("SELECT 1 FROM mail_event WHERE alert_state = 'sent'").isEmpty());
            assertThat(server.taken).hasSize(1);
        } finally {
            postgres.kill();
        }
    }

    @Test
    void aMailServerThatIsSlowGetsAMailOnce() {
        // Given
        TestDatabase database = TestDatabase.postgres();
        SimulatedClock clock = new SimulatedClock(Instant.now());
        CountDownLatch slow = new CountDownLatch(1);
        AtomicInteger begun = new AtomicInteger();
        Main first = Application.configured();
        Main second = Application.configured();
        first.bind("clock", clock);
        second.bind("clock", clock);
        try (SmtpServer server = new SmtpServer(address -> "250 ok", () -> {
                begun.incrementAndGet();
                try {
                    slow.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
            });
                InProcess one = recipients(database, server, "here@example.com").startInProcess(first);
                InProcess two = recipients(database, server, "here@example.com").startInProcess(second)) {
            one.post(MailEvents.JSON, Payload.json("bounces", Payload.bounce("2")));
            clock.moveOn(Duration.ofSeconds(1));
            await().until(() -> begun.get() == 1);

            // When
            for (int i = 0; i < 3; i++) {
                clock.moveOn(Duration.ofSeconds(15));
                await().until(() -> !database.rows("SELECT 1 FROM alert_delivery WHERE retry_at > ?", clock.instant().plusSeconds(15)
                        .atOffset(ZoneOffset.UTC))
                        .isEmpty());
            }
            slow.countDown();

            // Then
            await().until(() -> !database.rows("SELECT 1 FROM mail_event WHERE alert_state = 'sent'").isEmpty());
            assertThat(server.taken).hasSize(1);
            assertThat(begun).hasValue(1);
        }
    }

    private static TestSettings recipients(TestDatabase database, SmtpServer server, String to) {
        return TestSettings.of(database).with("alert.endpoint", server.endpoint(), "alert.first-delay", "100ms", "alert.updates", "100ms",
                "alert.max-per-day", "100000", "alert.to", to);
    }

    @Test
    void whatNobodyForesawIsAnswered503() {
        // Given
        Main main = Application.configured();
        AtomicBoolean unforeseen = new AtomicBoolean(true);
        main.bind("unforeseen", (InterceptStrategy) (context, step, target, next) -> exchange -> {
            if (exchange.getFromRouteId().equals("receive-webhook") && unforeseen.getAndSet(false)) {
                throw new NumberFormatException("for someone@example.net");
            }
            target.process(exchange);
        });
        try (InProcess application = TestSettings.of(TestDatabase.h2(), Mailbox.folder()).startInProcess(main)) {

            // When
            HttpResponse<String> answer = application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("queued")));

            // Then
            assertThat(assertProblem(answer, 503)).doesNotContain("example.net");
            assertThat(answer.headers().firstValueAsLong("Retry-After")).hasValue(30);
            assertThat(application.log()).contains("NumberFormatException").doesNotContain("example.net").doesNotContain("\tat ");
        }
    }
}
