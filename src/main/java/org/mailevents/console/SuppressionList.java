package org.mailevents.console;

import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.function.Function;
import org.apache.camel.Exchange;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.result.ResultIterator;
import org.mailevents.cause.CauseTable;
import org.mailevents.cause.CauseTable.Texts;
import org.mailevents.event.CsvRow;
import org.mailevents.live.LiveCauses;

/**
 * The suppression list as a CSV file (RFC 4180), for spreadsheets and for other senders. The list can be long. It is read and written in
 * parts, into a temporary file, so that a slow download holds no connection of the database.
 */
final class SuppressionList {

    private static final List<String> COLUMNS = List.of("recipient", "code", "kind", "reason", "first_bounced_at",
            "last_bounced_at", "bounces", "cause", "cause_name", "dead", "last_succeeded_at", "leaves_with", "what_to_do");
    private static final String SELECT = "SELECT recipient, cause, dead, status, kind, reason, first_bounced_at, last_bounced_at, bounces,"
            + " last_succeeded_at, leaves_with FROM undeliverable_recipient ORDER BY recipient";
    private static final CsvRow ROW = new CsvRow();
    private static final int FETCH_SIZE = 1_000;
    /** The first row of a list of millions takes longer than the five seconds that other statements may take. */
    private static final int TIMEOUT_MILLIS = 60_000;
    /** Tells Excel that the file is UTF-8. */
    private static final char BYTE_ORDER_MARK = '\uFEFF';

    private final Jdbi jdbi;
    private final LiveCauses causes;
    private final String defaultLanguage;

    SuppressionList(Jdbi jdbi, LiveCauses causes, String defaultLanguage) {
        this.jdbi = jdbi;
        this.causes = causes;
        this.defaultLanguage = defaultLanguage;
    }

    /** A row of the view {@code undeliverable_recipient}, with the names of its columns. */
    private record Suppression(String recipient, String cause, boolean dead, String status, String kind, String reason,
            Instant firstBouncedAt, Instant lastBouncedAt, long bounces, Instant lastSucceededAt, String leavesWith) {

        String line(CauseTable table, String language) {
            Texts texts = table.texts(cause, language);
            return ROW.of(Arrays.asList(recipient, status, kind, reason, firstBouncedAt, lastBouncedAt, bounces, cause, texts.name(), dead,
                    lastSucceededAt, leavesWith, texts.action())) + "\r\n";
        }
    }

    /**
     * Leaves the file as a stream in the body. The file has no name any more, and the disk space is free once the file has been sent. The
     * header {@code language} says in which language the causes are.
     */
    void answer(Exchange exchange) throws Exception {
        CauseTable table = causes.rules().table();
        String language = exchange.getMessage().getHeader("language", defaultLanguage, String.class);
        if (!table.languages().contains(language)) {
            throw new IllegalArgumentException("Set language to one of " + String.join(", ", new TreeSet<>(table.languages())) + ".");
        }
        Path file = Files.createTempFile("suppressions", ".csv");
        try {
            write(jdbi, file, row -> row.line(table, language));
            exchange.getMessage().removeHeaders("*");
            exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, "text/csv; charset=utf-8");
            exchange.getMessage().setHeader("Content-Disposition", "attachment; filename=\"suppressions.csv\"");
            exchange.getMessage().setBody(Files.newInputStream(file));
        } finally {
            Files.deleteIfExists(file);
        }
    }

    /** Writes one list at a time. H2 holds the whole result in memory, and closes its database file when memory runs out. */
    private static synchronized void write(Jdbi jdbi, Path file, Function<Suppression, String> line) throws Exception {
        try (Writer out = Files.newBufferedWriter(file)) {
            out.write(BYTE_ORDER_MARK + ROW.of(COLUMNS) + "\r\n");
            // in a transaction, because outside of one PostgreSQL sends all rows at once
            jdbi.useTransaction(handle -> write(handle, out, line));
        }
    }

    private static void write(Handle handle, Writer out, Function<Suppression, String> line) throws SQLException, IOException {
        handle.getConnection().setNetworkTimeout(Runnable::run, TIMEOUT_MILLIS); // the pool sets it back
        try (ResultIterator<Suppression> rows = handle.select(SELECT).setFetchSize(FETCH_SIZE).mapTo(Suppression.class).iterator()) {
            while (rows.hasNext()) {
                out.write(line.apply(rows.next()));
            }
        }
    }
}
