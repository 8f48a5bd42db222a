package org.mailevents.bench;

import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoublePredicate;
import java.util.stream.IntStream;
import org.mailevents.bench.Benchmark.Case;
import org.mailevents.bench.Driver.Load;
import org.mailevents.bench.Tables.Partitions;
import org.mailevents.support.PostgresServer;
import org.mailevents.support.TestDatabase;
import org.slf4j.LoggerFactory;

/**
 * Measures Mail Events with a table that is larger than the memory of PostgreSQL: with growing tables, while old events are deleted or lose
 * their personal data, and with other layouts of the table. The command is {@code mvn -Pbench verify -Dbench.memory=700m}. {@code
 * -Dbench.rows} is the size of the largest table.
 * <p>The two sides of a ratio take turns. A ratio is the median of the ratios of all rounds, because it is not moved by a round that other
 * load on the machine has disturbed.
 */
final class LargerThanMemory {

    private static final Case LOAD = new Case(new Load(100, false, false, false), 64);
    private static final int ROUNDS = Integer.getInteger("bench.rounds", 5);
    private static final double WARM_UP_SECONDS = 1.5;
    private static final int LATE_EVENTS = 1_500_000;
    private static final int RETENTION_DAYS = 10;
    private static final int BATCH = 1_000;
    private static final Map<String, String> PARTITIONS = Map.of("STORE_PARTITION", "day");

    private final double seconds;
    private final TestDatabase database;
    private final Tables tables;
    private final Turns turns;
    private final StringBuilder report = new StringBuilder();
    private long nextEvent = 1L << 40;

    private LargerThanMemory(TestDatabase database, double seconds) {
        this.database = database;
        this.seconds = seconds;
        tables = new Tables(database, Partitions.DAY);
        turns = new Turns(tables);
    }

    /**
     * @param memory for instance {@code 700m}
     * @param rows   of the largest table
     */
    static void run(String memory, long rows, double seconds) throws Exception {
        ((Logger) LoggerFactory.getLogger("io.zonky")).setLevel(Level.WARN);
        int megabytes = Integer.parseInt(memory.toLowerCase(Locale.ROOT).replaceFirst("m$", ""));
        Map<String, String> settings = Map.of("shared_buffers", megabytes / 3 + "MB", "maintenance_work_mem", megabytes / 10 + "MB",
                "max_wal_size", "4GB", "checkpoint_timeout", "1h", "autovacuum", "off");
        PostgresServer postgres = new PostgresServer(settings);
        try {
            MemoryLimit.apply(postgres, megabytes * 1024L * 1024);
        } catch (IOException e) {
            System.out.println("Skipped: the memory of PostgreSQL cannot be limited to " + memory + " (bench.memory). Run this as root on"
                    + " Linux with memory control groups: " + e);
            return;
        }
        LargerThanMemory benchmark = new LargerThanMemory(postgres.database(), seconds);
        benchmark.measure(rows);
        benchmark.add("\n%d MB of memory for PostgreSQL %s and the cached pages of its files, %s. Medians of %d rounds of %s s.\n",
                megabytes, postgres.database().row("SHOW server_version").get("server_version").split(" ")[0], settings, ROUNDS, seconds);
        Files.writeString(Path.of("target/benchmark-memory.md"), benchmark.report);
    }

    private void add(String text, Object... values) {
        String line = text.formatted(values);
        report.append(line);
        System.out.print(line);
    }

    private void measure(long rows) throws Exception {
        tables.fillBig(rows / 20);
        try (ServerProcess server = ServerProcess.jar(database, PARTITIONS)) {
            events(server, false, 25);
            add("\n| rows in the big table | size | events/s, empty table | events/s, big table | ratio | target 0.90 |\n"
                    + "|--:|--:|--:|--:|--:|---|\n");
            for (long size : new long[] {rows / 20, rows / 2, rows}) {
                long filled = tables.fillBig(size);
                tables.use(true);
                String bytes = database.row("SELECT pg_size_pretty(sum(pg_total_relation_size(inhrelid))) AS size FROM pg_inherits"
                        + " WHERE inhparent = CAST('mail_event' AS regclass)").get("size");
                Comparison comparison = compare(() -> events(server, false, seconds), () -> {
                    tables.fillNewest();
                    return events(server, true, seconds);
                });
                add("| %,d | %s | %s |\n", filled, bytes, comparison.row(ratio -> ratio >= 0.9));
            }
            add("\n| while events arrive at the big table | events/s without | events/s with | ratio | target 0.95 |\n"
                    + "|---|--:|--:|--:|---|\n");
            housekeeping(server, "personal data is removed (`privacy.retention-days`)", "PERSONAL_DATA", Map.of("PRIVACY_RETENTION_DAYS",
                    String.valueOf(RETENTION_DAYS)), "SELECT removed_until AS progress FROM privacy_progress");
            tables.fillDefaultPartition(LATE_EVENTS);
            housekeeping(server, "events are deleted from the default partition (`retention.days`)", "EXPIRE", Map.of("RETENTION_DAYS",
                    String.valueOf(RETENTION_DAYS)), "SELECT MIN(received_at) AS progress FROM mail_event_default");
        }
        layouts(rows / 4);
    }

    private double events(ServerProcess server, boolean big, double seconds) throws Exception {
        Driver.Result result = turns.run("ours", server, big, LOAD, WARM_UP_SECONDS, seconds);
        return result.requests * LOAD.load().events() / result.seconds;
    }

