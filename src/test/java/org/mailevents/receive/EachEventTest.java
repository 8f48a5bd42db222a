package org.mailevents.receive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mailevents.support.Answers.assertReceipt;
import static org.mailevents.support.ShippedRoutes.REFUSED;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Processor;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.Test;
import org.mailevents.Application;
import org.mailevents.event.MailEvent;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** The steps of a split run for each event, wherever their conditions are written. */
class EachEventTest {

    private final TestDatabase database = TestDatabase.h2();
    private final Path folder = OwnProcess.folder("routes");
    private final Main main = Application.configured();

    @Test
    void aConditionInASettingIsAskedForEachEvent() throws IOException {
        // Given
        bounces(yaml -> toOurs(yaml, "{{crm.ours}}"));

        // Then
        oursAreTold(Map.of("crm.ours", "${body.apiData} == 'CAMPAIGN-7'"));
    }

    @Test
    void aConditionInAFileIsAskedForEachEvent() throws IOException {
        // Given
        Path condition = Files.writeString(folder.resolve("ours.simple"), "${body.apiData} == 'CAMPAIGN-7'");
        bounces(yaml -> toOurs(yaml, "resource:file:" + condition));

        // Then
        oursAreTold(Map.of());
    }

    @Test
    void aVariableWhoseNameDependsOnTheEventIsSetForEachEvent() throws IOException {
        // Given
        bounces(yaml -> yaml.replaceFirst("name: audience", "name: \"global:\\${body.recipient}\""));
        ObjectNode one = Payload.bounce("2");
        ObjectNode two = Payload.bounce("2");
        try (InProcess application = start(Map.of())) {
            // When
            assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", one, two)), 2, 2, 0, 0);

            // Then
            assertThat(List.of(one, two))
                    .allSatisfy(bounce -> assertThat(application.context().getVariable(bounce.get("to").asText())).isNotNull());
        }
    }

    @Test
    void anInterceptorSeesEachEvent() throws IOException {
        // Given
        AtomicInteger seen = new AtomicInteger();
        main.bind("seen", (Processor) exchange -> seen.incrementAndGet());
        bounces(yaml -> "- intercept:\n    steps:\n      - filter:\n          simple: \"${exchangeProperty.CamelSplitIndex} != null\"\n"
                + "          steps:\n            - process:\n                ref: seen\n" + yaml);
        try (InProcess application = start(Map.of())) {
            seen.set(0); // the events of the trial

            // When
            application.post(MailEvents.JSON, Payload.json("bounces", Payload.bounce("2")));
            int ofOne = seen.getAndSet(0);
            application.post(MailEvents.JSON, Payload.json("bounces", Payload.bounce("2"), Payload.bounce("2"), Payload.bounce("2")));

            // Then
            assertThat(ofOne).isPositive();
            assertThat(seen.get()).isEqualTo(3 * ofOne);
        }
    }

    @Test
    void anOnPrepareOfATeamSeesEachEvent() throws IOException {
        // Given
        AtomicInteger seen = new AtomicInteger();
        main.bind("ours", (Processor) exchange -> {
            exchange.setVariable("event", exchange.getMessage().getBody(MailEvent.class));
            seen.incrementAndGet();
        });
        bounces(yaml -> yaml.replace("onPrepare: collectEvents", "onPrepare: ours"));
        try (InProcess application = start(Map.of())) {
            seen.set(0); // the events of the trial

            // When
            assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", Payload.bounce("2"), Payload.bounce("2"))), 2, 2, 0, 0);

            // Then
            assertThat(seen.get()).isEqualTo(2);
        }
    }

    record Hidden(String name) {
    }

    private static final class Plain {
        public String getName() {
            return "plain";
        }
    }

    @Test
    void aRecordOfATeamIsReadLikeItsOtherClasses() {
        try (InProcess application = start(Map.of())) {
            for (Object body : List.of(new Plain(), new Hidden("plain"))) {
                var exchange = new org.apache.camel.support.DefaultExchange(application.context());
                exchange.getMessage().setBody(body);
                assertThat(application.context().resolveLanguage("simple").createExpression("${body.name}")
                        .evaluate(exchange, String.class))
                        .isEqualTo("plain");
            }
        }
    }

    private void oursAreTold(Map<String, String> settings) {
        ObjectNode ours = Payload.bounce("4").put("apiData", "CAMPAIGN-7");
        ObjectNode other = Payload.bounce("4").put("apiData", "CAMPAIGN-8");
        try (InProcess application = start(settings)) {
            // When
            assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", other, ours)), 2, 2, 0, 0);

            // Then
            assertThat(audience(ours)).isEqualTo("ours");
            assertThat(audience(other)).isEqualTo("postmaster");
        }
    }

    /** The audience is ours if the condition is met. */
    private static String toOurs(String yaml, String condition) {
        return yaml.replace(REFUSED, condition).replaceFirst("expression: postmaster", "expression: ours");
    }

    private String audience(ObjectNode bounce) {
        return database.row("SELECT * FROM mail_event WHERE recipient = ?", bounce.get("to").asText()).get("audience");
    }

    private InProcess start(Map<String, String> more) {
        return TestSettings.of(database).withRoutes(folder.resolve("routes")).with(more).startInProcess(main);
    }

    private void bounces(java.util.function.UnaryOperator<String> edit) throws IOException {
        Path file = folder.resolve("routes/route-bounces.camel.yaml");
        String before = Files.readString(file);
        String after = edit.apply(before);
        assertThat(after).isNotEqualTo(before);
        Files.writeString(file, after);
    }
}
