package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.ProducerTemplate;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.Application;
import org.mailevents.support.Answers;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.Mailbox.Mail;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.SimulatedClock;
import org.mailevents.support.SmtpServer;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** The number and the contents of the mails that people get with the default settings. The test moves the clock, so weeks take seconds. */
@Order(1)
@Execution(ExecutionMode.CONCURRENT)
class IncidentTest {

    private static final Instant START = Instant.parse("2026-10-01T00:00:00Z");
    private static final DateTimeFormatter CREATED = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");

    private static final Pattern MESSAGE_ID = Pattern.compile("(<[^<>\\s]+@mta01\\.example\\.com>)");

    private final SimulatedClock clock = new SimulatedClock(START);
    private final TestDatabase database = TestDatabase.h2InMemory();
    private final Mailbox mailbox = Mailbox.of(new SmtpServer(address -> "250 ok", () -> { }));
    private InProcess application;
    private ProducerTemplate sendAlerts;

    /** A mail and the time at which it arrived. */
    private record Sent(Instant at, Mail mail) {

        String stage() {
            String text = mail.text();
            return text.startsWith("収束") ? "closed" : mail.header("In-Reply-To") == null ? "opened" : "update";
        }

        /** The Message-ID of the first mail of its thread. */
        String thread() {
            String references = mail.header("References");
            return references == null ? mail.header("Message-ID") : references.split("\\s+")[0];
        }
    }

    @AfterEach
    void stop() {
        application.close();
        mailbox.stop().run();
    }

    @Test
    void tenThousandBouncesInTenMinutesAreAFewMailsThatNameEveryAddress() throws Exception {
        // Given
        start();
        List<String> codes = List.of("2", "1", "4");
        Map<String, List<String>> addresses = new HashMap<>();

        // When
        List<Sent> mails = new ArrayList<>();
        for (int second = 0; second < 600; second += 2) {
            if (second % 6 == 0) {
                String code = codes.get(second / 6 % 3);
                List<ObjectNode> hundred = IntStream.range(0, 100).mapToObj(i -> bounce(code)).toList();
                post(hundred);
                hundred.forEach(bounce -> addresses.computeIfAbsent(code.equals("4") ? "postmaster"
                        : "list-owner", audience -> new ArrayList<>())
                        .add(bounce.get("to").asText()));
            }
            clock.moveOn(Duration.ofSeconds(2));
            mails.addAll(look());
        }
        mails.addAll(lookEvery(Duration.ofMinutes(1), Duration.ofHours(2)));

        // Then
        Map<String, List<Sent>> threads = mails.stream().collect(Collectors.groupingBy(Sent::thread));
        assertThat(threads).hasSize(2);
        assertThat(threads.values()).allSatisfy(thread -> {
            assertThat(thread).hasSizeLessThanOrEqualTo(6);
            assertThat(thread.stream().map(Sent::stage).toList()).startsWith("opened").endsWith("closed")
                    .containsOnlyOnce("opened", "closed");
            assertThat(thread.get(0).at()).isBefore(START.plusSeconds(30));
            // Both lists are sorted, because the comparison of ten thousand unsorted addresses would be slow.
            List<String> told = told(thread).sorted().toList();
            assertThat(told).isEqualTo(told.stream().distinct().toList());
            assertThat(thread.get(thread.size() - 1).mail().addresses().stream().sorted().toList()).isEqualTo(told);
        });
        assertThat(threads.values().stream().map(thread -> Set.copyOf(told(thread).toList())).collect(Collectors.toSet()))
                .isEqualTo(addresses.values().stream().map(Set::copyOf).collect(Collectors.toSet()));
        assertThat(threads.values().stream().map(thread -> thread.get(thread.size() - 1).mail().text()))
                .anySatisfy(text -> assertThat(text).contains("6,700").contains("3,400").contains("3,300"))
                .anySatisfy(text -> assertThat(text).contains("3,300"));
    }

    @Test
    void theFirstMailGoesOutWithinFifteenSeconds() throws Exception {
        // Given
        start();

        // When
        post(List.of(bounce("2")));
        post(List.of(bounce("4")));

        // Then
        assertThat(lookEvery(Duration.ofSeconds(1), Duration.ofSeconds(15)).stream().map(Sent::at).toList())
                .containsExactly(START.plusSeconds(10), START.plusSeconds(10));
    }

    /** The addresses in the mails before the all-clear. The all-clear lists all of them again. */
    private static Stream<String> told(List<Sent> thread) {
        return thread.stream().filter(sent -> !sent.stage().equals("closed")).flatMap(sent -> sent.mail().addresses().stream());
    }

    /** The time of the day at which the 200 bounces of a day arrive. */
    enum Day {
        /** Bounces arrive at any time. */
        ANY(random -> Duration.ofSeconds(random.nextInt(86_400))),
        /** Most bounces arrive in office hours. */
        OFFICE(random -> Duration.ofSeconds(random.nextInt(10) == 0 ? random.nextInt(86_400) : random.nextInt(9 * 3_600)));

        private final Function<Random, Duration> time;

        Day(Function<Random, Duration> time) {
            this.time = time;
        }
    }

