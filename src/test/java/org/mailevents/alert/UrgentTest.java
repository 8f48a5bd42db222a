package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.Application;
import org.mailevents.support.Payload;
import org.mailevents.support.Rfc5322;
import org.mailevents.support.TimedAlerts;

/**
 * A mail is urgent if its own new bounces are too large a share of the messages that were finished meanwhile: of all messages, or of those
 * to one destination. Enough messages must have been finished.
 */
@Execution(ExecutionMode.CONCURRENT)
class UrgentTest {

    @ParameterizedTest
    @CsvSource({
        "200, 20, 5 %, ja, true", "200, 20, 5 %, en, true",
        "79, 20, 5 %, ja, false", "80, 20, 5 %, ja, true",
        "380, 20, 5 %, ja, false", "379, 20, 5 %, ja, true", "50, 19, 5 %, ja, false",
        "200, 20, 50 %, ja, false", "50, 51, 50 %, ja, true"})
    void theShareOfBouncesDecides(int succeeded, int bounced, String rate, String language, boolean urgent) {
        // Given
        try (TimedAlerts run = new TimedAlerts(Application.configured(), Map.of("alert.rate", rate, "alert.language", language,
                "alert.destination-rate", "100 %"))) {
            // Messages that are older or not finished do not count.
            run.post("deliveries", deliveries("succeeded", 500));
            run.pass(Duration.ofHours(3));
            run.post("deliveries", deliveries("queued", 300));
            run.post("deliveries", deliveries("succeeded", succeeded));

            // When
            run.post("bounces", bounces("2", bounced, "example.net"));
            run.pass(Duration.ofSeconds(10));
            Rfc5322 mail = run.mailed(1).mails().get(0);

            // Then
            if (urgent) {
                assertUrgent(mail, language.equals("ja") ? "（基準 alert.rate：" + rate + "）" : "The limit is " + rate + " (alert.rate).");
            } else {
                assertNotUrgent(mail);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"20, 20, 50 %, true", "19, 0, 50 %, false", "20, 21, 50 %, false", "30, 10, 80 %, false"})
    void aDestinationThatFailsIsUrgentAmongMuchOtherMail(int bounced, int succeeded, String rate, boolean urgent) {
        // Given
        try (TimedAlerts run = new TimedAlerts(Application.configured(), Map.of("alert.destination-rate", rate))) {
            run.post("deliveries", deliveries("succeeded", 2_000));
            run.post("deliveries", Stream.generate(() -> to(Payload.delivery("succeeded"), "Mobile.example.jp")).limit(succeeded)
                    .toArray(JsonNode[]::new));

            // When
            run.post("bounces", bounces("4", bounced, "mobile.example.jp"));
            run.pass(Duration.ofSeconds(10));
            Rfc5322 mail = run.mailed(1).mails().get(0);

            // Then
            if (urgent) {
                assertUrgent(mail, "緊急：mobile.example.jp 宛てのメールの ", bounced + "／" + (bounced + succeeded) + "件（",
                        "（基準 alert.destination-rate：" + rate + "）");
            } else {
                assertNotUrgent(mail);
            }
        }
    }

    @Test
    void deadAddressesAreNoFailingDestination() {
        try (TimedAlerts run = new TimedAlerts(Application.configured(), Map.of("alert.to.list-owner", "list@example.com",
                "alert.to.postmaster", "postmaster@example.com"))) {
            // Given
            run.post("deliveries", deliveries("succeeded", 2_000));

            // When
            run.post("bounces", bounces("2", 40, "misspelt.example.jp"));
            run.post("bounces", IntStream.range(0, 40).mapToObj(i -> Payload.bounce("4").put("to", UUID.randomUUID() + "@"))
                    .toArray(JsonNode[]::new));
            run.pass(Duration.ofSeconds(10));

            // Then
            run.mailed(2).mails().forEach(UrgentTest::assertNotUrgent);
        }
    }

    @Test
    void aHealthyCampaignDelaysNoUrgentMail() {
        try (TimedAlerts run = new TimedAlerts(Application.configured(), Map.of())) {
            // Given
            run.post("deliveries", deliveries("succeeded", 500));
            run.pass(Duration.ofDays(2));
            run.post("deliveries", Stream.generate(() -> to(Payload.delivery("succeeded"), "mobile.example.jp")).limit(3_000)
                    .toArray(JsonNode[]::new));
            run.pass(Duration.ofMinutes(61));

            // When its last bounces arrive
            run.post("bounces", bounces("4", 25, "mobile.example.jp"));
            run.pass(Duration.ofSeconds(10));
            run.mailed(1);
            // and then the destination fails
            run.pass(Duration.ofMinutes(31));
            run.post("bounces", bounces("4", 60, "mobile.example.jp"));
            run.pass(Duration.ofSeconds(10));
            run.mailed(2);

            // Then
            assertNotUrgent(run.mails().get(0));
            assertThat(run.mails().get(1).text()).contains("緊急：mobile.example.jp 宛てのメールの 100.0 %");
        }
    }

    @Test
    void theShareInAnUpdateIsThatOfTheMessagesSinceTheLastMail() {
        try (TimedAlerts run = new TimedAlerts(Application.configured(), Map.of("alert.rate", "90 %"))) {
            // Given
            run.post("bounces", bounces("4", 100, "mobile.example.jp"));
            run.pass(Duration.ofSeconds(10));
            assertThat(run.mailed(1).mails().get(0).text()).contains("mobile.example.jp：100／100件（100.0");
            run.pass(Duration.ofMinutes(10));

            // When
            run.post("deliveries", Stream.generate(() -> to(Payload.delivery("succeeded"), "mobile.example.jp")).limit(20)
                    .toArray(JsonNode[]::new));
            run.post("bounces", bounces("4", 60, "mobile.example.jp"));
            run.pass(Duration.ofMinutes(10));

            // Then
            String text = run.mailed(2).mails().get(1).text();
            assertThat(text).contains("mobile.example.jp：60／80件（75.0", "緊急：mobile.example.jp 宛てのメールの 75.0 %");
        }
    }

    @Test
    void oneBounceIsNotUrgentBecauseOfTheBouncesOfOthers() {
        try (TimedAlerts run = new TimedAlerts(Application.configured(), Map.of("alert.to.postmaster", "postmaster@example.com",
                "alert.to.list-owner", "list@example.com"))) {
            // Given
            run.post("deliveries", deliveries("succeeded", 300));
            run.post("bounces", bounces("4", 1_200, "mobile.example.jp"));

            // When
            run.post("bounces", bounces("2", 1, "example.net"));
            run.pass(Duration.ofSeconds(10));
            run.mailed(2);

            // Then
            int toListOwner = run.recipients().get(0).contains("list@example.com") ? 0 : 1;
            assertNotUrgent(run.mails().get(toListOwner));
            assertUrgent(run.mails().get(1 - toListOwner), "mobile.example.jp 宛て", "1,200件");
        }
    }

    @Test
    void aBounceAfterAnUrgentIncidentIsNotUrgent() {
        try (TimedAlerts run = new TimedAlerts(Application.configured(), Map.of())) {
            // Given
            run.post("bounces", bounces("4", 1_200, "mobile.example.jp"));
            run.pass(Duration.ofSeconds(10));
            assertUrgent(run.mailed(1).mails().get(0), "mobile.example.jp 宛て");
            run.pass(Duration.ofMinutes(46));
            assertNotUrgent(run.mailed(2).mails().get(1));

            // When
            run.post("bounces", bounces("5", 1, "mobile.example.jp"));
            run.pass(Duration.ofHours(24));

            // Then
            Rfc5322 mail = run.mailed(3).mails().get(2);
            assertThat(mail.has("References")).isFalse();
            assertNotUrgent(mail);
        }
    }

    @Test
    void ifEverythingFailsNoSingleDestinationIsBlamed() {
        try (TimedAlerts run = new TimedAlerts(Application.configured(), Map.of())) {
            // When
            run.post("bounces", Stream.of("one", "two", "three").flatMap(name -> Stream.of(bounces("4", 100, name + ".example.jp")))
                    .toArray(JsonNode[]::new));
            run.pass(Duration.ofSeconds(10));

            // Then
            assertUrgent(run.mailed(1).mails().get(0), "緊急：メールの 100.0 %（300／300件）が配信エラーです（基準 alert.rate：5 %）");
        }
    }

    @Test
    void ifMostBouncesAreAtOneDestinationTheMailNamesIt() {
        try (TimedAlerts run = new TimedAlerts(Application.configured(), Map.of())) {
            // Given
            run.post("deliveries", deliveries("succeeded", 300));
            run.post("deliveries", Stream.generate(() -> to(Payload.delivery("succeeded"), "mobile.example.jp")).limit(30)
                    .toArray(JsonNode[]::new));

            // When
            run.post("bounces", Stream.of(bounces("4", 25, "mobile.example.jp"), bounces("4", 5, "example.net")).flatMap(Stream::of)
                    .toArray(JsonNode[]::new));
            run.pass(Duration.ofSeconds(10));

            // Then
            assertUrgent(run.mailed(1).mails().get(0), "緊急：mobile.example.jp 宛てのメールの 45.5 %が配信エラーです（基準 alert.rate：5 %）");
        }
    }

    private static void assertUrgent(Rfc5322 mail, String... words) {
        assertThat(mail.header("Importance")).isEqualTo("high");
        assertThat(mail.header("X-Priority")).isEqualTo("1");
        assertThat(mail.subject()).containsPattern("^(【緊急】|\\[Urgent] )");
        assertThat(mail.text()).contains(words);
        assertThat(mail.html()).contains(words);
    }

    private static void assertNotUrgent(Rfc5322 mail) {
        assertThat(mail.has("Importance")).isFalse();
        assertThat(mail.has("X-Priority")).isFalse();
        assertThat(mail.subject().startsWith("Re: ") ? "" : mail.subject()).doesNotContain("緊急", "Urgent");
        assertThat(mail.text()).doesNotContain("緊急", "Urgent");
        assertThat(mail.html().replaceAll("<title>.*</title>", "")).doesNotContain("緊急", "Urgent");
    }

    private static JsonNode[] bounces(String code, int count, String domain) {
        return IntStream.range(0, count).mapToObj(i -> to(Payload.bounce(code), domain)).toArray(JsonNode[]::new);
    }

    private static JsonNode[] deliveries(String status, int count) {
        return IntStream.range(0, count).mapToObj(i -> Payload.delivery(status)).toArray(JsonNode[]::new);
    }

    private static ObjectNode to(ObjectNode element, String domain) {
        return element.put("to", UUID.randomUUID() + "@" + domain);
    }
}
