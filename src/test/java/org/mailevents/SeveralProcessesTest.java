package org.mailevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertReceipt;
import static org.mailevents.support.Answers.assertSpooled;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.database.Database;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.PostgresServer;
import org.mailevents.support.SmtpServer;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;
import org.mailevents.support.TimedAlerts;

/** What two processes on one database know of each other, and what they take over from each other. */
@Execution(ExecutionMode.CONCURRENT)
class SeveralProcessesTest {

    private static final String TO = "ops@example.com";

    private final TestDatabase database = TestDatabase.postgres();
    private final Mailbox mailbox = Mailbox.folder();

    @Test
    void aRecipientWhoHasAMailDoesNotGetItAgainFromAnotherProcess() {
        // Given
        AtomicBoolean greylists = new AtomicBoolean(true);
        try (SmtpServer server = new SmtpServer(address -> greylists.get() && address.startsWith("late") ? "451 4.7.1 greylisted"
                : "250 ok", () -> { })) {
            TestSettings settings = TestSettings.of(database).with("alert.endpoint", server.endpoint(), "alert.first-delay", "100ms",
                    "alert.to", "early@example.com, late@example.com");
            try (InProcess one = settings.startInProcess()) {
                one.post(MailEvents.JSON, Payload.json("bounces", Payload.bounce("2")));
                await().until(() -> one.log().contains("send-alerts failed"));
            }

            // When
            greylists.set(false);
            try (InProcess two = settings.startInProcess()) {
                await().until(() -> two.log().contains("Sent mail 1"));
            }

            // Then
            assertThat(server.taken).extracting(SmtpServer.Taken::recipients)
                    .containsOnlyOnce(List.of("late@example.com")).containsOnlyOnce(List.of("early@example.com"));
        }
    }

    @Test
    void anUnreachableRecipientIsReportedByOneProcess() throws SQLException {
        try (TimedAlerts run = new TimedAlerts(database, Application.configured(), Map.of("alert.to", TO,
                "alert.fallback", "fallback@example.com"));
                Connection other = DriverManager.getConnection(database.url(), database.username(), database.password())) {
            // Given
            run.post("bounces", Payload.bounce("2").put("to", TO));
            other.setAutoCommit(false);
            execute(other, "SELECT 1 FROM mail_event FOR UPDATE");
            UUID notice = UUID.randomUUID();
            execute(other, "INSERT INTO alert_mail (mail_id, audience, what, about, message_id, made_at)"
                    + " VALUES (?, 'operators', 'unreachable', ?, '<1@x>', ?)", notice, TO,
                    OffsetDateTime.ofInstant(run.now(), ZoneOffset.UTC));
            execute(other, "INSERT INTO alert_delivery (delivery_id, mail_id, channel, recipient)"
                    + " VALUES (?, ?, 'mail', 'fallback@example.com')", notice, notice);

            // When
            run.pass(Duration.ofSeconds(10));
            await().until(() -> !database.rows("SELECT 1 FROM pg_locks WHERE NOT granted").isEmpty()
                    || !database.rows("SELECT 1 FROM alert_mail").isEmpty());
            other.commit();

            // Then
            await().until(() -> !database.rows("SELECT 1 FROM mail_event WHERE alert_state = 'own'").isEmpty());
            assertThat(database.rows("SELECT about FROM alert_mail")).hasSize(1);
        }
    }

    /** A machine that is lost in the middle of a transaction does not close its connection. */
    @Test
    void theLocksOfALostMachineEndAfterSomeSeconds() throws SQLException {
        try (InProcess application = TestSettings.of(database).startInProcess();
                Connection lost = application.context().getRegistry().lookupByNameAndType("dataSource", DataSource.class).getConnection()) {
            // When
            lost.setAutoCommit(false);
            execute(lost, "LOCK TABLE rejected_event");

            // Then
            await().atMost(Duration.ofSeconds(20)).until(() -> database.rows("SELECT 1 FROM pg_locks l"
                    + " JOIN pg_class c ON c.oid = l.relation"
                    + " WHERE c.relname = 'rejected_event'").isEmpty());
            // an outage, so that no event counts as refused
            assertThatThrownBy(lost::commit).matches(Database::isAbsent);
        }
    }

    @Test
    void theNoticesOfTwoSpoolsAreTwoMailsAndNameTheirFolders() throws IOException {
        TestSettings settings = TestSettings.of(database, mailbox);
        try (InProcess one = settings.startInProcess(); InProcess two = settings.startInProcess()) {
            for (InProcess each : List.of(one, two)) {
                Files.writeString(each.spool().resolve("unreadable.json"), "{");
            }

            await().until(() -> mailbox.mails().size() == 2);
            assertThat(mailbox.mails()).extracting(mail -> mail.header("Message-ID")).doesNotHaveDuplicates();
            assertThat(mailbox.mails()).extracting(Mailbox.Mail::text)
                    .anyMatch(text -> text.contains(":" + one.spool())).anyMatch(text -> text.contains(":" + two.spool()));
        }
    }

