package org.mailevents.support;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Counts the rows that a database reads for a query. */
public final class ScannedRows {

    private static final Pattern SCANNED = Pattern.compile("scanCount: (\\d+)");

    private ScannedRows() {
    }

    /** How many rows were read from tables and indexes. H2 counts a subquery that runs again and again only once. */
    public static long by(TestDatabase database, String sql) {
        return database.url().startsWith("jdbc:h2:") ? byH2(database, sql) : byPostgres(database, sql);
    }

    private static long byH2(TestDatabase database, String sql) {
        String plan = database.row("EXPLAIN ANALYZE " + sql).get("plan");
        return SCANNED.matcher(plan).results().mapToLong(found -> Long.parseLong(found.group(1))).sum();
    }

    private static long byPostgres(TestDatabase database, String sql) {
        String plan = database.rows("EXPLAIN (ANALYZE, FORMAT JSON) " + sql).stream().map(row -> row.get("query plan"))
                .collect(Collectors.joining());
        try {
            return scanned(new ObjectMapper().readTree(plan).get(0).path("Plan"));
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    private static long scanned(JsonNode node) {
        long rows = 0;
        for (JsonNode below : node.path("Plans")) {
            rows += scanned(below);
        }
        if (!node.path("Node Type").asText().contains("Scan")) {
            return rows;
        }
        double scannedInEachLoop = node.path("Actual Rows").asDouble() + node.path("Rows Removed by Filter").asDouble()
                + node.path("Rows Removed by Index Recheck").asDouble();
        return rows + Math.round(node.path("Actual Loops").asDouble() * scannedInEachLoop);
    }
}
