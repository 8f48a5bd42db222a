package org.mailevents.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.LocalDate;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.mailevents.reconcile.ReconciledDays.Day;
import org.mailevents.support.HttpReceiver.Answer;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.VendorServer;
import org.mailevents.support.VendorServer.Fact;

/** A run that ends early, for whatever reason, neither exceeds its budget nor does its work twice. */
class InterruptedRunTest {

    private static final LocalDate DAY = Laboratory.DAY;
    private static final int WITHHELD = Laboratory.WITHHELD;

    @Test
    void aRunNeverExceedsItsCallsAndTheNextDayGoesOn() throws Exception {
        try (Laboratory laboratory = new Laboratory(TestDatabase.h2InMemory()).withSampleDays(DAY, 1)) {
            // Given
            laboratory.withCallsADay(25);
            List<Fact> withheld = laboratory.someOf(DAY, WITHHELD);
            laboratory.receiveAllExcept(withheld);

            // When
            Day day = laboratory.process().reconcile(DAY, false);

            // Then
            assertThat(day.complete()).isFalse();
            assertThat(day.remark()).contains("The 25 calls of vendor.calls-a-day are used up", "Not looked at: the hours ");
            assertThat(laboratory.vendor.calls()).isEqualTo(25);

            // When
            int days = 1;
            while (!day.complete()) {
                laboratory.clock.moveOn(Duration.ofDays(1));
                day = laboratory.process().reconcile(DAY, false);
                days++;

                // Then
                assertThat(laboratory.vendor.calls()).isLessThanOrEqualTo(25 * days);
            }
            laboratory.requireRepaired(day, withheld);
            assertThat(days).isLessThan(6);
        }
    }

    @Test
    void aRunThatIsKilledGoesOnWhereItWas() throws Exception {
        try (Laboratory laboratory = new Laboratory(TestDatabase.h2InMemory()).withSampleDays(DAY, 1)) {
            // Given
            List<Fact> withheld = laboratory.someOf(DAY, WITHHELD);
            laboratory.receiveAllExcept(withheld);
            laboratory.beforeSpool = () -> {
                if (laboratory.spooled.size() > WITHHELD / 2) {
                    throw new IllegalStateException("killed");
                }
            };

            // When
            assertThatThrownBy(() -> laboratory.process().reconcile(DAY, false)).hasMessage("killed");

            // Then
            Set<String> done = laboratory.days().parts(DAY).keySet();
            assertThat(done).hasSizeGreaterThan(5);

            // When
            laboratory.beforeSpool = () -> { };
            Day early = laboratory.process().reconcile(DAY, false);

            // Then
            assertThat(early.remark()).contains("Another process");

            // When
            laboratory.clock.moveOn(Duration.ofMinutes(6));
            int before = laboratory.vendor.answered().size();
            Day day = laboratory.process().reconcile(DAY, false);

            // Then
            laboratory.requireRepaired(day, withheld);
            Set<String> again = new TreeSet<>();
            laboratory.vendor.answered().stream().skip(before).filter(call -> call.containsKey("hour"))
                    .forEach(call -> again.add("%02d".formatted(Integer.parseInt(call.get("hour")))));
            assertThat(again).isNotEmpty().doesNotContainAnyElementsOf(done);
        }
    }

    @Test
    void failuresThatPassAreTriedAgain() throws Exception {
        try (Laboratory laboratory = Laboratory.withSample()) {
            // Given
            List<Fact> withheld = laboratory.someOf(DAY, WITHHELD);
            laboratory.receiveAllExcept(withheld);
            laboratory.vendor.next.add(new Answer(500, Map.of(), "oops"));
            laboratory.vendor.next.add(new Answer(429, Map.of("Retry-After", "0"), ""));

            // When
            Day day = laboratory.process().reconcile(DAY, false);

            // Then
            laboratory.requireRepaired(day, withheld);
            assertThat(laboratory.budget(laboratory.days()).used()).isEqualTo(laboratory.vendor.calls());
        }
    }

    @Test
    void anAnswerThatTakesTooLongIsAskedForAgain() throws Exception {
        try (Laboratory laboratory = Laboratory.withSample()) {
            // Given
            List<Fact> withheld = laboratory.someOf(DAY, WITHHELD);
            laboratory.receiveAllExcept(withheld);
            laboratory.limit = Duration.ofSeconds(10);
            CountDownLatch end = new CountDownLatch(1);
            AtomicInteger pages = new AtomicInteger();
            laboratory.vendor.afterPage = () -> {
                if (pages.incrementAndGet() == 1) {
                    wait(end);
                }
            };

            // When
            Day day = laboratory.process().reconcile(DAY, false);
            end.countDown();

            // Then
            laboratory.requireRepaired(day, withheld);
        }
    }

    private static void wait(CountDownLatch end) {
        try {
            end.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aRefusalIsReportedWithoutTheKey() throws Exception {
        try (Laboratory laboratory = Laboratory.withSample()) {
            // Given
            laboratory.receiveAllExcept(List.of());
            laboratory.vendor.next.add(new Answer(401, Map.of(), "{\"errors\":[{\"code\":\"01-001\",\"field\":\"api_key\",\"message\":"
                    + "\"wrong " + VendorServer.KEY + "\"}]}"));

            // When
            Day day = laboratory.process().reconcile(DAY, false);

            // Then
            assertThat(day.remark()).contains("The vendor refuses statistics/list: api_key wrong … (01-001)", "vendor.api-key");
            assertThat(day.vendor()).isNull();
            assertThat(laboratory.vendor.calls()).isEqualTo(1);
        }
    }

    @Test
    void aListWithMorePagesThanCallsGoesOnAtItsNextPageOnTheNextDay() throws Exception {
        try (Laboratory laboratory = Laboratory.withSample()) {
            // Given
            laboratory.withCallsADay(4);
            List<Fact> withheld = laboratory.someOf(DAY, WITHHELD);
            laboratory.receiveAllExcept(withheld);

            // When
            Day first = laboratory.process().reconcile(DAY, false);

            // Then
            assertThat(first.complete()).isFalse();
            assertThat(first.remark()).contains("The 4 calls of vendor.calls-a-day are used up",
                    "Not looked at: the deliveries (after the first 2 pages).");
            assertThat(first.repaired()).isPositive().isLessThan(WITHHELD);

            // When
            Day day = first;
            for (int days = 2; !day.complete(); days++) {
                laboratory.clock.moveOn(Duration.ofDays(1));
                day = laboratory.process().reconcile(DAY, false);
                assertThat(laboratory.vendor.calls()).isLessThanOrEqualTo(4 * days);
            }

            // Then
            laboratory.requireRepaired(day, withheld);
            List<String> pages = laboratory.vendor.answered().stream().filter(call -> call.containsKey("p"))
                    .map(call -> call.get("p")).toList();
            assertThat(pages.subList(1, pages.size())).as("the pages of the deliveries, after that of the bounces").doesNotHaveDuplicates()
                    .hasSizeGreaterThan(5);
        }
    }
}
