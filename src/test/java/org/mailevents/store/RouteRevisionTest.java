package org.mailevents.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** Every row names the revision of the routes that decided it, and the text of that revision is in the database. */
@Execution(ExecutionMode.CONCURRENT)
class RouteRevisionTest {

    private final Path folder = OwnProcess.folder("routes").resolve("routes");
    private final Path file = folder.resolve("route-bounces.camel.yaml");

    private static TestDatabase database(String kind) {
        return kind.equals("H2") ? TestDatabase.h2() : TestDatabase.postgres();
    }

    private InProcess start(TestDatabase database) {
        return TestSettings.of(database).withRoutes(folder).startInProcess();
    }

    @ParameterizedTest
    @ValueSource(strings = {"H2", "PostgreSQL"})
    void anEditBeginsANewRevisionAndBringsAnOldOneBack(String kind) throws IOException {
        // Given
        TestDatabase database = database(kind);
        String shipped = Files.readString(file);
        try (InProcess application = start(database)) {
            ObjectNode first = Payload.bounce("4");
            post(application, first);

            // When
            activate(application, shipped.replace("list-owner", "sales"), "Activated", 1);
            ObjectNode second = Payload.bounce("4");
            post(application, first, second);
            activate(application, shipped, "Activated", 2);
            ObjectNode third = Payload.bounce("4");
            post(application, third);

            // Then
            String before = revision(database, first);
            String edited = revision(database, second);
            assertThat(before).matches("[0-9a-f]{12}").isEqualTo(revision(database, third)).isNotEqualTo(edited);
            assertThat(database.rows("SELECT revision FROM route_revision ORDER BY first_used_at")).extracting(row -> row.get("revision"))
                    .containsExactly(before, edited);
            assertThat(files(database, before).path("route-bounces.camel.yaml").asText()).isEqualTo(shipped);
            assertThat(files(database, edited).path("route-bounces.camel.yaml").asText()).contains("sales");
            assertThat(files(database, edited).path("route-webhook.camel.yaml").asText())
                    .isEqualTo(Files.readString(folder.resolve("route-webhook.camel.yaml")));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"H2", "PostgreSQL"})
    void noEventIsStoredBeforeItsRevision(String kind) throws IOException {
        // Given
        TestDatabase database = database(kind);
        try (InProcess application = start(database)) {
            post(application, Payload.bounce("4"));
            database.execute("ALTER TABLE route_revision RENAME TO route_revision_away");
            activate(application, Files.readString(file).replace("list-owner", "sales"), "Activated", 1);

            // When
            ObjectNode bounce = Payload.bounce("4");
            assertThat(application.post(MailEvents.JSON, Payload.json("bounces", bounce)).body()).contains("\"spooled\":1");
            assertThat(row(database, bounce)).isEmpty();
            database.execute("ALTER TABLE route_revision_away RENAME TO route_revision");

            // Then
            await().untilAsserted(() -> assertThat(row(database, bounce)).hasSize(1));
            assertThat(files(database, revision(database, bounce)).path("route-bounces.camel.yaml").asText()).contains("sales");
        }
    }

    private static void post(InProcess application, ObjectNode... bounces) {
        assertThat(application.post(MailEvents.JSON, Payload.json("bounces", bounces)).body()).contains("\"stored\":1");
    }

    private void activate(InProcess application, String yaml, String logged, int times) throws IOException {
        Files.writeString(file, yaml);
        await().until(() -> application.log().split(logged, -1).length > times);
    }

    private static List<Map<String, String>> row(TestDatabase database, ObjectNode element) {
        return database.rows("SELECT route_revision FROM mail_event WHERE recipient = ?", element.get("to").asText());
    }

    private static String revision(TestDatabase database, ObjectNode element) {
        return row(database, element).get(0).get("route_revision");
    }

    private static JsonNode files(TestDatabase database, String revision) throws IOException {
        return new ObjectMapper().readTree(database.row("SELECT files FROM route_revision WHERE revision = ?", revision).get("files"));
    }
}
