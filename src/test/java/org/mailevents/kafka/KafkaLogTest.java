package org.mailevents.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertProblem;
import static org.mailevents.support.Answers.assertReceipt;
import static org.mailevents.support.Answers.assertSpooled;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.support.InProcess;
import org.mailevents.support.KafkaBroker;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.PostgresServer;
import org.mailevents.support.Scrape;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** Webhooks wait in a topic of Kafka, and any process stores them: each event once, and each bounce in one mail. */
@Execution(ExecutionMode.CONCURRENT)
class KafkaLogTest {

    /** Stays up, and each test has its own topic. */
    private static final KafkaBroker BROKER = new KafkaBroker();

    private final String topic = "log-" + UUID.randomUUID();
    private final Path folder = OwnProcess.folder("routes");
    private final Mailbox mailbox = Mailbox.folder();

    @AfterAll
    static void stop() {
        BROKER.close();
    }

    @Test
    void everyWebhookGoesThroughTheLogAndIsStoredAndMailedOnce() {
        // Given
        TestDatabase database = TestDatabase.h2InMemory();
        try (InProcess application = settings(database, BROKER, "always").startInProcess()) {
            List<ObjectNode> deliveries = deliveries(50);
            ObjectNode bounce = Payload.bounce("2");

            // When
            assertSpooled(application.post(MailEvents.JSON, json("deliveries", deliveries)), 50);
            assertSpooled(application.post(MailEvents.FORM, Payload.form("bounces", bounce)), 1);
            assertSpooled(application.post(MailEvents.JSON, Payload.json("bounces", bounce)), 1);
            assertProblem(application.post(MailEvents.JSON, "{\"api_key\": \"h1dden\""), 400);

            // Then
            List<ObjectNode> all = new ArrayList<>(deliveries);
            all.add(bounce);
            await().until(() -> stored(database).equals(ids(all)));
            await().until(() -> database.rows("SELECT payload FROM rejected_event").size() == 1);
            await().until(() -> mailbox.naming(bounce.get("to").asText()).size() == 1);
            await().untilAsserted(() -> assertThat(Scrape.of(application).value("mail_events_log_lag_webhooks")).isZero());
            assertThat(Scrape.of(application).value("mail_events_log_up")).isEqualTo(1);
            assertThat(Scrape.of(application).value("mail_events_log_oldest_age_seconds")).isZero();
            assertThat(BROKER.records(topic)).hasSize(4).allSatisfy(record -> assertThat(record.value()).doesNotContain("h1dden"));
            assertThat(nothingInTheFolder(application)).isTrue();
        }
    }

    @Test
    void inAnOutageOfTheDatabaseTheLogTakesTheWebhooksAndStoresThemAfterwards() {
        // Given
        PostgresServer server = new PostgresServer();
        try (InProcess application = settings(server.database(), BROKER, "outage").startInProcess()) {
            ObjectNode before = Payload.delivery("queued");
            assertReceipt(application.post(MailEvents.JSON, Payload.json("deliveries", before)), 1, 1, 0, 0);
            assertThat(BROKER.records(topic)).isEmpty();

            // When
            server.kill();
            List<ObjectNode> during = deliveries(30);
            ObjectNode bounce = Payload.bounce("1");
            during.forEach(one -> assertSpooled(application.post(MailEvents.JSON, Payload.json("deliveries", one)), 1));
            assertSpooled(application.post(MailEvents.JSON, Payload.json("bounces", bounce)), 1);

            // Then
            assertThat(BROKER.records(topic)).hasSize(31);
            assertThat(nothingInTheFolder(application)).isTrue();
            await().untilAsserted(() -> assertThat(Scrape.of(application).value("mail_events_log_lag_webhooks")).isEqualTo(31));
            await().untilAsserted(() -> assertThat(Scrape.of(application).value("mail_events_log_oldest_age_seconds")).isPositive());

            // When
            server.start();

            // Then
            List<ObjectNode> all = Stream.of(List.of(before, bounce), during).flatMap(List::stream).toList();
            await().until(() -> stored(server.database()).equals(ids(all)));
            await().until(() -> mailbox.naming(bounce.get("to").asText()).size() == 1);
            assertThat(BROKER.records(topic)).as("no attempt was counted").hasSize(31);
            assertThat(server.database().rows("SELECT reason FROM rejected_event")).isEmpty();
        } finally {
            server.kill();
        }
    }

