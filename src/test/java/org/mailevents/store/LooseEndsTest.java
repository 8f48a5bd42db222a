package org.mailevents.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mailevents.support.Api;
import org.mailevents.support.InProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.Scrape;
import org.mailevents.support.TimedAlerts;
import org.mailevents.support.Where;

/** What should have arrived and has not: the end of a message, the second event of a failure. What has a wrong time. */
class LooseEndsTest {

    private static final DateTimeFormatter SPOOLED = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSSSSS'Z'").withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter CREATED = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withZone(ZoneId.of("Asia/Tokyo"));
    /** A slot is ten minutes long, and is settled a minute later. */
    private static final Duration SLOT = Duration.ofMinutes(12);

    @ParameterizedTest
    @EnumSource
    void anAcceptedMessageWithoutAnEndIsOverdue(Where where) throws IOException {
        try (TimedAlerts run = where.run(Map.of())) {
            // Given
            ObjectNode lost = Payload.delivery("queued").put("subject", "注文 5").put("created", CREATED.format(run.now()));
            ObjectNode deferred = Payload.delivery("queued");
            ObjectNode succeeded = Payload.delivery("queued");
            ObjectNode failed = Payload.delivery("queued");
            ObjectNode bounced = Payload.delivery("queued");
            ObjectNode toAnother = deferred.deepCopy().put("to", "b@example.net");
            run.post("deliveries", lost, deferred, succeeded, failed, bounced, toAnother, with(deferred, "deferred"),
                    with(succeeded, "succeeded"), with(failed, "failed"), with(toAnother, "succeeded"));
            run.post("bounces", of(bounced, "2"));

            // When
            run.pass(Duration.ofHours(6).plus(SLOT));

            // Then
            await().untilAsserted(() -> assertThat(messageIds(run, "/api/overdue")).containsExactlyInAnyOrder(id(lost), id(deferred)));
            JsonNode overdue = of(Api.ask(run.application(), "/api/overdue"), lost);
            assertThat(overdue.path("recipient").asText()).isEqualTo(lost.get("to").asText());
            assertThat(overdue.path("subject").asText()).isEqualTo("注文 5");
            assertThat(Instant.parse(overdue.path("dueAt").asText())).isEqualTo(
                    Instant.parse(overdue.path("receivedAt").asText()).plus(Duration.ofHours(6)));
            assertThat(overdue.path("deferredAt").isNull()).isTrue();
            assertThat(of(Api.ask(run.application(), "/api/overdue"), deferred).path("deferredAt").isNull()).isFalse();
            assertThat(Api.ask(run.application(), "/api/summary").path("missing").path("overdue").asLong()).isEqualTo(2);
            await().untilAsserted(() -> assertThat(Scrape.of(run.application()).value("mail_events_messages_overdue")).isEqualTo(2));

            // When: the day of the message and the next one are proved complete
            LocalDate day = LocalDate.ofInstant(run.now().minus(Duration.ofHours(6).plus(SLOT)), ZoneId.of("Asia/Tokyo"));
            assertThat(overdue.path("vendorHasNone").asBoolean()).isFalse();
            complete(run, day, true);
            assertThat(of(Api.ask(run.application(), "/api/overdue"), lost).path("vendorHasNone").asBoolean()).isFalse();
            complete(run, day.plusDays(1), true);
            assertThat(of(Api.ask(run.application(), "/api/overdue"), lost).path("vendorHasNone").asBoolean()).isTrue();
            complete(run, day.plusDays(2), false);
            assertThat(of(Api.ask(run.application(), "/api/overdue"), lost).path("vendorHasNone").asBoolean()).isFalse();

            // When: the end of one arrives, and a message that waited in the spool
            ObjectNode spooled = Payload.delivery("queued");
            run.post("deliveries", with(lost, "succeeded"));
            assertThat(messageIds(run, "/api/overdue")).as("at once").containsExactly(id(deferred));
            spool(run.application(), spooled, run.now().minus(Duration.ofHours(8)));

            // Then
            await().untilAsserted(() -> assertThat(messageIds(run, "/api/overdue")).containsExactlyInAnyOrder(id(spooled), id(deferred)));
            await().untilAsserted(() -> assertThat(Api.ask(run.application(), "/api/summary").path("missing").path("overdue").asLong())
                    .isEqualTo(2));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aFailureIsCountedOnceWhateverComesFirst(Where where) throws IOException {
        try (TimedAlerts run = where.run(Map.of())) {
            // Given
            ObjectNode together = now(run, Payload.delivery("failed"));
            ObjectNode bounceFirst = now(run, Payload.delivery("failed"));
            ObjectNode bounceLater = now(run, Payload.delivery("failed"));
            ObjectNode bounceEarlier = now(run, Payload.delivery("failed"));
            ObjectNode spooled = now(run, Payload.delivery("failed"));
            ObjectNode without = now(run, Payload.delivery("failed"));
            ObjectNode alone = now(run, Payload.bounce("2"));
            ObjectNode hostUnknown = now(run, Payload.bounce("1"));
            ObjectNode afterSuccess = now(run, Payload.delivery("succeeded"));

            // When
            run.post("bounces", of(bounceFirst, "2"), of(bounceEarlier, "2"), alone, hostUnknown, of(afterSuccess, "5"));
            run.post("deliveries", together, bounceFirst, bounceLater, without, afterSuccess);
            run.post("bounces", of(together, "4"));

            // Then
            assertThat(figures(run)).containsExactly(2, 6);

            // When: the rest comes after the first events were counted
            run.pass(SLOT);
            awaitCount(run, 11);
            assertThat(figures(run)).containsExactly(2, 6);
            run.post("bounces", of(bounceLater, "2"), of(spooled, "2"));
            run.post("deliveries", bounceEarlier);

            // Then
            assertThat(figures(run)).containsExactly(1 + 1, 8);

            // When
            run.pass(SLOT);
            awaitCount(run, 14);
            assertThat(figures(run)).containsExactly(1, 8);
            spool(run.application(), spooled, run.now().minus(SLOT.multipliedBy(2)));
            awaitCount(run, 15);

            // Then
            assertThat(figures(run)).containsExactly(1, 8);
            assertThat(run.database().row("SELECT COUNT(*) AS n FROM mail_event").get("n")).isEqualTo("15");

            // When
            run.pass(Duration.ofDays(1).plus(SLOT));

            // Then
            await().untilAsserted(() -> assertThat(messageIds(run, "/api/unpaired")).containsExactlyInAnyOrder(id(without), id(alone)));
            assertThat(of(Api.ask(run.application(), "/api/unpaired"), without).path("missing").asText()).isEqualTo("bounce");
            assertThat(of(Api.ask(run.application(), "/api/unpaired"), alone).path("missing").asText()).isEqualTo("failed");
            assertThat(Api.ask(run.application(), "/api/summary").path("missing").path("unpaired").asLong()).isEqualTo(2);

            // When
            run.post("bounces", of(without, "2"));

            // Then
            assertThat(messageIds(run, "/api/unpaired")).containsExactly(id(alone));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aWrongTimeZoneIsNamedWithTheZoneThatFits(Where where) {
        try (TimedAlerts run = where.run(Map.of())) {
            // Given: the console is set to UTC
            DateTimeFormatter utc = CREATED.withZone(ZoneOffset.UTC);
            for (int i = 0; i < 20; i++) {
                run.post("deliveries", Payload.delivery("queued").put("created", utc.format(run.now().minusSeconds(i))));
            }
            run.post("deliveries", Payload.delivery("queued").put("created", CREATED.format(run.now().plus(Duration.ofMinutes(90)))));

            // When
            run.pass(SLOT);

            // Then
            await().untilAsserted(() -> assertThat(run.application().log()).contains("The time in created is 9 h before the time of"
                    + " receipt: the vendor seems to write it in UTC, and webhook.time-zone is Asia/Tokyo. Set webhook.time-zone"));
            JsonNode clock = Api.ask(run.application(), "/api/clock");
            assertThat(clock.path("state").asText()).isEqualTo("zone");
            assertThat(clock.path("probableOffset").asText()).isEqualTo("UTC");
            assertThat(clock.path("days")).hasSize(1).allSatisfy(day -> {
                assertThat(day.path("events").asLong()).isEqualTo(21);
                assertThat(day.path("future").asLong()).isEqualTo(1);
            });
            assertThat(Api.ask(run.application(), "/api/summary").path("missing").path("clock").asText()).isEqualTo("zone");
            assertThat(Scrape.of(run.application()).value("mail_events_created_delay_seconds")).isEqualTo(9 * 3600);
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatCameFromTheVendorsListSaysNothingAboutTheClocks(Where where) {
        try (TimedAlerts run = where.run(Map.of())) {
            // Given: a hundred events are nine hours late, and 81 of them came from the vendor's list
            for (int i = 0; i < 5; i++) {
                String created = CREATED.format(run.now().minus(Duration.ofHours(9)).plusSeconds(i));
                run.post("deliveries", Stream.generate(() -> Payload.delivery("queued").put("created", created)).limit(20)
                        .toArray(ObjectNode[]::new));
            }
            run.database().execute("INSERT INTO repaired_event (event_id, mail_day, occurred_at) SELECT event_id, CURRENT_DATE, occurred_at"
                    + " FROM mail_event ORDER BY event_id LIMIT 81");

            // When
            run.pass(SLOT);

            // Then
            await().untilAsserted(() -> assertThat(Api.ask(run.application(), "/api/clock").path("days")).hasSize(1)
                    .allSatisfy(day -> assertThat(day.path("events").asLong()).isEqualTo(19)));
            assertThat(Api.ask(run.application(), "/api/clock").path("state").asText()).isEqualTo("unknown");
        }
    }

    private static ObjectNode with(ObjectNode delivery, String status) {
        return delivery.deepCopy().put("status", status);
    }

    private static ObjectNode of(ObjectNode delivery, String code) {
        return Payload.bounce(code).put("messageId", id(delivery)).put("to", delivery.get("to").asText())
                .put("created", delivery.get("created").asText());
    }

    private static ObjectNode now(TimedAlerts run, ObjectNode event) {
        return event.put("created", CREATED.format(run.now()));
    }

    private static String id(JsonNode event) {
        return event.get("messageId").asText();
    }

    private static Iterable<String> messageIds(TimedAlerts run, String path) {
        return Api.ask(run.application(), path).findValuesAsText("messageId");
    }

    private static JsonNode of(JsonNode list, ObjectNode event) {
        return StreamSupport.stream(list.spliterator(), false).filter(row -> id(row).equals(id(event))).findAny().orElseThrow();
    }

    /** The failures without a bounce and the bounces, as the page shows them. */
    private static int[] figures(TimedAlerts run) {
        JsonNode hours = Api.ask(run.application(), "/api/summary?hours=744").path("hours");
        return new int[] {sum(hours, "failed"), sum(hours, "bounced")};
    }

    private static int sum(JsonNode hours, String status) {
        return StreamSupport.stream(hours.spliterator(), false).mapToInt(hour -> hour.path("events").path(status).asInt()).sum();
    }

    private static void complete(TimedAlerts run, LocalDate day, boolean complete) {
        run.database().execute("INSERT INTO reconciled_day (mail_day, stored, vendor, repaired, missing, looked_at, complete)"
                + " VALUES (?, 1, 1, 0, 0, CURRENT_TIMESTAMP, ?)", day, complete);
    }

    private static void awaitCount(TimedAlerts run, int events) {
        await().until(() -> run.database().row("SELECT SUM(events) AS n FROM event_count").get("n"), String.valueOf(events)::equals);
    }

    private static void spool(InProcess application, ObjectNode event, Instant received) throws IOException {
        Path spool = Path.of(application.context().resolvePropertyPlaceholders("{{spool.directory}}"));
        Path file = Files.writeString(spool.resolve("new"), Payload.json("deliveries", event));
        Files.move(file, spool.resolve(SPOOLED.format(received) + "-late.json"));
    }
}
