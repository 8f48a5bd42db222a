package org.mailevents.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/**
 * A process that is killed while it reconciles. The next process goes on where the killed one was, within the same budget of calls, and
 * every event is stored and told once.
 */
class ReconcileKillIT {

    private static final Duration LONG = Duration.ofMinutes(3);
    /** Fewer than the day needs: the bounces, and 24 hours of at least one page. */
    private static final int CALLS = 30;

    private final TestDatabase database = TestDatabase.postgres();
    private final Mailbox mailbox = Mailbox.folder();
    private final Path folder = OwnProcess.folder("routes", "application.properties");
    private final WithheldDay sample = new WithheldDay();
    /** The calls that list each hour which was finished when a process was killed. */
    private final Map<String, Long> callsOfFinished = new HashMap<>();

    @Test
    void aRunThatIsKilledGoesOnWhereItWas() throws SQLException {
        TestSettings settings = TestSettings.of(database, mailbox).with(sample.vendor.settings()).with("vendor.calls-a-day", CALLS);
        try (sample) {
            sample.vendor.zone = WithheldDay.TOKYO; // so the vendor's day has all events of the sample

            // When: a process is killed while the vendor answers
            OwnProcess first = settings.startJar(folder);
            sample.post(first);
            killAtPage(1, first);
            OwnProcess second = settings.startJar(folder);
            killAtPage(9, second);

            // When: a process is killed after events went to the spool, and before their hour is marked as done
            OwnProcess third = settings.startJar(folder);
            killBeforeMark(third);

            // Then
            try (OwnProcess last = settings.startJar(folder)) {
                await().atMost(LONG).untilAsserted(() -> assertThat(reconcile(last).body())
                        .contains("The " + CALLS + " calls of vendor.calls-a-day are used up"));
                assertThat(callsMade()).isEqualTo(CALLS);
                assertThat(sample.vendor.calls()).isLessThanOrEqualTo(CALLS);

                // When: the next days begin
                await().atMost(LONG).until(() -> {
                    database.execute("UPDATE vendor_call SET calls = 0");
                    reconcile(last);
                    return !database.rows("SELECT 1 FROM reconciled_day WHERE complete").isEmpty();
                });

                // Then
                requireStoredAndToldOnce();
                assertThat(callsOfFinished).hasSizeGreaterThan(3).allSatisfy((hour, calls) -> assertThat(calls(hour)).isEqualTo(calls));

                // When
                HttpResponse<String> again = reconcile(last);

                // Then
                assertThat(again.body()).contains(WithheldDay.WITHHELD + " of them from the vendor's list");
                assertThat(database.row("SELECT COUNT(*) AS events FROM repaired_event").get("events"))
                        .isEqualTo(String.valueOf(WithheldDay.WITHHELD));
                requireStoredAndToldOnce();
            }
        }
    }

    private void killAtPage(int page, OwnProcess process) {
        AtomicInteger pages = new AtomicInteger();
        sample.vendor.afterPage = () -> {
            if (pages.incrementAndGet() == page) {
                process.kill();
            }
        };
        reconcileUntilKilled(process);
        sample.vendor.afterPage = () -> { };
        noteFinished();
    }

    /** Holds the process up at the mark of each part, until it has sent events of a part to the spool. */
    private void killBeforeMark(OwnProcess process) throws SQLException {
        long before = repaired();
        CompletableFuture<Void> run = CompletableFuture.runAsync(() -> reconcileUntilKilled(process));
        try (Connection connection = DriverManager.getConnection(database.url(), database.username(), database.password())) {
            connection.setAutoCommit(false);
            do {
                connection.rollback();
                connection.createStatement().execute("LOCK TABLE reconciled_part IN EXCLUSIVE MODE");
                await().atMost(LONG).pollInterval(Duration.ofMillis(20)).until(() -> run.isDone() || !database.rows("SELECT 1 FROM pg_locks"
                        + " WHERE relation = CAST('reconciled_part' AS regclass) AND NOT granted").isEmpty());
            } while (!run.isDone() && repaired() == before);
            process.kill();
        }
        run.join();
        noteFinished();
    }

    private void reconcileUntilKilled(OwnProcess process) {
        try {
            HttpResponse<String> answer = reconcile(process);
            throw new AssertionError("The process was not killed: " + answer.body());
        } catch (UncheckedIOException e) {
            // It was killed while it ran.
        }
    }

    /** The webhooks that a killed process left in the spool are stored first. */
    private HttpResponse<String> reconcile(OwnProcess process) {
        return await().atMost(LONG).until(() -> WithheldDay.reconcile(process, sample.day), answer -> answer.statusCode() != 409);
    }

    private void noteFinished() {
        // what a killed process held and noted expires
        database.execute("UPDATE reconciliation SET held_until = TIMESTAMP WITH TIME ZONE '1970-01-01 00:00:00+00'");
        database.execute("DELETE FROM spool_backlog");
        callsOfFinished.clear();
        database.rows("SELECT part FROM reconciled_part WHERE next_page IS NULL").stream().map(row -> row.get("part"))
                .filter(part -> part.matches("\\d\\d")).forEach(hour -> callsOfFinished.put(hour, calls(hour)));
    }

    private long calls(String hour) {
        return sample.vendor.answered().stream().filter(call -> String.valueOf(Integer.parseInt(hour)).equals(call.get("hour"))).count();
    }

    private int callsMade() {
        return Integer.parseInt(database.row("SELECT SUM(calls) AS calls FROM vendor_call").get("calls"));
    }

    private long repaired() {
        return Long.parseLong(database.row("SELECT COUNT(*) AS events FROM repaired_event").get("events"));
    }

    private void requireStoredAndToldOnce() {
        await().atMost(LONG).untilAsserted(() -> assertThat(WithheldDay.keys(database)).containsExactlyInAnyOrderElementsOf(sample.keys()));
        await().atMost(LONG).untilAsserted(() -> assertThat(told()).containsExactlyInAnyOrderElementsOf(sample.bounced()));
    }

    /** The recipients of all bounces that were mailed. A mail that was sent twice because of a kill is one mail. */
    private List<String> told() {
        Set<String> ids = mailbox.mails().stream().map(mail -> mail.header("Message-ID")).collect(Collectors.toSet());
        return ids.stream().flatMap(id -> mailbox.mails().stream().filter(mail -> mail.header("Message-ID").equals(id)).findFirst()
                .orElseThrow().addresses().stream()).toList();
    }
}
