package org.mailevents.digest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.database.JdbiFactory;
import org.mailevents.support.InProcess;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** The queries of a digest on a table with many other events. */
@Execution(ExecutionMode.CONCURRENT)
class DigestQueriesTest {

    private static final int EVENTS = Integer.parseInt(System.getenv().getOrDefault("DIGEST_EVENTS", "20000"));
    private static final String START = "2026-08-01 00:00:00+00";
    private static final int DAYS = 60;
    private static final Instant UNTIL = Instant.parse("2026-09-28T00:00:00Z");

    /** Each tenth event is a bounce, half of them at list-owner. Each address has thirty events. */
    private static final String FILL = "INSERT INTO mail_event (event_id, event_type, status, cause, dead, audience, alert_state,"
            + " message_id, recipient, received_at, occurred_at, created_text)"
            + " SELECT CAST(LPAD(CAST(n AS varchar), 32, '0') AS uuid), CASE WHEN MOD(n, 10) = 0 THEN 'bounces' ELSE 'deliveries' END,"
            + " CASE WHEN MOD(n, 10) = 0 THEN '2' ELSE 'queued' END, CASE WHEN MOD(n, 10) = 0 THEN 'unknown-user' END,"
            + " CASE WHEN MOD(n, 10) = 0 THEN TRUE END, CASE WHEN MOD(n, 20) = 0 THEN 'list-owner' WHEN MOD(n, 10) = 0 THEN 'other' END,"
            + " CASE WHEN MOD(n, 10) = 0 THEN 'sent' END, CONCAT('<', n / 2, '@mta>'),"
            + " CONCAT('u', MOD(n, " + (EVENTS / 30 + 1) + "), '@', MOD(n, 7), '.example'), t, t, ''"
            + " FROM (SELECT n, TIMESTAMP WITH TIME ZONE '" + START + "' + n * INTERVAL '1' SECOND * " + DAYS * 86_400.0 / EVENTS
            + " AS t FROM %s(1, " + EVENTS + ") AS g(n)) AS numbers";

    @ParameterizedTest
    @ValueSource(strings = {"h2", "postgres"})
    void aTableWithManyOtherEvents(String where) {
        boolean h2 = where.equals("h2");
        TestDatabase database = h2 ? TestDatabase.h2() : TestDatabase.postgres();
        try (InProcess application = TestSettings.of(database).startInProcess()) {
            database.execute(FILL.formatted(h2 ? "SYSTEM_RANGE" : "generate_series"));
            database.execute("ANALYZE");
            Jdbi jdbi = JdbiFactory.create(application.context().getRegistry().lookupByNameAndType("dataSource", DataSource.class));
            DigestQueries queries = new DigestQueries(jdbi, ZoneId.of("Asia/Tokyo"));
            for (Duration length : List.of(Duration.ofDays(1), Duration.ofDays(7))) {
              for (int i = 0; i < 2; i++) {
                long begun = System.nanoTime();
                DigestFacts facts = queries.read("list-owner", UNTIL.minus(length), UNTIL);
                System.err.println(where + " " + length + " " + (System.nanoTime() - begun) / 1_000_000 + " ms " + facts.bounces().total()
                    + " " + (facts.dead() == null ? null : facts.dead().size()) + " " + facts.bounces().kinds().size());
              }
            }
            for (String sql : List.of(DigestQueries.KINDS, DeadAddresses.CANDIDATES, DeadAddresses.HISTORY)) {
                String filled = sql.replace(":audience", "'list-owner'").replace(":since", at(28 + 7)).replace(":from", at(7))
                        .replace(":before", at(14)).replace(":until", at(0)).replace(":addresses", "ARRAY['u1@1.example', 'u2@2.example']")
                        .replaceAll(":week(\\d)", at(7));
                System.err.println(where + database.rows((h2 ? "EXPLAIN ANALYZE " : "EXPLAIN (ANALYZE) ") + filled).stream()
                        .map(row -> row.values().toString()).collect(java.util.stream.Collectors.joining("\n")));
            }
            assertThat(true).isTrue();
        }
    }

    private static String at(int days) {
        return "TIMESTAMP WITH TIME ZONE '" + UNTIL.minus(Duration.ofDays(days)).toString().replace('T', ' ').replace("Z", "+00") + "'";
    }
}
