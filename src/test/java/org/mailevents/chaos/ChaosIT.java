package org.mailevents.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentSkipListMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.support.PostgresServer;
import org.mailevents.support.TemporaryFolder;
import org.mailevents.support.TestDatabase;

/**
 * No acknowledged event is lost and no event is stored or mailed twice, whatever fails. {@code mvn verify} runs a short version, and
 * {@code mvn -Pchaos verify} runs the full version. {@code -Dchaos.seed=…} repeats the faults of an earlier run.
 */
@Order(1)
@Execution(ExecutionMode.CONCURRENT)
class ChaosIT {

    private static final int KILLS = Integer.getInteger("chaos.kills");
    private static final int OUTAGES = Integer.getInteger("chaos.outages");
    private static final Duration OUTAGE = Duration.ofSeconds(Integer.getInteger("chaos.outage-seconds"));
    private static final long SEED = Long.getLong("chaos.seed", new Random().nextInt(1_000_000));

    private static final Map<String, Map<String, Object>> TABLE = new ConcurrentSkipListMap<>();

    @Test
    void onH2() {
        Installation installation = new Installation();
        run("H2", installation, new TestDatabase("jdbc:h2:" + installation.folder.resolve("data/mail-events"), "sa", ""), null);
    }

    @Test
    void onPostgres() {
        PostgresServer server = new PostgresServer();
        Installation installation = new Installation();
        installation.set(server.database().settings());
        run("PostgreSQL", installation, server.database(), server);
    }

    @AfterAll
    static void print() {
        System.out.println(Verdict.table(SEED, TABLE));
    }

    private static void run(String name, Installation installation, TestDatabase database, PostgresServer databaseServer) {
        System.out.println("Chaos on " + name + " in " + installation.folder + " with -Dchaos.seed=" + SEED);
        TemporaryFolder.keep(installation.folder);
        Ledger ledger = new Ledger();
        try (MailServer mailServer = new MailServer(); installation) {
            mailServer.start();
            installation.set(Map.of("alert.endpoint", mailServer.endpoint(), "alert.first-delay", "1s", "alert.updates", "1s",
                    "alert.max-per-hour", "100000",
                    "alert.max-per-day", "100000", "java.tool.options", "-Xmx128m"));
            installation.start();
            Faults faults = new Faults(new Random(SEED), ledger, List.of(installation), mailServer, database, databaseServer);
            try (Load load = new Load(ledger, installation::process, SEED)) {
                faults.storm(KILLS - 1, OUTAGES);
                faults.databaseOutage(OUTAGE);
                faults.fillSpool();
                load.end();
            }
            faults.quiet();
            Verdict verdict = new Verdict(ledger, faults.counts(), List.of(installation), mailServer, database);
            TABLE.put(name, verdict.counts);
            assertThat(verdict.gaps).as("%s, the logs are in %s, -Dchaos.seed=%s", name, installation.folder, SEED).isEmpty();
        }
        TemporaryFolder.delete(installation.folder);
    }
}
