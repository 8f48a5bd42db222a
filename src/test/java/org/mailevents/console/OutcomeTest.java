package org.mailevents.console;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.InProcess;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** The API tells the outcome of a message as the view {@code message_status} does, although it does not read the view. */
class OutcomeTest {

    private static final int EVENTS = 400;
    /** Few values and few times, so that the last rule, the id, has to decide too. */
    private static final List<String> TYPES = List.of("deliveries", "deliveries", "deliveries", "bounces", "opens");
    private static final List<String> STATUSES = Arrays.asList("queued", "queued", "deferred", "succeeded", "failed", "new", "2", null);
    private static final List<String> MESSAGES = Arrays.asList("<1@mta>", "<2@mta>", "3@mta", "<3@mta>", "<4@mta>", null);
    private static final List<String> RECIPIENTS = Arrays.asList("a@example.net", "A@example.net", "b@example.net", null);

    @ParameterizedTest
    @ValueSource(strings = {"h2", "postgres"})
    void itIsTheOutcomeOfTheView(String where) {
        TestDatabase database = where.equals("h2") ? TestDatabase.h2InMemory() : TestDatabase.postgres();
        try (InProcess application = TestSettings.of(database).startInProcess()) {
            // Given
            long seed = System.nanoTime();
            Random random = new Random(seed);
            database.execute("INSERT INTO mail_event (event_id, event_type, status, message_id, recipient, occurred_at, received_at)"
                    + " VALUES " + Stream.generate(() -> event(random)).limit(EVENTS).collect(Collectors.joining(", ")));
            String view = "SELECT e.event_id AS \"eventId\", m.status AS \"outcome\" FROM mail_event e LEFT JOIN message_status m"
                    + " ON m.message_id = e.message_id AND m.recipient = e.recipient WHERE ";

            // Then
            for (String message : List.of("1@mta", "2@mta", "3@mta", "4@mta")) {
                assertThat(outcomes(database, ScanTest.ofRoute("api-message").replace(":?messageId", "'" + message + "'")))
                        .as("seed %d, %s", seed, message).isNotEmpty()
                        .isEqualTo(outcomes(database, view + "e.message_id IN ('" + message + "', '<" + message + ">')"));
            }
            for (String address : List.of("a@example.net", "b@example.net")) {
                assertThat(outcomes(database, ScanTest.ofRoute("api-recipient").replace(":?asked", "'" + address + "'")
                        .replace(":?address", "'" + address + "'"))).as("seed %d, %s", seed, address).isNotEmpty()
                        .isEqualTo(outcomes(database, view + "LOWER(e.recipient) = '" + address + "'"));
            }
        }
    }

    private static String event(Random random) {
        String time = "TIMESTAMP WITH TIME ZONE '2026-09-0" + (1 + random.nextInt(2)) + " 00:00:00+00'";
        return "(CAST('" + new UUID(random.nextLong(), random.nextLong()) + "' AS uuid), " + any(TYPES, random) + ", "
                + any(STATUSES, random) + ", " + any(MESSAGES, random) + ", " + any(RECIPIENTS, random) + ", "
                + (random.nextBoolean() ? time : "NULL") + ", " + time + ")";
    }

    private static String any(List<String> texts, Random random) {
        String text = texts.get(random.nextInt(texts.size()));
        return text == null ? "NULL" : "'" + text + "'";
    }

    /** The outcome of each event by its id. */
    private static Map<String, String> outcomes(TestDatabase database, String sql) {
        Map<String, String> outcomes = new HashMap<>();
        database.rows(sql).forEach(row -> outcomes.put(row.get("eventid"), row.get("outcome")));
        return outcomes;
    }
}
