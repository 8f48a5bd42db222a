package org.mailevents.digest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.digest.Bounces.Count;
import org.mailevents.digest.Bounces.Kind;
import org.mailevents.digest.Bounces.Trend;

class BouncesTest {

    private static Bounces bounces(Kind... kinds) {
        return new Bounces(List.of(kinds), true);
    }

    private static Kind weeks(String cause, String domain, long... weeks) {
        return new Kind(cause, domain, 0, 0, 0, weeks[0], weeks[1], weeks[2], weeks[3]);
    }

    private static Kind counts(String cause, String domain, long count, long before, long earlier) {
        return new Kind(cause, domain, count, before, earlier, 0, 0, 0, 0);
    }

    @ParameterizedTest
    @CsvSource({"1, 2, 3, 10, true", "0, 1, 2, 10, true", "1, 2, 3, 9, false", "1, 3, 3, 10, false", "0, 0, 5, 10, false",
        "30, 20, 15, 10, false", "5, 2, 9, 10, false"})
    void aTrendIsMoreInEachWeek(long week1, long week2, long week3, long week4, boolean grows) {
        assertThat(bounces(weeks("spam", "a.example", week1, week2, week3, week4)).trends())
                .isEqualTo(grows ? List.of(new Trend("spam", "a.example", List.of(week1, week2, week3, week4))) : List.of());
    }

    @Test
    void aCauseGrowsAtAllDestinationsTogether() {
        assertThat(bounces(weeks("spam", "a.example", 1, 9, 4, 12), weeks("spam", "b.example", 4, 1, 9, 2),
                weeks("policy", "a.example", 90, 80, 70, 60)).trends())
                .containsExactly(new Trend("spam", null, List.of(5L, 10L, 13L, 14L)));
    }

    @Test
    void whatDidNotOccurBeforeIsNew() {
        Kind known = counts("spam", "a.example", 2, 1, 5);
        Kind fresh = counts("policy", "a.example", 3, 0, 0);
        assertThat(bounces(fresh, known, counts("policy", "", 1, 0, 0)).news()).containsExactly(fresh);
        assertThat(bounces(fresh).news()).as("everything would be new").isEmpty();
        assertThat(new Bounces(List.of(fresh, known), false).news()).as("the weeks before are deleted").isEmpty();
    }

    @Test
    void theMostFrequentComesFirst() {
        Bounces bounces = bounces(Stream.of(counts("spam", "a.example", 2, 1, 5), counts("policy", "b.example", 3, 4, 4),
                counts("spam", "b.example", 2, 0, 1), counts("timeout", "c.example", 0, 7, 7)).toArray(Kind[]::new));
        assertThat(bounces.total()).isEqualTo(7);
        assertThat(bounces.before()).isEqualTo(12);
        assertThat(bounces.causes()).containsExactly(new Count("spam", 4), new Count("policy", 3));
        assertThat(bounces.domains()).containsExactly(new Count("b.example", 5), new Count("a.example", 2));
    }
}
