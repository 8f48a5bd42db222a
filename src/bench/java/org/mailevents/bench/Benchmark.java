package org.mailevents.bench;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.mailevents.bench.Driver.Load;
import org.mailevents.bench.Driver.Result;
import org.mailevents.support.PostgresServer;
import org.slf4j.LoggerFactory;

/**
 * Compares the jar of Mail Events with a server written by hand for the same work ({@link Ceiling}) and with the plain way in Camel ({@link
 * RowByRow}), on one PostgreSQL. The servers take turns within the same minute, in two rounds; the second round has the opposite order. A
 * ratio compares two servers that ran next to each other, so that other load on the machine affects both. After each turn the rows are
 * counted.
 * <p>The command is {@code mvn -Pbench verify}. {@code -Dbench.seconds} is the length of a measurement. {@code -Dbench.rows} is the size of
 * the big table; 0 leaves the big table out. {@code -Dbench.cases} is a regular expression that selects cases, for instance {@code
 * ^1-json-64 ours}. {@code -Dbench.memory} measures {@link LargerThanMemory} instead, and {@code -Dbench.scale=true} the {@link Scale}.
 * <p>The benchmark fails when an event is lost or an answer is not a receipt. It does not fail when a target is missed, because machines
 * differ. It needs Linux, where the processor time and the memory of a process can be read.
 */
public final class Benchmark implements AutoCloseable {

    private static final double SECONDS = Double.parseDouble(System.getProperty("bench.seconds", "3"));
    private static final long ROWS = Long.getLong("bench.rows", 10_000_000);
    private static final Pattern CASES = Pattern.compile(System.getProperty("bench.cases", ".*"));
    private static final double WARM_UP_SECONDS = 1.5;
    private static final int ROUNDS = 2;

    /** Enough memory for the indexes, and no checkpoint during a turn. Everything else is PostgreSQL's default. */
    private static final Map<String, String> POSTGRES = Map.of("shared_buffers", "512MB", "max_wal_size", "16GB",
            "checkpoint_timeout", "1h", "maintenance_work_mem", "512MB", "autovacuum", "off");

    /** The servers, in the order of their turns: two servers with a ratio between them are neighbours. */
    enum Contender {
        ROW_BY_ROW("row-by-row", false), CEILING("ceiling", false), OURS("ours", false), OURS_BIG("ours-big", true),
        CEILING_BIG("ceiling-big", true);

        final String label;
        final boolean big;

        Contender(String label, boolean big) {
            this.label = label;
            this.big = big;
        }

        /** The contender whose process this contender shares. The measurement with the big table needs no second process. */
        private Contender server() {
            return switch (this) {
                case OURS_BIG -> OURS;
                case CEILING_BIG -> CEILING;
                default -> this;
            };
        }
    }

    /** A kind of webhooks and a number of connections. */
    record Case(Load load, int connections) {

        /** For instance {@code 100-json-64}, {@code 100-json-64-duplicates} or {@code 100-json-64-bounces}. */
        @Override
        public String toString() {
            return load.events() + (load.form() ? "-form-" : "-json-") + connections + (load.duplicates() ? "-duplicates" : "")
                    + (load.bounces() ? "-bounces" : "");
        }

        /** For instance {@code 100 events, JSON, 64 connections}. */
        String description() {
            return load.events() + (load.events() == 1 ? " event, " : " events, ") + (load.form() ? "form, " : "JSON, ")
                    + connections + (connections == 1 ? " connection" : " connections") + (load.duplicates() ? ", half duplicates" : "")
                    + (load.bounces() ? ", only bounces" : "");
        }
    }

    private final PostgresServer postgres = new PostgresServer(POSTGRES);
    private final Map<Case, List<Contender>> cases = chosen();
    private final Tables tables = new Tables(postgres.database(), Tables.Partitions.MONTH);
    private final Turns turns = new Turns(tables);
    private final Map<Contender, ServerProcess> servers = new EnumMap<>(Contender.class);

    public static void main(String... args) throws Exception {
        ((Logger) LoggerFactory.getLogger("io.zonky")).setLevel(Level.WARN);
        if (!Files.exists(Path.of("/proc/self/clear_refs"))) {
            throw new IllegalStateException("Run the benchmark on Linux: only there can it read the processor time and the memory of"
                    + " a process.");
        }
        String memory = System.getProperty("bench.memory", "");
        if (!memory.isEmpty()) {
            LargerThanMemory.run(memory, ROWS, SECONDS);
            return;
        }
        if (Boolean.getBoolean("bench.scale")) {
            Scale.run(SECONDS);
            return;
        }
        Report report = new Report();
        try (Benchmark benchmark = new Benchmark()) {
            benchmark.prepare();
            for (int round = 0; round < ROUNDS; round++) {
                benchmark.round(round, report);
            }
            String text = report.markdown(benchmark.conditions());
            System.out.println("\n" + text);
            Files.writeString(Path.of("target/benchmark.md"), text);
        }
    }

