package org.mailevents.answer;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mailevents.support.SimulatedClock;

/** A caller may send so many requests in a minute, and no more. */
class RateLimitTest {

    private final SimulatedClock clock = new SimulatedClock(Instant.parse("2026-11-01T00:00:00Z"));
    private final RateLimit limit = new RateLimit(3, clock);

    @Test
    void theFourthRequestOfAMinuteIsTooMany() {
        assertThat(IntStream.range(0, 5).mapToObj(request -> limit.exceeded("one"))).containsExactly(false, false, false, true, true);
        assertThat(limit.exceeded("another")).isFalse();
        clock.moveOn(Duration.ofMinutes(1));
        assertThat(limit.exceeded("one")).isFalse();
    }

    @Test
    void howeverManyCallersSendSomethingTheMemoryIsBounded() {
        IntStream.range(0, 10_000).forEach(caller -> assertThat(limit.exceeded("caller " + caller)).isFalse());
        assertThat(IntStream.range(0, 4).mapToObj(caller -> limit.exceeded("late " + caller))).containsExactly(false, false, false, true);
        assertThat(limit.exceeded("caller 1")).as("a caller who was counted before").isFalse();
    }
}
