package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryPaceTest {

    private static final Instant MADE_AT = Instant.parse("2026-10-01T00:00:00Z");

    @ParameterizedTest
    @CsvSource({
        // age of the mail | what the server wants | the next attempt
        "0s,    0s,  10s",
        "2m,    0s,  30s",
        "3h,    0s,  15m",
        "2m,    10s, 30s",
        "2m,    5m,  5m",
        "2m,    3h,  15m"})
    void theTimeBetweenRetriesGrowsAndAServerMayAskForMore(String age, String wanted, String wait) {
        Instant now = MADE_AT.plus(duration(age));
        Instant next = new RetryPace(Duration.ofSeconds(10)).next(MADE_AT, now, now.plus(duration(wanted)));
        assertThat(next).isEqualTo(now.plus(duration(wait)));
    }

    private static Duration duration(String text) {
        return Duration.parse("PT" + text);
    }
}
