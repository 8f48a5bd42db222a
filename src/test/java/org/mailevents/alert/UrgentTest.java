package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.Application;
import org.mailevents.support.Payload;
import org.mailevents.support.Rfc5322;
import org.mailevents.support.TimedAlerts;

/**
 * A mail is urgent if more than {@code alert.rate} of the messages that were finished within the last hour have bounced, and if enough
 * messages were finished.
 */
@Execution(ExecutionMode.CONCURRENT)
class UrgentTest {

    @ParameterizedTest
    @CsvSource({
        "200, 20, 5 %, ja, true", "200, 20, 5 %, en, true",
        "79, 20, 5 %, ja, false", "80, 20, 5 %, ja, true",
        "190, 10, 5 %, ja, false", "189, 10, 5 %, ja, true",
        "200, 20, 50 %, ja, false", "50, 51, 50 %, ja, true"})
    void theShareOfBouncesDecides(int succeeded, int bounced, String rate, String language, boolean urgent) {
        // Given
        try (TimedAlerts run = new TimedAlerts(Application.configured(), Map.of("alert.rate", rate, "alert.language", language))) {
            // Messages that are older than an hour or not finished do not count.
            run.post("deliveries", elements("succeeded", 500));
            run.pass(Duration.ofHours(1));
            run.post("deliveries", elements("queued", 300));
            run.post("deliveries", elements("succeeded", succeeded));

            // When
            run.post("bounces", IntStream.range(0, bounced).mapToObj(i -> Payload.bounce("2")).toArray(JsonNode[]::new));
            run.pass(Duration.ofSeconds(10));
            Rfc5322 mail = run.mailed(1).mails().get(0);

            // Then
            String words = language.equals("ja") ? "緊急：直近1時間のバウンス率が" : "Urgent: the bounce rate of the last hour is ";
            String label = language.equals("ja") ? "【緊急】" : "[Urgent] ";
            if (urgent) {
                assertThat(mail.header("Importance")).isEqualTo("high");
                assertThat(mail.header("X-Priority")).isEqualTo("1");
                assertThat(mail.subject()).startsWith(label);
                assertThat(mail.text()).contains(words);
                assertThat(mail.html()).contains(words);
            } else {
                assertThat(mail.has("Importance")).isFalse();
                assertThat(mail.has("X-Priority")).isFalse();
                assertThat(mail.subject()).doesNotContain(label);
                assertThat(mail.text()).doesNotContain(words);
                assertThat(mail.html()).doesNotContain(words);
            }
        }
    }

    private static JsonNode[] elements(String status, int count) {
        return IntStream.range(0, count).mapToObj(i -> Payload.delivery(status)).toArray(JsonNode[]::new);
    }
}
