package org.mailevents.reconcile;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.reconcile.ReceivingHours.Why;
import org.mailevents.support.TestDatabase;

/** What happened at the HTTP endpoint explains missing webhooks. */
class ReceivingHoursTest {

    private final Map<Integer, Long> answers = new ConcurrentHashMap<>();

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anHourTellsWhenNoProcessWasRunningAndWhatWasRefused(boolean h2) {
        try (Laboratory laboratory = new Laboratory(h2 ? TestDatabase.h2InMemory() : TestDatabase.postgres())) {
            // Given: two processes, of which one runs for 37 minutes, and the other one for the last ten of these
            Instant hour = laboratory.clock.instant().truncatedTo(ChronoUnit.HOURS);
            ReceivingHours first = hours(laboratory);
            ReceivingHours second = hours(laboratory);
            for (int minute = 0; minute < 37; minute++) {
                first.note();
                if (minute >= 27) {
                    second.note();
                }
                laboratory.clock.moveOn(Duration.ofMinutes(1));
            }
            answers.put(401, 3L);
            answers.put(503, 1L);

            // When
            first.note();
            first.save();
            second.save();
            first.save();

            // Then
            assertThat(first.why(hour)).containsExactly(new Why("not-running", 22), new Why("refused-secret", 3),
                    new Why("unavailable", 1));
            assertThat(first.at(hour).isSuspicious()).isTrue();
            assertThat(first.why(hour.minus(Duration.ofHours(1)))).containsExactly(new Why("not-running", 60));
        }
    }

    @Test
    void anHourInWhichNothingHappenedSaysSo() {
        try (Laboratory laboratory = new Laboratory(TestDatabase.h2InMemory())) {
            // Given
            Instant hour = laboratory.clock.instant().truncatedTo(ChronoUnit.HOURS);
            ReceivingHours hours = hours(laboratory);
            for (int minute = 0; minute < 60; minute++) {
                hours.note();
                laboratory.clock.moveOn(Duration.ofMinutes(1));
            }

            // When
            hours.save();

            // Then
            assertThat(hours.why(hour)).containsExactly(new Why("nothing-known", 0));
            assertThat(hours.at(hour).isSuspicious()).isFalse();
        }
    }

    private ReceivingHours hours(Laboratory laboratory) {
        return new ReceivingHours(laboratory.jdbi(), laboratory.clock, status -> answers.getOrDefault(status, 0L));
    }
}
