package org.mailevents.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.database.Database;
import org.mailevents.database.JdbiFactory;
import org.mailevents.support.InProcess;
import org.mailevents.support.ScannedRows;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** The number of rows that the page and the API read must not grow with the table. The database itself counts these rows. */
class ScanTest {

    private static final int EVENTS = 60_000;
    private static final String SOME = "TIMESTAMP WITH TIME ZONE '2026-09-01 00:00:00+00'";

    /** The events after this time are not counted yet. */
    private static final String COUNTED = "TIMESTAMP WITH TIME ZONE '2026-09-01 16:30:00+00'";

    /** One event for each second. One in a hundred is a bounce. Each address has ten events, and each message has two. */
    private static final String FILL =
            "INSERT INTO mail_event (event_id, event_type, status, cause, dead, message_id, recipient, received_at, occurred_at,"
            + " created_text)"
            + " SELECT CAST(LPAD(CAST(n AS varchar), 32, '0') AS uuid), CASE WHEN MOD(n, 100) = 0 THEN 'bounces' ELSE 'deliveries' END,"
            + " CASE WHEN MOD(n, 100) = 0 THEN '2' ELSE 'succeeded' END, CASE WHEN MOD(n, 100) = 0 THEN 'unknown-user' END,"
            + " CASE WHEN MOD(n, 100) = 0 THEN TRUE END, CONCAT('<', n / 2, '@mta>'),"
            + " CONCAT('u', MOD(n, " + EVENTS / 10 + "), '@example.net'),"
            + " " + SOME + " + n * INTERVAL '1' SECOND, " + SOME + " + n * INTERVAL '1' SECOND, '' FROM ";

    @ParameterizedTest
    @ValueSource(strings = {"h2", "postgres"})
    void itDoesNotGrowWithTheTable(String where) {
        boolean h2 = where.equals("h2");
        TestDatabase database = h2 ? TestDatabase.h2InMemory() : TestDatabase.postgres();
        try (InProcess application = TestSettings.of(database).startInProcess()) {
            // Given
            database.execute(FILL + (h2 ? "SYSTEM_RANGE(1, " : "generate_series(1, ") + EVENTS + ") AS g(n)");
            database.execute("ANALYZE");
            await().until(() -> database.row("SELECT SUM(events) AS n FROM event_count").get("n"), String.valueOf(EVENTS)::equals);

            // fifty bounces of which the failed delivery is missing, and a message without an end
            database.execute("INSERT INTO mail_event (event_id, event_type, status, message_id, recipient, received_at) VALUES"
                    + " (CAST(LPAD('" + (EVENTS + 1) + "', 32, '0') AS uuid), 'deliveries', 'queued', '<lost@mta>', 'lost@example.net', "
                    + SOME + ")");
            database.execute("INSERT INTO loose_end (event_id, what, due_at) SELECT event_id, CASE event_type WHEN 'bounces'"
                    + " THEN 'no-failed' ELSE 'overdue' END, CURRENT_TIMESTAMP FROM mail_event WHERE event_type = 'bounces'"
                    + " AND received_at <= " + SOME + " + INTERVAL '5000' SECOND OR status = 'queued'");

            Map<String, Integer> bounds = new LinkedHashMap<>();
            bounds.put(ofRoute("api-message").replace(":?messageId", "'<777@mta>'"), 100);
            bounds.put(ofRoute("api-recipient").replace(":?asked", "'u777@example.net'").replace(":?address", "'U777@example.net'"), 400);
            bounds.put(with(HourCounts.COUNTS, SOME, COUNTED, SOME, SOME, COUNTED,
                    "TIMESTAMP WITH TIME ZONE '2026-09-02 16:30:00+00'"), 10_000);
            bounds.put(with(HourCounts.EARLIER, SOME, SOME, COUNTED, SOME), 10_000);
            bounds.put(with(HourCounts.EARLIER_WEEK, SOME, COUNTED), 1_000);
            bounds.put(with(Destinations.COUNTS, SOME, COUNTED, SOME), 10_000);
            bounds.put(with(SummaryReader.LATEST_BOUNCES, SOME, SOME), 500);
            bounds.put(MessageReader.EVENTS.replace(":id", "'<777@mta>'").replace(":to", "'u1554@example.net'"), 100);
            bounds.put(AddressState.BOUNCES.replace(":recipient", "'u700@example.net'"), 400);
            bounds.put(AddressState.LAST_SUCCEEDED.replace(":recipient", "'u777@example.net'"), 400);
            bounds.put(ofRoute("api-overdue"), 200);
            bounds.put(ofRoute("api-unpaired"), 400);
            // This query reads the bounces, each of their addresses once, and the events after each bounce.
            bounds.put(ofRoute("api-suppressions"), 6 * EVENTS / 100);

            // A step of 2,000 rows reads no more rows, whatever passes. They are counted once for each of the nested queries.
            bounds.put(stepOfFeed(Map.of("subject", "other")), 4 * 2_003);
            bounds.put(stepOfFeed(Map.of("status", "bounced")), 4 * (EVENTS / 100 + 1));
            bounds.put(stepOfFeed(Map.of("text", "u777@example.net")), 100);

            bounds.forEach((sql, bound) -> {
                // When
                long scanned = ScannedRows.by(database, sql);

                // Then
                assertThat(scanned).as(sql).isPositive().isLessThanOrEqualTo(bound);
            });
            assertThePagesTellEverythingTogether(application);
            assertTheFileEndsForACallerWhoIsGone(application);
            assertCallersWhoAreGoneLeaveRoomForOthers(application);
        }
    }

