package org.mailevents.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class EventIdTest {

    /** The ids are stored in the tables of users. If the id of an event changed, a repeated event would be stored and mailed again. */
    @Test
    void theIdOfAnEventNeverChanges() {
        assertThat(EventId.at(Instant.parse("2026-10-01T09:00:07Z"), "pro", "bounces", "<1@example.com>", "a@example.net", "2",
                "2026-10-01 09:00:07", null)).isEqualTo(UUID.fromString("01a0f6b1-41d8-8efb-be85-1bf376a134bc"));
    }

    @Test
    void itBeginsWithTheTime() {
        Instant time = Instant.parse("2026-10-01T09:00:07.123Z");

        UUID id = EventId.at(time, "a");

        assertThat(id.getMostSignificantBits() >>> 16).isEqualTo(time.toEpochMilli());
        assertThat(EventId.time(id)).isEqualTo(time);
        assertThat(id.version()).isEqualTo(8);
        assertThat(id.variant()).isEqualTo(2);
        assertThat(List.of(EventId.lowest(time), id, EventId.lowest(time.plusMillis(1)))).isSorted();
    }

    @Test
    void anUnknownTimeCountsAs1970() {
        assertThat(EventId.time(EventId.at(null, "a"))).isEqualTo(Instant.EPOCH);
        assertThat(EventId.time(EventId.at(Instant.parse("1969-01-01T00:00:00Z"), "a"))).isEqualTo(Instant.EPOCH);
        assertThat(EventId.time(EventId.at(Instant.parse("9999-12-31T23:59:59Z"), "a"))).isEqualTo(Instant.parse("9999-12-31T23:59:59Z"));
    }

    @Test
    void eventsOfTheSameTimeDifferByTheirContent() {
        Instant time = Instant.parse("2026-10-01T09:00:07Z");
        assertThat(EventId.at(time, "a")).isNotEqualTo(EventId.at(time, "b")).isEqualTo(EventId.at(time, "a"));
    }

    @Test
    void itIsAVersion8Uuid() {
        assertThat(EventId.of("a").version()).isEqualTo(8);
        assertThat(EventId.of("a").variant()).isEqualTo(2);
    }

    @Test
    void whereAPartEndsMakesADifference() {
        assertThat(EventId.of("ab", "c")).isNotEqualTo(EventId.of("a", "bc"));
    }

    @Test
    void nothingAndEmptyAreTheSame() {
        assertThat(EventId.of("a", null)).isEqualTo(EventId.of("a", "")).isNotEqualTo(EventId.of("a"));
    }
}
