package org.mailevents.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.Application;
import org.mailevents.support.Certificate;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** {@code java -jar mail-events.jar sample} runs beside the running application. */
class SampleTest {

    private static final Pattern COUNT = Pattern.compile("(\\w+) × (\\d+)");

    @ParameterizedTest
    @CsvSource({"127.0.0.1,s3cret & more,''", "0.0.0.0,'',vendor:passwörd"})
    void aDayIsStoredExactlyAsAnnouncedByWhoeverHasTheSecret(String host, String apiKey, String basic) throws Exception {
        // Given
        TestDatabase database = TestDatabase.h2();
        Mailbox mailbox = Mailbox.folder();
        TestSettings settings = TestSettings.of(database, mailbox)
                .with("camel.server.host", host, "webhook.api-key", apiKey, "webhook.basic", basic,
                        "alert.first-delay", "1h");
        try (InProcess application = settings.startInProcess()) {
            assertThatThrownBy(() -> Application.sample(main(application.port, Map.of()), false)).hasMessageContaining("webhook.api-key");

            // When
            List<String> told = Application.sample(main(application.port, settings.map()), false);

            // Then
            String text = String.join("\n", told);
            Map<String, Integer> receipt = Pattern.compile("(\\w+) (\\d+)").matcher(line(told, "  received ")).results()
                    .collect(Collectors.toMap(match -> match.group(1), match -> Integer.parseInt(match.group(2))));
            assertThat(receipt.get("received")).isEqualTo(receipt.get("stored") + receipt.get("duplicates") + 1);
            assertThat(text).contains("with " + receipt.get("received") + " events").contains("(" + receipt.get("duplicates") + " events)");
            assertThat(receipt).containsEntry("rejected", 1).containsEntry("spooled", 0);
            assertThat(receipt.get("duplicates")).isPositive();
            assertThat(database.row("SELECT COUNT(*) AS rows FROM mail_event"))
                    .containsEntry("rows", String.valueOf(receipt.get("stored")));
            assertThat(database.row("SELECT reason FROM rejected_event")).containsEntry("reason", "messageId is missing");
            for (String type : List.of("deliveries", "bounces", "blocks")) {
                Map<String, String> announced = COUNT.matcher(line(told, "  " + type)).results()
                        .collect(Collectors.toMap((MatchResult match) -> match.group(1), match -> match.group(2)));
                assertThat(database.rows("SELECT status, COUNT(*) AS rows FROM mail_event WHERE event_type = ? GROUP BY status", type)
                        .stream().collect(Collectors.toMap(row -> row.get("status"), row -> row.get("rows"))))
                        .isEqualTo(announced).isNotEmpty();
            }

            assertThat(database.row("SELECT COUNT(*) AS rows FROM mail_event WHERE occurred_at IS NULL")).containsEntry("rows", "0");
            assertThat(database.rows("SELECT DISTINCT CAST(occurred_at AS date) AS date_of, EXTRACT(HOUR FROM occurred_at) AS hour_of"
                    + " FROM mail_event")).hasSizeBetween(24, 25);
            assertThat(database.rows("SELECT status FROM message_status WHERE recipient = ? AND message_id = ?", "hanako@example.jp",
                    id(told, "hanako@example.jp")))
                    .isEqualTo(List.of(Map.of("status", "succeeded")));
            assertThat(database.rows("SELECT status FROM mail_event WHERE message_id = ? ORDER BY occurred_at",
                    id(told, "hanako@example.jp")))
                    .extracting(row -> row.get("status")).containsExactly("queued", "deferred", "deferred", "succeeded");
            assertThat(database.rows("SELECT status FROM message_status WHERE recipient = ? AND message_id = ?", "nobody@example.net",
                    id(told, "nobody@example.net")))
                    .isEqualTo(List.of(Map.of("status", "bounced")));
            assertThat(database.rows("SELECT bounces FROM undeliverable_recipient WHERE recipient = 'nobody@example.net'"))
                    .isEqualTo(List.of(Map.of("bounces", "2")));
            assertThat(text).contains("http://127.0.0.1:" + application.port + "/");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"smtp://mail.example.com:25", "smtps://mail.example.com:465?username=u&password=RAW(s3cret)"})
    void mailThatWouldLeaveTheMachineIsRefused(String endpoint) {
        Main main = main(MailEvents.freePort(), Map.of("alert.endpoint", endpoint));
        assertThatThrownBy(() -> Application.sample(main, false))
                .hasMessageContaining("alert.endpoint").hasMessageContaining("sample anyway").hasMessageNotContaining("s3cret");
    }

    @Test
    void unlessItIsSaidThatItMay() {
        Main main = main(MailEvents.freePort(), Map.of("alert.endpoint", "smtp://mail.example.com:25"));
        assertThatThrownBy(() -> Application.sample(main, true)).hasMessageContaining("Start Mail Events first");
    }

    @Test
    void whereNothingListensOneIsToldToStartIt() {
        int port = MailEvents.freePort();
        assertThatThrownBy(() -> Application.sample(main(port, Map.of()), false))
                .hasMessage("Start Mail Events first: no server answers at http://127.0.0.1:" + port + MailEvents.PATH);
    }

    @ParameterizedTest
    @CsvSource({"503,The events could be kept nowhere", "404,Send webhooks to the path /hook"})
    void whatTheAnswerSaysIsPassedOn(int status, String detail) throws Exception {
        try (Stranger stranger = new Stranger(status, "{\"detail\": \"" + detail + "\"}")) {
            assertThatThrownBy(() -> Application.sample(main(stranger.port(), Map.of()), false))
                    .hasMessageContaining(status + ": " + detail);
        }
    }

    @ParameterizedTest
    @CsvSource({"200,ok", "200,{\"hello\": 1}", "404,<html>Not found</html>"})
    void anotherApplicationIsNotTakenForThisOne(int status, String body) throws Exception {
        try (Stranger stranger = new Stranger(status, body)) {
            assertThatThrownBy(() -> Application.sample(main(stranger.port(), Map.of()), false)).hasMessageContaining("is not Mail Events");
        }
    }

    @Test
    void overHttpsItIsRefused() {
        assertThatThrownBy(() -> Application.sample(main(MailEvents.freePort(), Certificate.settings()), false))
                .hasMessageContaining("camel.ssl.enabled");
    }

    private static Main main(int port, Map<String, String> settings) {
        Main main = Application.withSettings();
        settings.forEach(main::addOverrideProperty);
        main.addOverrideProperty("camel.server.port", String.valueOf(port));
        return main;
    }

    private static String line(List<String> told, String start) {
        return told.stream().filter(line -> line.startsWith(start)).collect(Collectors.joining());
    }

    /** The Message-ID that the command suggests to look for. */
    private static String id(List<String> told, String address) {
        Matcher id = Pattern.compile("<.+>").matcher(line(told, "  " + address));
        assertThat(id.find()).isTrue();
        return id.group();
    }

    /** An HTTP server that always gives one answer. */
    private record Stranger(HttpServer server) implements AutoCloseable {

        Stranger(int status, String body) throws IOException {
            this(HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0));
            server.createContext("/", exchange -> {
                exchange.getRequestBody().readAllBytes();
                byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
                exchange.sendResponseHeaders(status, bytes.length);
                exchange.getResponseBody().write(bytes);
                exchange.close();
            });
            server.start();
        }

        int port() {
            return server.getAddress().getPort();
        }

        @Override
        public void close() {
            server.stop(0);
        }
    }
}
