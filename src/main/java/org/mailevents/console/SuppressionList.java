package org.mailevents.console;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import org.apache.camel.Exchange;
import org.apache.camel.converter.stream.CachedOutputStream;
import org.mailevents.event.CsvRow;
import org.mailevents.store.Database;

/** The suppression list as a file (RFC 4180), for spreadsheets and for other senders. It is read and written a part at a time, however long it is. */
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

    /** Leaves the file in the body; what is longer than some kilobytes is in a temporary file until it is sent. */
    static void write(Database database, Exchange exchange) throws SQLException, IOException {
        CachedOutputStream file = new CachedOutputStream(exchange);
        try (Writer out = new BufferedWriter(new OutputStreamWriter(file, StandardCharsets.UTF_8)); Connection connection = database.getConnection()) {
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
        exchange.getMessage().removeHeaders("*");
        exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, "text/csv; charset=utf-8");
        exchange.getMessage().setHeader("Content-Disposition", "attachment; filename=\"suppressions.csv\"");
        exchange.getMessage().setBody(file.getInputStream());
    }

    private static String line(ResultSet row) throws SQLException {
        List<Object> cells = new ArrayList<>();
        for (String column : COLUMNS) {
            cells.add(column.endsWith("_at") ? row.getObject(column, OffsetDateTime.class).toInstant() : row.getString(column));
        }
        return ROW.of(cells) + "\r\n";
    }
}
