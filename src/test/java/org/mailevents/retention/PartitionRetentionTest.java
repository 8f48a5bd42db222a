package org.mailevents.retention;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.database.Database;
import org.mailevents.support.Payload;
import org.mailevents.support.SmtpServer;
import org.mailevents.support.TimedAlerts;
import org.mailevents.support.Where;

/** On PostgreSQL, a whole partition is dropped once all its events are older than {@code retention.days} and wait for no mail. */
@Execution(ExecutionMode.CONCURRENT)
class PartitionRetentionTest {

    private static final Duration DAY = Duration.ofDays(1);
    /** The route walks from older rows to younger ones, so each row is younger than the one before. */
    private static final AtomicInteger SENTINELS = new AtomicInteger();
    private static final DateTimeFormatter CREATED = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withZone(ZoneOffset.UTC);

    @Test
    void aPartitionIsDroppedAndTheNextOnesStay() {
        try (TimedAlerts run = run(Map.of())) {
            // Given
            ObjectNode old = now(run, Payload.delivery("succeeded"));
            run.post("deliveries", old);
            String partition = partition(run, old);
            run.pass(DAY.multipliedBy(3));
            prepare(run);
            ObjectNode young = now(run, Payload.delivery("succeeded"));
            run.post("deliveries", young);

            // When
            run.pass(DAY.multipliedBy(4));

            // Then
            await().until(() -> !exists(run, partition));
            assertThat(isStored(run, old)).isFalse();
            assertThat(partition(run, young)).isNotEqualTo("mail_event_default");
            assertThat(run.application().log()).contains(
                    "Deleted all events of the partition " + partition + ", because they are older than 5 days (retention.days)");

            // When
            run.post("deliveries", old);

            // Then
            assertThat(partition(run, old)).as("it is new, since nothing is known of the old one").isEqualTo("mail_event_default");
        }
    }

    @Test
    void aPartitionStaysUntilItsLatestEventIsOld() {
        try (TimedAlerts run = run(Map.of())) {
            // Given
            ObjectNode early = now(run, Payload.delivery("succeeded"));
            ObjectNode late = now(run, Payload.delivery("succeeded"));
            run.post("deliveries", early);
            String partition = partition(run, early);
            run.pass(DAY.multipliedBy(3));
            run.post("deliveries", late);
            assertThat(partition(run, late)).isEqualTo(partition);

            // When
            run.pass(DAY.multipliedBy(4).plusHours(23));
            expired(run);

            // Then
            assertThat(Stream.of(early, late).allMatch(event -> isStored(run, event))).isTrue();

            // When
            run.pass(Duration.ofHours(2));

            // Then
            await().until(() -> !exists(run, partition));
        }
    }

    @Test
    void aPartitionStaysUntilTheMailsAboutItsBouncesAreSent() {
        AtomicBoolean down = new AtomicBoolean(true);
        try (SmtpServer server = new SmtpServer(address -> down.get() ? "451 later" : "250 ok", () -> { });
                TimedAlerts run = run(Map.of("alert.endpoint", server.endpoint()))) {
            // Given
            ObjectNode claimed = now(run, Payload.bounce("2"));
            ObjectNode pending = now(run, Payload.bounce("2"));
            run.post("bounces", claimed);
            String partition = partition(run, claimed);
            run.pass(Duration.ofSeconds(10));
            await().until(() -> "claimed".equals(state(run, claimed)));
            run.post("bounces", pending);

            // When
            run.pass(DAY.multipliedBy(9));
            expired(run);

            // Then
            assertThat(Stream.of(claimed, pending).map(event -> state(run, event))).containsExactly("claimed", "pending");

            // When
            down.set(false);
            for (ObjectNode bounce : new ObjectNode[]{claimed, pending}) {
                run.pass(Duration.ofHours(1));
                await().until(() -> !exists(run, partition) || "sent".equals(state(run, bounce)));
            }

            // Then
            await().until(() -> !exists(run, partition));
            assertThat(server.taken.get(0).mail().text()).contains(address(claimed)).doesNotContain(address(pending));
            assertThat(server.taken.get(1).mail().text()).as("the all-clear").contains(address(claimed), address(pending));
        }
    }

    @Test
    void aPartitionStaysUntilTheAllClearHasListedItsBouncesAgain() {
        try (TimedAlerts run = run(Map.of("alert.quiet", "20d"))) {
            // Given
            ObjectNode bounce = now(run, Payload.bounce("2"));
            run.post("bounces", bounce);
            String partition = partition(run, bounce);
            run.pass(Duration.ofSeconds(10));
            run.mailed(1);

            // When
            run.pass(DAY.multipliedBy(9));
            expired(run);

            // Then
            assertThat(state(run, bounce)).isEqualTo("sent");

            // When
            run.pass(DAY.multipliedBy(12));

            // Then
            assertThat(run.mailed(2).mails().get(1).text()).contains(address(bounce));
            await().until(() -> !exists(run, partition));
        }
    }

    private static TimedAlerts run(Map<String, String> settings) {
        Map<String, String> all = new HashMap<>(settings);
        all.putAll(Map.of("retention.days", "5", "store.partition", "day", "alert.all-clear-from", "1"));
        return Where.POSTGRES.run(all);
    }

    /** An event that happens now. */
    private static ObjectNode now(TimedAlerts run, ObjectNode event) {
        return event.put("created", CREATED.format(run.now()));
    }

    /** Creates the partitions that exist at this time, without waiting for the route that does it once a minute. */
    private static void prepare(TimedAlerts run) {
        run.application().context().getRegistry().findSingleByType(Database.class).partitions().orElseThrow().prepare(run.now());
    }

    /**
     * Waits until the route that deletes has looked at the partitions. It looks at them after the other tables, so the second of two rows
     * is deleted after a complete step.
     */
    private static void expired(TimedAlerts run) {
        for (int i = 0; i < 2; i++) {
            run.database().execute("INSERT INTO rejected_event VALUES (gen_random_uuid(), ?, 'old', 'old')",
                    Instant.EPOCH.plusSeconds(SENTINELS.incrementAndGet()).atOffset(ZoneOffset.UTC));
            await().until(() -> run.database().rows("SELECT 1 FROM rejected_event").isEmpty());
        }
    }

    private static boolean exists(TimedAlerts run, String table) {
        return !run.database().rows("SELECT 1 FROM pg_class WHERE relname = ?", table).isEmpty();
    }

    private static boolean isStored(TimedAlerts run, ObjectNode event) {
        return !run.database().rows("SELECT 1 FROM mail_event WHERE recipient = ?", address(event)).isEmpty();
    }

    private static String partition(TimedAlerts run, ObjectNode event) {
        return run.database().row("SELECT CAST(tableoid AS regclass) AS partition FROM mail_event WHERE recipient = ?",
                address(event)).get("partition");
    }

    private static String address(ObjectNode event) {
        return event.get("to").asText();
    }

    private static String state(TimedAlerts run, ObjectNode bounce) {
        return run.database().row("SELECT alert_state FROM mail_event WHERE recipient = ?", address(bounce)).get("alert_state");
    }
}
