package org.mailevents.store;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * One INSERT for any number of rows. Each column is one array parameter, and the statement unnests the arrays side by side. The same text
 * runs on PostgreSQL and on H2 (MODE=PostgreSQL). A row whose key exists changes nothing.
 *
 * @param table   the name of the table
 * @param columns its columns, the key first
 */
record Insert<T>(String table, List<Column<T>> columns) {

    /**
     * @param type  the SQL type of the column; values are sent as text and cast to this type
     * @param value gives the column's value for a row, or null
     */
    record Column<T>(String name, String type, Function<T, Object> value) {
    }

    /**
     * Inserts the rows with plain JDBC. camel-jdbc needs three round trips for one statement: it asks the server for the parameter types
     * each time, and it begins and commits a transaction of its own.
     *
     * @return the keys of the rows that are new
     */
    List<UUID> into(Connection connection, List<T> rows) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql(), new String[]{columns.get(0).name()})) {
            for (int i = 0; i < columns.size(); i++) {
                statement.setObject(i + 1, values(columns.get(i), rows));
            }
            statement.executeUpdate();
            List<UUID> inserted = new ArrayList<>(rows.size());
            try (ResultSet keys = statement.getGeneratedKeys()) {
                while (keys.next()) {
                    inserted.add(keys.getObject(1, UUID.class));
                }
            }
            return inserted;
        }
    }

    private static <T> String[] values(Column<T> column, List<T> rows) {
        String[] values = new String[rows.size()];
        Object last = null;
        for (int i = 0; i < values.length; i++) {
            Object value = column.value().apply(rows.get(i));
            // all events of a webhook share one time of receipt: its text is made once
            values[i] = i > 0 && value == last ? values[i - 1] : Objects.toString(value, null);
            last = value;
        }
        return values;
    }

    private String sql() {
        return "INSERT INTO " + table + " (" + join(", ", Column::name) + ") SELECT " + join(", ", column -> "e." + column.name())
                + " FROM UNNEST(" + join(", ", column -> "CAST(? AS " + column.type() + " ARRAY)")
                + ") AS e(" + join(", ", Column::name) + ") ON CONFLICT DO NOTHING";
    }

    private String join(String separator, Function<Column<T>, String> part) {
        return columns.stream().map(part).collect(Collectors.joining(separator));
    }
}
