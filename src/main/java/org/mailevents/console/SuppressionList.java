package org.mailevents.console;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Exchange;
import org.mailevents.database.Database;
import org.mailevents.event.CsvRow;

/**
 * The suppression list as a file (RFC 4180), for spreadsheets and for other senders. It is read and written a part at a time, however long it is, into a
 * temporary file: whoever downloads slowly holds no connection of the database meanwhile.
 */
final class SuppressionList {

    private static final List<String> COLUMNS = List.of("recipient", "status", "kind", "reason", "first_bounced_at", "last_bounced_at", "bounces");
    private static final CsvRow ROW = new CsvRow();
    private static final int ROWS = 1_000;
    /** The first row of a list of millions takes its time; others give up after five seconds. */
    private static final int PATIENCE_MILLIS = 60_000;
    /** So that Excel reads it as UTF-8. */
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private SuppressionList() {
    }

    /**
     * Leaves the file in the body. It has no name any more, and is gone when it has been sent. Where the caller hangs up before that, Camel's server
     * neither closes it nor counts the exchange as done: it is gone at a garbage collection, and a stop takes its full time.
     */
    static void answer(Database database, Exchange exchange) throws SQLException, IOException {
        Path file = Files.createTempFile("suppressions", ".csv");
        try {
            write(database, file);
            exchange.getMessage().removeHeaders("*");
            exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, "text/csv; charset=utf-8");
            exchange.getMessage().setHeader("Content-Disposition", "attachment; filename=\"suppressions.csv\"");
            exchange.getMessage().setBody(Files.newInputStream(file));
        } finally {
            Files.deleteIfExists(file);
        }
    }

    /** One at a time: H2 has all of the list in memory, and closes its file where that does not suffice. */
    private static synchronized void write(Database database, Path file) throws SQLException, IOException {
        try (Writer out = Files.newBufferedWriter(file); Connection connection = database.getConnection()) {
            out.write(BYTE_ORDER_MARK + ROW.of(COLUMNS) + "\r\n");
            // the pool sets both back
            connection.setAutoCommit(false); // PostgreSQL gives all rows at once otherwise
            connection.setNetworkTimeout(Runnable::run, PATIENCE_MILLIS);
            try (Statement select = connection.createStatement()) {
                select.setFetchSize(ROWS);
                try (ResultSet rows = select.executeQuery("SELECT " + String.join(", ", COLUMNS) + " FROM undeliverable_recipient ORDER BY recipient")) {
                    while (rows.next()) {
                        out.write(line(rows));
                    }
                }
            }
        }
    }

    private static String line(ResultSet row) throws SQLException {
        List<Object> cells = new ArrayList<>();
        for (String column : COLUMNS) {
            cells.add(column.endsWith("_at") ? row.getObject(column, OffsetDateTime.class).toInstant() : row.getString(column));
        }
        return ROW.of(cells) + "\r\n";
    }
}
