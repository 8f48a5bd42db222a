package org.mailevents.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.reconcile.ReconciledDays.Day;
import org.mailevents.support.HttpReceiver.Answer;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.VendorServer;
import org.mailevents.support.VendorServer.Fact;

/** Whatever the vendor does not document, a day is repaired to the last event, or nothing is repaired and the reason is said. */
class ReconciliationTest {

    private static final LocalDate DAY = Laboratory.DAY;
    private static final int WITHHELD = 137;

    private static Laboratory laboratory() {
        return new Laboratory(TestDatabase.h2InMemory()).withSampleDays(DAY, 6);
    }

    /** With one message of six, the day is listed as a whole, and with all of them hour by hour. */
    @ParameterizedTest
    @CsvSource({"Asia/Tokyo, 100, true, 6", "UTC, 100, true, 1", "America/New_York, 100, false, 6", "UTC, 10, true, 6",
            "America/New_York, 10, false, 6", "Asia/Tokyo, 1000, true, 6", "Asia/Kolkata, 1000, false, 6"})
    void aDayIsRepairedToTheLastEvent(ZoneId zone, int largestPage, boolean refusesLargerPages, int oneOf) throws Exception {
        try (Laboratory laboratory = new Laboratory(TestDatabase.h2InMemory()).withSampleDays(DAY, oneOf)) {
            // Given
            laboratory.vendor.zone = zone;
            laboratory.vendor.largestPage = largestPage;
            laboratory.vendor.refusesLargerPages = refusesLargerPages;
            List<Fact> withheld = laboratory.someOf(DAY, WITHHELD);
            laboratory.receiveAllExcept(withheld);

            // When
            Reconciliation process = laboratory.process();
            Day first = process.reconcile(DAY, false);

            // Then
            requireRepaired(laboratory, first, withheld);

            // When
            laboratory.spooled.clear();
            int calls = laboratory.vendor.calls();
            Day second = process.reconcile(DAY, false);

            // Then
            assertThat(laboratory.spooled).isEmpty();
            assertThat(second).usingRecursiveComparison().isEqualTo(first);
            assertThat(laboratory.vendor.calls() - calls).as("the statistics").isEqualTo(1);
        }
    }

    @Test
    void aDayIsRepairedOnPostgres() throws Exception {
        try (Laboratory laboratory = new Laboratory(TestDatabase.postgres()).withSampleDays(DAY, 6)) {
            // Given
            laboratory.vendor.zone = ZoneId.of("UTC");
            List<Fact> withheld = laboratory.someOf(DAY, WITHHELD);
            laboratory.receiveAllExcept(withheld);

            // When
            Day day = laboratory.process().reconcile(DAY, false);

            // Then
            requireRepaired(laboratory, day, withheld);
            assertThat(laboratory.days().repairedHours(DAY).stream().mapToLong(ReconciledDays.Hour::events).sum()).isEqualTo(WITHHELD);
        }
    }

    private static void requireRepaired(Laboratory laboratory, Day day, List<Fact> withheld) {
        assertThat(laboratory.spooled).containsExactlyInAnyOrderElementsOf(laboratory.ids(withheld));
        assertThat(laboratory.storedIds()).containsAll(laboratory.ids(laboratory.factsOf(DAY)));
        assertThat(day.remark()).isNull();
        assertThat(day.complete()).isTrue();
        assertThat(day.repaired()).isEqualTo(withheld.size());
        assertThat(day.missing()).isZero();
        assertThat(day.stored()).isEqualTo(day.vendor()).isEqualTo(laboratory.factsOf(DAY).stream()
                .filter(fact -> !fact.element().path("status").asText().equals("deferred")).count());
    }

    @Test
    void aDryRunTellsTheSameAndChangesNothing() throws Exception {
        try (Laboratory laboratory = laboratory()) {
            // Given
            laboratory.receiveAllExcept(laboratory.someOf(DAY, WITHHELD));

            // When
            Day day = laboratory.process().reconcile(DAY, true);

            // Then
            assertThat(day.repaired()).isEqualTo(WITHHELD);
            assertThat(laboratory.spooled).isEmpty();
            assertThat(laboratory.days().day(DAY)).isEmpty();
            assertThat(laboratory.days().parts(DAY)).isEmpty();
            assertThat(laboratory.days().repaired(DAY)).isZero();
            assertThat(laboratory.days().calibration()).isEqualTo(Calibration.NONE);
        }
    }