    /** In a rolling update, processes of the previous version start again on the newer schema. */
    @Test
    void aProcessStartsOnTheSchemaOfALaterVersion() {
        // Given
        TestSettings settings = TestSettings.of(database);
        settings.startInProcess().close();
        database.execute("INSERT INTO flyway_schema_history (installed_rank, version, description, type, script, checksum, installed_by,"
                + " execution_time, success) VALUES (99, '99', 'later', 'SQL', 'V99__later.sql', 1, 'x', 1, TRUE)");
        database.execute("ALTER TABLE mail_event ADD COLUMN of_a_later_version varchar");

        // When
        try (InProcess application = settings.startInProcess()) {

            // Then
            assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", Payload.bounce("2"))), 1, 1, 0, 0);
        }
    }

    @Test
    void anotherProcessTakesOverACopiedSpool() throws IOException {
        // Given: a process that is lost, with webhooks that wait, one that failed, and what else may be in its folder
        PostgresServer server = new PostgresServer();
        ObjectNode[] waiting = {Payload.bounce("2"), Payload.bounce("4")};
        ObjectNode failed = Payload.delivery("failed");
        TestSettings settings = TestSettings.of(server.database(), mailbox).with("store.max-wait", "1s");
        Path lost;
        try (InProcess one = settings.startInProcess()) {
            lost = one.spool();
            server.kill();
            for (ObjectNode bounce : waiting) {
                assertSpooled(one.post(MailEvents.JSON, Payload.json("bounces", bounce)), 1);
            }
            assertSpooled(one.post(MailEvents.JSON, Payload.json("deliveries", failed)), 1);
        }
        Path failing = files(lost).filter(file -> content(file).contains(failed.get("to").asText())).findAny().orElseThrow();
        Files.move(failing, lost.resolve("failed").resolve(failing.getFileName()));
        Files.writeString(lost.resolve("failed").resolve(failing.getFileName() + ".reason.txt"), "a step failed");
        Files.writeString(lost.resolve("20261001T090000.000000Z-half.json.tmp"), "{\"event_type\":");
        server.start();

        // When: the files of the lost process are copied into the folder of another process, which already has one of them
        try (InProcess two = settings.startInProcess()) {
            List<Path> copied = files(lost).toList();
            for (int times = 0; times < 2; times++) {
                for (Path file : copied) {
                    Files.copy(file, two.spool().resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
                }
            }
            Files.copy(lost.resolve("20261001T090000.000000Z-half.json.tmp"), two.spool().resolve("20261001T090000.000000Z-half.json.tmp"));
            for (Path file : List.of(failing.getFileName(), Path.of(failing.getFileName() + ".reason.txt"))) {
                Files.copy(lost.resolve("failed").resolve(file), two.spool().resolve("failed").resolve(file));
            }

            // Then
            for (ObjectNode bounce : waiting) {
                await().until(() -> mailbox.naming(bounce.get("to").asText()).size() == 1);
            }
            await().until(() -> files(two.spool()).noneMatch(file -> file.toString().endsWith(".json")));
            assertThat(server.database().rows("SELECT 1 FROM mail_event")).hasSize(2);
            await().until(() -> mailbox.mails().stream().anyMatch(mail -> mail.text().contains("failed/")));
            assertThat(two.spool().resolve("20261001T090000.000000Z-half.json.tmp")).exists();
            assertThat(two.spool().resolve("failed").resolve(failing.getFileName())).exists();

            // When: the lost machine comes back after all
            try (InProcess back = settings.startInProcess()) {
                for (Path file : copied) {
                    Files.copy(file, back.spool().resolve(file.getFileName()));
                }
                await().until(() -> back.log().contains("2 duplicates"));
            }
        }
        assertThat(server.database().rows("SELECT 1 FROM mail_event")).hasSize(2);
        server.kill();
    }

    /** While the routes of two processes differ, each row names the routes that decided it. */
    @Test
    void eachRowNamesTheRoutesOfTheProcessThatDecidedIt() throws IOException {
        Path edited = OwnProcess.folder("routes").resolve("routes");
        Path bounces = edited.resolve("route-bounces.camel.yaml");
        Files.writeString(bounces, Files.readString(bounces).replace("list-owner", "sales"));
        ObjectNode first = Payload.bounce("2");
        ObjectNode second = Payload.bounce("2");
        try (InProcess one = TestSettings.of(database).startInProcess();
                InProcess two = TestSettings.of(database).withRoutes(edited).startInProcess()) {
            assertReceipt(one.post(MailEvents.JSON, Payload.json("bounces", first)), 1, 1, 0, 0);
            assertReceipt(two.post(MailEvents.JSON, Payload.json("bounces", second, first)), 2, 1, 1, 0);

            assertThat(decided(first)).containsEntry("audience", "list-owner").extractingByKey("files").asString().doesNotContain("sales");
            assertThat(decided(second)).containsEntry("audience", "sales").extractingByKey("files").asString().contains("sales");
        }
    }

    private Map<String, String> decided(ObjectNode bounce) {
        return database.row("SELECT e.audience, r.files FROM mail_event e JOIN route_revision r ON r.revision = e.route_revision"
                + " WHERE e.recipient = ?", bounce.get("to").asText());
    }

    private static void execute(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            statement.execute();
        }
    }

    private static Stream<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".json")).toList().stream();
        }
    }

    private static String content(Path file) {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
