package org.mailevents.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.mailevents.reconcile.ReconciledDays.Day;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.VendorServer;
import org.mailevents.support.VendorServer.Fact;

/** If the vendor's lists could be other than they seem, nothing is repaired and the reason is said. */
class RefusedRepairTest {

    private static final LocalDate DAY = Laboratory.DAY;
    private static final int WITHHELD = Laboratory.WITHHELD;

    @Test
    void ifTheListsHaveOtherDaysThanTheirTimesNothingIsRepaired() throws Exception {
        try (Laboratory laboratory = Laboratory.withSample()) {
            laboratory.vendor.dateBegin = Duration.ofHours(9);

            requireRefused(laboratory.receiveAllExcept(laboratory.someOf(DAY, WITHHELD)), "its days are not those of its times");
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
        try (Laboratory laboratory = Laboratory.withSample()) {
            // Given
            List<Fact> withheld = laboratory.someOf(DAY, WITHHELD);
            laboratory.hashedWith("a key of enough length").receiveAllExcept(withheld);

            // Then
            requireRefused(laboratory.hashedWith(""), "recipients are hashes");
            requireRefused(laboratory.hashedWith("another key of enough length"), "recipients are hashes");

            // When
            Day day = laboratory.hashedWith("a key of enough length").process().reconcile(DAY, false);

            // Then
            laboratory.requireRepaired(day, withheld);
        }
    }

    @Test
    void webhooksOfVersion1AreNotRepaired() throws Exception {
        try (Laboratory laboratory = Laboratory.withSample()) {
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
        try (Laboratory laboratory = Laboratory.withSample()) {
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
}