    @Test
    void ifTheListsHaveOtherDaysThanTheirTimesNothingIsRepaired() throws Exception {
        try (Laboratory laboratory = laboratory()) {
            laboratory.vendor.dateBegin = Duration.ofHours(9);

            requireRefused(laboratory.receiveAllExcept(laboratory.someOf(DAY, WITHHELD)), "its days are not those of its times");
        }
    }

    @Test
    void ifTheStatisticsHaveOtherDaysTheListedEventsAreRepairedButTheDayIsNotComplete() throws Exception {
        try (Laboratory laboratory = laboratory()) {
            // Given
            laboratory.vendor.statisticsBegin = Duration.ofHours(9);
            laboratory.vendor.facts.removeIf(fact -> fact.element().path("created").asText().startsWith(DAY.plusDays(1) + " 0"));
            List<Fact> withheld = laboratory.someOf(DAY, WITHHELD);
            laboratory.receiveAllExcept(withheld);

            // When
            Day day = laboratory.process().reconcile(DAY, false);

            // Then
            assertThat(laboratory.spooled).containsExactlyInAnyOrderElementsOf(laboratory.ids(withheld));
            assertThat(day.complete()).isFalse();
            assertThat(day.remark()).contains("Everything that the vendor lists is stored", "otherwise than its lists");
        }
    }

    @Test
    void whereClocksAreSetBackTheOffsetIsNotConstantAndNothingIsBelieved() throws Exception {
        LocalDate day = LocalDate.parse("2026-11-01");
        try (Laboratory laboratory = new Laboratory(TestDatabase.h2InMemory()).withSampleDays(day, 6)) {
            // Given
            laboratory.vendor.zone = ZoneId.of("America/New_York");
            laboratory.receiveAllExcept(laboratory.someOf(day, WITHHELD));

            // When
            Day result = laboratory.process().reconcile(day, false);

            // Then
            assertThat(result.remark()).contains("not a constant time away", "by -50400 s", "by -46800 s");
            assertThat(result.complete()).isFalse();
            assertThat(laboratory.spooled).isEmpty();
        }
    }

    @Test
    void hashedRecipientsNeedTheirKey() throws Exception {
        try (Laboratory laboratory = laboratory()) {
            // Given
            List<Fact> withheld = laboratory.someOf(DAY, WITHHELD);
            laboratory.hashedWith("a key of enough length").receiveAllExcept(withheld);

            // Then
            requireRefused(laboratory.hashedWith(""), "recipients are hashes");
            requireRefused(laboratory.hashedWith("another key of enough length"), "recipients are hashes");

            // When
            Day day = laboratory.hashedWith("a key of enough length").process().reconcile(DAY, false);

            // Then
            requireRepaired(laboratory, day, withheld);
        }
    }

    @Test
    void webhooksOfVersion1AreNotRepaired() throws Exception {
        try (Laboratory laboratory = laboratory()) {
            laboratory.receiveAllExcept(laboratory.someOf(DAY, WITHHELD));
            laboratory.jdbi().useHandle(handle -> handle.execute("UPDATE mail_event SET api_data = NULL"));

            requireRefused(laboratory, "have the form of version 1");
        }
    }

    @Test
    void fewRecordsAreNotEnoughToBelieveAnOffset() throws Exception {
        try (Laboratory laboratory = new Laboratory(TestDatabase.h2InMemory()).withSampleDays(DAY, 150)) {
            laboratory.receiveAllExcept(laboratory.someOf(DAY, 5));

            requireRefused(laboratory, "50 with one constant offset");
        }
    }

    private static void requireRefused(Laboratory laboratory, String reason) throws InterruptedException {
        Set<UUID> before = laboratory.storedIds();
        Day day = laboratory.process().reconcile(DAY, false);
        assertThat(day.remark()).contains(reason);
        assertThat(day.complete()).isFalse();
        assertThat(day.repaired()).isZero();
        assertThat(day.missing()).isPositive();
        assertThat(laboratory.spooled).isEmpty();
        assertThat(laboratory.storedIds()).isEqualTo(before);
        laboratory.clock.moveOn(Duration.ofMinutes(6)); // the lease of this process expires
    }