    /** A page that has no time looks through one step, and most of these pages have no event. */
    private static void assertThePagesTellEverythingTogether(InProcess application) {
        EventFeed feed = feed(application);
        EventFilter filter = filter(Map.of("recipient", "u777@"));
        List<UUID> found = new ArrayList<>();
        List<Instant> lookedThrough = new ArrayList<>();

        // When
        EventFeed.Page page;
        EventFeed.Place after = null;
        do {
            page = feed.page(filter, after, 50);
            page.events().forEach(event -> found.add(event.eventId()));
            lookedThrough.add(page.lookedThroughSince());
            after = page.complete() ? null : EventFeed.Place.parse(page.next());
        } while (after != null);

        // Then
        assertThat(found).containsExactlyElementsOf(IntStream.range(0, 10).map(i -> EVENTS - EVENTS / 10 * (i + 1) + 777)
                .mapToObj(n -> UUID.fromString("00000000-0000-0000-0000-%012d".formatted(n))).toList());
        assertThat(lookedThrough).hasSizeGreaterThan(EVENTS / 2_000).doesNotHaveDuplicates()
                .isSortedAccordingTo(Comparator.reverseOrder());
    }

    private static EventFeed feed(InProcess application) {
        Database database = application.context().getRegistry().findSingleByType(Database.class);
        return new EventFeed(JdbiFactory.limited(database), Duration.ZERO);
    }

    private static EventFilter filter(Map<String, String> asked) {
        return EventFilter.of(asked, address -> address, messageId -> false);
    }

    private static void assertTheFileEndsForACallerWhoIsGone(InProcess application) {
        AtomicBoolean gone = new AtomicBoolean();
        try (BufferedReader file = new BufferedReader(new InputStreamReader(
                new EventCsv(feed(application), filter(Map.of()), gone::get), StandardCharsets.UTF_8), 1_000)) {
            // When
            String first = file.readLine();
            gone.set(true);

            // Then
            assertThat(first).contains("\"event_id\"");
            assertThat(file.lines().count()).isLessThan(EVENTS / 10);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** More callers than the API answers at a time hang up in the middle of a file that fits into no buffer of the network. */
    private static void assertCallersWhoAreGoneLeaveRoomForOthers(InProcess application) {
        for (int caller = 0; caller < 9; caller++) {
            try (Socket socket = new Socket()) {
                socket.setReceiveBufferSize(4_096);
                socket.connect(new InetSocketAddress("127.0.0.1", application.port));
                socket.getOutputStream().write("GET /api/events.csv HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.UTF_8));
                assertThat(new String(socket.getInputStream().readNBytes(15), StandardCharsets.UTF_8)).isEqualTo("HTTP/1.1 200 OK");
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    private static String with(String sql, String... parameters) {
        String filled = sql;
        for (String parameter : parameters) {
            filled = filled.replaceFirst("\\?", parameter);
        }
        return filled;
    }

    /** The first step of a page, with the parameters as literals. */
    private static String stepOfFeed(Map<String, String> asked) {
        EventFilter filter = filter(asked);
        Map<String, Object> values = new LinkedHashMap<>(filter.values());
        String sql = EventFeed.sql(filter, values, null, 2_000, 50);
        for (Map.Entry<String, Object> value : values.entrySet()) {
            sql = sql.replaceAll(":" + value.getKey() + "\\b", "'" + value.getValue() + "'");
        }
        return sql;
    }

    /** The SQL in the route file, as a team sees and edits it. */
    static String ofRoute(String route) {
        try {
            JsonNode file = new ObjectMapper(new YAMLFactory()).readTree(Path.of("routes", route + ".camel.yaml").toFile());
            return file.findValues("constant").stream().map(constant -> constant.path("expression").asText())
                    .filter(text -> text.startsWith("SELECT")).findFirst().orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
