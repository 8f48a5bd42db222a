package org.mailevents.chaos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.mailevents.support.PostgresServer;
import org.mailevents.support.TestDatabase;

/**
 * Causes faults. A seed decides their order and their moments. The load is the clock: the next fault comes after a number of further
 * answers.
 */
final class Faults {

    private static final Duration LIMIT = Duration.ofMinutes(2);
    private static final int MAX_ANSWERS_BETWEEN = 150;
    private static final int REFUSALS = 50;
    private static final Duration MAX_RECOVERY = Duration.ofSeconds(60);
    /** In MB. The webhooks of one minute alone are larger. */
    private static final int MAX_MORE_HEAP = 20;

    private static final String KILLS = "hard kills";
    private static final String KILLS_AFTER_MAIL = "– between a mail and its mark";
    private static final String STOPS = "clean stops";
    private static final String MAIL_SERVER_OUTAGES = "mail server outages";
    private static final String DATABASE_OUTAGES = "database outages";
    private static final String HEAP_BEFORE = "– live heap before the longest outage, MB";
    private static final String HEAP_AFTER = "– live heap at its end, MB";
    private static final String RECOVERY = "– all rows there after its end, s";
    private static final String FULL = "times the spool was full";
    private static final String EDITS = "routes broken and mended";

    private static final String ROUTE = "routes/route-deliveries.camel.yaml";
    /** A typing error, a component, a bean and a route that do not exist, half of the file, and an empty file. */
    private static final List<UnaryOperator<String>> MISTAKES = List.of(
            good -> good.replaceFirst("- split:", "- splitt:"),
            good -> good.replace("uri: direct:store-events", "uri: nosuchcomponent:store-events"),
            good -> good.replaceFirst("onPrepare: collectEvents", "onPrepare: collectMost"),
            good -> good.replace("uri: direct:store-events", "uri: direct:store-event"),
            good -> good.substring(0, good.length() / 2),
            good -> "");

    private final Random random;
    private final Ledger ledger;
    private final Installation installation;
    private final MailServer mailServer;
    private final TestDatabase database;
    /** Null where the database is a file, which cannot be stopped. */
    private final PostgresServer databaseServer;
    private final Map<String, Object> counts = new LinkedHashMap<>();
    private boolean mailServerDown;
    private boolean databaseDown;

    Faults(Random random, Ledger ledger, Installation installation, MailServer mailServer, TestDatabase database,
            PostgresServer databaseServer) {
        this.random = random;
        this.ledger = ledger;
        this.installation = installation;
        this.mailServer = mailServer;
        this.database = database;
        this.databaseServer = databaseServer;
        List.of(KILLS, KILLS_AFTER_MAIL, STOPS, MAIL_SERVER_OUTAGES, DATABASE_OUTAGES, HEAP_BEFORE, HEAP_AFTER, RECOVERY, FULL, EDITS)
                .forEach(fault -> counts.put(fault, 0));
        if (databaseServer == null) {
            List.of(DATABASE_OUTAGES, HEAP_BEFORE, HEAP_AFTER, RECOVERY).forEach(fault -> counts.put(fault, "n/a"));
        }
    }

    Map<String, Object> counts() {
        return counts;
    }

    /** Causes this many faults of each kind, in any order, also several at the same time. Afterwards every server runs again. */
    void storm(int kills, int outages) {
        List<Runnable> faults = new ArrayList<>();
        int afterMail = (kills + 3) / 4;
        faults.addAll(Collections.nCopies(kills - afterMail, this::kill));
        faults.addAll(Collections.nCopies(afterMail, this::killAfterMail));
        faults.addAll(Collections.nCopies(Math.max(0, outages - afterMail), this::stop));
        faults.addAll(Collections.nCopies(outages, this::edit));
        faults.addAll(Collections.nCopies(2 * outages, this::switchMailServer));
        if (databaseServer != null) {
            faults.addAll(Collections.nCopies(2 * outages, this::switchDatabase));
        }
        Collections.shuffle(faults, random);
        for (Runnable fault : faults) {
            awaitAnswers(1 + random.nextInt(MAX_ANSWERS_BETWEEN));
            fault.run();
        }
        if (mailServerDown) {
            switchMailServer();
        }
        if (databaseDown) {
            switchDatabase();
        }
    }

    private void kill() {
        happened(KILLS);
        installation.kill();
        installation.start();
    }

    /** Kills the process when the mail server has accepted a mail and the database does not yet mark the mail as sent. */
    private void killAfterMail() {
        if (mailServerDown) {
            switchMailServer();
        }
        if (databaseDown) {
            switchDatabase();
        }
        // The audience of a mail that a killed process has claimed would get no other mail before the lease expires.
        stop();
        happened(KILLS);
        happened(KILLS_AFTER_MAIL);
        CompletableFuture<Void> killed = new CompletableFuture<>();
        mailServer.onNext(() -> {
            installation.kill();
            killed.complete(null);
        });
        await().until(killed::isDone);
        letClaimsRunOut();
        installation.start();
    }

    private void stop() {
        happened(STOPS);
        installation.stop();
        letClaimsRunOut();
        installation.start();
    }

