package org.mailevents.event;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.UUID;
import org.junit.jupiter.api.Test;

class EventIdTest {

    /** The ids are stored in the tables of users. If the id of an event changed, a repeated event would be stored and mailed again. */
    @Test
    void theIdOfAnEventNeverChanges() {
        assertThat(EventId.of("pro", "bounces", "<1@example.com>", "a@example.net", "2", "2026-10-01 09:00:07", null))
                .isEqualTo(UUID.fromString("9efb0859-ff6f-8c09-be85-1bf376a134bc"));
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