    @Test
    void withoutBrokersTheDatabaseTakesTheWebhooksAndWithoutBothTheFolder() {
        // Given
        PostgresServer server = new PostgresServer();
        KafkaBroker broker = new KafkaBroker();
        broker.create(topic, 1);
        try (InProcess application = settings(server.database(), broker, "always").with("store.max-wait", "5s").startInProcess()) {
            List<ObjectNode> all = new ArrayList<>(deliveries(5));
            assertSpooled(application.post(MailEvents.JSON, Payload.json("deliveries", all.get(0))), 1);
            await().until(() -> stored(server.database()).size() == 1);

            // When
            broker.close();

            // Then
            all.subList(1, 4).forEach(one ->
                    assertReceipt(application.post(MailEvents.JSON, Payload.json("deliveries", one)), 1, 1, 0, 0));
            await().until(() -> application.log().contains("The Kafka brokers are down"));

            // When
            server.kill();

            // Then
            assertSpooled(application.post(MailEvents.JSON, Payload.json("deliveries", all.get(4))), 1);
            assertThat(nothingInTheFolder(application)).isFalse();

            // When
            server.start();

            // Then
            await().until(() -> stored(server.database()).equals(ids(all)));

            // When
            broker.open();
            await().until(() -> {
                ObjectNode delivery = Payload.delivery("queued");
                all.add(delivery);
                return application.post(MailEvents.JSON, Payload.json("deliveries", delivery)).body().contains("\"spooled\":1");
            });

            // Then
            await().until(() -> stored(server.database()).equals(ids(all)));
            assertThat(application.log()).contains("The Kafka brokers are back");
        } finally {
            broker.close();
            server.kill();
        }
    }

    @Test
    void aWebhookThatAlwaysFailsIsRejectedAndDelaysNoOther() throws IOException {
        // Given
        failWithPoison();
        TestDatabase database = TestDatabase.h2InMemory();
        try (InProcess application = settings(database, BROKER, "always").with("spool.attempts", 3).startInProcess()) {
            List<ObjectNode> good = deliveries(20);
            ObjectNode poison = Payload.delivery("queued").put("subject", "poison");

            // When
            assertSpooled(application.post(MailEvents.JSON, Payload.json("deliveries", poison)), 1);
            // alone in its first batch, because the step looks at the first event of a batch only
            await().until(() -> BROKER.records(topic).size() > 1);
            good.forEach(one -> assertSpooled(application.post(MailEvents.JSON, Payload.json("deliveries", one)), 1));

            // Then
            await().until(() -> stored(database).equals(ids(good)));
            await().until(() -> database.rows("SELECT reason FROM rejected_event").size() == 1);
            Map<String, String> rejected = database.row("SELECT reason, payload FROM rejected_event");
            assertThat(rejected.get("reason")).contains("route-deliveries failed at").contains("route-deliveries.camel.yaml:");
            assertThat(rejected.get("payload")).contains(poison.get("messageId").asText());
            await().untilAsserted(() -> assertThat(Scrape.of(application).value("mail_events_log_lag_webhooks")).isZero());
            assertThat(BROKER.records(topic)).as("each attempt but the last is a record").hasSize(21 + 2);
        }
    }

    @Test
    void aWebhookThatFailsIsStoredOnceItsRouteIsMended() throws IOException {
        // Given
        String good = failWithPoison();
        TestDatabase database = TestDatabase.h2InMemory();
        try (InProcess application = settings(database, BROKER, "always").startInProcess()) {
            ObjectNode poison = Payload.delivery("queued").put("subject", "poison");
            assertSpooled(application.post(MailEvents.JSON, Payload.json("deliveries", poison)), 1);
            await().untilAsserted(() -> assertThat(application.health().body()).contains("1 webhook waits"));
            assertThat(stored(database)).isEmpty();

            // When
            Files.writeString(route(), good);

            // Then
            await().until(() -> stored(database).equals(ids(List.of(poison))));
            await().untilAsserted(() -> assertThat(application.health().body()).doesNotContain("1 webhook waits"));
        }
    }

    private Path route() {
        return folder.resolve("routes/route-deliveries.camel.yaml");
    }

    /** Makes the route fail for a webhook with this subject. @return the route as it was */
    private String failWithPoison() throws IOException {
        String good = Files.readString(route());
        Files.writeString(route(), good.replaceFirst("(?m)^( +)- split:$", """
                $1- filter:
                $1    expression:
                $1      simple:
                $1        expression: "\\${body.events[0].subject} == 'poison'"
                $1    steps:
                $1      - throwException:
                $1          exceptionType: java.lang.IllegalStateException
                $1          message: "no"
                $0"""));
        return good;
    }

    @Test
    void whatIsNoWebhookIsRejectedToo() {
        // Given
        TestDatabase database = TestDatabase.h2InMemory();
        try (InProcess application = settings(database, BROKER, "outage").startInProcess()) {
            ObjectNode delivery = Payload.delivery("queued");

            // When
            BROKER.append(topic, "{\"half\": ", null, Payload.json("deliveries", delivery));

            // Then
            await().until(() -> stored(database).equals(ids(List.of(delivery))));
            await().until(() -> database.rows("SELECT reason FROM rejected_event").size() == 2);
            await().untilAsserted(() -> assertThat(Scrape.of(application).value("mail_events_log_lag_webhooks")).isZero());
        }
    }

