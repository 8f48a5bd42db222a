package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.mailevents.alert.AlertPolicy.Facts;
import org.mailevents.alert.AlertPolicy.Step;
import org.mailevents.alert.AudienceState.Pending;
import org.mailevents.alert.AudienceState.Sent;
import org.mailevents.settings.WeeklyHours;
import org.mailevents.settings.WeeklyHours.Span;

/** When the next mail of an open incident is due, whatever the database is. */
class AlertPolicyTest {

    private static final Instant NOW = Instant.parse("2026-10-01T22:00:00Z");
    private static final WeeklyHours ALWAYS = new WeeklyHours(List.of());
    private static final WeeklyHours DAYTIME = new WeeklyHours(List.of(new Span(DayOfWeek.MONDAY, DayOfWeek.FRIDAY, 480, 1140)));

    @Test
    void anAcknowledgementHoldsBackUpdatesForADayAtMost() {
        Incident acknowledged = incident(Duration.ofHours(30), true, true);
        assertThat(due(ALWAYS, acknowledged, Duration.ofHours(23), Duration.ZERO, new Known(false, false, true))).isEmpty();
        assertThat(due(ALWAYS, acknowledged, Duration.ofHours(24), Duration.ZERO, new Known(false, false, true))).contains(Step.UPDATE);
    }

    @Test
    void anUrgencyGetsThroughOnceAfterAnAcknowledgement() {
        Known urgent = new Known(true, true, true);
        assertThat(due(ALWAYS, incident(Duration.ofHours(3), true, false), Duration.ofHours(2), Duration.ZERO, urgent))
                .contains(Step.UPDATE);
        assertThat(due(ALWAYS, incident(Duration.ofHours(3), true, true), Duration.ofHours(2), Duration.ZERO, urgent)).isEmpty();
    }

    @Test
    void repeatedBouncesAreReportedOnceADay() {
        Incident incident = incident(Duration.ofHours(30), false, false);
        Known repeats = new Known(false, false, false);
        assertThat(due(ALWAYS, incident, Duration.ofHours(23), Duration.ZERO, repeats)).isEmpty();
        assertThat(due(ALWAYS, incident, Duration.ofHours(24), Duration.ZERO, repeats)).contains(Step.UPDATE);
    }

    @Test
    void urgentBouncesBeforeTheEndAreAnUpdateAtAnyHour() {
        Incident incident = incident(Duration.ofHours(3), false, false);
        Known urgent = new Known(true, true, true);
        assertThat(due(DAYTIME, incident, Duration.ofMinutes(55), Duration.ofMinutes(50), urgent)).contains(Step.UPDATE);
        assertThat(due(DAYTIME, incident, Duration.ofMinutes(50), Duration.ofMinutes(55), urgent)).as("left over by the last mail")
                .isEmpty();
        assertThat(due(ALWAYS, incident, Duration.ofMinutes(50), Duration.ofMinutes(55), urgent)).contains(Step.ALL_CLEAR);
        assertThat(due(ALWAYS, incident, Duration.ofMinutes(55), Duration.ofMinutes(50), new Known(false, true, true)))
                .contains(Step.ALL_CLEAR);
        assertThat(due(ALWAYS, incident(Duration.ofHours(3), true, true), Duration.ofMinutes(55), Duration.ofMinutes(50), urgent))
                .as("somebody works on it").contains(Step.ALL_CLEAR);
    }

    @Test
    void anAcknowledgementEndsWithTheOutageEvenIfTheAllClearWaitsForTheHours() {
        Incident acknowledged = incident(Duration.ofHours(3), true, true);
        Known held = new Known(true, true, true);
        assertThat(due(DAYTIME, acknowledged, Duration.ofMinutes(55), Duration.ofMinutes(50), held)).contains(Step.END_ACKNOWLEDGEMENT);
        Incident released = new Incident(acknowledged.incidentId(), acknowledged.openedAt(), acknowledged.lastBounceAt(), 4, true, false,
                false, NOW.minus(Duration.ofMinutes(1)), NOW);
        assertThat(due(DAYTIME, released, Duration.ofMinutes(55), Duration.ofMinutes(50), held)).as("it was looked after").isEmpty();
        assertThat(due(DAYTIME, released, Duration.ofHours(2), Duration.ZERO, held)).as("the next outage").contains(Step.UPDATE);
    }

    @Test
    void anIncidentEndsAfterAWeekSoThatItsMailsDoNotGrow() {
        Known news = new Known(false, false, true);
        assertThat(due(ALWAYS, incident(Duration.ofDays(7), false, false), Duration.ofHours(12), Duration.ZERO, news))
                .contains(Step.END_WITHOUT_MAIL);
        assertThat(due(ALWAYS, incident(Duration.ofDays(7), false, false), Duration.ofHours(11), Duration.ZERO, news)).isEmpty();
        assertThat(due(ALWAYS, incident(Duration.ofDays(6), false, false), Duration.ofHours(12), Duration.ZERO, news))
                .contains(Step.UPDATE);
    }

    private record Known(boolean urgent, boolean allClear, boolean news) implements Facts {

        @Override
        public boolean unusual() {
            return false;
        }

        @Override
        public boolean keptOpen() {
            return false;
        }
    }

    private static Incident incident(Duration age, boolean acknowledged, boolean urgentAgain) {
        return new Incident(UUID.randomUUID(), NOW.minus(age), NOW.minus(age), 4, false, acknowledged, urgentAgain, null,
                NOW.minus(age));
    }

    /**
     * @param lastMail   how long ago the last mail was sent
     * @param lastBounce how long ago the last pending bounce was received
     */
    private static Optional<Step> due(WeeklyHours hours, Incident incident, Duration lastMail, Duration lastBounce, Facts facts) {
        AlertPolicy policy = new AlertPolicy(Duration.ofSeconds(10), List.of(Duration.ofMinutes(5), Duration.ofMinutes(60)),
                Duration.ofMinutes(45), 10, 2, audience -> hours, ZoneOffset.UTC);
        int lastHour = lastMail.compareTo(Duration.ofHours(1)) < 0 ? 1 : 0;
        int lastDay = lastMail.compareTo(Duration.ofDays(1)) < 0 ? 1 : 0;
        Instant newest = NOW.minus(lastBounce);
        return policy.due(new AudienceState("list-owner", incident, new Pending(30, newest, newest),
                new Sent(false, lastHour, lastDay, NOW.minus(lastMail))), NOW, facts);
    }
}
