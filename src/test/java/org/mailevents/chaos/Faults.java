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
    private static final String FREEZES = "processes frozen for 25 s";
    private static final String CUTS = "times all connections of a process to the database broke";
    private static final String SLOWEST_MAIL = "– slowest mail of a killed process, ms after the kill";
    private static final String REPEATS = "– webhooks that had to be posted again because of them";
    /** Longer than the lease of a mail. */
    private static final Duration FREEZE = Duration.ofSeconds(25);
    private static final Duration MAX_MAIL_DELAY = Duration.ofSeconds(30);

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
    private final List<Installation> installations;
    private final MailServer mailServer;
    private final TestDatabase database;
    /** Null where the database is a file, which cannot be stopped. */
    private final PostgresServer databaseServer;
    private final Map<String, Object> counts = new LinkedHashMap<>();
    private boolean mailServerDown;
    private boolean databaseDown;

    Faults(Random random, Ledger ledger, List<Installation> installations, MailServer mailServer, TestDatabase database,
            PostgresServer databaseServer) {
        this.random = random;
        this.ledger = ledger;
        this.installations = installations;
        this.mailServer = mailServer;
        this.database = database;
        this.databaseServer = databaseServer;
        List.of(KILLS, KILLS_AFTER_MAIL, STOPS, MAIL_SERVER_OUTAGES, DATABASE_OUTAGES, HEAP_BEFORE, HEAP_AFTER, RECOVERY, FULL, EDITS)
                .forEach(fault -> counts.put(fault, 0));
        if (areSeveral()) {
            List.of(FULL).forEach(counts::remove);
            List.of(FREEZES, CUTS, SLOWEST_MAIL, REPEATS).forEach(fault -> counts.put(fault, 0));
        }
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
        if (areSeveral()) {
            faults.addAll(Collections.nCopies(outages, this::stop));
            faults.addAll(Collections.nCopies(outages, this::cut));
            // A freeze is long, so the short run has none.
            faults.addAll(Collections.nCopies(outages - 1, this::freeze));
            faults.addAll(Collections.nCopies(outages - 1, this::edit));
            faults.addAll(Collections.nCopies(2 * (outages - 1), this::switchMailServer));
        } else {
            faults.addAll(Collections.nCopies(Math.max(0, outages - afterMail), this::stop));
            faults.addAll(Collections.nCopies(outages, this::edit));
            faults.addAll(Collections.nCopies(2 * outages, this::switchMailServer));
        }
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

    private boolean areSeveral() {
        return installations.size() > 1;
    }

    private Installation any() {
        return installations.get(random.nextInt(installations.size()));
    }

    private void kill() {
        happened(KILLS);
        Installation installation = any();
        installation.kill();
        leaveTheWorkToTheOthers();
        installation.start();
    }

    private void leaveTheWorkToTheOthers() {
        if (areSeveral()) {
            awaitAnswers(random.nextInt(MAX_ANSWERS_BETWEEN));
        }
    }

    /** Kills the process when the mail server has accepted a mail and the database does not yet mark the mail as sent. */
    private void killAfterMail() {
        if (mailServerDown) {
            switchMailServer();
        }
        if (databaseDown) {
            switchDatabase();
        }
        if (!areSeveral()) {
            // The audience of a mail that a killed process has claimed would get no other mail before the lease expires.
            stop();
        }
        happened(KILLS);
        happened(KILLS_AFTER_MAIL);
        CompletableFuture<MailServer.Digest> killed = new CompletableFuture<>();
        mailServer.onNext(mail -> {
            sender(mail).kill();
            killed.complete(mail);
        });
        await().until(killed::isDone);
        Instant kill = Instant.now();
        Installation installation = sender(killed.join());
        if (areSeveral()) {
            String messageId = killed.join().messageId();
            await().until(() -> mailServer.received().stream().filter(mail -> mail.messageId().equals(messageId)).count() > 1);
            Duration delay = Duration.between(kill, Instant.now());
            counts.merge(SLOWEST_MAIL, (int) delay.toMillis(), (before, now) -> Math.max((int) before, (int) now));
            assertThat(delay).isLessThan(MAX_MAIL_DELAY);
        } else {
            letClaimsRunOut();
        }
        installation.start();
    }

    /** The process that has sent the mail. Each of several processes has a sender of its own. */
    private Installation sender(MailServer.Digest mail) {
        return installations.stream().filter(installation -> !areSeveral() || mail.sender().equals(installation.setting("alert.from")))
                .findAny().orElseThrow();
    }

    private void stop() {
        happened(STOPS);
        Installation installation = any();
        int before = ledger.repeats();
        installation.stop();
        if (areSeveral()) {
            leaveTheWorkToTheOthers();
            counts.merge(REPEATS, ledger.repeats() - before, (all, now) -> (int) all + (int) now);
        } else {
            letClaimsRunOut();
        }
        installation.start();
    }

    /** The others take over the mails of the frozen process, which then goes on as if no time had passed. */
    private void freeze() {
        happened(FREEZES);
        Installation installation = any();
        installation.freeze();
        await().pollDelay(FREEZE).until(() -> true);
        installation.thaw();
    }

    /** Breaks the connections of a process to the database, as a network does. */
    private void cut() {
        if (databaseDown) {
            switchDatabase();
        }
        happened(CUTS);
        database.rows("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ?", any().name());
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
        Installation installation = any();
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
        Installation installation = installations.get(0);
        long heap = installation.liveHeap();
        int refused = ledger.refused.get();
        databaseServer.kill();
        await().during(outage).atMost(outage.plus(LIMIT)).until(() -> ledger.refused.get() == refused);
        long heapAtItsEnd = installation.liveHeap();
        databaseServer.start();
        Instant back = Instant.now();
        List<String> acknowledged = ledger.acknowledged.stream().map(NumberedEvent::messageId).toList();
        await().atMost(MAX_RECOVERY).until(this::isSpoolEmpty);
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
        Installation installation = installations.get(0);
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

    /** Waits until every event is stored and every alert is mailed. The processes go on. */
    void settle() {
        await().until(this::isSpoolEmpty);
        await().until(() -> unmailed().isEmpty());
    }

    /** Waits until every event is stored and every alert is mailed, or will never be. Afterwards the application is stopped. */
    void quiet() {
        Installation installation = installations.get(0);
        for (int i = 0; i < 5; i++) {
            await().until(this::isSpoolEmpty);
            installation.stop();
            letClaimsRunOut();
            List<String> untold = unmailed();
            if (untold.isEmpty()) {
                return;
            }
            int before = mailServer.received().size();
            installation.start();
            await().until(() -> mailServer.namedSince(before).containsAll(untold));
        }
        installation.stop();
    }

    private boolean isSpoolEmpty() {
        return installations.stream().allMatch(installation -> installation.spooled().isEmpty());
    }

    /** The recipients of the bounces that no mail has reported, as far as the database says. */
    private List<String> unmailed() {
        return database.rows("SELECT recipient FROM mail_event WHERE alert_state IN ('pending', 'claimed')").stream()
                .map(row -> row.get("recipient")).toList();
    }

    /** The lease of a mail that a killed process has claimed expires after 20 seconds. That is too long to wait here. */
    private void letClaimsRunOut() {
        if (!databaseDown) {
            database.execute("UPDATE alert_delivery SET retry_at = TIMESTAMP WITH TIME ZONE '2000-01-01 00:00:00+00'"
                    + " WHERE sent_at IS NULL");
        }
    }

    private Set<String> stored() {
        return database.rows("SELECT message_id FROM mail_event").stream().map(row -> row.get("message_id")).collect(Collectors.toSet());
    }

    private void awaitAnswers(int more) {
        int goal = ledger.answers() + more;
        await().atMost(LIMIT).until(() -> ledger.answers() >= goal);
    }

    private void happened(String fault) {
        counts.merge(fault, 1, (before, one) -> (int) before + 1);
    }
}
