package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import jakarta.mail.MessagingException;
import java.io.IOException;
import java.io.OutputStream;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.Application;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.Payload;
import org.mailevents.support.SmtpServer;
import org.mailevents.support.SmtpServer.Moment;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** No row in the outbox delays the mails behind it. */
@Execution(ExecutionMode.CONCURRENT)
class OutboxTest {

    private final TestDatabase database = TestDatabase.h2();
    /** For the tests with very many rows, which H2 would otherwise write to the file several times. */
    private final TestDatabase inMemory = TestDatabase.h2InMemory();
    private final Mailbox mailbox = Mailbox.folder();
    private final TestSettings settings = TestSettings.of(database, mailbox);

    @ParameterizedTest
    @ValueSource(ints = {-1, 1})
    void aMailThatCannotBeReadHoldsUpNoOther(int hours) {
        // Given
        String recipient;
        try (InProcess application = settings.with("alert.endpoint", "smtp://127.0.0.1:" + MailEvents.freePort()).startInProcess()) {
            recipient = bounce(application);
            await().until(() -> !database.rows("SELECT 1 FROM alert_mail").isEmpty());
        }

        // When
        UUID mail = UUID.randomUUID();
        database.execute("INSERT INTO alert_mail (mail_id, audience, what, message_id, made_at)"
                + " VALUES (?, 'operators', 'of a later version', '<1@x>', ?)", mail, OffsetDateTime.now().plusHours(hours));
        database.execute("INSERT INTO alert_delivery (delivery_id, mail_id, channel, recipient)"
                + " VALUES (?, ?, 'mail', 'postmaster@localhost')", mail, mail);
        database.execute("UPDATE alert_delivery SET retry_at = ?", OffsetDateTime.now().minusDays(1));

        // Then
        try (InProcess application = settings.startInProcess()) {
            await().until(() -> !mailbox.naming(recipient).isEmpty());
            await().until(() -> application.log().contains("of a later version"));
            // An old mail is not retried every few seconds.
            await().until(() -> hours > 0 || !database.rows("SELECT 1 FROM alert_delivery WHERE sent_at IS NULL AND retry_at > ?",
                    OffsetDateTime.now().plusMinutes(10)).isEmpty());
        }
    }

    @Test
    void anAudienceIsMailedThoughTheBouncesOfItsMailWereDeleted() {
        try (SmtpServer server = new SmtpServer(address -> "250 ok", () -> { })) {
            server.close();
            try (InProcess application = settings.with("alert.endpoint", server.endpoint()).startInProcess()) {
                // Given
                bounce(application);
                await().until(() -> !database.rows("SELECT 1 FROM alert_mail").isEmpty());
                database.execute("DELETE FROM mail_event");

                // When
                server.open();

                // Then
                String recipient = bounce(application);
                await().until(() -> server.taken.stream().anyMatch(taken -> taken.mail().text().contains(recipient)));
            }
        }
    }

    @Test
    void howeverManyBounceAMailIsNotTooLargeForAMailServer() {
        try (InProcess application = TestSettings.of(inMemory, mailbox).startInProcess()) {
            // Given
            String reply = "550-5.7.26 Your email has been blocked because the sender is unauthenticated. ".repeat(6);
            String subject = "秋のお知らせ".repeat(8);

            // When
            inMemory.execute("INSERT INTO mail_event (event_id, event_type, status, kind, audience, message_id, recipient, sender,"
                    + " subject, reason, enhanced_code, occurred_at, created_text, received_at, alert_state)"
                    + " SELECT RANDOM_UUID(), 'bounces', '4', 'policy', 'postmaster', '<' || x || '@mta01.example.com>',"
                    + " 'member' || x || '@example.net', 'news@shop.example.com', ?, ?, '5.7.26', CURRENT_TIMESTAMP,"
                    + " '2026-10-01 09:00:07', CURRENT_TIMESTAMP, 'pending' FROM SYSTEM_RANGE(1, 8000)", subject, reply);

            // Then
            await().until(() -> inMemory.rows("SELECT 1 FROM mail_event WHERE alert_state <> 'sent' LIMIT 1").isEmpty());
            assertThat(mailbox.mails()).allSatisfy(mail -> assertThat(size(mail)).isLessThan(10_000_000));
            assertThat(mailbox.mails().stream().flatMap(mail -> mail.addresses().stream()).distinct()).hasSize(8_000);
        }
    }