    @Test
    void aWebhookThatIsTooLargeForTheTopicIsStoredAllTheSame() {
        // Given
        TestDatabase database = TestDatabase.h2InMemory();
        try (InProcess application = settings(database, BROKER, "always").with("spool.kafka.client.compression.type", "none")
                .startInProcess()) {
            ObjectNode large = Payload.delivery("failed").put("reason", "x".repeat(1_500_000));
            ObjectNode small = Payload.delivery("failed");

            // When
            assertReceipt(application.post(MailEvents.JSON, Payload.json("deliveries", large)), 1, 1, 0, 0);
            assertSpooled(application.post(MailEvents.JSON, Payload.json("deliveries", small)), 1);

            // Then
            await().until(() -> stored(database).equals(ids(List.of(large, small))));
            assertThat(application.log()).contains("max.message.bytes");
        }
    }

    @Test
    void processesComeAndGoInMidFlow() throws Exception {
        // Given
        TestDatabase database = TestDatabase.postgres();
        TestSettings settings = settings(database, BROKER, "always");
        List<ObjectNode> sent = new ArrayList<>();
        ScheduledExecutorService load = Executors.newSingleThreadScheduledExecutor();
        try (InProcess door = settings.with("spool.kafka.consumers", 0).startInProcess()) {
            AtomicInteger number = new AtomicInteger();
            load.scheduleWithFixedDelay(() -> {
                boolean bounce = number.incrementAndGet() % 10 == 0;
                ObjectNode event = bounce ? Payload.bounce("2") : Payload.delivery("queued");
                assertSpooled(door.post(MailEvents.JSON, Payload.json(bounce ? "bounces" : "deliveries", event)), 1);
                synchronized (sent) {
                    sent.add(event);
                }
            }, 0, 5, TimeUnit.MILLISECONDS);

            // When
            try (InProcess first = settings.with("spool.kafka.consumers", 2).startInProcess()) {
                awaitMore(database);
                try (InProcess second = settings.startInProcess()) {
                    awaitMore(database);
                    await().until(() -> second.log().contains("from Kafka"));
                    first.close();
                    awaitMore(database);
                    load.shutdown();
                    assertThat(load.awaitTermination(1, TimeUnit.MINUTES)).isTrue();

                    // Then
                    await().until(() -> stored(database).equals(ids(sent)));
                    Set<String> bounced = sent.stream().filter(event -> event.get("status").asText().equals("2"))
                            .map(event -> event.get("to").asText()).collect(Collectors.toSet());
                    await().until(() -> mailed().containsAll(bounced));
                    assertThat(mailed()).doesNotHaveDuplicates();
                    await().untilAsserted(() -> assertThat(Scrape.of(door).value("mail_events_log_lag_webhooks")).isZero());
                    assertThat(first.log() + second.log()).doesNotContain("cannot be read").doesNotContain("has not ended");
                }
            }
        } finally {
            load.shutdownNow();
        }
    }

    private List<String> mailed() {
        return mailbox.mails().stream().flatMap(mail -> mail.addresses().stream()).toList();
    }

    private void awaitMore(TestDatabase database) {
        int before = stored(database).size();
        await().until(() -> stored(database).size() > before + 20);
    }

    private TestSettings settings(TestDatabase database, KafkaBroker broker, String mode) {
        if (broker == BROKER) {
            BROKER.create(topic, 4);
        }
        return TestSettings.of(database, mailbox).withRoutes(folder.resolve("routes")).with("spool.kafka.brokers", broker.address(),
                "spool.kafka.topic", topic, "spool.kafka.mode", mode, "spool.kafka.client.group.id", topic);
    }

    private static List<ObjectNode> deliveries(int count) {
        return IntStream.range(0, count).mapToObj(i -> Payload.delivery(i % 2 == 0 ? "queued" : "succeeded")).toList();
    }

    private static String json(String type, List<ObjectNode> elements) {
        return Payload.json(type, elements.toArray(JsonNode[]::new));
    }

    private static Set<String> ids(List<ObjectNode> elements) {
        synchronized (elements) {
            return elements.stream().map(element -> element.get("messageId").asText()).collect(Collectors.toSet());
        }
    }

    private static Set<String> stored(TestDatabase database) {
        List<String> ids = database.rows("SELECT message_id FROM mail_event").stream().map(row -> row.get("message_id")).toList();
        assertThat(ids).doesNotHaveDuplicates();
        return Set.copyOf(ids);
    }

    private static boolean nothingInTheFolder(InProcess application) {
        try (Stream<Path> files = Files.list(application.spool())) {
            return files.noneMatch(file -> file.toString().endsWith(".json"));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }
}
