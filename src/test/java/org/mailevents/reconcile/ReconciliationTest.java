package org.mailevents.reconcile;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.reconcile.ReconciledDays.Day;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.VendorServer.Fact;

/** Whatever the vendor does not document, a day is repaired to the last event. */
class ReconciliationTest {

    private static final LocalDate DAY = Laboratory.DAY;
    private static final int WITHHELD = Laboratory.WITHHELD;

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
            laboratory.requireRepaired(first, withheld);

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
            laboratory.requireRepaired(day, withheld);
            assertThat(laboratory.days().repairedHours(DAY).stream().mapToLong(ReconciledDays.Hour::events).sum()).isEqualTo(WITHHELD);
        }
    }

    @Test
    void aDryRunTellsTheSameAndChangesNothing() throws Exception {
        try (Laboratory laboratory = Laboratory.withSample()) {
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
    void ifTheStatisticsHaveOtherDaysTheListedEventsAreRepairedButTheDayIsNotComplete() throws Exception {
        try (Laboratory laboratory = Laboratory.withSample()) {
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
    void aDayWhoseEventsAreDeletedIsNotLookedAt() throws Exception {
        try (Laboratory laboratory = Laboratory.withSample()) {
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
            laboratory.requireRepaired(day, bounces);
        }
    }

    @Test
    void aDayWithoutAnyWebhookWaitsForTheNextDayToConfirmTheOffset() throws Exception {
        try (Laboratory laboratory = Laboratory.withSample()) {
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
            laboratory.requireRepaired(second.get(2), laboratory.factsOf(DAY));
        }
    }

    @Test
    void recordsThatMoveToTheNextPageAreFound() throws Exception {
        try (Laboratory laboratory = Laboratory.withSample()) {
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

    @ParameterizedTest
    @CsvSource({"2026-11-26, 2026-10-16 to 2026-11-25", "2026-10-15, 2026-10-16 to 2026-11-25"})
    void onlyDaysThatHaveEndedAndThatTheVendorKeepsCanBeAskedFor(LocalDate day, String allowed) {
        try (Laboratory laboratory = new Laboratory(TestDatabase.h2InMemory())) {
            assertThatThrownBy(() -> laboratory.process().reconcile(day, false)).hasMessageContaining(allowed);
        }
    }
}
