package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.TemporalAdjusters;
import java.util.Map;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.Application;
import org.mailevents.support.Api;
import org.mailevents.support.Payload;
import org.mailevents.support.Rfc5322;
import org.mailevents.support.TimedAlerts;

/** Outside the hours of an audience only urgent mails are sent, and on an ordinary day only a few. What is held back is not lost. */
@Execution(ExecutionMode.CONCURRENT)
class AlertHoursTest {

    private static final ZoneId NEW_YORK = ZoneId.of("America/New_York");

    @Test
    void outsideTheHoursEverythingButAnUrgentMailWaits() {
        try (TimedAlerts run = new TimedAlerts(Application.configured(), Map.of("alert.hours.list-owner", "mon-fri 08:00-19:00",
                "alert.time-zone", NEW_YORK.getId(), "alert.to.list-owner", "list@example.com"))) {
            // Given
            ZonedDateTime saturday = run.now().atZone(NEW_YORK).with(TemporalAdjusters.next(DayOfWeek.SATURDAY)).withHour(3);
            moveTo(run, saturday);
            ObjectNode held = Payload.bounce("2");
            run.post("bounces", held);
            run.pass(Duration.ofMinutes(5));
            ObjectNode toPostmaster = Payload.bounce("4");
            run.post("bounces", toPostmaster);
            run.pass(Duration.ofMinutes(5));

            // When
            assertThat(run.mailed(1).mails().get(0).text()).contains(toPostmaster.get("messageId").asText());
            moveTo(run, saturday.with(TemporalAdjusters.next(DayOfWeek.MONDAY)).withHour(7).withMinute(59));
            run.mailed(1);
            moveTo(run, saturday.with(TemporalAdjusters.next(DayOfWeek.MONDAY)).withHour(8).withMinute(1));

            // Then
            assertThat(run.mailed(2).recipients().get(1)).containsExactly("list@example.com");
            assertThat(run.mails().get(1).text()).contains(held.get("messageId").asText());

            // When
            moveTo(run, saturday.plusDays(7));
            run.post("bounces", IntStream.range(0, 100).mapToObj(i -> Payload.bounce("2")).toArray(JsonNode[]::new));
            run.pass(Duration.ofMinutes(1));

            // Then
            Rfc5322 urgent = run.mailed(3).mails().get(2);
            assertThat(urgent.header("Importance")).isEqualTo("high");
            moveTo(run, saturday.plusDays(9).withHour(7));
            run.mailed(3);
            moveTo(run, saturday.plusDays(9).withHour(8).withMinute(1));
            assertThat(run.mailed(4).mails().get(3).text()).startsWith("収束");
        }
    }

    @Test
    void anOrdinaryDayHasTwoMailsAndTheNextMailHasTheRest() {
        try (TimedAlerts run = new TimedAlerts(Application.configured(), Map.of())) {
            // Given
            run.post("bounces", Payload.bounce("2"));
            run.pass(Duration.ofSeconds(10));
            run.mailed(1);
            run.pass(Duration.ofMinutes(46));
            run.awaitEnds();
            run.post("bounces", Payload.bounce("2"));
            run.pass(Duration.ofSeconds(10));
            run.mailed(2);
            run.pass(Duration.ofMinutes(46));
            run.awaitEnds();

            // When
            ObjectNode third = Payload.bounce("2");
            run.post("bounces", third);
            run.pass(Duration.ofHours(20));
            ObjectNode fourth = Payload.bounce("2");
            run.post("bounces", fourth);
            run.pass(Duration.ofHours(2));

            // Then
            run.mailed(2);
            await().until(() -> run.application().log().contains("The audience list-owner has had its alert.max-per-day mails (2)"));
            assertThat(Api.ask(run.application(), "/api/summary").path("untold")).singleElement().satisfies(untold -> {
                assertThat(untold.path("audience").asText()).isEqualTo("list-owner");
                assertThat(untold.path("bounces").asInt()).isEqualTo(2);
            });
            run.pass(Duration.ofHours(1));
            assertThat(run.application().log()).containsOnlyOnce("has had its alert.max-per-day mails");
            assertThat(run.mailed(3).mails().get(2).text()).contains(third.get("messageId").asText(), fourth.get("messageId").asText());
        }
    }

    @Test
    void farMoreThanUsualExceedsTheMailsOfAnOrdinaryDay() {
        try (TimedAlerts run = new TimedAlerts(Application.configured(), Map.of())) {
            // Given
            run.post("deliveries", deliveries(1_000));
            run.pass(Duration.ofDays(2));
            // two hours later, this mail does not explain bounces any more
            run.post("deliveries", deliveries(3_000));
            run.pass(Duration.ofMinutes(121));

            // When
            for (int mails = 1; mails <= 4; mails++) {
                run.post("bounces", IntStream.range(0, 25).mapToObj(i -> Payload.bounce("2")
                        .put("to", UUID.randomUUID() + "@" + i + ".example.jp")).toArray(JsonNode[]::new));
                run.pass(Duration.ofMinutes(31));
                run.mailed(mails);
            }

            // Then
            assertThat(run.mails()).allMatch(mail -> !mail.has("Importance"));
        }
    }

    private static JsonNode[] deliveries(int count) {
        return IntStream.range(0, count).mapToObj(i -> Payload.delivery("succeeded")).toArray(JsonNode[]::new);
    }

    private static void moveTo(TimedAlerts run, ZonedDateTime time) {
        run.pass(Duration.between(run.now(), time));
    }
}
