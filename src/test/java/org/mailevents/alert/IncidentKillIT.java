package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.JsonNode;
import jakarta.mail.MessagingException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox.Mail;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.SmtpServer;
import org.mailevents.support.SmtpServer.Moment;
import org.mailevents.support.TestDatabase;

/**
 * A process is killed, or its mail server is down, at every step of an incident. No mail is lost, a mail that arrives twice is the same
 * mail, and no incident stays open. Two audiences have an incident each, so that one mail is being sent while the next mail is claimed.
 */
@Order(2)
@Execution(ExecutionMode.CONCURRENT)
class IncidentKillIT {

    private static final Duration LIMIT = Duration.ofMinutes(1);
    private static final List<String> STAGES = List.of("opened", "update", "closed");
    /** For each stage, the log line about a sent mail. */
    private static final Map<String, Pattern> SENT = Map.of(
            "opened", Pattern.compile("Sent mail 1 of incident [0-9a-f]{8} to \\S+: \\d+ bounces?$"),
            "update", Pattern.compile("Sent mail \\d+ of incident [0-9a-f]{8} to \\S+: \\d+ more bounces?$"),
            "closed", Pattern.compile("Sent mail \\d+ of incident [0-9a-f]{8} to \\S+: all-clear after \\d+ bounces?$"));
    /** The codes whose audiences are list-owner and postmaster. */
    private static final List<String> CODES = List.of("2", "4");

    /** The fault at a moment of the SMTP dialogue. Where the reply is null, the mail server closes the connection. */
    private enum Fault {
        KILLED_ONCE_CLAIMED(Moment.GREETING, null),
        KILLED_BEFORE_IT_IS_TAKEN(Moment.DATA, null),
        /** camel-mail waits for the reply to QUIT. Only then does the route mark the mail as sent. */
        KILLED_BEFORE_ITS_MARK(Moment.QUIT, null),
        BUSY(Moment.GREETING, "421 4.3.2 busy"),
        GREYLISTED(Moment.RECIPIENT, "451 4.7.1 greylisted"),
        NO_ROOM(Moment.DATA, "452 4.3.1 no room"),
        HUNG_UP_BEFORE_IT_IS_TAKEN(Moment.DATA, null),
        HUNG_UP_ONCE_TAKEN(Moment.QUIT, null);

        static final List<Fault> KILLS = List.of(KILLED_ONCE_CLAIMED, KILLED_BEFORE_IT_IS_TAKEN, KILLED_BEFORE_ITS_MARK);
        static final List<Fault> OUTAGES = List.of(BUSY, GREYLISTED, NO_ROOM, HUNG_UP_BEFORE_IT_IS_TAKEN, HUNG_UP_ONCE_TAKEN);

        private final Moment moment;
        private final String reply;

        Fault(Moment moment, String reply) {
            this.moment = moment;
            this.reply = reply;
        }
    }

    @Test
    void oneProcessIsKilledAtEveryStep() {
        TestDatabase shared = TestDatabase.h2();
        // As by default, one process alone opens the database file. So this test reads the file only while no process runs.
        try (Trial trial = new Trial(new TestDatabase(shared.url().replace(";AUTO_SERVER=TRUE", ""), "sa", ""))) {
            Instance application = trial.instance();
            application.settings.putAll(Map.of("alert.first-delay", "1h", "alert.updates", "1h"));
            application.start();
            for (String stage : STAGES) {
                if (stage.equals("closed")) {
                    application.kill();
                    trial.letQuietPass();
                } else {
                    application.started().bounces();
                    application.kill();
                    trial.assertPending();
                    application.settings.put(stage.equals("opened") ? "alert.first-delay" : "alert.updates", "200ms");
                }
                for (Fault kill : Fault.KILLS) {
                    trial.ahead(kill);
                    application.start();
                    trial.awaitKill();
                    trial.letClaimsRunOut();
                }
                if (stage.equals("closed")) {
                    application.settings.put("alert.quiet", "1s"); // for the second incident
                }
                application.start();
                trial.awaitMailed(stage);
            }
            application.started().bounces();
            trial.awaitMailed("opened");
            trial.awaitMailed("closed");
            application.process.close();
            trial.assertAllIsTold(2);
        }
    }