    /** Eight days are one more than the week in which the usual number of bounces is counted. */
    @ParameterizedTest
    @CsvSource({"ANY,8,4", "ANY,8,5", "OFFICE,3,4"})
    void normalWeeksAreAFewMailsADayAndNoneRepeatsWhatIsKnown(Day day, int days, int seed) throws Exception {
        // Given
        start();
        Random random = new Random(seed);
        List<String> deadAddresses = IntStream.range(0, 300).mapToObj(i -> "dead-" + i + "@example.org").toList();
        List<String> codes = List.of("2", "2", "2", "2", "1", "10", "4", "5", "5", "3", "99", "8");
        List<Instant> times = IntStream.range(0, days).boxed().flatMap(d -> IntStream.range(0, 200).mapToObj(i ->
                START.plus(Duration.ofDays(d)).plus(day.time.apply(random)))).sorted().toList();
        Map<String, String> posted = new HashMap<>();

        // When
        List<Sent> mails = new ArrayList<>();
        Instant nextLook = START;
        for (Instant time : times) {
            for (; nextLook.isBefore(time); nextLook = nextLook.plus(Duration.ofMinutes(10))) {
                clock.moveTo(nextLook);
                mails.addAll(look());
            }
            clock.moveTo(time.isBefore(clock.instant()) ? clock.instant() : time);
            ObjectNode bounce = bounce(codes.get(random.nextInt(codes.size())));
            if (random.nextInt(4) == 0) {
                bounce.put("to", deadAddresses.get(random.nextInt(deadAddresses.size())));
            }
            posted.put(bounce.get("messageId").asText(), bounce.get("to").asText() + " " + bounce.get("status").asText());
            post(List.of(bounce));
        }
        mails.addAll(lookEvery(Duration.ofMinutes(10), Duration.ofHours(12)));

        // Then
        Map<LocalDateTime, Long> perDay = mails.stream().collect(Collectors.groupingBy(sent ->
                sent.at().atZone(ZoneId.of("Asia/Tokyo")).toLocalDate().atStartOfDay(), Collectors.counting()));
        assertThat(perDay.values()).allMatch(count -> count <= 20);
        Map<String, List<Sent>> threads = mails.stream().collect(Collectors.groupingBy(Sent::thread));
        Set<String> told = new HashSet<>();
        assertThat(threads.values()).allSatisfy(thread -> {
            assertThat(thread.stream().map(Sent::stage).toList()).startsWith("opened").endsWith("closed")
                    .containsOnlyOnce("opened", "closed");
            Set<String> inThread = new HashSet<>();
            Set<String> known = new HashSet<>();
            for (Sent sent : thread) {
                List<String> named = messageIds(sent.mail());
                if (sent.stage().equals("closed")) {
                    inThread.addAll(named);
                    assertThat(named).containsExactlyInAnyOrderElementsOf(inThread);
                } else {
                    assertThat(named).isNotEmpty().doesNotContainAnyElementsOf(inThread.isEmpty() ? Set.of("none") : inThread)
                            .anyMatch(bounce -> !known.contains(posted.get(bounce)));
                    inThread.addAll(named);
                    named.forEach(bounce -> known.add(posted.get(bounce)));
                }
            }
            assertThat(inThread).allMatch(told::add);
        });
        assertThat(told).isEqualTo(posted.keySet());
    }

    /** The Message-IDs that a mail lists. */
    private static List<String> messageIds(Mail mail) {
        return MESSAGE_ID.matcher(mail.csv().isEmpty() ? mail.text() : mail.csv()).results().map(found -> found.group(1)).toList();
    }

    private void start() throws Exception {
        Path folder = OwnProcess.folder("routes");
        Path route = folder.resolve("routes/send-alerts.camel.yaml");
        // The test decides when the route looks for mails, because the scheduler first looks after a day.
        Files.writeString(route, Files.readString(route).replace("id: send-alerts", "id: look").replace("uri: scheduler:send-alerts\n"
                + "      parameters:\n        delay: 1000", "uri: direct:look") + """
                - route:
                    id: send-alerts
                    from:
                      uri: scheduler:send-alerts?initialDelay=1d
                      steps:
                        - to: direct:look
                """);
        Main main = Application.configured();
        main.bind("clock", clock);
        application = TestSettings.of(database).with("alert.endpoint", mailbox.endpoint()).withRoutes(folder.resolve("routes"))
                .startInProcess(main);
        // Mails do not use the counts of the page, and a test of weeks would have thousands of slots counted.
        application.context().getRouteController().stopRoute("count-events");
        sendAlerts = application.context().createProducerTemplate();
    }

    /** Sends the mails that are due now, and returns them. */
    private List<Sent> look() {
        int before = mailbox.count();
        sendAlerts.sendBody("direct:look", null);
        int after = mailbox.count();
        return after == before ? List.of() : mailbox.mails().subList(before, after).stream().map(mail -> new Sent(clock.instant(), mail))
                .toList();
    }

    private List<Sent> lookEvery(Duration step, Duration time) {
        Instant end = clock.instant().plus(time);
        List<Sent> mails = new ArrayList<>();
        while (clock.instant().isBefore(end)) {
            clock.moveOn(step);
            mails.addAll(look());
        }
        return mails;
    }

    private void post(List<ObjectNode> bounces) {
        Answers.assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", bounces.toArray(JsonNode[]::new))), bounces.size(),
                bounces.size(), 0, 0);
    }

    private ObjectNode bounce(String code) {
        return Payload.bounce(code).put("created", CREATED.format(clock.instant().atZone(ZoneId.of("Asia/Tokyo"))));
    }
}
