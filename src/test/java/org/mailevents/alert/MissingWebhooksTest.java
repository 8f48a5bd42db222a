package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.Mailbox.Mail;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** The operators get one mail when webhooks stop arriving, and one mail when webhooks arrive again. */
@Execution(ExecutionMode.CONCURRENT)
class MissingWebhooksTest {

    private static final Duration LONG = Duration.ofSeconds(30);
    /** A time that is more than twice the time after which the operators get a mail. */
    private static final Duration LONGER_THAN_TWICE = Duration.ofSeconds(7);

    @Test
    void theOperatorsHearOnceThatWebhooksStoppedAndOnceThatTheyAreBack() {
        // Given
        Mailbox mailbox = Mailbox.smtp();
        try (InProcess application = start(mailbox)) {
            application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("queued")));

            // When
            await().atMost(LONG).until(() -> !mailbox.mails().isEmpty());

            // Then
            await().during(LONGER_THAN_TWICE).atMost(LONG).until(() -> mailbox.mails().size() == 1);

            // When
            application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("succeeded"), Payload.delivery("failed")));

            // Then
            await().atMost(LONG).until(() -> mailbox.mails().size() >= 2);
            List<Mail> mails = mailbox.mails();
            assertThat(mails.get(0).subject()).matches("【Mail Events】Webhook が届いていません（.{16} 以降）");
            assertThat(mails.get(0).text()).contains("alert.silence", "（3s）");
            assertThat(mails.get(1).subject()).matches("【Mail Events】Webhook の受信が再開しました（.{16}）");
            assertThat(mails.subList(0, 2)).allSatisfy(mail -> assertThat(mail.to()).containsExactly("ops@example.com"));

            // When
            await().atMost(LONG).until(() -> mailbox.mails().size() >= 3);

            // Then
            assertThat(mailbox.mails().get(2).subject()).as("the next silence").contains("届いていません");
        } finally {
            mailbox.stop().run();
        }
    }

    @Test
    void whereNoWebhookEverCameNobodyMissesOne() {
        // Given
        Mailbox mailbox = Mailbox.smtp();

        // When
        try (InProcess application = start(mailbox)) {

            // Then
            await().during(LONGER_THAN_TWICE).atMost(LONG).until(() -> mailbox.mails().isEmpty());
            assertThat(application.health().statusCode()).isEqualTo(200);
        } finally {
            mailbox.stop().run();
        }
    }

    private static InProcess start(Mailbox mailbox) {
        return TestSettings.of(TestDatabase.h2(), mailbox)
                .with("alert.silence", "3s", "alert.to", "all@example.com", "alert.to.operators", "ops@example.com").startInProcess();
    }
}
