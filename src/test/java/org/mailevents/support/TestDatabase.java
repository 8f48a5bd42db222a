package org.mailevents.support;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.h2.api.ErrorCode;

/**
 * A new, empty database, and what a test asks it.
 *
 * @param url what the application is given
 */
public record TestDatabase(String url, String username, String password) {

    /** One server for all tests of the JVM; it stops with the JVM. */
    private static final class Postgres {
        static final EmbeddedPostgres SERVER = start();

        private static EmbeddedPostgres start() {
            try {
                return server().start();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /**
     * A server to be started. The port that it would choose by itself may be given to somebody's connection before it listens there,
     * and beside other tests it may need more than its 10 seconds.
     */
    static EmbeddedPostgres.Builder server() {
        return EmbeddedPostgres.builder().setPort(MailEvents.freePort()).setPGStartupWait(Duration.ofMinutes(2));
    }

    /** A file that this test and another process can open at the same time. */
    public static TestDatabase h2() {
        return h2(TemporaryFolder.create("mail-events"));
    }

    /** The same, in this folder. */
    public static TestDatabase h2(Path folder) {
        return new TestDatabase("jdbc:h2:" + folder.resolve("data/mail-events") + ";AUTO_SERVER=TRUE", "sa", "");
    }

    public static TestDatabase postgres() {
        String name = "test_" + UUID.randomUUID().toString().replace("-", "");
        TestDatabase admin = new TestDatabase(Postgres.SERVER.getJdbcUrl("postgres", "postgres").split("\\?")[0], "postgres", "postgres");
        admin.execute("CREATE DATABASE " + name);
        return new TestDatabase(admin.url().replaceFirst("/postgres$", "/" + name), "postgres", "postgres");
    }

    /** The settings that lead the application here. */
    public Map<String, String> settings() {
        return Map.of("database.url", url, "database.username", username, "database.password", password);
    }

    /** The rows, each as its columns' text by name. */
    public List<Map<String, String>> rows(String sql, Object... parameters) {
        try (Connection connection = connect(); PreparedStatement statement = prepare(connection, sql, parameters);
                ResultSet rows = statement.executeQuery()) {
            ResultSetMetaData columns = rows.getMetaData();
            List<Map<String, String>> result = new ArrayList<>();
            while (rows.next()) {
                Map<String, String> row = new LinkedHashMap<>();
                for (int i = 1; i <= columns.getColumnCount(); i++) {
                    row.put(columns.getColumnLabel(i).toLowerCase(), rows.getString(i));
                }
                result.add(row);
            }
            return result;
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** The only row there is. */
    public Map<String, String> row(String sql, Object... parameters) {
        List<Map<String, String>> rows = rows(sql, parameters);
        if (rows.size() != 1) {
            throw new AssertionError(rows.size() + " rows in place of one: " + rows);
        }
        return rows.get(0);
    }

    public void execute(String sql, Object... parameters) {
        try (Connection connection = connect(); PreparedStatement statement = prepare(connection, sql, parameters)) {
            statement.execute();
        } catch (SQLException e) {
            throw new IllegalStateException(sql, e);
        }
    }

    /** Has H2 close its file under everybody's feet, as it does when a query finds no memory left. */
    public void runOutOfMemory() {
        execute("CREATE ALIAS out_of_memory FOR '" + TestDatabase.class.getName() + ".outOfMemory'");
        assertThatThrownBy(() -> execute("CALL out_of_memory()")).hasStackTraceContaining("Out of memory");
    }

    /** What H2 calls. */
    public static void outOfMemory() throws SQLException {
        throw new SQLException("Out of memory", String.valueOf(ErrorCode.OUT_OF_MEMORY), ErrorCode.OUT_OF_MEMORY);
    }

    private Connection connect() throws SQLException {
        return DriverManager.getConnection(url, username, password);
    }

    private static PreparedStatement prepare(Connection connection, String sql, Object... parameters) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
        return statement;
    }
}
