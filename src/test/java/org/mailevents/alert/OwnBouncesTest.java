package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mailevents.Application;
import org.mailevents.support.Payload;
import org.mailevents.support.Rfc5322;
import org.mailevents.support.TimedAlerts;

/**
 * If the alert mails themselves are sent through the vendor, their bounces arrive as webhooks. Those bounces must not cause further mails,
 * which would bounce again.
 */
@Execution(ExecutionMode.CONCURRENT)
class OwnBouncesTest {

    private static final String FROM = "alerts@shop.example.com";
    private static final String TO = "Ops@alerts.example.org";
    private static final String FALLBACK = "chief@elsewhere.example.net";

    /**
     * The parts of the alert mail that the bounce webhook contains. With aliases and servers in between, it may be a single part. The
     * fallback can only be recognised by its address, so its address is always contained.
     */
    enum HandedBack {
        EVERYTHING, RECIPIENT, MESSAGE_ID, MARK, SENDER;

        private boolean is(HandedBack one) {
            return this == one || this == EVERYTHING;
        }

        /** The bounce of a mail with this number. If the recipient is not handed back, an alias has replaced it. */
        ObjectNode bounce(Rfc5322 mail, String recipient, int time) {
            ObjectNode bounce = Payload.bounce(time % 2 == 0 ? "2" : "5").put("reason", "550 5.1.1 no such user " + time);
            bounce.put("to", is(RECIPIENT) || recipient.equals(FALLBACK) ? recipient : "inbox-of-" + recipient.toLowerCase());
            if (is(MESSAGE_ID)) {
                bounce.put("messageId", mail.header("Message-ID"));
            }
            if (is(MARK)) {
                bounce.put("apiData", mail.header("X-Api-Data"));
            }
            if (is(SENDER)) {
                bounce.put("from", FROM);
            }
            return bounce;
        }
    }

    @ParameterizedTest
    @EnumSource
    void noMailComesOfTheBouncesOfOurMails(HandedBack handedBack) {
        // Given
        try (TimedAlerts run = start(Map.of("alert.silence", "1d"))) {
            run.post("bounces", Payload.bounce("2"));
            run.pass(Duration.ofSeconds(10));

            // When
            bounce(run, 1, handedBack, TO); // the first mail
            run.pass(Duration.ofMinutes(46));
            bounce(run, 2, handedBack, TO); // the all-clear
            run.pass(Duration.ofDays(1));
            bounce(run, 3, handedBack, TO); // the notice of missing webhooks; the webhook of its bounce ends the silence
            bounce(run, 4, handedBack, TO);

            // Then
            assertThat(run.mailed(4).mails()).extracting(Rfc5322::subject).satisfiesExactly(
                    first -> assertThat(first).startsWith("example.net：宛先不明 1件"),
                    allClear -> assertThat(allClear).startsWith("Re: example.net：宛先不明 1件"),
                    silent -> assertThat(silent).contains("Webhook が届いていません"),
                    returned -> assertThat(returned).contains("再開しました"));
            assertThat(run.application().log()).contains("Alerts do not reach a recipient of alert.to").contains("Set alert.fallback");

            // When
            run.post("bounces", Payload.bounce("2"));
            run.pass(Duration.ofSeconds(10));

            // Then
            assertThat(run.mailed(5).mails().get(4).text()).doesNotContainIgnoringCase(TO);
        }
    }

    @ParameterizedTest
    @EnumSource
    void theFallbackIsToldOnceAndNobodyOfItsOwnBounces(HandedBack handedBack) {
        // Given
        try (TimedAlerts run = start(Map.of("alert.fallback", FALLBACK))) {
            run.post("bounces", Payload.bounce("2"));
            run.pass(Duration.ofSeconds(10));

            // When
            bounce(run, 1, handedBack, TO);

            // Then
            Rfc5322 notice = run.mailed(2).mails().get(1);
            assertThat(notice.subject()).isEqualTo("【Mail Events】通知メールが " + handedBack.bounce(notice, TO, 0).get("to").asText()
                    .toLowerCase() + " に届いていません");
            assertThat(notice.text()).contains("550 5.1.1 no such user");

            // When
            bounce(run, 2, handedBack, FALLBACK);
            run.pass(Duration.ofMinutes(46));
            bounce(run, 3, handedBack, TO);
            run.post("bounces", Payload.bounce("2"));
            run.pass(Duration.ofSeconds(10));

            // Then
            run.mailed(4);
            assertThat(run.recipients()).containsExactly(List.of(TO), List.of(FALLBACK), List.of(TO), List.of(TO));
        }
    }