    @Test
    void aMailServerThatDoesNotReadALargeMailDoesNotHoldItUpForEver() {
        // Given
        try (SmtpServer server = new SmtpServer((moment, address) -> moment == Moment.READING ? SmtpServer.DEAF : moment.usual())) {
            try (InProcess application = TestSettings.of(inMemory, mailbox)
                    .with("alert.endpoint", server.endpoint() + "?connectionTimeout=1000").startInProcess()) {

                // When
                inMemory.execute("INSERT INTO mail_event (event_id, event_type, status, audience, message_id, recipient, sender, reason,"
                        + " received_at, alert_state)"
                        + " SELECT RANDOM_UUID(), 'bounces', '4', 'postmaster', '<' || x || '@mta01.example.com>',"
                        + " 'member' || x || '@example.net', 'news@shop.example.com', REPEAT('refused ', 120), CURRENT_TIMESTAMP, 'pending'"
                        + " FROM SYSTEM_RANGE(1, 3800)");

                // Then
                await().until(() -> application.log().contains("MessagingException: IOException while sending message"));
            }
        }
    }

    @Test
    void anAudienceIsNoWayToNameARecipient() {
        try (InProcess application = settings.startInProcess()) {
            // Given
            String recipient = bounce(application);

            // When
            database.execute("UPDATE mail_event SET audience = 'campaign:someone@elsewhere.invalid'");

            // Then
            await().until(() -> !mailbox.naming(recipient).isEmpty());
            assertThat(mailbox.mails()).hasSize(1).allSatisfy(mail -> assertThat(mail.to()).containsExactly("postmaster@localhost"));
        }
    }

    @Test
    void aClockThatWasWrongForAWhileHoldsUpNothing() {
        // Given
        AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ofDays(365));
        Main main = Application.configured();
        main.bind("clock", new Clock() {
            @Override
            public Instant instant() {
                return Instant.now().plus(ahead.get());
            }

            @Override
            public ZoneId getZone() {
                return ZoneId.of("UTC");
            }

            @Override
            public Clock withZone(ZoneId zone) {
                return this;
            }
        });
        try (SmtpServer server = new SmtpServer(address -> "250 ok", () -> { })) {
            server.close();
            try (InProcess application = settings.with("alert.endpoint", server.endpoint(), "alert.quiet", "3s").startInProcess(main)) {
                bounce(application);
                await().until(() -> !database.rows("SELECT 1 FROM alert_mail").isEmpty());
                bounce(application);

                // When
                ahead.set(Duration.ZERO);
                server.open();

                // Then
                await().until(() -> !database.rows("SELECT 1 FROM alert_incident WHERE closed_at IS NOT NULL").isEmpty());
                await().until(() -> database.rows("SELECT 1 FROM mail_event WHERE alert_state <> 'sent' LIMIT 1").isEmpty());
            }
        }
    }

    @Test
    void anAudienceWhoseRowsAreLockedHoldsUpNoOther() throws Exception {
        try (InProcess application = settings.startInProcess();
                Connection other = DriverManager.getConnection(database.url(), database.username(), database.password())) {
            // Given: no alert claims the bounce before it is locked
            application.context().getRouteController().suspendRoute("send-alerts");
            other.setAutoCommit(false);
            database.execute("UPDATE mail_event SET audience = 'a' WHERE recipient = ?", bounce(application));
            assertThat(other.createStatement().executeUpdate("UPDATE mail_event SET extra = '{}' WHERE alert_state = 'pending'"))
                    .isEqualTo(1);
            application.context().getRouteController().resumeRoute("send-alerts");

            // When
            String recipient = bounce(application);

            // Then
            await().until(() -> !mailbox.naming(recipient).isEmpty());
            other.rollback();
            await().until(() -> database.rows("SELECT 1 FROM mail_event WHERE alert_state <> 'sent' LIMIT 1").isEmpty());
        }
    }

    private static String bounce(MailEvents application) {
        ObjectNode bounce = Payload.bounce("2");
        application.post(MailEvents.JSON, Payload.json("bounces", bounce));
        return bounce.get("to").asText();
    }

    private static long size(Mailbox.Mail mail) {
        try {
            long[] size = {0};
            mail.message().writeTo(new OutputStream() {
                @Override
                public void write(int one) {
                    size[0]++;
                }
            });
            return size[0];
        } catch (IOException | MessagingException e) {
            throw new IllegalStateException(e);
        }
    }
}
