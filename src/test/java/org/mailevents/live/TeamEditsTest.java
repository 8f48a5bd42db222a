package org.mailevents.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertReceipt;
import static org.mailevents.support.Answers.assertSpooled;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.HttpReceiver;
import org.mailevents.support.InProcess;
import org.mailevents.support.KafkaBroker;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TeamEdit;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** Each example of {@code docs/editing-routes.md} does what the page says, also when the other system is down. */
@Execution(ExecutionMode.CONCURRENT)
class TeamEditsTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    /** A text that a stranger may write, for instance into the reason of a bounce. */
    private static final String HOSTILE = "550 5.7.1 \"no\", it's 'refused' <!channel> \\ ${body.subject} {{no.such}} ${'$1'} )(\r\n拒否=1";

    private final TestDatabase database = TestDatabase.h2();
    private final Mailbox mailbox = Mailbox.folder();
    private final Path folder = OwnProcess.folder("routes", OwnProcess.ROUTE_TESTS);

    @Test
    void slackGetsAMessageForEachNewPolicyBounceOnceTheFilesAreSaved() {
        try (HttpReceiver slack = new HttpReceiver();
                InProcess application = start(Map.of("slack.url", slack.url("/services/T0/B0/h1dden")))) {
            // Given
            saveLive(application, TeamEdit.number(1));
            ObjectNode rejected = Payload.bounce("4").put("reason", HOSTILE);
            ObjectNode withoutReply = Payload.bounce("4").without("reason");
            ObjectNode notRelayed = Payload.bounce("99").put("reason", "554 5.7.1 Relay access denied");
            String webhook = Payload.json("bounces", Payload.bounce("2"), rejected, Payload.bounce("5"), withoutReply,
                    Payload.bounce("4").put("reason", "550 5.1.1 User unknown"), notRelayed);

            // When
            assertReceipt(application.post(MailEvents.JSON, webhook), 6, 6, 0, 0);
            assertReceipt(application.post(MailEvents.JSON, webhook), 6, 0, 6, 0);
            assertReceipt(application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("failed").put("reason", HOSTILE))),
                    1, 1, 0, 0);
            ObjectNode last = Payload.bounce("4").put("reason", "the last one");
            application.post(MailEvents.JSON, Payload.json("bounces", last));

            // Then
            await().until(() -> slack.requests.size() == 4);
            assertThat(slack.requests).allSatisfy(request -> {
                assertThat(request.method()).isEqualTo("POST");
                assertThat(request.path()).isEqualTo("/services/T0/B0/h1dden");
                assertThat(request.headers().getFirst("Content-Type")).isEqualTo("application/json");
                assertThat(request.json().size()).isEqualTo(1);
            });
            assertThat(slack.requests).extracting(request -> request.json().get("text").asText()).containsExactly(
                    rejected.get("to").asText() + " was refused (policy): " + HOSTILE.replace('<', '‹'),
                    withoutReply.get("to").asText() + " was refused (policy): ",
                    notRelayed.get("to").asText() + " was refused (relay): 554 5.7.1 Relay access denied",
                    last.get("to").asText() + " was refused (policy): the last one");
        }
    }

    @Test
    void slackIsToldWhenItIsBackAndHoldsUpNeitherTheWebhookNorTheMail() {
        TeamEdit.number(1).saveIn(folder);
        try (HttpReceiver slack = new HttpReceiver();
                InProcess application = start(Map.of("slack.url", slack.url("/services/T0/B0/h1dden")))) {
            // Given
            slack.close();
            ObjectNode bounce = Payload.bounce("4");

            // When
            HttpResponse<String> answer = application.post(MailEvents.JSON, Payload.json("bounces", bounce));

            // Then
            assertReceipt(answer, 1, 1, 0, 0);
            await().until(() -> !mailbox.naming(bounce.get("to").asText()).isEmpty());
            assertThat(slack.requests).isEmpty();

            // When
            slack.open();

            // Then
            await().until(() -> slack.requests.size() == 1);
            assertThat(application.log()).doesNotContain("h1dden");
        }
    }

    @Test
    void theCrmGetsEachDeadAddress() throws IOException {
        TeamEdit.number(2).saveIn(folder);
        try (HttpReceiver crm = new HttpReceiver();
                InProcess application = start(Map.of("crm.url", crm.url("/dead"), "crm.token", "t0ken"))) {
            // Given
            List<ObjectNode> dead = Stream.of("1", "2", "9").map(Payload::bounce).toList();
            dead.get(0).put("reason", HOSTILE.replace("5.7.1", "5.1.1"));
            List<ObjectNode> alive = new ArrayList<>(Stream.of("3", "4", "10", "11", "99", "12").map(Payload::bounce).toList());
            alive.add(Payload.bounce("2").put("to", "taro@docomo.ne.jp").put("reason", "550 Unknown user"));

            // When
            HttpResponse<String> answer = application.post(MailEvents.JSON,
                    Payload.json("bounces", Stream.concat(dead.stream(), alive.stream()).toArray(JsonNode[]::new)));

            // Then
            assertReceipt(answer, 10, 10, 0, 0);
            assertThat(crm.requests).hasSize(3);
            for (int i = 0; i < 3; i++) {
                HttpReceiver.Request request = crm.requests.get(i);
                ObjectNode bounce = dead.get(i);
                assertThat(request.method() + " " + request.path()).isEqualTo("POST /dead");
                assertThat(request.headers().getFirst("Authorization")).isEqualTo("Bearer t0ken");
                Map<String, String> row = stored(bounce);
                assertThat(request.headers().getFirst("Idempotency-Key")).isEqualTo(row.get("event_id"));
                assertThat(request.json()).isEqualTo(JSON.createObjectNode().put("address", bounce.get("to").asText())
                        .put("cause", row.get("cause")).put("reason", bounce.get("reason").asText())
                        .put("created", bounce.get("created").asText()));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 401, 503})
    void whatTheCrmDoesNotTakeIsStoredAndMailedAndTheCrmIsToldLater(int status) {
        TeamEdit.number(2).saveIn(folder);
        try (HttpReceiver crm = new HttpReceiver();
                InProcess application = start(Map.of("crm.url", crm.url("/dead"), "crm.token", "t0ken"))) {
            // Given
            if (status == 0) {
                crm.close();
            } else {
                crm.status = status;
            }
            ObjectNode bounce = Payload.bounce("2");

            // When
            HttpResponse<String> answer = application.post(MailEvents.JSON, Payload.json("bounces", bounce, Payload.bounce("5")));

            // Then
            assertSpooled(answer, 2);
            assertThat(stored(bounce)).containsEntry("audience", "list-owner");
            await().until(() -> !mailbox.naming(bounce.get("to").asText()).isEmpty());
            assertThat(crm.requests).isEmpty();

            // When
            if (status == 0) {
                crm.open();
            }
            crm.status = 200;

            // Then
            await().until(this::nothingIsSpooled);
            assertThat(crm.requests).extracting(request -> request.json().get("address").asText())
                    .containsExactly(bounce.get("to").asText());
        }
    }

    @Test
    void aMutedCampaignIsStoredAndMailedToNobody() {
        TeamEdit.number(3).saveIn(folder);
        try (InProcess application = start(Map.of())) {
            // Given
            ObjectNode muted = Payload.bounce("2").put("apiData", "CAMPAIGN-7");
            List<ObjectNode> others = List.of(Payload.bounce("2").put("apiData", "CAMPAIGN-77"), Payload.bounce("4").put("apiData", ""),
                    Payload.bounce("2").without("apiData"));

            // When
            HttpResponse<String> answer = application.post(MailEvents.JSON,
                    Payload.json("bounces", muted, others.get(0), others.get(1), others.get(2)));

            // Then
            assertReceipt(answer, 4, 4, 0, 0);
            assertThat(stored(muted)).containsEntry("kind", "permanent, address").containsEntry("audience", "none")
                    .containsEntry("alert_state", null);
            await().untilAsserted(() -> assertThat(others)
                    .allSatisfy(other -> assertThat(stored(other)).containsEntry("alert_state", "sent")));
            assertThat(others).allSatisfy(other -> assertThat(mailbox.naming(other.get("to").asText())).hasSize(1));
            assertThat(mailbox.naming(muted.get("to").asText())).isEmpty();
            assertThat(database.rows("SELECT 1 FROM undeliverable_recipient WHERE recipient = ?", muted.get("to").asText())).hasSize(1);
        }
    }

    @Test
    void theRefusalsOfOneDomainGoToTheirOwnAudienceHoweverTheDomainIsWritten() {
        TeamEdit.number(6).saveIn(folder);
        try (InProcess application = start(Map.of("alert.to.docomo", "docomo@example.com"))) {
            // Given
            ObjectNode upper = Payload.bounce("4").put("to", "B4@DOCOMO.NE.JP");
            ObjectNode lower = Payload.bounce("4").put("to", "b5@docomo.ne.jp");
            List<ObjectNode> others = List.of(Payload.bounce("4").put("to", "b4@docomo.ne.jp.example"),
                    Payload.bounce("4").put("to", "docomo.ne.jp"), Payload.bounce("5").put("to", "b7@docomo.ne.jp"));

            // When
            HttpResponse<String> answer = application.post(MailEvents.JSON,
                    Payload.json("bounces", upper, lower, others.get(0), others.get(1), others.get(2)));

            // Then
            assertReceipt(answer, 5, 5, 0, 0);
            assertThat(List.of(upper, lower)).allSatisfy(bounce -> assertThat(stored(bounce)).containsEntry("audience", "docomo"));
            assertThat(others).allSatisfy(bounce -> assertThat(stored(bounce)).containsEntry("audience", "postmaster"));
            await().untilAsserted(() -> assertThat(mailbox.naming("B4@DOCOMO.NE.JP")).hasSize(1)
                    .allSatisfy(mail -> assertThat(mail.to()).containsExactly("docomo@example.com")));
        }
    }

    @Test
    void eachFailedDeliveryIsARowOfTheCsvFileWhoseCellsAreDataAndNothingElse() throws IOException {
        Path failures = folder.resolve("failures");
        TeamEdit.number(4).with("file:data/failures", "file:" + failures).saveIn(folder);
        try (InProcess application = start(Map.of())) {
            // Given
            ObjectNode hostile = Payload.delivery("failed").put("reason", "550 \"no\", it's\r\n拒否")
                    .put("subject", "=HYPERLINK(\"http://evil.example\")")
                    .put("apiData", "＝1+1");
            ObjectNode plain = Payload.delivery("failed").put("reason", " +1").put("subject", "-1").without("apiData");

            // When
            HttpResponse<String> answer = application.post(MailEvents.JSON,
                    Payload.json("deliveries", Payload.delivery("queued"), hostile, Payload.delivery("deferred"), plain));

            // Then
            assertReceipt(answer, 4, 4, 0, 0);
            assertThat(Files.readString(onlyFile(failures))).isEqualTo(
                    row(stored(hostile).get("event_id"), hostile,
                            "\"policy\",\"550 \"\"no\"\", it's\r\n拒否\",\"'=HYPERLINK(\"\"http://evil.example\"\")\",\"'＝1+1\"")
                            + row(stored(plain).get("event_id"), plain, "\"unknown\",\"' +1\",\"'-1\",\"\""));
        }
    }

    @Test
    void whatCannotBeWrittenIntoTheCsvFileIsStoredAndWrittenLater() throws IOException {
        Path failures = folder.resolve("failures");
        TeamEdit.number(4).with("file:data/failures", "file:" + failures).saveIn(folder);
        try (InProcess application = start(Map.of())) {
            // Given
            Files.deleteIfExists(failures);
            Files.writeString(failures, "a file where the folder should be");
            ObjectNode failed = Payload.delivery("failed");

            // When
            HttpResponse<String> answer = application.post(MailEvents.JSON, Payload.json("deliveries", failed));

            // Then
            assertSpooled(answer, 1);
            assertThat(stored(failed)).containsEntry("status", "failed");

            // When
            Files.delete(failures);

            // Then
            await().until(this::nothingIsSpooled);
            assertThat(Files.readString(onlyFile(failures))).contains("\"" + failed.get("to").asText() + "\"").hasLineCount(1);
        }
    }

    @Test
    void kafkaHoldsEveryEventAlsoThoseOfAnOutage() throws IOException {
        TeamEdit.number(5).saveIn(folder);
        try (KafkaBroker kafka = new KafkaBroker("mail-events");
                InProcess application = start(Map.of("kafka.brokers", kafka.address(), "kafka.topic", "mail-events"))) {
            // Given
            ObjectNode hostile = Payload.bounce("2").put("reason", HOSTILE);
            List<ObjectNode> deliveries = IntStream.range(0, 20).mapToObj(i -> Payload.delivery(i % 2 == 0 ? "queued" : "failed")).toList();
            ObjectNode block = JSON.createObjectNode().put("something", "new");

            // When
            assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", hostile)), 1, 1, 0, 0);
            assertReceipt(application.post(MailEvents.JSON, Payload.json("deliveries", deliveries.toArray(JsonNode[]::new))), 20, 20, 0, 0);
            assertReceipt(application.post(MailEvents.JSON, Payload.json("blocks", block)), 1, 1, 0, 0);

            // Then
            List<ConsumerRecord<String, String>> records = kafka.records("mail-events");
            assertThat(records).extracting(TeamEditsTest::eventId).containsExactlyInAnyOrderElementsOf(eventIds()).hasSize(22);
            ConsumerRecord<String, String> told = records.stream().filter(record -> hostile.get("messageId").asText().equals(record.key()))
                    .findFirst().orElseThrow();
            JsonNode json = JSON.readTree(told.value());
            assertThat(json.get("reason").asText()).isEqualTo(HOSTILE);
            assertThat(json.get("recipient").asText()).isEqualTo(hostile.get("to").asText());
            assertThat(json.get("eventType").asText() + " " + json.get("status").asText()).isEqualTo("bounces 2");

            // When
            kafka.close();
            HttpResponse<String> answer = application.post(MailEvents.JSON,
                    Payload.json("deliveries", Payload.delivery("queued"), Payload.delivery("failed")));

            // Then
            assertSpooled(answer, 2);
            assertThat(eventIds()).hasSize(24);

            // When
            kafka.open();

            // Then
            await().until(this::nothingIsSpooled);
            assertThat(kafka.records("mail-events")).extracting(TeamEditsTest::eventId).containsAll(eventIds());
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 4, 5, 6})
    void theJapanesePageHasTheSameYaml(int number) {
        assertThat(TeamEdit.in("docs/ja/editing-routes.md", number)).isEqualTo(TeamEdit.number(number));
        assertThat(TeamEdit.number(number).parts()).hasSize(number == 3 || number == 6 ? 1 : 2);
    }

    private InProcess start(Map<String, String> more) {
        return TestSettings.of(database, mailbox).withRoutes(folder.resolve("routes")).with("spool.directory", folder.resolve("spool"))
                .with(more).startInProcess();
    }

    private void saveLive(InProcess application, TeamEdit edit) {
        edit.saveIn(folder);
        String lastSaved = folder.resolve(edit.parts().get(edit.parts().size() - 1).path()).toString();
        await().until(() -> application.log().lines().anyMatch(line -> line.startsWith("Activated: ") && line.contains(lastSaved)));
        assertThat(application.log().lines()).noneMatch(line -> line.startsWith("Not activated") && line.contains(folder.toString()));
    }

    private boolean nothingIsSpooled() throws IOException {
        try (Stream<Path> files = Files.list(folder.resolve("spool"))) {
            return files.noneMatch(file -> file.toString().endsWith(".json"));
        }
    }

    private Map<String, String> stored(ObjectNode element) {
        return database.row("SELECT * FROM mail_event WHERE recipient = ?", element.get("to").asText());
    }

    private List<String> eventIds() {
        return database.rows("SELECT event_id FROM mail_event").stream().map(row -> row.get("event_id")).toList();
    }

    private static String eventId(ConsumerRecord<String, String> record) {
        return new String(record.headers().lastHeader("eventId").value(), java.nio.charset.StandardCharsets.UTF_8);
    }

    private static String row(String eventId, ObjectNode delivery, String more) {
        return "\"" + eventId + "\",\"" + delivery.get("created").asText() + "\",\"" + delivery.get("to").asText() + "\"," + more + "\n";
    }

    private static Path onlyFile(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> all = files.toList();
            assertThat(all).hasSize(1);
            assertThat(all.get(0).getFileName().toString()).matches("failed-\\d{4}-\\d\\d-\\d\\d\\.csv");
            return all.get(0);
        }
    }
}
