package org.mailevents.event;

import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Writes cells as a row of a CSV file (RFC 4180), for the routes. The cells hold text of strangers, so each cell is quoted. A cell that a
 * spreadsheet would calculate gets an apostrophe (OWASP, CSV Injection). A Japanese spreadsheet also calculates a cell that begins with a
 * full-width sign.
 */
public final class CsvRow {

    /** The name of this bean in the routes. */
    public static final String NAME = "csvRow";

    private static final Pattern FORMULA = Pattern.compile("^(?=[\\s\\u3000]*[=+\\-@＝＋－＠])");

    /**
     * @param cells the values, written with {@code toString}; null is an empty cell
     * @return the row without a line break at its end
     */
    public String of(List<?> cells) {
        return cells.stream().map(cell -> cell == null ? "" : cell.toString()).map(CsvRow::cell).collect(Collectors.joining(","));
    }

    private static String cell(String text) {
        return '"' + FORMULA.matcher(text).replaceFirst("'").replace("\"", "\"\"") + '"';
    }
}
