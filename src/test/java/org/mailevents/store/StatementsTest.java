package org.mailevents.store;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Map;
import java.util.Properties;
import java.util.stream.IntStream;
import org.apache.camel.test.junit5.CamelContextConfiguration;
import org.apache.camel.test.main.junit5.CamelMainTestSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.Application;
import org.mailevents.support.MailEvents;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;

/** The database itself counts the statements that it executes. */
class StatementsTest extends CamelMainTestSupport {

    /** Static, because the support class reads the settings before the fields of the test exist. */
    private static final TestDatabase DATABASE = TestDatabase.h2();
    private static final int PORT = MailEvents.freePort();

    @Override
    protected Class<?> getMainClass() {
        return Application.class;
    }

    @Override
    protected String getPropertyPlaceholderLocations() {
        return "file:application.properties";
    }

    @Override
    public void configureContext(CamelContextConfiguration configuration) {
        super.configureContext(configuration);
        Properties properties = new Properties();
        properties.putAll(DATABASE.settings());
        // Unlike the application, the support class scans for Java routes. It cannot make the class that loads the YAML routes.
        properties.put("camel.main.javaRoutesExcludePattern", "**/LiveRoutes*,**/*Test*");
        properties.put("camel.main.routesIncludePattern", "file:routes/*.camel.yaml");
        properties.put("spool.directory", OwnProcess.folder().resolve("spool").toString());
        properties.put("camel.server.port", String.valueOf(PORT));
        configuration.withUseOverridePropertiesWithPropertiesComponent(properties);
    }

    @ParameterizedTest
    @CsvSource({"deliveries,100", "bounces,100", "blocks,100", "deliveries,1"})
    void aWebhookIsOneInsertHoweverManyEventsItHas(String eventType, int events) throws Exception {
        // Given
        DATABASE.execute("SET QUERY_STATISTICS FALSE");
        DATABASE.execute("SET QUERY_STATISTICS TRUE");
        JsonNode[] elements = IntStream.range(0, events).mapToObj(i -> eventType.equals("bounces") ? Payload.bounce("2")
                : Payload.delivery("failed"))
                .toArray(JsonNode[]::new);

        // When
        HttpResponse<String> answer = HttpClient.newHttpClient()
                .send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + PORT + MailEvents.PATH))
                .header("Content-Type", MailEvents.JSON).POST(BodyPublishers.ofString(Payload.json(eventType, elements))).build(),
                BodyHandlers.ofString());

        // Then
        assertThat(answer.body()).contains("\"stored\":" + events);
        Map<String, String> inserts = DATABASE.row("SELECT SUM(execution_count) AS statements, SUM(cumulative_row_count) AS inserted"
                + " FROM INFORMATION_SCHEMA.QUERY_STATISTICS WHERE sql_statement LIKE 'INSERT INTO%'"
                + " AND sql_statement NOT LIKE 'INSERT INTO alert%'"
                // the first INSERT after a start also stores the text of the routes
                + " AND sql_statement NOT LIKE 'INSERT INTO route_revision%'"
                // once an hour
                + " AND sql_statement NOT LIKE 'INSERT INTO receiving_hour%'");
        assertThat(inserts).containsEntry("statements", "1").containsEntry("inserted", String.valueOf(events));
    }
}
