package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.support.SteppedAlerts;
import org.mailevents.support.SteppedAlerts.Sent;

/** The number and the contents of the mails that people get with the default settings. The test moves the clock, so weeks take seconds. */
@Order(1)
@Execution(ExecutionMode.CONCURRENT)
class IncidentTest {

    private static final Instant START = Instant.parse("2026-10-01T00:00:00Z");

    private final SteppedAlerts run = new SteppedAlerts(START);

    @AfterEach
    void stop() {
        run.close();
    }

    @Test
    void tenThousandBouncesInTenMinutesAreAFewMailsThatNameEveryAddress() {
        // Given
        List<String> codes = List.of("2", "1", "4");
        Map<String, List<String>> addresses = new HashMap<>();

        // When
        List<Sent> mails = new ArrayList<>();
        for (int second = 0; second < 600; second += 2) {
            if (second % 6 == 0) {
                String code = codes.get(second / 6 % 3);
                List<ObjectNode> hundred = IntStream.range(0, 100).mapToObj(i -> run.bounce(code)).toList();
                run.post("bounces", hundred);
                hundred.forEach(bounce -> addresses.computeIfAbsent(code.equals("4") ? "postmaster"
                        : "list-owner", audience -> new ArrayList<>())
                        .add(bounce.get("to").asText()));
            }
            mails.addAll(run.lookEvery(Duration.ofSeconds(2), Duration.ofSeconds(2)));
        }
        mails.addAll(run.lookEvery(Duration.ofMinutes(1), Duration.ofHours(2)));

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
    void theFirstMailGoesOutWithinFifteenSeconds() {
        // When
        run.post("bounces", List.of(run.bounce("2")));
        run.post("bounces", List.of(run.bounce("4")));

        // Then
        assertThat(run.lookEvery(Duration.ofSeconds(1), Duration.ofSeconds(15)).stream().map(Sent::at).toList())
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
    void normalWeeksAreAFewMailsADayAndNoneRepeatsWhatIsKnown(Day day, int days, int seed) {
        // Given
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
                run.moveTo(nextLook);
                mails.addAll(run.look());
            }
            run.moveTo(time.isBefore(run.now()) ? run.now() : time);
            ObjectNode bounce = run.bounce(codes.get(random.nextInt(codes.size())));
            if (random.nextInt(4) == 0) {
                bounce.put("to", deadAddresses.get(random.nextInt(deadAddresses.size())));
            }
            posted.put(bounce.get("messageId").asText(), bounce.get("to").asText() + " " + bounce.get("status").asText());
            run.post("bounces", List.of(bounce));
            run.database().execute("INSERT INTO mail_event (event_id, event_type, status, recipient, received_at) SELECT RANDOM_UUID(),"
                    + " 'deliveries', 'succeeded', CONCAT('member', x, ?), ? FROM SYSTEM_RANGE(1, 25)", random.nextInt(4) == 0
                    ? "@example.org" : "@example.net", run.now().atOffset(ZoneOffset.UTC));
        }
        mails.addAll(run.lookEvery(Duration.ofMinutes(10), Duration.ofDays(2)));

        // Then
        Map<String, Long> perDay = mails.stream().collect(Collectors.groupingBy(sent -> sent.at().atZone(ZoneId.of("Asia/Tokyo"))
                .toLocalDate() + sent.mail().subject().replaceAll(".*（", ""), Collectors.counting()));
        assertThat(perDay).allSatisfy((date, count) -> assertThat(count).as(date).isLessThanOrEqualTo(2));
        Map<String, List<Sent>> threads = mails.stream().collect(Collectors.groupingBy(Sent::thread));
        Set<String> told = new HashSet<>();
        assertThat(threads.values()).allSatisfy(thread -> {
            assertThat(thread.stream().map(Sent::stage).toList()).startsWith("opened").containsOnlyOnce("opened").doesNotContain("closed");
            Set<String> inThread = new HashSet<>();
            Set<String> known = new HashSet<>();
            for (Sent sent : thread) {
                List<String> named = sent.bounces();
                assertThat(named).isNotEmpty().doesNotContainAnyElementsOf(inThread.isEmpty() ? Set.of("none") : inThread);
                if (sent != thread.get(thread.size() - 1)) { // the last one may report the rest
                    assertThat(named).anyMatch(bounce -> !known.contains(posted.get(bounce)));
                }
                inThread.addAll(named);
                named.forEach(bounce -> known.add(posted.get(bounce)));
            }
            assertThat(inThread).allMatch(told::add);
        });
        assertThat(told).isEqualTo(posted.keySet());
    }
}
