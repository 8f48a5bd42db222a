package org.mailevents.database;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.Application;
import org.mailevents.support.Answers;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;
import org.mailevents.support.SimulatedClock;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** On PostgreSQL, each event is in the partition of its own time, and the partitions exist before they are needed. */
@Execution(ExecutionMode.CONCURRENT)
class EventPartitionsTest {

    private static final Instant NOW = Instant.parse("2026-11-28T23:30:00Z");
    private static final DateTimeFormatter CREATED = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

    private final TestDatabase database = TestDatabase.postgres();
    private final SimulatedClock clock = new SimulatedClock(NOW);

    @ParameterizedTest
    @CsvSource({
            "day,   20261127 20261128 20261129 20261130",
            "week,  20261123 20261130 20261207 20261214",
            "month, 20261101 20261201 20270101 20270201"})
    void partitionsExistFromThatOfYesterdayOn(String length, String days) {
        try (InProcess application = start(length)) {
            assertThat(partitions()).containsExactlyElementsOf(
                    Stream.of(days.split(" ")).map(day -> "mail_event_" + day).toList());
        }
    }

    @Test
    void anEventIsInThePartitionOfItsOwnTime() {
        try (InProcess application = start("day")) {
            // Given
            ObjectNode last = delivery("2026-11-28 23:59:59");
            ObjectNode first = delivery("2026-11-29 00:00:00");
            ObjectNode past = delivery("2015-10-21 07:28:00");
            ObjectNode future = delivery("9999-12-31 23:59:59");
            ObjectNode unknown = Payload.delivery("succeeded");
            unknown.remove("created");

            // When
            post(application, last, first, past, future, unknown);

            // Then
            assertThat(Stream.of(last, first, past, future, unknown).map(this::partition)).containsExactly("mail_event_20261128",
                    "mail_event_20261129", "mail_event_default", "mail_event_default", "mail_event_default");
            Answers.assertReceipt(application.post(MailEvents.JSON,
                    Payload.json("deliveries", last, first, past, future, unknown)), 5, 0, 5, 0);
        }
    }

    @Test
    void theEventsOfTheDefaultPartitionMoveIntoTheirPartitionWhenItIsCreated() {
        ObjectNode early = delivery("2026-12-02 08:00:00");
        ObjectNode beyond = delivery("2026-12-24 08:00:00");
        try (InProcess application = start("day")) {
            // Given
            post(application, early, beyond);
            assertThat(List.of(partition(early), partition(beyond))).containsOnly("mail_event_default");
        }

        // When
        clock.moveOn(Duration.ofDays(2));
        try (InProcess application = start("day")) {

            // Then
            assertThat(partition(early)).isEqualTo("mail_event_20261202");
            assertThat(partition(beyond)).isEqualTo("mail_event_default");
            Answers.assertReceipt(application.post(MailEvents.JSON, Payload.json("deliveries", early, beyond)), 2, 0, 2, 0);
        }
    }

    @Test
    void theOldPartitionsStayWhenTheLengthChanges() {
        start("week").close();
        start("month").close();
        clock.moveOn(Duration.ofDays(20)); // to 18 December
        start("day").close();

        // The weeks are from 23 November to 21 December. The months take what the weeks left, until March.
        assertThat(partitions()).containsExactly("mail_event_20261101", "mail_event_20261123", "mail_event_20261130", "mail_event_20261207",
                "mail_event_20261214", "mail_event_20261221", "mail_event_20270101", "mail_event_20270201");
    }

    /** PostgreSQL refuses a row on its way into the default partition when its own partition is created meanwhile. */
    @Test
    void noEventIsRejectedWhileItsPartitionIsCreated() {
        try (InProcess application = start("day"); InProcess other = start("day")) {
            // Given
            List<ObjectNode> events = IntStream.range(0, 300).mapToObj(i -> delivery("2026-12-0" + (1 + i % 3) + " 08:00:00")).toList();
            EventPartitions partitions = database(application).partitions().orElseThrow();

            // When
            CompletableFuture<Void> created = CompletableFuture.runAsync(() -> IntStream.range(1, 4)
                    .forEach(day -> partitions.prepare(NOW.plus(Duration.ofDays(day)))));
            events.forEach(event -> Answers.assertReceipt((events.indexOf(event) % 2 == 0 ? application : other)
                    .post(MailEvents.JSON, Payload.json("deliveries", event)), 1, 1, 0, 0));
            created.join();

            // Then
            assertThat(database.rows("SELECT * FROM rejected_event")).isEmpty();
            assertThat(events.stream().map(this::partition).distinct())
                    .containsExactlyInAnyOrder("mail_event_20261201", "mail_event_20261202", "mail_event_20261203");
        }
    }

    @Test
    void severalProcessesMayStartAtTheSameTime() {
        List<CompletableFuture<InProcess>> starts = IntStream.range(0, 3).mapToObj(i -> CompletableFuture.supplyAsync(() -> start("month")))
                .toList();
        starts.forEach(each -> each.join().close());

        assertThat(partitions()).hasSize(4);
    }

    private static Database database(InProcess application) {
        return application.context().getRegistry().findSingleByType(Database.class);
    }

    private InProcess start(String length) {
        Main main = Application.configured();
        main.bind("clock", clock);
        return TestSettings.of(database).with(Map.of("store.partition", length)).startInProcess(main);
    }

    private static ObjectNode delivery(String created) {
        return Payload.delivery("succeeded").put("created", created);
    }

    private static void post(InProcess application, JsonNode... events) {
        Answers.assertReceipt(application.post(MailEvents.JSON, Payload.json("deliveries", events)), events.length, events.length, 0, 0);
    }

    private List<String> partitions() {
        return database.rows("SELECT relname FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = 'mail_event'::regclass"
                + " AND relname <> 'mail_event_default' ORDER BY relname").stream().map(row -> row.get("relname")).toList();
    }

    private String partition(ObjectNode event) {
        return database.row("SELECT CAST(tableoid AS regclass) AS partition FROM mail_event WHERE recipient = ?", event.get("to").asText())
                .get("partition");
    }
}
