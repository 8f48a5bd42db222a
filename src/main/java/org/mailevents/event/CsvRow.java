package org.mailevents.event;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Writes cells as a row of a CSV file (RFC 4180), for the routes. What strangers wrote is in them, so each is quoted, and one that a
 * spreadsheet would calculate, a Japanese one also where the sign is full-width, gets an apostrophe (OWASP, CSV Injection).
 */
public final class CsvRow {

    /** The name under which the routes refer to it. */
    public static final String NAME = "csvRow";

    private static final Pattern FORMULA = Pattern.compile("^(?=[\\s\\u3000]*[=+\\-@＝＋－＠])");

    /**
     * @param cells what their {@code toString} says, or null for an empty one
     * @return the row without a line break at its end
     */
    public String of(List<?> cells) {
        return cells.stream().map(cell -> cell == null ? "" : cell.toString()).map(CsvRow::cell).collect(Collectors.joining(","));
    }

    private static String cell(String text) {
        return '"' + FORMULA.matcher(text).replaceFirst("'").replace("\"", "\"\"") + '"';
    }
}