    @Test
    void whatAKilledProcessWasMailingIsMailedWithinHalfAMinute() {
        try (Trial trial = new Trial(TestDatabase.postgres())) {
            Instance application = trial.instance();
            application.start();
            application.started();
            trial.ahead(Fault.KILLED_ONCE_CLAIMED);
            application.bounces();
            trial.awaitKill();

            assertThat(trial.database.rows("SELECT 1 FROM alert_delivery WHERE retry_at > CURRENT_TIMESTAMP + INTERVAL '25' SECOND"))
                    .isEmpty();
            application.start();
            trial.awaitMailed("opened");
        }
    }

    @Test
    void oneOfTwoProcessesIsKilledAndTheOtherGoesOn() {
        try (Trial trial = new Trial(TestDatabase.postgres())) {
            Instance one = trial.instance();
            Instance two = trial.instance();
            one.start();
            two.start();
            for (Fault kill : List.of(Fault.KILLED_BEFORE_IT_IS_TAKEN, Fault.KILLED_BEFORE_ITS_MARK)) {
                for (String stage : STAGES) {
                    one.started();
                    two.started();
                    trial.ahead(kill);
                    if (stage.equals("closed")) {
                        trial.letQuietPass();
                    } else {
                        one.bounces();
                    }
                    Instance killed = trial.awaitKill();
                    Instance other = killed == one ? two : one;
                    long before = other.logged(SENT.get(stage));
                    trial.letClaimsRunOut();
                    killed.start();
                    trial.awaitMailed(stage);
                    assertThat(other.logged(SENT.get(stage))).isGreaterThan(before);
                }
            }
            trial.assertAllIsTold(2);
        }
    }

    @Test
    void aKillRepeatsOnlyTheOneDeliveryThatTheServerHadJustTaken() {
        try (Trial trial = new Trial(TestDatabase.postgres())) {
            Instance application = trial.instance();
            application.settings.put("alert.to", "one@example.com, two@example.com, three@example.com");
            application.start();
            application.started();
            trial.ahead(Fault.KILLS.get(0));
            application.bounces();
            trial.awaitKill();
            for (Fault kill : Fault.KILLS.subList(1, Fault.KILLS.size())) {
                trial.letClaimsRunOut();
                trial.ahead(kill);
                application.start();
                trial.awaitKill();
            }
            trial.letClaimsRunOut();
            application.start();
            await().until(() -> trial.database.rows("SELECT 1 FROM alert_delivery WHERE sent_at IS NOT NULL").size() == 3 * CODES.size());

            Map<List<String>, Long> copies = application.server.taken.stream().collect(Collectors.groupingBy(taken ->
                    List.of(taken.recipients().get(0), taken.mail().header("Message-ID")), Collectors.counting()));
            assertThat(copies).hasSize(3 * CODES.size());
            assertThat(copies.values()).containsOnly(1L, 2L).containsOnlyOnce(2L);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"H2", "PostgreSQL"})
    void theMailServerIsAwayAtEveryStep(String kind) {
        try (Trial trial = new Trial(kind.equals("H2") ? TestDatabase.h2() : TestDatabase.postgres())) {
            Instance application = trial.instance();
            application.start();
            application.started();
            for (String stage : STAGES) {
                application.server.close();
                if (stage.equals("closed")) {
                    trial.letQuietPass();
                } else {
                    application.bounces();
                }
                await().until(() -> CODES.size()
                        == trial.database.rows("SELECT 1 FROM alert_mail WHERE what = ? AND sent_at IS NULL", stage).size());
                long failed = application.failures();
                await().until(() -> application.failures() >= failed + CODES.size());
                trial.ahead(Fault.OUTAGES);
                application.server.open();
                trial.awaitMailed(stage);
            }
            trial.assertAllIsTold(1);
        }
    }

    /** One database, the processes that share it, the addresses that bounced, and the number of mails of each stage. */
    private static final class Trial implements AutoCloseable {

        final TestDatabase database;
        private final List<Instance> instances = new ArrayList<>();
        private final Queue<Fault> ahead = new ConcurrentLinkedQueue<>();
        private final BlockingQueue<Instance> killed = new LinkedBlockingQueue<>();
        private final Set<String> bounced = new TreeSet<>();
        private final Map<String, Integer> mailed = new HashMap<>();

        Trial(TestDatabase database) {
            this.database = database;
        }

