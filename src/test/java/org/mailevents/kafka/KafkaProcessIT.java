package org.mailevents.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertReceipt;
import static org.mailevents.support.Answers.assertSpooled;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.support.Archive;
import org.mailevents.support.KafkaBroker;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.Scrape;
import org.mailevents.support.TemporaryFolder;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** The log in processes of its own: the library beside the jar, and a hard kill at the worst moment. */
@Execution(ExecutionMode.CONCURRENT)
class KafkaProcessIT {

    private static final String TOPIC = "mail-events";

    @Test
    void aProcessThatIsKilledBetweenTheCommitOfTheDatabaseAndThatOfTheOffsetStoresAndMailsOnce() throws SQLException {
        // Given
        TestDatabase database = TestDatabase.postgres();
        Mailbox mailbox = Mailbox.folder();
        List<ObjectNode> bounces = IntStream.range(0, 20).mapToObj(i -> Payload.bounce("2")).toList();
        try (KafkaBroker broker = new KafkaBroker(TOPIC)) {
            TestSettings settings = TestSettings.of(database, mailbox).with("spool.kafka.brokers", broker.address(),
                    "spool.kafka.mode", "always");
            OwnProcess killed = settings.startJar();
            try (Connection lock = DriverManager.getConnection(database.url(), database.username(), database.password())) {
                lock.setAutoCommit(false);
                lock.createStatement().execute("LOCK TABLE mail_event IN EXCLUSIVE MODE");
                assertSpooled(killed.post(MailEvents.JSON, Payload.json("bounces", bounces.toArray(JsonNode[]::new))), 20);
                await().until(() -> database.rows("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = ?"
                        + " AND query LIKE 'INSERT%'", database.url().replaceFirst(".*/", "")).size() == 1);

                // When
                broker.close();
                lock.commit();
            }
            await().until(() -> count(database) == 20);
            killed.kill();
            broker.open();

            // Then
            try (OwnProcess next = settings.startJar()) {
                await().until(() -> next.log().contains("1 webhook from Kafka: 20 received, 0 stored, 20 duplicates, 0 rejected"));
                await().untilAsserted(() -> assertThat(Scrape.of(next).value("mail_events_log_lag_webhooks")).isZero());
                await().until(() -> mailed(mailbox).size() >= 20);
                assertThat(mailed(mailbox))
                        .containsExactlyInAnyOrderElementsOf(bounces.stream().map(one -> one.get("to").asText()).toList());
                assertThat(count(database)).isEqualTo(20);
            }
        }
    }

    @Test
    void withoutTheLibraryTheStartIsRefusedOnlyIfTheSettingIsSet() throws IOException {
        // Given
        Path folder = OwnProcess.folder("routes", "application.properties");
        Archive.copy(Path.of("target/mail-events.jar"), folder.resolve("mail-events.jar"));
        List<String> command = List.of("java", "-jar", "mail-events.jar");

        // When
        OwnProcess refused = OwnProcess.confined(folder, Map.of("spool.kafka.brokers", "127.0.0.1:1"), command);

        // Then
        assertThat(refused.ended()).isEqualTo(1);
        assertThat(refused.log()).contains("Not started: spool.kafka.brokers is set, but Kafka's client is missing. Put the folder lib/")
                .doesNotContain("\tat ");
        try (OwnProcess started = OwnProcess.confined(folder, Map.of(), command).started()) {
            assertReceipt(started.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("queued"))), 1, 1, 0, 0);
        }
    }

    @Test
    void withoutTheSettingNothingOfKafkaIsLoaded() throws IOException {
        // Given
        Path classes = TemporaryFolder.create("classes").resolve("classes.txt");
        assertThat(Path.of("target/lib/kafka-clients.jar")).exists();

        // When
        try (OwnProcess application = TestSettings.of(TestDatabase.h2()).with("jdk.java.options", "-Xlog:class+load:file=" + classes)
                .startJar()) {
            assertReceipt(application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("queued"))), 1, 1, 0, 0);
        }

        // Then
        assertThat(Files.readAllLines(classes)).hasSizeGreaterThan(1_000).anyMatch(line -> line.contains("org.mailevents.kafka.ReplayLog"))
                .noneMatch(line -> line.contains("org.apache.kafka") || line.contains("camel.component.kafka"));
    }

    private static int count(TestDatabase database) {
        return database.rows("SELECT event_id FROM mail_event").size();
    }

    private static List<String> mailed(Mailbox mailbox) {
        return mailbox.mails().stream().flatMap(mail -> mail.addresses().stream()).toList();
    }
}
