package org.mailevents.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.database.Database;
import org.mailevents.database.JdbiFactory;
import org.mailevents.support.InProcess;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** A slot names few destinations, however many it has, and no message is lost. */
class DestinationCountsTest {

    private static final int DOMAINS = 25;
    private static final String ROWS = "SELECT domain, COALESCE(cause, 'delivered') AS cause, SUM(events) AS events FROM destination_count"
            + " GROUP BY domain, cause ORDER BY domain, cause";

    /** In the future, so that the application itself does not count it. */
    private final Instant slot = Instant.now().truncatedTo(ChronoUnit.HOURS).plus(Duration.ofHours(2));

    @ParameterizedTest
    @ValueSource(strings = {"h2", "postgres"})
    void theSmallOnesAreCountedTogetherAndADeletedEventStaysCounted(String where) {
        TestDatabase database = where.equals("h2") ? TestDatabase.h2InMemory() : TestDatabase.postgres();
        try (InProcess application = TestSettings.of(database).startInProcess()) {
            // Given
            Jdbi jdbi = JdbiFactory.create(application.context().getRegistry().findSingleByType(Database.class));
            Stream<String> delivered = IntStream.rangeClosed(1, DOMAINS).boxed().flatMap(domain -> IntStream.range(0, domain)
                    .mapToObj(message -> row("deliveries", "succeeded", "u@d" + domain + ".example")));
            Stream<String> others = Stream.of(row("bounces", "2", "U@D1.Example"), row("deliveries", "queued", "u@d1.example"),
                    row("deliveries", "failed", "u@d1.example"), row("deliveries", "succeeded", "Taro"));
            database.execute("INSERT INTO mail_event (event_id, event_type, status, cause, recipient, received_at) VALUES "
                    + Stream.concat(delivered, others).collect(Collectors.joining(", ")));

            // When
            jdbi.useTransaction(handle -> DestinationCounts.count(handle, slot));

            // Then
            String counted = told(database);
            assertThat(counted).startsWith(" delivered " + (1 + 2 + 3 + 4 + 5) + ", d1.example delivered 1, d1.example unknown-user 1,"
                    + " d10.example delivered 10,").endsWith("d9.example delivered 9");
            assertThat(database.rows("SELECT DISTINCT domain FROM destination_count")).hasSize(1 + 1 + 20);

            // When
            database.execute("DELETE FROM mail_event WHERE recipient = 'u@d25.example'");
            jdbi.useTransaction(handle -> DestinationCounts.count(handle, slot));

            // Then
            assertThat(told(database)).isEqualTo(counted);
        }
    }

    private static String told(TestDatabase database) {
        return database.rows(ROWS).stream().map(row -> row.get("domain") + " " + row.get("cause") + " " + row.get("events"))
                .collect(Collectors.joining(", "));
    }

    private String row(String type, String status, String recipient) {
        return "(CAST('" + UUID.randomUUID() + "' AS uuid), '" + type + "', '" + status + "', 'unknown-user', '" + recipient
                + "', TIMESTAMP WITH TIME ZONE '" + slot.plusSeconds(1) + "')";
    }
}
