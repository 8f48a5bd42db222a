package org.mailevents.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.support.Api;

/** What holds in every view: it keeps nobody out, and fits on a phone. */
interface EveryViewCases {

    ShownPage page();

    private Stream<String> views() {
        String incident = await().until(() -> Api.ask(page().application, "/api/incidents").path(0).path("incidentId").asText(),
                id -> !id.isEmpty());
        return Stream.of("", "#events", "#events?text=nothing-like-this", ShownPage.pageOf(page().bounced), "#incidents",
                "#incident=" + incident, "#suppressions", "#explain", "#routes", "#proof", "#aside");
    }

    @ParameterizedTest
    @CsvSource({"en,light,false", "en,dark,true", "ja,light,true", "ja,dark,false"})
    default void nothingKeepsPeopleOut(String language, String scheme, boolean phone) {
        scheme(scheme);
        try {
            views().forEach(view -> {
                page().visit(language, view);
                Runnable test = () -> assertThat(page().violations()).as(view).isEmpty();
                if (phone) {
                    page().onAPhone(test);
                    page().assertFitsOnAPhone();
                } else {
                    test.run();
                }
            });
        } finally {
            scheme("");
        }
    }

    private void scheme(String scheme) {
        page().browser.executeCdpCommand("Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
    }

    @Test
    default void onAPhoneARowIsACardAndItsCellsNameTheirColumns() {
        page().visit("en", "#events");
        page().onAPhone(() -> {
            assertThat(page().browser.executeScript("return getComputedStyle(document.querySelector('#events-table td')).display"))
                    .isEqualTo("grid");
            assertThat(page().browser.executeScript("return getComputedStyle(document.querySelector('#events-table td'), '::before')"
                    + ".content")).isEqualTo("\"When\"");
        });
    }
}
