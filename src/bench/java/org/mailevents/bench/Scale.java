package org.mailevents.bench;

import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.LongStream;
import org.mailevents.bench.Driver.Load;
import org.mailevents.bench.Driver.Result;
import org.mailevents.bench.ServerProcess.Usage;
import org.mailevents.chaos.BrokerProcess;
import org.mailevents.support.PostgresServer;
import org.mailevents.support.TestDatabase;
import org.slf4j.LoggerFactory;

/**
 * Measures one, two and three processes of Mail Events on one PostgreSQL, and then two processes with Kafka as the shared log: how many
 * events a second they store, and which process the processors worked for. The {@link Sizing} is made from the first line, and its
 * prediction stands beside each measurement. The command is {@code mvn -Pbench verify -Dbench.scale=true}.
 */
final class Scale implements AutoCloseable {

    private static final int CONNECTIONS = 48;
    private static final int CORES = Runtime.getRuntime().availableProcessors();
    private static final Load LOAD = new Load(100, false, false, false);
    private static final double WARM_UP_SECONDS = 15;
    private static final int ROUNDS = 3;
    private static final long[] EVENTS_A_DAY = {100_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000};

    private final PostgresServer postgres = new PostgresServer(Map.of("shared_buffers", "512MB", "max_wal_size", "16GB",
            "checkpoint_timeout", "1h", "autovacuum", "off"));
    private final TestDatabase database = postgres.database();
    private final Tables tables = new Tables(database, Tables.Partitions.MONTH);
    private final BrokerProcess broker = new BrokerProcess();
    private final double seconds;
    private final StringBuilder report = new StringBuilder();
    private long turns;

    private Scale(double seconds) {
        this.seconds = seconds;
    }

    /** Processor time in microseconds for each event, and the events that were stored in a second. */
    private record Measured(double events, double ours, double database, double brokers, double sender) {
    }

    static void run(double seconds) throws Exception {
        ((Logger) LoggerFactory.getLogger("io.zonky")).setLevel(Level.WARN);
        try (Scale scale = new Scale(seconds)) {
            scale.measure();
            Files.writeString(Path.of("target/benchmark-scale.md"), scale.report);
        }
    }

    private void measure() throws Exception {
        add("| | events/s | Mail Events | PostgreSQL | Kafka | sender | model, events/s | error |%n|---|--:|--:|--:|--:|--:|--:|--:|%n");
        Measured one = add("1 process", median(1, Map.of()), null);
        add("2 processes", median(2, Map.of()), one);
        String before = position();
        add("3 processes", median(3, Map.of()), one);
        double log = wal(before);
        long rows = tables.receivedSince(Instant.EPOCH);
        double row = bytes("pg_total_relation_size") / rows;
        double indexes = bytes("pg_indexes_size") / rows;
        broker.start();
        Map<String, String> kafka = Map.of("SPOOL_KAFKA_BROKERS", broker.address(), "SPOOL_KAFKA_MODE", "always");
        add("2 processes, each webhook through Kafka", median(2, kafka), null);
        add("%nProcessor time in microseconds for each event, of %d cores. %d events a webhook, %d connections, medians of %d rounds"
                + " of %s s. A row has %.0f bytes, %.0f of them in indexes, and writes %.0f bytes into the write-ahead log.%n%n", CORES,
                LOAD.events(), CONNECTIONS, ROUNDS, seconds, row, indexes, log);
        Sizing sizing = new Sizing(one.ours(), one.database(), 0, row, indexes, log);
        add("| events a day | events/s in the busiest minutes | cores of Mail Events | processes | cores of PostgreSQL | disk a month |"
                + " write-ahead log | `store.partition` | memory for indexes |%n|--:|--:|--:|--:|--:|--:|--:|---|--:|%n");
        LongStream.of(EVENTS_A_DAY).forEach(events -> add(sizing.line(events).replace("%", "%%")));
    }

    private Measured add(String setup, Measured measured, Measured one) {
        String model = "| |";
        if (one != null) {
            double predicted = new Sizing(one.ours(), one.database(), 0, 0, 0, 0).eventsPerSecond(CORES, one.sender());
            model = "| %,.0f | %.0f %%".formatted(predicted, 100 * (predicted / measured.events() - 1));
        }
        add("| %s | %,.0f | %.1f | %.1f | %.1f | %.1f %s |%n", setup, measured.events(), measured.ours(), measured.database(),
                measured.brokers(), measured.sender(), model);
        return measured;
    }

