package org.mailevents.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** The database refuses single rows, here because of a constraint that a team added. The other rows of the webhook are stored. */
@Execution(ExecutionMode.CONCURRENT)
class PoisonTest {

    static Stream<Named<Supplier<TestDatabase>>> databases() {
        return Stream.of(Named.of("H2", TestDatabase::h2), Named.of("PostgreSQL", TestDatabase::postgres));
    }

    @ParameterizedTest
    @MethodSource("databases")
    void theRowsThatADatabaseRefusesAreFoundAndSetAside(Supplier<TestDatabase> databases) throws IOException {
        // Given
        TestDatabase database = databases.get();
        Path spool = OwnProcess.folder().resolve("spool");
        TestSettings settings = TestSettings.of(database, Mailbox.folder()).with("spool.directory", spool);
        List<ObjectNode> bounces = IntStream.range(0, 100).mapToObj(i -> Payload.bounce("2")).toList();
        List<ObjectNode> poison = List.of(bounces.get(0), bounces.get(41), bounces.get(42), bounces.get(99));
        poison.forEach(bounce -> bounce.put("subject", "poison").put("unknown key", "kept"));
        try (InProcess application = settings.startInProcess()) {
            database.execute("ALTER TABLE mail_event ADD CONSTRAINT of_a_team CHECK (subject <> 'poison')");

            // When
            String body = Payload.json("bounces", bounces.toArray(JsonNode[]::new));
            HttpResponse<String> answer = application.post(MailEvents.JSON, body);
            HttpResponse<String> again = application.post(MailEvents.JSON, body);

            // Then
            assertReceipt(answer, 100, 96, 0, 4);
            assertReceipt(again, 100, 0, 96, 4);
            assertThat(recipients(database)).containsExactlyInAnyOrderElementsOf(
                    bounces.stream().filter(bounce -> !poison.contains(bounce)).map(bounce -> bounce.get("to").asText()).toList());
            List<Map<String, String>> rejected = database.rows("SELECT reason, payload FROM rejected_event");
            assertThat(rejected).allSatisfy(row -> assertThat(row.get("reason")).startsWith("the database refused it: ")
                    .doesNotContain("@"));
            assertThat(rejected.stream().map(row -> element(row.get("payload")))).containsExactlyInAnyOrderElementsOf(poison);

            // When
            database.execute("ALTER TABLE mail_event DROP CONSTRAINT of_a_team");
            Files.createFile(spool.resolve("replay-rejected"));

            // Then
            await().until(() -> recipients(database).size() == 100);
            assertReceipt(application.post(MailEvents.JSON, body), 100, 0, 100, 0);
        }
    }

    private static List<String> recipients(TestDatabase database) {
        return database.rows("SELECT recipient FROM mail_event").stream().map(row -> row.get("recipient")).toList();
    }

    private static JsonNode element(String payload) {
        try {
            return new ObjectMapper().readTree(payload).path("event").path("bounces").path(0);
        } catch (IOException e) {
            throw new AssertionError(payload, e);
        }
    }
}
