package org.mailevents.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.support.MailEvents;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.PostgresServer;
import org.mailevents.support.Proxy;
import org.mailevents.support.TemporaryFolder;

/**
 * Three processes on one database, each with its own folder, behind HAProxy and nginx as {@code ops/} configures them. They are killed,
 * stopped, frozen and cut off from the database, and no acknowledged event is lost, stored twice or mailed twice. {@code mvn verify} runs a
 * short version, and {@code mvn -Pchaos verify} runs the full version. {@code -Dchaos.seed=…} repeats the faults of an earlier run.
 */
@Order(1)
@Execution(ExecutionMode.CONCURRENT)
class SeveralProcessesIT {

    private static final int KILLS = Integer.getInteger("chaos.several-kills");
    private static final int OUTAGES = Integer.getInteger("chaos.several-outages");
    private static final Duration OUTAGE = Duration.ofSeconds(Integer.getInteger("chaos.outage-seconds"));
    private static final long SEED = Long.getLong("chaos.seed", new Random().nextInt(1_000_000));
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void threeProcessesBehindALoadBalancer() {
        PostgresServer server = new PostgresServer();
        List<Installation> installations = Stream.generate(Installation::new).limit(3).toList();
        installations.forEach(installation -> TemporaryFolder.keep(installation.folder));
        System.out.println("Chaos on three processes in " + installations.stream().map(installation -> installation.folder).toList()
                + " with -Dchaos.seed=" + SEED);
        Ledger ledger = new Ledger();
        try (MailServer mailServer = new MailServer(); Proxy haproxy = proxy(Proxy.Kind.HAPROXY, installations);
                Proxy nginx = proxy(Proxy.Kind.NGINX, installations)) {
            mailServer.start();
            for (Installation installation : installations) {
                installation.set(server.database().settings());
                installation.set(Map.of("database.url", server.database().url() + "?ApplicationName=" + installation.name(),
                        "alert.endpoint", mailServer.endpoint(), "alert.from", installation.name() + " <mail-events@example.com>",
                        "alert.first-delay", "1s", "alert.updates", "1s", "alert.max-per-hour", "100000",
                    "alert.max-per-day", "100000", "java.tool.options", "-Xmx128m",
                        "webhook.basic", "hook:s3cret"));
                installation.launch();
            }
            installations.forEach(installation -> installation.process().started());
            Faults faults = new Faults(new Random(SEED), ledger, installations, mailServer, server.database(), server);
            List<MailEvents> sites = List.of(haproxy.site(), nginx.site());
            try (Load load = new Load(ledger, () -> sites.get(ThreadLocalRandom.current().nextInt(sites.size())), SEED,
                    "Authorization", "Basic " + Base64.getEncoder().encodeToString("hook:s3cret".getBytes(StandardCharsets.UTF_8)))) {
                faults.storm(KILLS, OUTAGES);
                if (OUTAGES > 1) {
                    faults.databaseOutage(OUTAGE);
                }
                load.end();
            }
            faults.settle();
            Verdict verdict = new Verdict(ledger, faults.counts(), installations, mailServer, server.database());
            System.out.println(Verdict.table(SEED, Map.of("three processes", verdict.counts)));
            assertThat(verdict.gaps).as("The logs are in %s, -Dchaos.seed=%s", installations.get(0).folder.getParent(), SEED).isEmpty();
            assertSameSummaries(installations.stream().map(Installation::process).toList(), ledger);
            installations.forEach(Installation::stop);
        } finally {
            installations.forEach(Installation::close);
        }
        installations.forEach(installation -> TemporaryFolder.delete(installation.folder));
    }

    private static Proxy proxy(Proxy.Kind kind, List<Installation> installations) {
        return Proxy.balancing(kind, ports(installations, "camel.server.port"), ports(installations, "camel.management.port"));
    }

    private static List<Integer> ports(List<Installation> installations, String setting) {
        return installations.stream().map(installation -> Integer.parseInt(installation.setting(setting))).toList();
    }

    /** Every process counts the events of all, whichever has stored them. Only the figures of the process itself differ. */
    private static void assertSameSummaries(List<OwnProcess> processes, Ledger ledger) {
        List<ObjectNode> summaries = processes.stream().map(SeveralProcessesIT::summary).toList();
        assertThat(summaries).allSatisfy(summary -> assertThat(summary).isEqualTo(summaries.get(0)));
        long counted = 0;
        for (JsonNode hour : summaries.get(0).get("hours")) {
            for (JsonNode events : hour.get("events")) {
                counted += events.asLong();
            }
        }
        assertThat(counted).isEqualTo(ledger.acknowledged.size());
    }

    private static ObjectNode summary(MailEvents process) {
        try {
            ObjectNode summary = (ObjectNode) JSON.readTree(process.send(HttpRequest.newBuilder(process.uri("/api/summary"))).body());
            summary.remove(List.of("pipeline", "since"));
            return summary;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
