package org.mailevents.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.mailevents.support.KafkaBroker;
import org.mailevents.support.PostgresServer;
import org.mailevents.support.Scrape;
import org.mailevents.support.TemporaryFolder;
import org.mailevents.support.TestDatabase;

/**
 * The same as {@link ChaosIT} with Kafka as the log: some processes take webhooks, and others store them. Processes of both kinds, the
 * broker and the database are killed. {@code mvn verify} runs a short version with one process of each kind.
 */
@Order(1)
class KafkaChaosIT {

    private static final int KILLS = Integer.getInteger("chaos.kafka.kills");
    private static final int DOORS = Integer.getInteger("chaos.kafka.doors");
    private static final int STORES = Integer.getInteger("chaos.kafka.stores");
    private static final long SEED = Long.getLong("chaos.seed", new Random().nextInt(1_000_000));
    private static final int MAX_ANSWERS_BETWEEN = 150;
    private static final Duration LIMIT = Duration.ofMinutes(3);
    private static final String TOPIC = "mail-events";

    private final Random random = new Random(SEED);
    private final Ledger ledger = new Ledger();
    private final PostgresServer databaseServer = new PostgresServer();
    private final TestDatabase database = databaseServer.database();
    private final BrokerProcess broker = new BrokerProcess();
    private final List<Installation> doors = installations(DOORS);
    private final List<Installation> stores = installations(STORES);
    private final Map<String, Object> counts = new LinkedHashMap<>();
    /** What is down now, and how it is started again. */
    private final Map<String, Runnable> down = new LinkedHashMap<>();

    @Test
    void withKafka() {
        System.out.println("Chaos with Kafka, with -Dchaos.seed=" + SEED);
        all().forEach(installation -> TemporaryFolder.keep(installation.folder));
        try (MailServer mailServer = new MailServer()) {
            mailServer.start();
            broker.start();
            await().ignoreExceptions().until(() -> {
                KafkaBroker.create(broker.address(), TOPIC, 6);
                return true;
            });
            all().forEach(installation -> installation.set(database.settings()));
            all().forEach(installation -> installation.set(Map.of("alert.endpoint", mailServer.endpoint(), "alert.first-delay", "1s",
                    "alert.updates", "1s", "alert.max-per-hour", "100000",
                    "alert.max-per-day", "100000", "java.tool.options", "-Xmx128m", "spool.kafka.brokers",
                    broker.address(), "spool.kafka.topic", TOPIC, "spool.kafka.mode", "always", "spool.kafka.consumers", "0")));
            stores.forEach(installation -> installation.set(Map.of("spool.kafka.consumers", "2")));
            all().forEach(Installation::start);
            try (Load load = new Load(ledger, () -> doors.get(ThreadLocalRandom.current().nextInt(DOORS)).process(), SEED)) {
                storm();
                load.end();
            }
            quiet();
            counts.put("records in the topic", KafkaBroker.appended(broker.address(), TOPIC));
            all().forEach(Installation::stop);
            Verdict verdict = new Verdict(ledger, counts, all().toList(), mailServer, database);
            verdict.counts.forEach((what, count) -> System.out.println("| " + what + " | " + count + " |"));
            assertThat(verdict.gaps).as("the logs are in %s, -Dchaos.seed=%s", all().map(one -> one.folder).toList(), SEED).isEmpty();
        } finally {
            all().forEach(Installation::close);
            broker.close();
            databaseServer.kill();
        }
        all().forEach(installation -> TemporaryFolder.delete(installation.folder));
    }

    /** Kills what takes, what stores, the broker and the database, also several at the same time. Afterwards everything runs again. */
    private void storm() {
        List<Runnable> kinds = List.of(() -> kill("processes that take webhooks", doors), () -> kill("processes that store", stores),
                () -> kill("the broker", broker::kill, this::startBroker),
                () -> kill("the database", databaseServer::kill, databaseServer::start));
        List<Runnable> kills = new ArrayList<>(IntStream.range(0, KILLS).mapToObj(i -> kinds.get(i % kinds.size())).toList());
        Collections.shuffle(kills, random);
        for (Runnable kill : kills) {
            awaitAnswers();
            List.copyOf(down.keySet()).stream().filter(any -> random.nextBoolean()).forEach(this::startAgain);
            kill.run();
        }
        awaitAnswers();
        List.copyOf(down.keySet()).forEach(this::startAgain);
    }

    private void kill(String what, List<Installation> processes) {
        Installation killed = processes.get(random.nextInt(processes.size()));
        counts.merge("kill -9 of " + what, 1, (before, one) -> (int) before + (int) one);
        killed.kill();
        killed.start();
    }

    private void kill(String what, Runnable kill, Runnable start) {
        startAgain(what);
        counts.merge("kill -9 of " + what, 1, (before, one) -> (int) before + (int) one);
        kill.run();
        down.put(what, start);
    }

    /** Webhooks go through the broker again before the next fault. */
    private void startBroker() {
        broker.start();
        await().atMost(LIMIT).ignoreExceptions().until(() -> {
            long before = KafkaBroker.appended(broker.address(), TOPIC);
            awaitAnswers();
            return KafkaBroker.appended(broker.address(), TOPIC) > before;
        });
    }

    private void startAgain(String what) {
        Runnable start = down.remove(what);
        if (start != null) {
            start.run();
        }
    }

    private void awaitAnswers() {
        int goal = ledger.answers() + 1 + random.nextInt(MAX_ANSWERS_BETWEEN);
        await().atMost(LIMIT).until(() -> ledger.answers() >= goal);
    }

    /** Waits until nothing waits anywhere. A mail whose sender was killed is sent when its claim expires. */
    private void quiet() {
        await().atMost(LIMIT).until(() -> all().allMatch(installation -> installation.spooled().isEmpty()));
        await().atMost(LIMIT).until(() -> Scrape.of(doors.get(0).process()).value("mail_events_log_lag_webhooks") == 0);
        await().atMost(LIMIT).until(() -> database.rows("SELECT event_id FROM mail_event WHERE alert_state IN ('pending', 'claimed')")
                .isEmpty() && database.rows("SELECT what FROM alert_mail WHERE sent_at IS NULL").isEmpty());
    }

    private Stream<Installation> all() {
        return Stream.concat(doors.stream(), stores.stream());
    }

    private static List<Installation> installations(int count) {
        return Stream.generate(Installation::new).limit(count).toList();
    }
}