    private void switchMailServer() {
        if (mailServerDown) {
            mailServer.start();
        } else {
            happened(MAIL_SERVER_OUTAGES);
            mailServer.stop();
        }
        mailServerDown = !mailServerDown;
    }

    private void switchDatabase() {
        if (databaseDown) {
            databaseServer.start();
        } else {
            happened(DATABASE_OUTAGES);
            databaseServer.kill();
        }
        databaseDown = !databaseDown;
    }

    /** Saves a route with a mistake and later corrects it. No webhook fails, and the corrected route is active within ten seconds. */
    private void edit() {
        happened(EDITS);
        String good = installation.read(ROUTE);
        installation.save(ROUTE, MISTAKES.get(random.nextInt(MISTAKES.size())).apply(good));
        awaitAnswers(1 + random.nextInt(MAX_ANSWERS_BETWEEN));
        String mended = "mended " + counts.get(EDITS);
        installation.save(ROUTE, good.replaceFirst("(?m)^( +)- split:$", "$1- log:\n$1    message: " + mended + "\n$0"));
        await().atMost(Duration.ofSeconds(10)).until(() -> installation.process().log().contains(mended));
        installation.save(ROUTE, good);
    }

    /** During the outage all webhooks are accepted and the heap does not grow. Soon after the outage every acknowledged event is stored. */
    void databaseOutage(Duration outage) {
        if (databaseServer == null) {
            return;
        }
        happened(DATABASE_OUTAGES);
        long heap = installation.liveHeap();
        int refused = ledger.refused.get();
        databaseServer.kill();
        await().during(outage).atMost(outage.plus(LIMIT)).until(() -> ledger.refused.get() == refused);
        long heapAtItsEnd = installation.liveHeap();
        databaseServer.start();
        Instant back = Instant.now();
        List<String> acknowledged = ledger.acknowledged.stream().map(NumberedEvent::messageId).toList();
        await().atMost(MAX_RECOVERY).until(() -> installation.spooled().isEmpty());
        assertThat(acknowledged).filteredOn(Predicate.not(stored()::contains)).isEmpty();
        Duration recovery = Duration.between(back, Instant.now());
        counts.put(HEAP_BEFORE, heap);
        counts.put(HEAP_AFTER, heapAtItsEnd);
        counts.put(RECOVERY, recovery.toSeconds());
        assertThat(recovery).isLessThan(MAX_RECOVERY);
        assertThat(heapAtItsEnd).isLessThan(heap + MAX_MORE_HEAP);
    }

    /**
     * Webhooks are refused when the database is down and the spool is full. Where the database cannot be stopped, a step in a route fails
     * instead.
     */
    void fillSpool() {
        happened(FULL);
        happened(KILLS);
        String good = installation.read(ROUTE);
        installation.set(Map.of("spool.max-size", "200 KB"));
        installation.kill();
        if (databaseServer != null) {
            happened(DATABASE_OUTAGES);
            databaseServer.kill();
        } else {
            installation.save(ROUTE, good.replaceFirst("(?m)^( +)- log:\\s+message: failed$",
                    "$1- throwException:\n$1    exceptionType: java.lang.IllegalStateException\n$1    message: no\n$0"));
        }
        ledger.noRoom(true);
        installation.start();
        int goal = ledger.refused.get() + REFUSALS;
        await().until(() -> ledger.refused.get() >= goal);
        if (databaseServer != null) {
            databaseServer.start();
        } else {
            installation.save(ROUTE, good);
        }
        // The replay empties the spool.
        await().until(() -> installation.spooled().isEmpty());
        ledger.noRoom(false);
    }

    /** Waits until every event is stored and every alert is mailed, or will never be. Afterwards the application is stopped. */
    void quiet() {
        for (int i = 0; i < 5; i++) {
            await().until(() -> installation.spooled().isEmpty());
            installation.stop();
            letClaimsRunOut();
            List<String> untold = database.rows("SELECT recipient FROM mail_event WHERE alert_state IN ('pending', 'claimed')").stream()
                    .map(row -> row.get("recipient")).toList();
            if (untold.isEmpty()) {
                return;
            }
            int before = mailServer.received().size();
            installation.start();
            await().until(() -> mailServer.namedSince(before).containsAll(untold));
        }
        installation.stop();
    }

    /** The lease of a mail that a killed process has claimed expires after 20 seconds. That is too long to wait here. */
    private void letClaimsRunOut() {
        if (!databaseDown) {
            database.execute("UPDATE alert_mail SET retry_at = TIMESTAMP WITH TIME ZONE '2000-01-01 00:00:00+00'"
                    + " WHERE sent_at IS NULL");
        }
    }

    private Set<String> stored() {
        return database.rows("SELECT message_id FROM mail_event").stream().map(row -> row.get("message_id")).collect(Collectors.toSet());
    }

    private void awaitAnswers(int more) {
        int goal = ledger.answers() + more;
        await().until(() -> ledger.answers() >= goal);
    }

    private void happened(String fault) {
        counts.merge(fault, 1, (before, one) -> (int) before + 1);
    }
}
