package org.mailevents.console;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import org.apache.camel.Exchange;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.result.ResultIterator;
import org.mailevents.event.CsvRow;

/**
 * The suppression list as a CSV file (RFC 4180), for spreadsheets and for other senders. The list can be long. It is read and written in
 * parts, into a temporary file, so that a slow download holds no connection of the database.
 */
final class SuppressionList {

    private static final List<String> COLUMNS = List.of("recipient", "status", "kind", "reason", "first_bounced_at", "last_bounced_at",
            "bounces");
    private static final CsvRow ROW = new CsvRow();
    private static final int FETCH_SIZE = 1_000;
    /** The first row of a list of millions takes longer than the five seconds that other statements may take. */
    private static final int TIMEOUT_MILLIS = 60_000;
    /** Tells Excel that the file is UTF-8. */
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private SuppressionList() {
    }

    /** A row of the view {@code undeliverable_recipient}, with the names of its columns. */
    private record Suppression(String recipient, String status, String kind, String reason, Instant firstBouncedAt, Instant lastBouncedAt,
            long bounces) {

        String line() {
            return ROW.of(Arrays.asList(recipient, status, kind, reason, firstBouncedAt, lastBouncedAt, bounces)) + "\r\n";
        }
    }

    /**
     * Leaves the file as a stream in the body. The file has no name any more, and the disk space is free once the file has been sent. When
     * the caller hangs up first, Camel's HTTP server does not close the stream: the garbage collector frees the space. The exchange then
     * stays in flight, and a stop of the application takes its full time.
     */
    static void answer(Jdbi jdbi, Exchange exchange) throws Exception {
        Path file = Files.createTempFile("suppressions", ".csv");
        try {
            write(jdbi, file);
            exchange.getMessage().removeHeaders("*");
            exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, "text/csv; charset=utf-8");
            exchange.getMessage().setHeader("Content-Disposition", "attachment; filename=\"suppressions.csv\"");
            exchange.getMessage().setBody(Files.newInputStream(file));
        } finally {
            Files.deleteIfExists(file);
        }
    }

    /** Writes one list at a time. H2 holds the whole result in memory, and closes its database file when memory runs out. */
    private static synchronized void write(Jdbi jdbi, Path file) throws Exception {
        try (Writer out = Files.newBufferedWriter(file)) {
            out.write(BYTE_ORDER_MARK + ROW.of(COLUMNS) + "\r\n");
            // in a transaction, because outside of one PostgreSQL sends all rows at once
            jdbi.useTransaction(handle -> write(handle, out));
        }
    }

    private static void write(Handle handle, Writer out) throws SQLException, IOException {
        handle.getConnection().setNetworkTimeout(Runnable::run, TIMEOUT_MILLIS); // the pool sets it back
        try (ResultIterator<Suppression> rows = handle.select("SELECT " + String.join(", ", COLUMNS)
                + " FROM undeliverable_recipient ORDER BY recipient").setFetchSize(FETCH_SIZE).mapTo(Suppression.class).iterator()) {
            while (rows.hasNext()) {
                out.write(rows.next().line());
            }
        }
    }
}
