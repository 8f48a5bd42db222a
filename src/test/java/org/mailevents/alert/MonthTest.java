package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.support.SteppedAlerts;
import org.mailevents.support.SteppedAlerts.Sent;

/**
 * A month of an ordinary sender, with the default settings: 200 scattered bounces a day, two campaigns, and one destination that fails for
 * three hours.
 */
@Order(1)
@Execution(ExecutionMode.CONCURRENT)
class MonthTest {

    private static final ZoneId TOKYO = ZoneId.of("Asia/Tokyo");
    private static final LocalDate FIRST_DAY = LocalDate.of(2026, 10, 1);
    private static final Duration STEP = Duration.ofMinutes(30);
    private static final int DAYS = 30;
    private static final Set<Integer> CAMPAIGNS = Set.of(8, 17);
    private static final int DAY_OF_FAILURE = 22;
    private static final String FAILING = "mobile.example.jp";
    private static final Instant FAILS = FIRST_DAY.plusDays(DAY_OF_FAILURE).atTime(13, 0).atZone(TOKYO).toInstant();
    private static final Instant WORKS_AGAIN = FAILS.plus(Duration.ofHours(3));
    /** Two in three are of the audience list-owner. */
    private static final List<String> CODES = List.of("2", "2", "2", "2", "1", "10", "4", "5", "3");
    /** The shares of some destinations in 100 messages. All others are many and small. */
    private static final Map<String, Integer> SHARES = Map.of(FAILING, 25, "mail.example.net", 20, "web.example.com", 15);

    private final Random random = new Random(20);
    private final Set<String> posted = new HashSet<>();
    private final List<Sent> mails = new ArrayList<>();

    @Test
    void aMonthIsFewMailsAndOnlyTheFailingDestinationIsUrgent() {
        try (SteppedAlerts run = new SteppedAlerts(FIRST_DAY.atStartOfDay(TOKYO).toInstant())) {
            // When
            for (int day = 0; day < DAYS; day++) {
                // most of the ordinary days are looked at less often, so that the test is quick
                int length = day < 2 || day == DAY_OF_FAILURE || CAMPAIGNS.contains(day) ? 1 : 3;
                for (int step = 0; step < Duration.ofDays(1).dividedBy(STEP); step += length) {
                    pass(run, day, run.now().atZone(TOKYO).getHour(), length);
                }
            }
            mails.addAll(run.lookEvery(STEP.multipliedBy(3), Duration.ofDays(2)));

            // Then
            assertThat(run.database().rows("SELECT 1 FROM mail_event WHERE event_type = 'bounces' AND alert_state <> 'sent'")).isEmpty();
        }
        assertEachBounceIsToldOnce();
        String thread = mails.stream().filter(sent -> sent.mail().header("Importance") != null).findFirst().orElseThrow().thread();
        List<Sent> ofFailure = mails.stream().filter(sent -> sent.thread().equals(thread) && !sent.at().isBefore(FAILS)).toList();
        Map<String, Long> perDay = mails.stream().filter(sent -> !ofFailure.contains(sent)).collect(Collectors.groupingBy(sent ->
                sent.at().atZone(TOKYO).toLocalDate() + audience(sent), Collectors.counting()));
        assertThat(perDay).hasSizeGreaterThan(DAYS).allSatisfy((day, count) -> assertThat(count).as(day).isLessThanOrEqualTo(2));
        assertThat(mails).filteredOn(sent -> sent.mail().header("Importance") != null).isNotEmpty().allSatisfy(sent -> {
            assertThat(ofFailure).contains(sent);
            assertThat(sent.at()).isBetween(FAILS, WORKS_AGAIN.plus(Duration.ofHours(1)));
            assertThat(sent.mail().text()).contains("緊急：" + FAILING + " 宛て");
        }).anySatisfy(sent -> assertThat(sent.mail().text()).contains("alert.destination-rate"));
        assertThat(mails).filteredOn(sent -> sent.stage().equals("closed")).singleElement().satisfies(allClear -> {
            assertThat(ofFailure).endsWith(allClear);
            assertThat(allClear.mail().text()).contains("再びメールを受け取っています");
        });
    }

    private static String audience(Sent sent) {
        return sent.mail().text().lines().filter(line -> line.contains("へのお知らせです。")).findFirst().orElseThrow()
                .replaceFirst("へのお知らせです。.*", "");
    }

    /** Each bounce is new in one mail, and the all-clear lists the bounces of its incident again. */
    private void assertEachBounceIsToldOnce() {
        Set<String> told = new HashSet<>();
        Map<String, Set<String>> byThread = new HashMap<>();
        for (Sent sent : mails) {
            List<String> listed = sent.bounces();
            Set<String> thread = byThread.computeIfAbsent(sent.thread(), id -> new HashSet<>());
            if (sent.stage().equals("closed")) {
                assertThat(listed).containsAll(thread);
                listed = listed.stream().filter(id -> !thread.contains(id)).toList();
            }
            assertThat(listed).allMatch(told::add);
            thread.addAll(listed);
        }
        assertThat(told).isEqualTo(posted);
    }

    /**
     * More mail is sent by day than by night.
     *
     * @param length how many half hours pass
     */
    private void pass(SteppedAlerts run, int day, int hour, int length) {
        boolean campaign = CAMPAIGNS.contains(day) && (hour == 10 || hour == 11);
        int messages = length * (hour >= 8 && hour < 20 ? 115 : 50) + (campaign ? 2_500 : 0);
        boolean fails = !run.now().isBefore(FAILS) && run.now().isBefore(WORKS_AGAIN);
        List<ObjectNode> bounces = new ArrayList<>();
        List<String> succeeded = new ArrayList<>();
        for (int i = 0; i < messages; i++) {
            String domain = domain();
            boolean failed = fails && domain.equals(FAILING);
            if (failed || random.nextInt(1000) < (campaign ? 30 : 50)) {
                bounces.add(run.bounce(failed ? "7" : CODES.get(random.nextInt(CODES.size())))
                        .put("to", "member" + random.nextInt(1_000_000) + "@" + domain));
            } else {
                succeeded.add(domain);
            }
        }
        bounces.forEach(bounce -> posted.add(bounce.get("messageId").asText()));
        // not as webhooks, because a hundred thousand of them would take long
        run.database().execute("INSERT INTO mail_event (event_id, event_type, status, recipient, received_at)"
                + " SELECT RANDOM_UUID(), 'deliveries', 'succeeded', CONCAT('member@', domain), ?"
                + " FROM UNNEST(?) AS t(domain)", run.now().atOffset(ZoneOffset.UTC), succeeded.toArray(String[]::new));
        // many bounces arrive one after the other
        int parts = length == 1 && bounces.size() > 15 ? 4 : 1;
        for (int part = 0; part < parts; part++) {
            run.post("bounces", bounces.subList(bounces.size() * part / parts, bounces.size() * (part + 1) / parts));
            Duration time = STEP.multipliedBy(length).dividedBy(parts);
            mails.addAll(run.lookEvery(time, time));
        }
    }

    private String domain() {
        int place = random.nextInt(100);
        for (Map.Entry<String, Integer> share : SHARES.entrySet().stream().sorted(Map.Entry.comparingByKey()).toList()) {
            place -= share.getValue();
            if (place < 0) {
                return share.getKey();
            }
        }
        return "small" + random.nextInt(400) + ".example.org";
    }
}