    @Test
    void ifTheListHasAnotherReasonThanTheWebhookNothingIsStoredTwice() throws Exception {
        try (Laboratory laboratory = new Laboratory(TestDatabase.h2InMemory()).withSampleDays(DAY, 1)) {
            // Given
            laboratory.receiveAllExcept(List.of());
            Fact bounce = laboratory.factsOf(DAY).stream().filter(fact -> fact.eventType().equals("bounces")).findFirst().orElseThrow();
            laboratory.vendor.facts.replaceAll(fact -> fact != bounce ? fact
                    : new Fact(fact.eventType(), fact.element().deepCopy().put("reason", "550 5.1.1 [...]")));

            // Then
            Set<UUID> before = laboratory.storedIds();
            Day day = laboratory.process().reconcile(DAY, false);
            assertThat(day.remark()).contains("another reason or spelling");
            assertThat(day.complete()).isFalse();
            assertThat(laboratory.spooled).isEmpty();
            assertThat(laboratory.storedIds()).isEqualTo(before);
        }
    }

    @Test
    void aTimeInAnotherFormIsRefused() throws Exception {
        try (Laboratory laboratory = laboratory()) {
            // Given
            laboratory.receiveAllExcept(laboratory.someOf(DAY, WITHHELD));
            laboratory.vendor.created = DateTimeFormatter.ISO_LOCAL_DATE_TIME;

            // When
            requireRefused(laboratory, "its form is not that of the webhooks");

            // When: somebody has sent a webhook with such a time
            laboratory.vendor.created = VendorServer.CREATED;
            laboratory.jdbi().useHandle(handle -> handle.execute("UPDATE mail_event SET created_text = 'yesterday', occurred_at = NULL"
                    + " WHERE event_id = ?", laboratory.storedIds().iterator().next()));

            // Then
            assertThat(laboratory.process().reconcile(DAY, false).repaired()).isEqualTo(WITHHELD);
        }
    }

    @Test
    void deliveriesAreNotRepairedWithTheTimesOfBouncesAlone() throws Exception {
        try (Laboratory laboratory = new Laboratory(TestDatabase.h2InMemory()).withSampleDays(DAY, 1)) {
            // Given
            laboratory.receiveAllExcept(laboratory.vendor.facts.stream().filter(fact -> fact.eventType().equals("deliveries")).toList());

            // Then
            requireRefused(laboratory, "no stored delivery confirms their times");
        }
    }

    @Test
    void aDayWhoseEventsAreDeletedIsNotLookedAt() throws Exception {
        try (Laboratory laboratory = laboratory()) {
            // Given: the offset is believed for all these days
            laboratory.receiveAllExcept(List.of());
            assertThat(laboratory.process().reconcileLastDays()).extracting(Day::mailDay).contains(DAY, DAY.minusDays(1));
            Set<UUID> before = laboratory.ids(laboratory.factsOf(DAY.minusDays(1)));
            laboratory.jdbi().useHandle(handle -> {
                handle.execute("DELETE FROM mail_event WHERE event_id = ANY (?)", (Object) before.toArray(UUID[]::new));
                handle.execute("DELETE FROM reconciled_day");
                handle.execute("DELETE FROM reconciled_part");
            });

            // When
            laboratory.kept = Duration.ofDays(4);
            laboratory.clock.moveOn(Duration.ofMinutes(6)); // the lease of the first process expires

            // Then: the first event is older, because its alert still waits
            laboratory.jdbi().useHandle(handle -> handle.execute("UPDATE mail_event SET received_at = ? WHERE event_id = ?",
                    DAY.minusDays(9).atStartOfDay(Laboratory.TOKYO).toInstant(), laboratory.storedIds().iterator().next()));
            assertThat(laboratory.process().reconcileLastDays()).extracting(Day::mailDay).containsExactly(DAY.plusDays(1), DAY);
            laboratory.clock.moveOn(Duration.ofMinutes(6));
            assertThatThrownBy(() -> laboratory.process().reconcile(DAY.minusDays(1), false))
                    .hasMessageContaining("Choose a day from " + DAY + " to " + DAY.plusDays(1)).hasMessageContaining("retention.days");
            assertThat(laboratory.spooled).isEmpty();
        }
    }

    @Test
    void theListsMayHavePagesOfDifferentSizes() throws Exception {
        try (Laboratory laboratory = new Laboratory(TestDatabase.h2InMemory()).withSampleDays(DAY, 1)) {
            // Given: the deliveries of the day before are listed first, in larger pages
            laboratory.vendor.refusesLargerPages = false;
            laboratory.vendor.largestPageOfBounces = 5;
            List<Fact> bounces = laboratory.factsOf(DAY).stream().filter(fact -> fact.eventType().equals("bounces")).limit(20).toList();
            Fact before = laboratory.factsOf(DAY.minusDays(1)).stream().filter(fact -> fact.element().path("status").asText()
                    .equals("queued")).findFirst().orElseThrow();
            laboratory.receiveAllExcept(Stream.concat(bounces.stream(), Stream.of(before)).toList());
            Reconciliation process = laboratory.process();
            process.reconcile(DAY.minusDays(1), false);
            assertThat(laboratory.spooled).containsExactlyElementsOf(laboratory.ids(List.of(before)));
            laboratory.spooled.clear();

            // When
            Day day = process.reconcile(DAY, false);

            // Then
            assertThat(bounces).hasSize(20);
            requireRepaired(laboratory, day, bounces);
        }
    }