    /** The cases with the contenders that take part in them, as far as {@code bench.cases} selects them. */
    private static Map<Case, List<Contender>> chosen() {
        List<Contender> two = List.of(Contender.CEILING, Contender.OURS);
        Map<Case, List<Contender>> all = new LinkedHashMap<>();
        all.put(new Case(new Load(100, false, false, false), 64), List.of(Contender.values()));
        all.put(new Case(new Load(10, false, false, false), 64), List.of(Contender.ROW_BY_ROW, Contender.CEILING, Contender.OURS));
        all.put(new Case(new Load(1, false, false, false), 64), List.of(Contender.values()));
        all.put(new Case(new Load(100, true, false, false), 64), two);
        all.put(new Case(new Load(1, true, false, false), 64), two);
        IntStream.of(1, 16, 256).forEach(connections -> all.put(new Case(new Load(1, false, false, false), connections), two));
        all.put(new Case(new Load(100, false, true, false), 64), two);
        all.put(new Case(new Load(100, false, false, true), 64), two);
        all.replaceAll((each, contenders) -> contenders.stream().filter(contender -> ROWS > 0 || !contender.big)
                .filter(contender -> CASES.matcher(each + " " + contender.label).find()).toList());
        all.values().removeIf(List::isEmpty);
        if (all.isEmpty()) {
            throw new IllegalArgumentException("-Dbench.cases=" + CASES
                    + " selects no case: set it to a regular expression for names like 1-json-64 ours");
        }
        return all;
    }

    private String conditions() {
        return """
                %d cores, shared by the sender, the server and PostgreSQL; Java %s; PostgreSQL %s with fsync and synchronous_commit on, \
                as in the default settings, %s. \
                %d rounds of %s s for each line. The big table has %,d rows. Every event was found in the table afterwards.""".formatted(
                Runtime.getRuntime().availableProcessors(), System.getProperty("java.version"),
                tables.database().row("SHOW server_version").get("server_version").split(" ")[0],
                "and " + POSTGRES, ROUNDS, SECONDS, ROWS);
    }

    private void prepare() throws IOException, InterruptedException {
        requireDurable();
        List<Contender> contenders = cases.values().stream().flatMap(List::stream).distinct().toList();
        boolean big = contenders.stream().anyMatch(contender -> contender.big);
        if (big) {
            Instant start = Instant.now();
            tables.fillBig(ROWS);
            System.out.printf("%,d rows and their indexes in %d s%n", ROWS, Duration.between(start, Instant.now()).toSeconds());
        }
        for (Contender each : contenders.stream().map(Contender::server).distinct().toList()) {
            servers.put(each, switch (each) {
                case ROW_BY_ROW -> ServerProcess.of(RowByRow.class, tables.database());
                case CEILING -> ServerProcess.of(Ceiling.class, tables.database());
                default -> ServerProcess.jar(tables.database(), Map.of());
            });
            // warm-up: the Java compiler must not be measured, and it has much to compile for Camel
            turn(each, new Case(new Load(1, false, false, false), 64), each == Contender.OURS ? 25 : 8, 0.1);
            turn(each, new Case(new Load(100, false, false, false), 64), 4, 0.1);
        }
        if (big) {
            // fills the caches as a table of this size does, and writes what is first written after a checkpoint
            turn(contenders.stream().filter(contender -> contender.big).findFirst().orElseThrow(),
                    new Case(new Load(100, false, false, false), 64), 5, 0.1);
        }
    }

    private void requireDurable() {
        for (String setting : List.of("fsync", "synchronous_commit", "full_page_writes")) {
            if (!tables.database().row("SHOW " + setting).get(setting).equals("on")) {
                throw new IllegalStateException("The benchmark measures durable commits only: " + setting + " is off");
            }
        }
    }

    private void round(int round, Report report) throws IOException, InterruptedException {
        List<Case> ordered = new ArrayList<>(cases.keySet());
        if (round % 2 == 1) {
            Collections.reverse(ordered);
        }
        for (Case each : ordered) {
            List<Contender> order = new ArrayList<>(cases.get(each));
            if (round % 2 == 1) {
                Collections.reverse(order);
            }
            for (Contender contender : order) {
                Result result = turn(contender, each, WARM_UP_SECONDS, SECONDS);
                report.add(each, contender, result);
                System.out.printf("%d  %-22s %-12s %,9.0f events/s  p99 %,7.1f ms  %5.1f CPU s/M  %4.0f MB%s%n", round + 1, each,
                        contender.label, result.requests * each.load().events() / result.seconds, result.p99Millis,
                        result.cpuSeconds / result.requests / each.load().events() * 1e6, result.peakMegabytes,
                        result.spooled == 0 ? "" : "  " + result.spooled + " spooled");
            }
        }
    }

    private Result turn(Contender contender, Case measured, double warmUp, double seconds) throws IOException, InterruptedException {
        return turns.run(contender.label, servers.get(contender.server()), contender.big, measured, warmUp, seconds);
    }

    @Override
    public void close() {
        servers.values().forEach(ServerProcess::close);
    }
}
