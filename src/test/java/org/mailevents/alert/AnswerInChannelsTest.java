package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.AnsweredAlerts.BOTH;
import static org.mailevents.support.AnsweredAlerts.ONE;
import static org.mailevents.support.AnsweredAlerts.TWO;
import static org.mailevents.support.AnsweredAlerts.answerForm;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.support.AnsweredAlerts;
import org.mailevents.support.ChatService;
import org.mailevents.support.HttpReceiver;
import org.mailevents.support.HttpReceiver.Answer;
import org.mailevents.support.Payload;

/** Whoever takes care of an incident silences it everywhere, also where a service is slow or down. */
@Execution(ExecutionMode.CONCURRENT)
class AnswerInChannelsTest {

    /** How soon everybody must know. The clock of the alerts stands still meanwhile. */
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final Pattern LINK = Pattern.compile("I have it: \\S+/answer\\?token=(\\S+)");

    private final HttpReceiver slack = new HttpReceiver();
    private final HttpReceiver pagerduty = new HttpReceiver();
    private final HttpReceiver webhook = new HttpReceiver();
    private final CountDownLatch slowAnswer = new CountDownLatch(1);
    private final AnsweredAlerts run;

    AnswerInChannelsTest() {
        slack.answers = request -> new Answer(503, Map.of(), "down");
        pagerduty.answers = ChatService.PAGERDUTY::answer;
        webhook.answers = request -> {
            awaitAnswer();
            return ChatService.WEBHOOK.answer(request);
        };
        run = new AnsweredAlerts(Map.of("alert.channel", "mail,slack,pagerduty,webhook",
                "alert.slack.url", slack.url("/services/T1/B2/s3cr3t"),
                "alert.pagerduty.url", pagerduty.url("/v2/enqueue"), "alert.pagerduty.routing-key", "s3cr3t",
                "alert.webhook.url", webhook.url("/hook"), "alert.webhook.secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"));
    }

    @AfterEach
    void stop() {
        slowAnswer.countDown();
        run.close();
        List.of(slack, pagerduty, webhook).forEach(HttpReceiver::close);
    }

    @Test
    void whoeverHasItSilencesEveryChannel() {
        // Given: Slack is down, and a URL of one's own answers late
        bounce();
        await().until(() -> run.recipients().equals(List.of(BOTH)) && actions().equals(List.of("trigger"))
                && waiting("slack", "failure IS NOT NULL").size() == 1 && waiting("webhook", "retry_at IS NOT NULL").size() == 1);
        String opened = waiting("slack", "TRUE").get(0);

        // When
        run.answer(token());

        // Then
        await().atMost(SOON).until(() -> actions().equals(List.of("trigger", "acknowledge"))
                && run.recipients().stream().mapToInt(List::size).sum() == 3);
        String told = run.recipients().get(1).get(0);
        assertThat(run.database().row("SELECT acknowledged_by FROM alert_incident")).containsValue(told.equals(ONE) ? TWO : ONE);
        assertThat(run.database().rows("SELECT failure FROM alert_delivery WHERE gave_up_at IS NOT NULL AND delivery_id = ?",
                UUID.fromString(opened))).singleElement().asString().contains("Withdrawn");

        // When: both services work again, and the incident goes on
        slack.answers = ChatService.SLACK::answer;
        slowAnswer.countDown();
        run.pass(Duration.ofMinutes(6));
        bounce();
        run.pass(Duration.ofMinutes(10));
        await().until(() -> waiting("slack", "TRUE").isEmpty() && waiting("webhook", "TRUE").isEmpty());
        run.pass(Duration.ofMinutes(50));

        // Then: nobody gets an update, and PagerDuty is told the end
        await().until(() -> actions().contains("resolve"));
        run.awaitEnds();
        await().until(() -> waiting("slack", "TRUE").isEmpty() && waiting("webhook", "TRUE").isEmpty());
        assertThat(actions()).containsExactly("trigger", "acknowledge", "resolve");
        assertThat(webhook.requests).extracting(request -> request.json().path("type").asText())
                .containsExactlyInAnyOrder("incident.opened", "incident.acknowledged", "incident.closed");
        assertThat(slack.requests).extracting(request -> request.json().path("text").asText()).satisfiesExactly(
                acknowledged -> assertThat(acknowledged).startsWith("Acknowledged: "),
                closed -> assertThat(closed).startsWith("All clear"));
        assertThat(run.database().rows("SELECT 1 FROM alert_mail WHERE what = 'update'")).isEmpty();
    }

    @Test
    void aForgedLinkSilencesNothing() {
        // Given
        bounce();
        await().until(() -> run.recipients().equals(List.of(BOTH)) && waiting("slack", "failure IS NOT NULL").size() == 1
                && actions().equals(List.of("trigger")));
        String token = token();
        String form = answerForm(run.page(token));
        String forged = token.substring(0, 20) + (token.charAt(20) == 'A' ? "B" : "A") + token.substring(21);

        // When
        assertThat(run.send(form.replace(token, forged)).statusCode()).isEqualTo(404);

        // Then
        assertThat(waiting("slack", "failure IS NOT NULL")).hasSize(1);
        assertThat(run.database().rows("SELECT 1 FROM alert_answer")).isEmpty();
        assertThat(run.database().rows("SELECT what FROM alert_mail")).singleElement().hasToString("{what=opened}");
        slack.answers = ChatService.SLACK::answer;
        run.pass(Duration.ofMinutes(15));
        await().until(() -> slack.requests.size() == 1);
    }

    private void bounce() {
        run.post("bounces", Payload.bounce("2"));
        run.pass(Duration.ofSeconds(10));
    }

    /** What PagerDuty was told. */
    private List<String> actions() {
        return pagerduty.requests.stream().map(request -> request.json().path("event_action").asText()).toList();
    }

    /** The deliveries through a channel that are neither sent nor given up. */
    private List<String> waiting(String channel, String condition) {
        return run.database().rows("SELECT delivery_id FROM alert_delivery WHERE sent_at IS NULL AND gave_up_at IS NULL AND channel = ?"
                + " AND " + condition, channel).stream().map(row -> row.get("delivery_id")).toList();
    }

    /** The token of the link in the mail that was sent first. */
    private String token() {
        return LINK.matcher(run.mails().get(0).text()).results().findFirst().orElseThrow().group(1);
    }

    private void awaitAnswer() {
        try {
            slowAnswer.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
