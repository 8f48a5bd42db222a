package org.mailevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.AfterAll;
import org.mailevents.cases.WebhookCases;
import org.mailevents.support.KafkaBroker;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TeamEdit;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** The cases against {@code camel run application.properties}, with a real Camel CLI, on H2 and with alerts as files. */
class CamelRunIT extends WebhookCases {

    private static final Path FOLDER =
            withSteps(OwnProcess.folder("routes", OwnProcess.ROUTE_TESTS, "application.properties", "src/main"));

    /** Mail Events stores from this log too. */
    private static final KafkaBroker LOG = new KafkaBroker("log");

    CamelRunIT() {
        super(TestDatabase.h2(), Mailbox.folder(), settings -> OwnProcess.camelRun(FOLDER, new TestSettings(settings)
                .with("spool.kafka.brokers", LOG.address(), "spool.kafka.topic", "log").map()).started());
    }

    /** Two steps of a team: one reads the domain of an event, and one writes bounces as JSON. */
    private static Path withSteps(Path folder) {
        TeamEdit.number(6).with("docomo.ne.jp", "kddi.example").saveIn(folder);
        try {
            Files.writeString(folder.resolve("routes/route-webhook.camel.yaml"), """
                            - filter:
                                expression:
                                  simple:
                                    expression: "${variable.events[0].domain} == 'kddi.example'"
                                steps:
                                  - split:
                                      expression:
                                        simple:
                                          expression: "${variable.events}"
                                      steps:
                                        - marshal:
                                            json: {}
                                        - to:
                                            uri: file:data/json?fileName=event.json
                    """, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return folder;
    }

    @AfterAll
    void noSettingIsTakenForAMistake() {
        assertThat(application().log()).doesNotContain("is not a setting");
    }

    /** After all other cases, which compare every row. */
    @AfterAll
    void aWebhookOfTheLogIsStored() {
        // Given
        ObjectNode delivery = Payload.delivery("queued");

        // When
        LOG.append("log", Payload.json("deliveries", delivery));

        // Then
        await().untilAsserted(() -> stored(delivery));
        assertThat(application().log()).doesNotContain("The topic of Kafka cannot be read").doesNotContain("The Kafka brokers are down");
        LOG.close();
    }

    /** After all other cases, which compare every row. */
    @AfterAll
    void aStepReadsTheDomainOfAnEventAndWritesTheEventAsJson() throws IOException {
        // Given
        ObjectNode bounce = Payload.bounce("4").put("to", "B4@KDDI.EXAMPLE");

        // When
        assertReceipt(application().post(MailEvents.JSON, Payload.json("bounces", bounce)), 1, 1, 0, 0);

        // Then
        JsonNode json = new ObjectMapper().readTree(FOLDER.resolve("data/json/event.json").toFile());
        assertThat(json.get("domain").textValue()).isEqualTo("kddi.example");
        assertThat(json.get("receivedAt").textValue()).endsWith("Z");
    }
}
