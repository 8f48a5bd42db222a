package org.mailevents.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mailevents.support.InProcess;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** A CSV file of events is sent while it is read. A caller who hangs up in the middle leaves nothing behind. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class EventCsvTest {

    private static final int EVENTS = 6_000;
    /** The file has 24 MB, which fits into no buffer of the network. */
    private static final String FILL = "INSERT INTO mail_event (event_id, event_type, status, message_id, recipient, received_at, reason)"
            + " SELECT CAST(LPAD(CAST(n AS varchar), 32, '0') AS uuid), 'deliveries', 'failed', '<m@mta>', 'u@example.net',"
            + " CURRENT_TIMESTAMP, REPEAT('x', 4000) FROM SYSTEM_RANGE(1, " + EVENTS + ") AS g(n)";

    private final TestDatabase database = TestDatabase.h2InMemory();
    private InProcess application;

    @BeforeAll
    void start() {
        application = TestSettings.of(database).startInProcess();
        database.execute(FILL);
    }

    @AfterAll
    void stop() {
        application.close();
    }

    private int inFlight() {
        return application.context().getInflightRepository().size();
    }

    /** A caller who has read the first bytes of the file and reads no further. */
    private Socket caller() throws IOException {
        Socket socket = new Socket("127.0.0.1", application.port);
        String request = "GET /api/events.csv HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
        assertThat(new String(socket.getInputStream().readNBytes(15), StandardCharsets.UTF_8)).isEqualTo("HTTP/1.1 200 OK");
        return socket;
    }

    @Test
    void aCallerWhoReadsSlowlyGetsTheWholeFile() throws IOException {
        try (Socket socket = caller(); InputStream answer = socket.getInputStream()) {
            await().during(Duration.ofSeconds(1)).until(() -> inFlight() >= 1);
            List<String> lines = new BufferedReader(new InputStreamReader(answer, StandardCharsets.UTF_8)).lines().toList();

            assertThat(lines.stream().dropWhile(line -> !line.contains("event_id")).flatMapToInt(String::chars)
                    .filter(each -> each == 'x').count()).as("each event has 4,000 in its reason and one in its address")
                    .isEqualTo(EVENTS * 4_001L);
            assertThat(lines.get(lines.size() - 2)).as("the last chunk").isEqualTo("0");
        }
    }

    private enum End {
        AT_ONCE, ONCE_NOTHING_IS_SENT_ANY_MORE, WITH_A_BROKEN_CONNECTION
    }

    @ParameterizedTest
    @EnumSource(End.class)
    void nothingIsInFlightOnceTheCallerHasHungUp(End end) throws IOException {
        // Given
        Socket socket = caller();
        if (end != End.AT_ONCE) {
            await().during(Duration.ofSeconds(1)).until(() -> inFlight() >= 1);
        }

        // When
        socket.setSoLinger(end == End.WITH_A_BROKEN_CONNECTION, 0);
        socket.close();

        // Then
        await().atMost(Duration.ofSeconds(20)).until(this::inFlight, Predicate.isEqual(0));
    }
}
