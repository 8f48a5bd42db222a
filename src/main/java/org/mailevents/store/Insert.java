package org.mailevents.store;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * One INSERT for any number of rows: a column is an array, and the arrays are unnested side by side. The same text runs on
 * PostgreSQL and on H2 (MODE=PostgreSQL), and a row whose key is there already is left alone.
 *
 * @param table   the table's name
 * @param columns its columns in order
 */
record Insert<T>(String table, List<Column<T>> columns) {

    /**
     * @param type  the SQL type that the text is cast to
     * @param value gives the column's value of a row, or null; its text form is what is sent
     */
    record Column<T>(String name, String type, Function<T, Object> value) {
    }

    /** The statement, with a named parameter for each column in camel-jdbc's form. */
    String sql() {
        return "INSERT INTO " + table + " (" + join(", ", Column::name) + ") SELECT " + join(", ", column -> "e." + column.name())
                + " FROM UNNEST(" + join(", ", column -> "CAST(:?" + column.name() + " AS " + column.type() + " ARRAY)")
                + ") AS e(" + join(", ", Column::name) + ") ON CONFLICT DO NOTHING";
    }

    /** The parameters for {@link #sql()}. */
    Map<String, Object> parameters(List<T> rows) {
        Map<String, Object> parameters = new LinkedHashMap<>();
        for (Column<T> column : columns) {
            parameters.put(column.name(),
                    rows.stream().map(column.value()).map(value -> Objects.toString(value, null)).toArray(String[]::new));
        }
        return parameters;
    }

    private String join(String separator, Function<Column<T>, String> part) {
        return columns.stream().map(part).collect(Collectors.joining(separator));
    }
}
