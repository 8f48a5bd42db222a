package org.mailevents.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.mailevents.support.Payload;

/** What the page shows is never wrong: it is renewed, and during an outage it says of which time it is. */
interface NeverWrongCases {

    ShownPage page();

    @Test
    default void whileTheDatabaseIsAwayTheLastKnownStateStaysAndNobodyElsesMailIsShown() {
        ObjectNode other = page().at(Payload.delivery("succeeded"), 200_100);
        page().post("deliveries", other);
        page().visit("ja", "#events?text=" + ShownPage.encoded(page().bounced.get("to").asText()));
        page().wait(() -> page().text("#events-table").contains(page().bounced.get("to").asText()));
        String asOf = page().text("#as-of");
        try {
            // When
            page().server.kill();

            // Then
            afterRenewal(() -> page().isShown("#problem") && page().text("#problem").contains("データベースに接続できない"));
            assertThat(page().text("#events-table")).contains(page().bounced.get("to").asText());
            assertThat(page().isShown(".stale #events-table")).isTrue();
            assertThat(page().text("#as-of")).isEqualTo(asOf);
            assertThat(page().text("#problem")).doesNotContain("database", "down");

            // When
            page().search(other.get("to").asText());

            // Then
            page().wait(() -> page().text("#events-title").contains(other.get("to").asText()));
            page().wait(() -> page().text("#problem").contains("調べられませんでした"));
            assertThat(page().isShown("#events-table")).isFalse();
            assertThat(page().text("main")).doesNotContain(page().bounced.get("to").asText());

            // When
            page().browser.executeScript("location.hash = ''");

            // Then
            page().wait(() -> page().isShown("#problem") && page().text("#problem").contains("データベースに接続できない"));
            assertThat(page().isShown("#totals")).isFalse();
        } finally {
            page().server.start();
        }
        page().search(other.get("to").asText());
        afterRenewal(() -> !page().isShown("#problem") && page().isShown("#events-table"));
        assertThat(page().text("#events-table")).contains(other.get("to").asText()).doesNotContain(page().bounced.get("to").asText());
    }

    private void afterRenewal(BooleanSupplier condition) {
        page().wait(() -> {
            page().renew();
            return condition.getAsBoolean();
        });
    }

    @Test
    default void aSearchAndAMessageAreRenewed() {
        // Given
        ObjectNode queued = page().at(Payload.delivery("queued"), 200_200);
        page().post("deliveries", queued);
        page().visit("en", "#events?recipient=" + ShownPage.encoded(queued.get("to").asText()));
        page().wait(() -> page().texts("#events-table tbody td:nth-child(2)").toString().equals("[queued]"));

        // When
        page().post("deliveries", page().at(queued.deepCopy().put("status", "deferred").put("reason", "450 4.2.0 Later"), 200_190));

        // Then
        afterRenewal(() -> page().texts("#events-table tbody td:nth-child(2)").toString().equals("[delayed, queued]"));

        // When
        page().visit("en", ShownPage.pageOf(queued));
        page().post("deliveries", page().at(queued.deepCopy().put("status", "succeeded"), 200_180));

        // Then
        afterRenewal(() -> page().text("#message").contains("Delivered: the receiving server accepted the mail"));
    }

    @Test
    default void theTimeZoneIsNamed() {
        page().browser.executeCdpCommand("Emulation.setTimezoneOverride", Map.of("timezoneId", "Asia/Kolkata"));
        try {
            page().visit("en", "");

            assertThat(page().text("#as-of")).containsAnyOf("(Asia/Calcutta)", "(Asia/Kolkata)");
        } finally {
            page().browser.executeCdpCommand("Emulation.setTimezoneOverride", Map.of("timezoneId", ""));
        }
    }
}