    private void add(String text, Object... values) {
        String line = text.formatted(values);
        report.append(line);
        System.out.print(line);
    }

    private Measured median(int processes, Map<String, String> settings) throws Exception {
        List<ServerProcess> servers = new ArrayList<>();
        try {
            for (int i = 0; i < processes; i++) {
                servers.add(ServerProcess.jar(database, settings));
            }
            tables.use(false);
            measured(servers, WARM_UP_SECONDS, !settings.isEmpty());
            List<Measured> rounds = new ArrayList<>();
            for (int round = 0; round < ROUNDS; round++) {
                rounds.add(measured(servers, seconds, !settings.isEmpty()));
            }
            rounds.sort((a, b) -> Double.compare(a.events(), b.events()));
            return rounds.get(ROUNDS / 2);
        } finally {
            servers.forEach(ServerProcess::close);
        }
    }

    /** @param kafka whether the events are stored after the answer. Then the time until the last of them is stored counts */
    private Measured measured(List<ServerProcess> servers, double seconds, boolean kafka) throws Exception {
        long stored = tables.receivedSince(Instant.EPOCH);
        List<Usage> ours = servers.stream().map(server -> new Usage(server.pid())).toList();
        List<Usage> postgresProcesses = postgres.processes().stream().map(process -> new Usage(process.pid())).toList();
        List<Usage> brokers = kafka ? List.of(new Usage(broker.pid())) : List.of();
        double oursBefore = cpu(ours);
        double databaseBefore = cpu(postgresProcesses);
        double brokersBefore = cpu(brokers);
        long began = System.nanoTime();
        List<CompletableFuture<Result>> senders = servers.stream().map(server -> CompletableFuture.supplyAsync(() -> drive(server,
                CONNECTIONS / servers.size(), seconds))).toList();
        List<Result> results = senders.stream().map(CompletableFuture::join).toList();
        long events = results.stream().mapToLong(result -> result.distinct).sum();
        await("a row for each of " + events + " events").atMost(Duration.ofMinutes(2)).pollInterval(Duration.ofMillis(100))
                .until(() -> tables.receivedSince(Instant.EPOCH) == stored + events);
        double elapsed = kafka ? (System.nanoTime() - began) / 1e9 : results.get(0).seconds;
        double measured = kafka ? events : results.stream().mapToLong(result -> result.requests).sum() * (double) LOAD.events();
        return new Measured(measured / elapsed, micros(cpu(ours) - oursBefore, events), micros(cpu(postgresProcesses) - databaseBefore,
                events), micros(cpu(brokers) - brokersBefore, events),
                micros(results.stream().mapToDouble(result -> result.senderCpuSeconds).sum(), events));
    }

    private Result drive(ServerProcess server, int connections, double seconds) {
        try {
            long first;
            synchronized (this) {
                first = ++turns << 32;
            }
            Result result = Turns.drive(new Driver.Turn(server.port, server.pid(), LOAD, connections, 1.5, seconds, first));
            if (result.failure != null || result.rejected > 0) {
                throw new IllegalStateException("ours answered: " + result.failure);
            }
            return result;
        } catch (IOException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static double cpu(List<Usage> processes) throws IOException {
        double seconds = 0;
        for (Usage process : processes) {
            seconds += process.cpuSeconds();
        }
        return seconds;
    }

    private static double micros(double seconds, long events) {
        return seconds * 1e6 / events;
    }

    private double wal(String before) {
        long rows = tables.receivedSince(Instant.EPOCH);
        return Double.parseDouble(database.row("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), CAST(? AS pg_lsn)) AS bytes", before)
                .get("bytes")) / rows;
    }

    private String position() {
        return database.row("SELECT CAST(pg_current_wal_insert_lsn() AS text) AS at").get("at");
    }

    private double bytes(String function) {
        return Double.parseDouble(database.row("SELECT sum(" + function + "(inhrelid)) AS bytes FROM pg_inherits"
                + " WHERE inhparent = CAST('mail_event' AS regclass)").get("bytes"));
    }

    @Override
    public void close() {
        broker.close();
    }
}
