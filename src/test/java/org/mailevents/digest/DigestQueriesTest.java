package org.mailevents.digest;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import javax.sql.DataSource;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.database.JdbiFactory;
import org.mailevents.digest.DigestFacts.DeadAddress;
import org.mailevents.support.InProcess;
import org.mailevents.support.ScannedRows;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** The queries of a digest on a table with many other events. */
@Execution(ExecutionMode.CONCURRENT)
class DigestQueriesTest {

    private static final int EVENTS = 20_000;
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
    void itReadsTheBouncesOfItsTimeAndTheirAddresses(String where) {
        boolean h2 = where.equals("h2");
        TestDatabase database = h2 ? TestDatabase.h2InMemory() : TestDatabase.postgres();
        try (InProcess application = TestSettings.of(database).startInProcess()) {
            // Given
            database.execute(FILL.formatted(h2 ? "SYSTEM_RANGE" : "generate_series"));
            database.execute("ANALYZE");
            long bouncesOfTime = EVENTS / 20 * (4 * 7 + 7) / DAYS;

            // Then
            assertThat(ScannedRows.by(database, filled(DigestQueries.KINDS))).isBetween(bouncesOfTime, 2 * bouncesOfTime + 10);
            assertThat(ScannedRows.by(database, filled(DeadAddresses.CANDIDATES))).isBetween(bouncesOfTime, 3 * bouncesOfTime + 10);
            assertThat(ScannedRows.by(database, filled(DeadAddresses.HISTORY))).isBetween(1L, 200L);

            // When
            Jdbi jdbi = JdbiFactory.create(application.context().getRegistry().lookupByNameAndType("dataSource", DataSource.class));
            DigestFacts facts = new DigestQueries(jdbi, ZoneId.of("UTC"), null).read("list-owner", UNTIL.minus(Duration.ofDays(7)), UNTIL);

            // Then
            assertThat(facts.bounces().total()).isEqualTo(number(database, "SELECT COUNT(*) AS n FROM mail_event WHERE event_type ="
                    + " 'bounces' AND audience = 'list-owner' AND received_at >= " + at(7) + " AND received_at < " + at(0)));
            assertThat(facts.bounces().before()).isEqualTo(number(database, "SELECT COUNT(*) AS n FROM mail_event WHERE event_type ="
                    + " 'bounces' AND audience = 'list-owner' AND received_at >= " + at(14) + " AND received_at < " + at(7)));
            // every address that has bounced is dead
            assertThat(facts.dead()).extracting(DeadAddress::recipient).containsExactlyInAnyOrderElementsOf(database.rows(
                    "SELECT DISTINCT d.recipient FROM mail_event d WHERE d.event_type = 'deliveries' AND d.received_at >= " + at(7)
                    + " AND d.received_at < " + at(0) + " AND EXISTS (SELECT 1 FROM mail_event b WHERE b.recipient = d.recipient"
                    + " AND b.event_type = 'bounces' AND b.received_at < d.received_at) AND EXISTS (SELECT 1 FROM mail_event b"
                    + " WHERE b.recipient = d.recipient AND b.audience = 'list-owner' AND b.received_at >= " + at(35)
                    + " AND b.received_at < " + at(0) + ")").stream().map(row -> row.get("recipient")).toList());
        }
    }

    @Test
    void aStatementThatTakesTooLongIsNoOutage() throws SQLException {
        TestDatabase database = TestDatabase.postgres();
        try (InProcess application = TestSettings.of(database).startInProcess();
                Connection other = DriverManager.getConnection(database.url(), database.username(), database.password());
                Statement statement = other.createStatement()) {
            // Given: a lock that PostgreSQL ends after both counts have given up
            statement.execute("SET idle_in_transaction_session_timeout = '12s'");
            other.setAutoCommit(false);
            statement.execute("LOCK TABLE mail_event");
            Jdbi jdbi = JdbiFactory.create(application.context().getRegistry().lookupByNameAndType("dataSource", DataSource.class));

            // When
            DigestFacts facts = new DigestQueries(jdbi, ZoneId.of("UTC"), null).read("list-owner", UNTIL.minus(Duration.ofDays(1)), UNTIL);

            // Then
            assertThat(facts.bounces()).isNull();
            assertThat(facts.dead()).isNull();
            assertThat(facts.areNews()).isTrue();
        }
    }

    private static long number(TestDatabase database, String sql) {
        return Long.parseLong(database.row(sql).get("n"));
    }

    private static String filled(String sql) {
        return sql.replace(":audience", "'list-owner'").replace(":since", at(35)).replace(":from", at(7)).replace(":before", at(14))
                .replace(":until", at(0)).replace(":addresses", "ARRAY['u1@1.example', 'u2@2.example']").replaceAll(":week\\d", at(7));
    }

    private static String at(int daysBefore) {
        String time = UNTIL.minus(Duration.ofDays(daysBefore)).toString().replace('T', ' ').replace("Z", "+00");
        return "TIMESTAMP WITH TIME ZONE '" + time + "'";
    }
}