        Instance instance() {
            instances.add(new Instance(this));
            return instances.get(instances.size() - 1);
        }

        /** The next connection to the mail server gets the first of these faults, the connection after it the second, and so on. */
        void ahead(List<Fault> faults) {
            ahead.addAll(faults);
        }

        void ahead(Fault fault) {
            ahead(List.of(fault));
        }

        /** @return the process that was killed */
        Instance awaitKill() {
            try {
                Instance instance = killed.poll(LIMIT.toSeconds(), TimeUnit.SECONDS);
                assertThat(instance).as("killed").isNotNull();
                return instance;
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }

        void assertPending() {
            assertThat(database.rows("SELECT 1 FROM mail_event WHERE alert_state = 'pending'")).hasSameSizeAs(CODES);
        }

        /** The lease of a mail that a killed process has claimed expires after 20 seconds. That is too long to wait in each trial. */
        void letClaimsRunOut() {
            assertThat(database.rows("SELECT 1 FROM alert_delivery WHERE sent_at IS NULL AND retry_at > CURRENT_TIMESTAMP"))
                    .as("claimed").isNotEmpty();
            database.execute("UPDATE alert_delivery SET retry_at = TIMESTAMP WITH TIME ZONE '2000-01-01 00:00:00+00'"
                    + " WHERE sent_at IS NULL");
        }

        /** Moves all times back by two hours, so that the hour of {@code alert.quiet} is over. */
        void letQuietPass() {
            database.execute("UPDATE alert_incident SET last_bounce_at = last_bounce_at - INTERVAL '2' HOUR WHERE open_for IS NOT NULL");
            database.execute("UPDATE alert_mail SET sent_at = sent_at - INTERVAL '2' HOUR");
        }

        /** Waits until each audience has one more mail of this stage. */
        void awaitMailed(String stage) {
            int goal = mailed.merge(stage, CODES.size(), Integer::sum);
            await().until(() -> instances.stream().mapToLong(instance -> instance.logged(SENT.get(stage))).sum() == goal);
            assertThat(ahead).as("the faults that should have happened and did not").isEmpty();
        }

        void assertAllIsTold(int incidents) {
            Map<String, List<Mail>> arrived = instances.stream().flatMap(instance -> instance.server.taken.stream())
                    .map(SmtpServer.Taken::mail).collect(Collectors.groupingBy(mail -> mail.header("Message-ID")));
            assertThat(arrived.values()).allSatisfy(same -> assertThat(same.stream().map(Trial::content).distinct()).hasSize(1));

            List<Map<String, String>> mails = database.rows("SELECT * FROM alert_mail ORDER BY incident_id, number");
            assertThat(mails).extracting(mail -> mail.get("message_id")).containsExactlyInAnyOrderElementsOf(arrived.keySet());
            assertThat(mails).allSatisfy(mail -> assertThat(mail.get("sent_at")).isNotNull());
            assertThat(database.rows("SELECT * FROM alert_delivery")).allSatisfy(delivery -> {
                assertThat(delivery.get("sent_at")).isNotNull();
                assertThat(delivery.get("retry_at")).isNull();
            }).extracting(delivery -> delivery.get("mail_id")).containsExactlyInAnyOrderElementsOf(
                    mails.stream().map(mail -> mail.get("mail_id")).toList());

            Map<String, Set<String>> told = database.rows("SELECT * FROM mail_event").stream().peek(bounce ->
                    assertThat(bounce.get("alert_state")).isEqualTo("sent")).collect(Collectors.groupingBy(bounce -> bounce.get("alert_id"),
                            Collectors.mapping(bounce -> bounce.get("recipient"), Collectors.toCollection(TreeSet::new))));
            assertThat(told.values().stream().flatMap(Set::stream)).containsExactlyInAnyOrderElementsOf(bounced);

            List<Map<String, String>> all = database.rows("SELECT * FROM alert_incident");
            assertThat(all).hasSize(incidents * CODES.size()).allSatisfy(incident -> {
                assertThat(incident.get("open_for")).isNull();
                assertThat(incident.get("closed_at")).isNotNull();
                assertThread(mails.stream().filter(mail -> mail.get("incident_id").equals(incident.get("incident_id"))).toList(),
                        arrived, told);
            });
        }

        /** The mails of one incident, from the first to the all-clear. */
        private static void assertThread(List<Map<String, String>> rows, Map<String, List<Mail>> arrived, Map<String, Set<String>> told) {
            assertThat(rows.get(0).get("what")).isEqualTo("opened");
            assertThat(rows.subList(1, rows.size() - 1)).allSatisfy(row -> assertThat(row.get("what")).isEqualTo("update"));
            assertThat(rows.get(rows.size() - 1).get("what")).isEqualTo("closed");
            List<Mail> mails = rows.stream().map(row -> arrived.get(row.get("message_id")).get(0)).toList();
            List<String> ids = mails.stream().map(mail -> mail.header("Message-ID")).toList();
            Set<String> before = new TreeSet<>();
            for (int i = 0; i < mails.size(); i++) {
                Mail mail = mails.get(i);
                assertThat(rows.get(i).get("number")).isEqualTo(String.valueOf(i + 1));
                assertThat(mail.subject()).isEqualTo((i == 0 ? "" : "Re: ") + mails.get(0).subject());
                assertThat(mail.header("In-Reply-To")).isEqualTo(i == 0 ? null : ids.get(i - 1));
                assertThat(mail.header("References")).isEqualTo(i == 0 ? null : i == 1 ? ids.get(0) : ids.get(0) + " " + ids.get(i - 1));
                Set<String> news = told.getOrDefault(rows.get(i).get("mail_id"), Set.of());
                assertThat(before.addAll(news)).as("tells something new").isEqualTo(i < mails.size() - 1);
                // The all-clear lists all addresses once more.
                assertThat(mail.addresses()).containsExactlyInAnyOrderElementsOf(i == mails.size() - 1 ? before : news);
            }
        }

        /** The whole mail except the boundary between its parts. */
        private static List<String> content(Mail mail) {
            try {
                List<String> headers = Collections.list(mail.message().getNonMatchingHeaderLines(new String[] {"Content-Type"}));
                return Stream.concat(headers.stream(), Stream.of(mail.text(), mail.html(), mail.csv())).toList();
            } catch (MessagingException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() {
            instances.forEach(Instance::close);
        }
    }

    /** Mail Events, which starts again and again in one folder. Its own mail server knows which process connects to it. */
    private static final class Instance {

        final Map<String, String> settings = new HashMap<>();
        final SmtpServer server = new SmtpServer(this::reply);
        volatile OwnProcess process;
        private final Trial trial;
        private final List<OwnProcess> processes = new ArrayList<>();
        private volatile Fault fault;

        Instance(Trial trial) {
            this.trial = trial;
            settings.putAll(trial.database.settings());
            settings.putAll(Map.of("alert.endpoint", server.endpoint(), "alert.first-delay", "200ms", "alert.updates", "500ms",
                    "alert.quiet", "1h", "alert.max-per-hour", "1000", "alert.max-per-day", "100000",
                    "alert.all-clear-from", "1", "java.tool.options", "-Xmx128m"));
        }

        void start() {
            process = OwnProcess.jar(settings);
            processes.add(process);
        }

        Instance started() {
            process.started();
            return this;
        }

        void kill() {
            process.kill();
        }

        /** Posts one bounce of a new address for each audience. */
        void bounces() {
            JsonNode[] bounces = CODES.stream().map(Payload::bounce).toArray(JsonNode[]::new);
            assertReceipt(process.post(MailEvents.JSON, Payload.json("bounces", bounces)), bounces.length, bounces.length, 0, 0);
            Stream.of(bounces).forEach(bounce -> trial.bounced.add(bounce.get("to").asText()));
        }

        long failures() {
            return logged(Pattern.compile("ERROR on-alert-error"));
        }

        /** How many lines of the log match. */
        long logged(Pattern text) {
            return processes.stream().flatMap(each -> each.log().lines()).filter(line -> text.matcher(line).find()).count();
        }

        private String reply(Moment moment, String address) {
            if (moment == Moment.GREETING) {
                fault = trial.ahead.poll();
            }
            if (fault == null || fault.moment != moment) {
                return moment.usual();
            }
            if (Fault.KILLS.contains(fault)) {
                kill();
                trial.killed.add(this);
            }
            return fault.reply;
        }

        void close() {
            process.kill();
            server.close();
        }
    }
}
