package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.Application;
import org.mailevents.support.Payload;
import org.mailevents.support.Rfc5322;
import org.mailevents.support.TimedAlerts;

/** An ordinary incident ends without a mail. The all-clear of any other incident says what ended. */
@Execution(ExecutionMode.CONCURRENT)
class EndOfIncidentTest {

    private static final String QUIET = "、新たなエラーはありません。";
    private static final String TAKEN_AGAIN = " は再びメールを受け取っています。";

    @Test
    void aLoneBounceIsOneMail() {
        try (TimedAlerts run = new TimedAlerts(Application.configured(), Map.of())) {
            run.post("bounces", Payload.bounce("2"));
            run.pass(Duration.ofSeconds(10));
            run.mailed(1);

            // When
            run.pass(Duration.ofMinutes(46));

            // Then
            run.awaitEnds();
            run.pass(Duration.ofHours(1));
            assertThat(run.mailed(1).mails().get(0).text()).doesNotContain("収まったときは").contains("新たなエラーがあれば、続報でお知らせします。");
        }
    }

    @ParameterizedTest
    @CsvSource({"9, 10, false", "10, 10, true", "4, 5, false", "5, 5, true"})
    void aSmallIncidentEndsWithoutAMail(int bounces, int from, boolean allClear) {
        try (TimedAlerts run = new TimedAlerts(Application.configured(), Map.of("alert.all-clear-from", String.valueOf(from)))) {
            run.post("bounces", bounces("2", bounces, "example.net"));
            run.pass(Duration.ofSeconds(10));
            assertThat(run.mailed(1).mails().get(0).text().contains("収まったときは")).isEqualTo(allClear);

            // When
            run.pass(Duration.ofMinutes(46));

            // Then
            run.awaitEnds();
            List<Rfc5322> mails = run.mailed(allClear ? 2 : 1).mails();
            if (allClear) {
                assertThat(mails.get(1).text()).startsWith("収束").contains(QUIET);
            }
        }
    }

    @Test
    void whatNoMailHasReportedIsReportedBeforeTheIncidentEnds() {
        try (TimedAlerts run = new TimedAlerts(Application.configured(), Map.of())) {
            ObjectNode first = Payload.bounce("2");
            run.post("bounces", first);
            run.pass(Duration.ofSeconds(10));
            run.mailed(1);
            ObjectNode again = Payload.bounce("2").put("to", first.get("to").asText());
            ObjectNode other = Payload.bounce("2");
            run.post("bounces", again, other);

            // When
            run.pass(Duration.ofMinutes(46));

            // Then
            Rfc5322 rest = run.mailed(2).mails().get(1);
            assertThat(rest.text()).contains(again.get("messageId").asText(), other.get("messageId").asText())
                    .doesNotContain(first.get("messageId").asText(), "収束");
            run.pass(Duration.ofMinutes(46));
            run.awaitEnds();
            assertThat(run.mailed(2).database().rows("SELECT 1 FROM mail_event WHERE alert_state = 'pending'")).isEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource({"7, 3, mobile.example.jp, true", "7, 3, other.example.jp, false", "7, 0, mobile.example.jp, false",
        "2, 3, mobile.example.jp, false"})
    void theAllClearSaysWhetherTheDestinationTakesMailAgain(String code, int succeeded, String domain, boolean takenAgain) {
        try (TimedAlerts run = new TimedAlerts(Application.configured(), Map.of())) {
            run.post("bounces", bounces(code, 30, "mobile.example.jp"));
            run.pass(Duration.ofSeconds(10));
            run.mailed(1);
            if (succeeded > 0) {
                run.post("deliveries", IntStream.range(0, succeeded).mapToObj(i -> Payload.delivery("succeeded")
                        .put("to", UUID.randomUUID() + "@" + domain)).toArray(JsonNode[]::new));
            }

            // When
            run.pass(Duration.ofMinutes(46));

            // Then
            Rfc5322 allClear = run.mailed(2).mails().get(1);
            assertThat(allClear.text()).startsWith("収束").contains(takenAgain ? TAKEN_AGAIN : QUIET)
                    .doesNotContain(takenAgain ? QUIET : TAKEN_AGAIN);
            assertThat(allClear.html()).contains(takenAgain ? TAKEN_AGAIN : QUIET);
        }
    }

    @Test
    void anAllClearDoesNotSayThatFarMoreBouncesThanUsual() {
        try (TimedAlerts run = new TimedAlerts(Application.configured(), Map.of("alert.quiet", "10m"))) {
            run.post("deliveries", Payload.delivery("succeeded"));
            run.pass(Duration.ofDays(2));
            run.post("bounces", bounces("2", 50, "example.net"));
            run.pass(Duration.ofSeconds(10));
            assertThat(run.mailed(1).mails().get(0).text()).contains("大幅に多く");

            // When
            run.pass(Duration.ofMinutes(11));

            // Then
            assertThat(run.mailed(2).mails().get(1).text()).startsWith("収束").doesNotContain("大幅に多く");
        }
    }

    private static JsonNode[] bounces(String code, int count, String domain) {
        return IntStream.range(0, count).mapToObj(i -> Payload.bounce(code).put("to", UUID.randomUUID() + "@" + domain))
                .toArray(JsonNode[]::new);
    }
}
