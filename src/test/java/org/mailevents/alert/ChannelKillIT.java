package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.mailevents.support.HttpReceiver;
import org.mailevents.support.HttpReceiver.Answer;
import org.mailevents.support.HttpReceiver.Request;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** A process that is killed while it tells a channel loses no message. A message that is sent twice has the same id. */
class ChannelKillIT {

    private static final Answer TAKEN = new Answer(204, Map.of(), "");

    private final TestDatabase database = TestDatabase.postgres();

    @Test
    void aMessageInProgressIsSentByTheNextProcess() {
        try (HttpReceiver service = new HttpReceiver(); HttpReceiver other = new HttpReceiver()) {
            TestSettings settings = TestSettings.of(database, Mailbox.folder()).with("alert.channel", "slack,webhook",
                    "alert.slack.url", other.url("/services/x"), "alert.webhook.url", service.url("/hook"),
                    "alert.webhook.secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "alert.first-delay", "200ms");
            CountDownLatch asked = new CountDownLatch(1);
            AtomicReference<Request> unanswered = new AtomicReference<>();
            service.answers = request -> {
                unanswered.set(request);
                asked.countDown();
                return new Answer(500, Map.of(), hang());
            };

            // When: it is killed while the service thinks, so nobody knows whether the service took the message
            OwnProcess killed = settings.startJar();
            killed.post(MailEvents.JSON, Payload.json("bounces", Payload.bounce("2")));
            await().until(() -> asked.getCount() == 0 && other.requests.size() == 1);
            await().until(() -> database.rows("SELECT 1 FROM alert_delivery WHERE sent_at IS NOT NULL").size() == 1);
            killed.kill();
            service.answers = request -> TAKEN;

            // Then
            try (OwnProcess next = settings.startJar()) {
                await().until(() -> database.rows("SELECT 1 FROM alert_delivery WHERE sent_at IS NULL").isEmpty());
                assertThat(service.requests).hasSize(1);
                assertThat(service.requests.get(0).headers().getFirst("webhook-id"))
                        .isEqualTo(unanswered.get().headers().getFirst("webhook-id"));
                assertThat(service.requests.get(0).body()).isEqualTo(unanswered.get().body());
                assertThat(other.requests).as("the other channel has its message").hasSize(1);
                assertThat(next.log()).doesNotContain("/services/x");
            }
        }
    }

    private static String hang() {
        try {
            new CountDownLatch(1).await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return "";
    }
}
