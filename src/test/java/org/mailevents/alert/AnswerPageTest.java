package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.mailevents.answer.Act;

/** The page says everything in both languages, and runs no text of a stranger. */
class AnswerPageTest {

    private static final String HOSTILE = "<script>alert('x')</script>\"";
    private final AnswerPage page = AnswerPage.load();

    static Stream<Arguments> pages() {
        return Stream.of("en", "ja").flatMap(language -> Stream.of(Act.values()).flatMap(act ->
                Stream.of("ask", "given", "taken", "over").flatMap(state -> Stream.of("", "done", "undone", "again")
                        .map(told -> Arguments.of(language, act.toString(), state, told)))));
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyStateIsAPageWithoutMarkupOfStrangers(String language, String act, String state, String told) throws IOException {
        // Given
        Map<String, Object> place = Map.of("value", HOSTILE, "cause", HOSTILE, "destination", HOSTILE, "count", "1,200");
        Map<String, Object> given = new HashMap<>(Map.of("id", "1", "at", "2026-11-29 10:00", "cause", HOSTILE, "destination", HOSTILE,
                "frequency", "daily"));
        given.put("until", null);
        boolean answered = state.equals("given") || state.equals("over") && act.equals("acknowledge");

        // When
        String html = page.html(language, Map.of("act", act, "state", state, "told", told, "token", "t.t", "asks", state.equals("ask"),
                "given", answered ? List.of(given) : List.of(), "pairs", act.equals("mute") ? List.of(place) : List.of(),
                "places", act.equals("acknowledge") ? List.of(place) : List.of(), "asked", Map.of("incident", "0b8f5c1e", "audience",
                        HOSTILE, "recipient", HOSTILE, "openedAt", "2026-11-29 09:00", "bounces", "1", "others", true, "by", HOSTILE,
                        "byAt", "2026-11-29 09:30")));

        // Then
        assertThat(html).contains("<html lang=\"" + language + "\">", "&lt;script&gt;").doesNotContain("<script", "x')</");
        assertThat(html.split("<button", -1)).as("buttons").hasSize(state.equals("ask") || answered ? 2 : 1);
        assertThat(html.contains("class=\"told\"")).isEqualTo(!told.isEmpty());
    }

    @ParameterizedTest
    @MethodSource("pages")
    void aPageWithoutAnIncidentSaysWhatToDo(String language) throws IOException {
        for (String state : List.of("invalid", "busy", "failed")) {
            assertThat(page.html(language, Map.of("state", state))).containsPattern("<h1>[^<]{5,}</h1>").doesNotContain("<form");
        }
    }
}