    @Test
    void aDayWithoutAnyWebhookWaitsForTheNextDayToConfirmTheOffset() throws Exception {
        try (Laboratory laboratory = laboratory()) {
            // Given
            laboratory.receiveAllExcept(laboratory.factsOf(DAY));

            // When
            List<Day> first = laboratory.process().reconcileLastDays();

            // Then
            assertThat(first).extracting(Day::mailDay).containsExactly(DAY, DAY.minusDays(1));
            assertThat(first.get(0).remark()).contains("Only 0 records");
            assertThat(first.get(1).complete()).isTrue();
            assertThat(laboratory.spooled).isEmpty();

            // When
            laboratory.clock.moveOn(Duration.ofDays(1));
            List<Day> second = laboratory.process().reconcileLastDays();

            // Then
            assertThat(second).extracting(Day::mailDay).containsExactly(DAY.plusDays(2), DAY.plusDays(1), DAY);
            requireRepaired(laboratory, second.get(2), laboratory.factsOf(DAY));
        }
    }

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
            requireRepaired(laboratory, day, withheld);
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
            int calls = laboratory.vendor.calls();
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
            requireRepaired(laboratory, day, withheld);
            Set<String> again = new TreeSet<>();
            laboratory.vendor.answered().stream().skip(before).filter(call -> call.containsKey("hour"))
                    .forEach(call -> again.add("%02d".formatted(Integer.parseInt(call.get("hour")))));
            assertThat(again).isNotEmpty().doesNotContainAnyElementsOf(done);
            assertThat(calls).isPositive();
        }
    }

    @Test
    void recordsThatMoveToTheNextPageAreFound() throws Exception {
        try (Laboratory laboratory = laboratory()) {
            // Given
            List<Fact> withheld = laboratory.someOf(DAY, WITHHELD);
            Set<UUID> wanted = laboratory.ids(withheld);
            laboratory.receiveAllExcept(withheld);
            Fact newest = laboratory.factsOf(DAY).stream().filter(fact -> fact.eventType().equals("deliveries")).findFirst().orElseThrow();
            laboratory.vendor.afterPage = () -> laboratory.vendor.facts.add(new Fact("deliveries", newest.element().deepCopy()
                    .put("created", DAY + " 23:59:59").put("messageId", "<" + UUID.randomUUID() + "@example.com>")));

            // When
            laboratory.process().reconcile(DAY, false);

            // Then
            assertThat(laboratory.spooled).containsAll(wanted).doesNotHaveDuplicates();
        }
    }

    @Test
    void failuresThatPassAreTriedAgain() throws Exception {
        try (Laboratory laboratory = laboratory()) {
            // Given
            List<Fact> withheld = laboratory.someOf(DAY, WITHHELD);
            laboratory.receiveAllExcept(withheld);
            laboratory.vendor.next.add(new Answer(500, Map.of(), "oops"));
            laboratory.vendor.next.add(new Answer(429, Map.of("Retry-After", "0"), ""));

            // When
            Day day = laboratory.process().reconcile(DAY, false);

            // Then
            requireRepaired(laboratory, day, withheld);
            assertThat(laboratory.budget(laboratory.days()).used()).isEqualTo(laboratory.vendor.calls());
        }
    }

    @Test
    void anAnswerThatTakesTooLongIsAskedForAgain() throws Exception {
        try (Laboratory laboratory = laboratory()) {
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
            requireRepaired(laboratory, day, withheld);
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
        try (Laboratory laboratory = laboratory()) {
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

    @ParameterizedTest
    @CsvSource({"2026-11-26, 2026-10-16 to 2026-11-25", "2026-10-15, 2026-10-16 to 2026-11-25"})
    void onlyDaysThatHaveEndedAndThatTheVendorKeepsCanBeAskedFor(LocalDate day, String allowed) {
        try (Laboratory laboratory = new Laboratory(TestDatabase.h2InMemory())) {
            assertThatThrownBy(() -> laboratory.process().reconcile(day, false)).hasMessageContaining(allowed);
        }
    }
}
