package org.mailevents.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.h2.jdbcx.JdbcDataSource;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.junit.jupiter.api.Test;

class JdbiFactoryTest {

    private record Mail(UUID mailId, Instant madeAt, Integer number) {
    }

    private final Jdbi jdbi = JdbiFactory.create(h2());

    private static JdbcDataSource h2() {
        JdbcDataSource h2 = new JdbcDataSource();
        // the first instant below is in the hour that repeats there
        h2.setURL("jdbc:h2:mem:;MODE=PostgreSQL;TIME ZONE=Europe/Berlin");
        return h2;
    }

    @Test
    void aRowBecomesARecord() {
        Mail first = new Mail(UUID.randomUUID(), Instant.parse("2026-10-25T00:30:00.123456Z"), null);
        Mail second = new Mail(UUID.randomUUID(), Instant.parse("2026-10-25T01:30:00Z"), 2);
        List<Mail> read = jdbi.withHandle(handle -> {
            handle.execute("CREATE TABLE mail (mail_id UUID, made_at TIMESTAMP WITH TIME ZONE, number INT)");
            for (Mail mail : List.of(first, second)) {
                handle.execute("INSERT INTO mail VALUES (?, ?, ?)", mail.mailId(), mail.madeAt(), mail.number());
            }
            return handle.select("SELECT mail_id, made_at, number FROM mail WHERE mail_id = ANY (?) AND made_at <= ? ORDER BY made_at",
                    new UUID[] {first.mailId(), second.mailId()}, second.madeAt()).mapTo(Mail.class).list();
        });
        assertThat(read).containsExactly(first, second);
    }

    /** H2 keeps the timeout of a statement for its session. A connection that answered the API would pass its limit on to the alerts. */
    @Test
    void aStatementDoesNotInheritAnotherOnesTimeLimit() throws SQLException {
        try (Connection connection = h2().getConnection(); Statement question = connection.createStatement()) {
            question.setQueryTimeout(4);
            question.execute("SELECT 1");

            JdbiFactory.configured(Jdbi.create(connection)).useHandle(handle -> handle.execute("SELECT 1"));

            assertThat(question.getQueryTimeout()).isZero();
        }
    }

    @Test
    void aLimitEndsWithItsTransactionAndDoesNotCommitIt() throws SQLException {
        try (HikariDataSource pool = new HikariDataSource()) {
            pool.setJdbcUrl("jdbc:h2:mem:;MODE=PostgreSQL");
            pool.setMaximumPoolSize(1);
            JdbiFactory.limited(pool).useHandle(handle -> handle.execute("CREATE TABLE mail (number INT)"));
            JdbiFactory.limited(pool).useTransaction(handle -> {
                handle.execute("INSERT INTO mail VALUES (1)");
                assertThat(limit(handle.getConnection())).isEqualTo(4);
                handle.execute("INSERT INTO mail VALUES (2)");
                handle.rollback();
            });
            try (Connection next = pool.getConnection(); Statement statement = next.createStatement()) {
                assertThat(limit(next)).isZero();
                assertThat(statement.executeQuery("SELECT 1 FROM mail").next()).as("committed").isFalse();
            }
        }
    }

    /** At each change of the timeout, H2 forgets the parsed statements of all sessions, and parses every statement again. */
    @Test
    void aStatementDoesNotChangeATimeLimitThatIsNotSet() {
        List<String> statements = jdbi.withHandle(handle -> {
            handle.execute("SET QUERY_STATISTICS TRUE");
            handle.execute("SELECT 1");
            return handle.select("SELECT sql_statement FROM information_schema.query_statistics").mapTo(String.class).list();
        });
        assertThat(statements).contains("SELECT 1").noneMatch(statement -> statement.contains("QUERY_TIMEOUT ?"));
    }

    private static int limit(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            return statement.getQueryTimeout();
        }
    }

    @Test
    void aFailureDoesNotQuoteTheArguments() {
        assertThatThrownBy(() -> jdbi.useHandle(handle -> handle.execute("SELECT CAST(1 / 0 AS INT), ?", "hanako@example.net")))
                .isInstanceOf(JdbiException.class).hasMessageNotContaining("hanako");
    }
}
