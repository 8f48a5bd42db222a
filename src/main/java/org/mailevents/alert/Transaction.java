package org.mailevents.alert;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;

/** All of its statements take effect together, or, unless it is committed, none. */
final class Transaction implements AutoCloseable {

    private final Connection connection;
    private final int timeoutSeconds;

    Transaction(DataSource dataSource) throws SQLException {
        this(dataSource, Duration.ZERO);
    }

    /** @param timeout of each statement, in whole seconds; zero for none */
    Transaction(DataSource dataSource, Duration timeout) throws SQLException {
        connection = dataSource.getConnection();
        timeoutSeconds = Math.toIntExact(timeout.toSeconds());
        connection.setAutoCommit(false);
    }

    /** Makes something of one row. */
    interface Row<T> {
        T read(ResultSet row) throws SQLException;
    }

    /** @param parameters an {@link Instant} is a timestamp with time zone, and several {@link UUID}s are an array */
    int update(String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(sql, parameters)) {
            return statement.executeUpdate();
        }
    }

    <T> List<T> rows(String sql, Row<T> row, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(sql, parameters); ResultSet result = statement.executeQuery()) {
            List<T> rows = new ArrayList<>();
            while (result.next()) {
                rows.add(row.read(result));
            }
            return rows;
        }
    }

    /** Whether there is a row. */
    boolean exists(String sql, Object... parameters) throws SQLException {
        return !rows(sql, row -> true, parameters).isEmpty();
    }

    void commit() throws SQLException {
        connection.commit();
    }

    /** Takes back what was not committed. */
    @Override
    public void close() throws SQLException {
        try (connection; Statement last = connection.createStatement()) {
            connection.rollback();
            // H2 keeps a timeout for the connection, and the next one who gets it from the pool has none
            last.setQueryTimeout(0);
        }
    }

    static Instant instant(ResultSet row, String column) throws SQLException {
        OffsetDateTime time = row.getObject(column, OffsetDateTime.class);
        return time == null ? null : time.toInstant();
    }

    private PreparedStatement prepare(String sql, Object... parameters) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        statement.setQueryTimeout(timeoutSeconds);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, sql(parameters[i]));
        }
        return statement;
    }

    private Object sql(Object parameter) throws SQLException {
        if (parameter instanceof Instant instant) {
            return instant.atOffset(ZoneOffset.UTC);
        }
        return parameter instanceof UUID[] ids ? connection.createArrayOf("uuid", ids) : parameter;
    }
}