    /**
     * Measures with a job of another process, which works without a pause, and without the job.
     *
     * @param job      a row of the table housekeeping. Who has locked it stops the job
     * @param progress changes when the job has done something
     */
    private void housekeeping(ServerProcess server, String what, String job, Map<String, String> settings, String progress)
            throws Exception {
        tables.use(true);
        Map<String, String> all = new HashMap<>(PARTITIONS);
        all.putAll(settings);
        try (ServerProcess keeper = ServerProcess.jar(database, all);
                Connection lock = DriverManager.getConnection(database.url(), database.username(), database.password())) {
            lock.setAutoCommit(false);
            Comparison comparison = compare(() -> {
                lock.createStatement().execute("SELECT 1 FROM housekeeping WHERE job = '" + job + "' FOR UPDATE");
                return events(server, true, seconds);
            }, () -> {
                lock.rollback();
                Map<String, String> before = database.row(progress);
                await(job).atMost(Duration.ofSeconds(30)).until(() -> !database.row(progress).equals(before));
                Map<String, String> began = database.row(progress);
                double events = events(server, true, seconds);
                if (database.row(progress).equals(began)) {
                    throw new IllegalStateException(job + " had nothing to do");
                }
                return events;
            });
            add("| %s | %s |\n", what, comparison.row(ratio -> ratio >= 0.95));
        }
    }

    /** Inserts rows with one statement after the other, without Mail Events, into tables of three layouts. */
    private void layouts(long rows) throws Exception {
        List<Map<String, String>> indexes = database.rows("SELECT indexdef FROM pg_indexes WHERE tablename = 'mail_event_default'");
        add("\n| table, INSERTs of %,d rows | rows/s | WAL bytes a row |\n|---|--:|--:|\n", BATCH);
        tables.use(true);
        add("| `event_id` ordered by time, partitioned by day on it | %s |\n", inserts("mail_event", Tables.ID_BY_TIME));
        tables.use(false);
        database.execute("DROP SCHEMA big CASCADE");
        for (String id : List.of(Tables.ID_BY_TIME, Tables.ID_AT_RANDOM)) {
            database.execute("CREATE TABLE one (LIKE mail_event)");
            long first = Partitions.DAY.firstEvent(Instant.now()) - rows;
            IntStream.range(0, 2).parallel().forEach(worker -> database.execute(
                    Tables.insert("one", id, Partitions.DAY.second, first + worker * rows / 2, rows / 2)));
            indexes.forEach(index -> database.execute(index.get("indexdef")
                    .replaceFirst("INDEX \\S+ ON \\S+", "INDEX ON one")));
            database.execute("CHECKPOINT");
            add("| `event_id` %s, one table, %,d rows | %s |\n", id.equals(Tables.ID_BY_TIME) ? "ordered by time" : "random", rows,
                    inserts("one", id));
            database.execute("DROP TABLE one");
        }
    }

    private String inserts(String table, String id) {
        double bytes = 0;
        double rows = 0;
        for (int warm = 1; warm >= 0; warm--) {
            String before = position();
            long end = System.nanoTime() + (long) (2 * ROUNDS * seconds * 1e9);
            long start = System.nanoTime();
            long inserted = 0;
            for (; System.nanoTime() < end; inserted += BATCH, nextEvent += BATCH) {
                database.execute(Tables.insert(table, id, "CAST(" + Instant.now().getEpochSecond() + " AS bigint)", nextEvent, BATCH)
                        + " ON CONFLICT DO NOTHING");
            }
            rows = inserted / ((System.nanoTime() - start) / 1e9);
            bytes = Double.parseDouble(database.row("SELECT pg_wal_lsn_diff(CAST(? AS pg_lsn), CAST(? AS pg_lsn)) AS bytes", position(),
                    before).get("bytes")) / inserted;
        }
        return "%,.0f | %,.0f".formatted(rows, bytes);
    }

    private String position() {
        return database.row("SELECT CAST(pg_current_wal_insert_lsn() AS text) AS at").get("at");
    }

    private interface Measurement {
        double measure() throws Exception;
    }

    private static Comparison compare(Measurement one, Measurement other) throws Exception {
        Comparison comparison = new Comparison(new ArrayList<>(), new ArrayList<>());
        for (int round = 0; round < ROUNDS; round++) {
            if (round % 2 == 0) {
                comparison.ones.add(one.measure());
                comparison.others.add(other.measure());
            } else {
                comparison.others.add(other.measure());
                comparison.ones.add(one.measure());
            }
        }
        return comparison;
    }

    /** The results of both sides in the order of the rounds. */
    private record Comparison(List<Double> ones, List<Double> others) {

        private String row(DoublePredicate good) {
            List<Double> ratios = IntStream.range(0, ones.size()).mapToObj(round -> others.get(round) / ones.get(round)).sorted().toList();
            double ratio = median(ratios);
            return "%,.0f | %,.0f | %.2f (%.2f to %.2f) | %s".formatted(median(ones), median(others), ratio, ratios.get(0),
                    ratios.get(ratios.size() - 1), good.test(ratio) ? "met" : "**not met**");
        }

        private static double median(List<Double> values) {
            return values.stream().sorted().toList().get(values.size() / 2);
        }
    }
}