    @Test
    void theFallbackGetsOneMailAnHourWithAllAddresses() {
        // Given
        try (TimedAlerts run = start(Map.of("alert.fallback", FALLBACK))) {
            List<String> first = IntStream.range(0, 224).mapToObj(i -> "reader" + i + "@example.net").toList();
            List<String> later = List.of("late0@example.net", "late1@example.net", "late2\r\n@example.net");

            // When
            run.post("bounces", first.stream().map(OwnBouncesTest::marked).toArray(JsonNode[]::new));
            run.pass(Duration.ofSeconds(10));

            // Then
            Rfc5322 notice = run.mailed(1).mails().get(0);
            assertThat(notice.subject()).isEqualTo("【Mail Events】通知メールが 224 件の宛先 に届いていません");
            assertThat(notice.text()).contains(first).contains("550 5.1.1 User unknown");

            // When
            for (String address : later) {
                run.pass(Duration.ofMinutes(15));
                run.post("bounces", marked(address), marked(first.get(0)));
                run.pass(Duration.ofSeconds(10));
                await().until(() -> run.database().rows("SELECT 1 FROM mail_event WHERE alert_state = 'pending'").isEmpty());
            }
            assertThat(run.mails()).hasSize(1);
            run.pass(Duration.ofMinutes(15));

            // Then
            assertThat(run.mailed(2).mails().get(1).text()).contains(later.subList(0, 2)).contains("late2 @example.net")
                    .doesNotContain("reader");
            run.post("bounces", later.stream().map(OwnBouncesTest::marked).toArray(JsonNode[]::new));
            run.pass(Duration.ofDays(2));
            assertThat(run.mailed(2).recipients()).containsOnly(List.of(FALLBACK));
        }
    }

    private static ObjectNode marked(String recipient) {
        return Payload.bounce("2").put("to", recipient).put("apiData", "mail-events-alert").put("reason", "550 5.1.1 User unknown");
    }

    @Test
    void aCustomersBounceIsToldThoughItsMailCameFromTheSenderOfTheAlerts() {
        // Given
        try (TimedAlerts run = start(Map.of("alert.fallback", FALLBACK))) {
            run.post("deliveries", Payload.delivery("succeeded").put("from", FROM.toUpperCase()));
            ObjectNode bounce = Payload.bounce("2").put("from", FROM);

            // When
            run.post("bounces", bounce);
            run.pass(Duration.ofSeconds(10));

            // Then
            assertThat(run.mailed(1).mails().get(0).text()).contains(bounce.get("to").asText());
            assertThat(run.recipients()).containsExactly(List.of(TO));
        }
    }

    @Test
    void customersBouncesFromTheSenderOfTheAlertsAreToldThoughNoDeliveryWasEverReported() {
        // Given
        try (TimedAlerts run = start(Map.of("alert.fallback", FALLBACK))) {
            ObjectNode one = Payload.bounce("2").put("from", FROM);
            ObjectNode other = Payload.bounce("2").put("from", FROM);

            // When
            run.post("bounces", one, other);
            run.pass(Duration.ofSeconds(10));

            // Then
            assertThat(run.mailed(1).mails().get(0).text()).contains(one.get("to").asText(), other.get("to").asText());
            assertThat(run.recipients()).containsExactly(List.of(TO));
        }
    }

    /**
     * The latest mail bounces ten times. The method returns when all ten bounces are marked as own. No further mail is sent before that.
     */
    private static void bounce(TimedAlerts run, int number, HandedBack handedBack, String recipient) {
        Rfc5322 mail = run.mailed(number).mails().get(number - 1);
        run.pass(Duration.ofSeconds(1));
        // The delivery of the same mail to another address does not change that the bounce is our own.
        run.post("deliveries", Payload.delivery("succeeded").put("from", FROM).put("to", recipient)
                .put("created", "2026-10-01 09:00:0" + number));
        int before = own(run);
        run.post("bounces", IntStream.range(0, 10).mapToObj(time -> handedBack.bounce(mail, recipient, time)
                .put("created", "2026-10-0" + number + " 09:00:0" + time)).toArray(JsonNode[]::new));
        run.pass(Duration.ofMinutes(5));
        await().until(() -> own(run) == before + 10);
    }

    private static int own(TimedAlerts run) {
        return run.database().rows("SELECT 1 FROM mail_event WHERE alert_state = 'own'").size();
    }

    private static TimedAlerts start(Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(Map.of("alert.from", "Alerts <" + FROM
                + ">", "alert.to", TO, "alert.max-per-hour", "100", "alert.max-per-day", "100", "alert.all-clear-from", "1"));
        settings.putAll(more);
        return new TimedAlerts(Application.configured(), settings);
    }
}
