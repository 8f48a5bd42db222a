package org.mailevents.support;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.h2.api.ErrorCode;

/**
 * A new, empty database, and the questions of a test to it.
 *
 * @param url the setting {@code database.url}
 */
public record TestDatabase(String url, String username, String password) {

    /** One server for all tests of the JVM. It stops with the JVM. */
    private static final class Postgres {
        static final EmbeddedPostgres SERVER = PostgresServer.start(PostgresServer.builder());
    }

    /** Open connections to PostgreSQL, by URL. The server starts a process for each new connection. */
    private static final Map<String, Deque<Connection>> IDLE = new ConcurrentHashMap<>();

    /** An H2 file that this test and another process can open at the same time. */
    public static TestDatabase h2() {
        return h2(TemporaryFolder.create("mail-events"));
    }

    /** An H2 file in this folder that this test and another process can open at the same time. */
    public static TestDatabase h2(Path folder) {
        return new TestDatabase("jdbc:h2:" + folder.resolve("data/mail-events") + ";AUTO_SERVER=TRUE", "sa", "");
    }

    /**
     * An H2 database in the memory of this JVM, for a test that is not about files. It is deleted when the application that opened it
     * stops.
     */
    public static TestDatabase h2InMemory() {
        return new TestDatabase("jdbc:h2:mem:" + UUID.randomUUID(), "sa", "");
    }

    public static TestDatabase postgres() {
        String name = "test_" + UUID.randomUUID().toString().replace("-", "");
        TestDatabase admin = new TestDatabase(Postgres.SERVER.getJdbcUrl("postgres", "postgres").split("\\?")[0], "postgres", "postgres");
        admin.execute("CREATE DATABASE " + name);
        return new TestDatabase(admin.url().replaceFirst("/postgres$", "/" + name), "postgres", "postgres");
    }

    /** The settings with which the application uses this database. */
    public Map<String, String> settings() {
        return Map.of("database.url", url, "database.username", username, "database.password", password);
    }

    /** The rows. Each row has the text of its columns by their names in lower case. */
    public List<Map<String, String>> rows(String sql, Object... parameters) {
        return ask(sql, parameters, statement -> {
            List<Map<String, String>> result = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                ResultSetMetaData columns = rows.getMetaData();
                while (rows.next()) {
                    Map<String, String> row = new LinkedHashMap<>();
                    for (int i = 1; i <= columns.getColumnCount(); i++) {
                        row.put(columns.getColumnLabel(i).toLowerCase(Locale.ROOT), rows.getString(i));
                    }
                    result.add(row);
                }
            }
            return result;
        });
    }

    /** The only row of the answer. */
    public Map<String, String> row(String sql, Object... parameters) {
        List<Map<String, String>> rows = rows(sql, parameters);
        if (rows.size() != 1) {
            throw new AssertionError(rows.size() + " rows instead of one: " + rows);
        }
        return rows.get(0);
    }

    public void execute(String sql, Object... parameters) {
        ask(sql, parameters, PreparedStatement::execute);
    }

    private interface Question<T> {
        T ask(PreparedStatement statement) throws SQLException;
    }

    private <T> T ask(String sql, Object[] parameters, Question<T> question) {
        try {
            Connection connection = connect();
            try (PreparedStatement statement = prepare(connection, sql, parameters)) {
                T answer = question.ask(statement);
                release(connection);
                return answer;
            } catch (SQLException e) {
                connection.close();
                throw e;
            }
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** Makes H2 close its file while it is in use, as H2 does when a query runs out of memory. */
    public void runOutOfMemory() {
        execute("CREATE ALIAS out_of_memory FOR '" + TestDatabase.class.getName() + ".outOfMemory'");
        assertThatThrownBy(() -> execute("CALL out_of_memory()")).hasStackTraceContaining("Out of memory");
    }

    /** The function that H2 calls. */
    public static void outOfMemory() throws SQLException {
        throw new SQLException("Out of memory", String.valueOf(ErrorCode.OUT_OF_MEMORY), ErrorCode.OUT_OF_MEMORY);
    }

    private Connection connect() throws SQLException {
        Connection idle = IDLE.getOrDefault(url, new ArrayDeque<>()).poll();
        if (idle != null && idle.isValid(1)) {
            return idle;
        }
        // A prepared statement would remember the columns of a table that a test has changed since.
        return DriverManager.getConnection(isH2() ? url : url + "?prepareThreshold=0", username, password);
    }

    /** An H2 file stays open while a connection to it is open, so such a connection is closed at once. */
    private void release(Connection connection) throws SQLException {
        if (isH2()) {
            connection.close();
        } else {
            IDLE.computeIfAbsent(url, database -> new ConcurrentLinkedDeque<>()).push(connection);
        }
    }

    private boolean isH2() {
        return url.startsWith("jdbc:h2:");
    }

    private static PreparedStatement prepare(Connection connection, String sql, Object... parameters) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
        return statement;
    }
}
