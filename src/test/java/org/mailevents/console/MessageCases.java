package org.mailevents.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mailevents.console.ShownPage.pageOf;
import static org.mailevents.support.ShippedRoutes.DEAD;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.Payload;

/** A message's own page. */
interface MessageCases {

    ShownPage page();

    @Test
    default void theWayOfAMessageIsInOrder() {
        page().visit("en", pageOf(page().delivered));

        List<String> steps = page().texts(".timeline > li");
        assertThat(steps).satisfiesExactly(first -> assertThat(first).contains("Accepted for sending"),
                second -> assertThat(second).contains("Delayed", "450 4.2.0 Greylisted"),
                third -> assertThat(third).contains("Accepted by the receiving server"));
        assertThat(page().text("#message")).contains("Delivered: the receiving server accepted the mail", "Not on the suppression list",
                page().delivered.get("to").asText(), page().delivered.get("messageId").asText());
    }

    @Test
    default void whatHappenedInTheSameSecondIsInOrder() {
        page().visit("en", pageOf(page().quick));

        assertThat(page().texts(".timeline > li")).satisfiesExactly(first -> assertThat(first).contains("Accepted for sending"),
                second -> assertThat(second).contains("Delayed"), third -> assertThat(third).contains("Accepted by the receiving server"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"en", "ja"})
    default void aTimeInTheFutureIsMarked(String language) {
        // Given
        ObjectNode future = page().at(Payload.delivery("succeeded"), 5_400);
        ObjectNode soon = page().at(future.deepCopy(), 6_000);
        page().post("opens", future, soon);
        try {
            Map.of(future, 120, soon, 30).forEach((event, minutes) -> page().server.database().execute("UPDATE mail_event SET"
                    + " received_at = occurred_at - CAST(? AS integer) * INTERVAL '1' MINUTE WHERE message_id = ? AND created_text = ?",
                    minutes, event.get("messageId").asText(), event.get("created").asText()));

            // When
            page().visit(language, pageOf(future));

            // Then
            String wrong = language.equals("en") ? "This time is wrong" : "この時刻は誤りです";
            assertThat(page().texts(".timeline > li")).satisfiesExactly(first -> assertThat(first).doesNotContain(wrong),
                    second -> assertThat(second).contains(wrong));

            // When
            page().visit(language, "#events?recipient=" + ShownPage.encoded(future.get("to").asText()));

            // Then
            String mark = language.equals("en") ? "in the future, received" : "未来の時刻";
            assertThat(page().texts("#events-table tbody tr")).hasSize(2).filteredOn(row -> row.contains(mark)).hasSize(1);
        } finally {
            page().server.database().execute("DELETE FROM mail_event WHERE message_id = ?", future.get("messageId").asText());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"en", "ja"})
    default void aBounceIsExplained(String language) throws IOException {
        // When
        page().visit(language, pageOf(page().bounced));

        // Then
        JsonNode cause = new ObjectMapper().readTree(page().routes.resolve("bounce-causes.json").toFile())
                .at("/causes/unknown-user/" + language);
        assertThat(page().text("#message")).contains(cause.get("name").asText(), cause.get("text").asText(), cause.get("action").asText(),
                cause.get("again").asText()).doesNotContain("undefined", "null");
        assertThat(page().text("#message")).contains(language.equals("en") ? "On the suppression list: do not send to it"
                : "サプレッションリストに登録済み");
        page().wait(() -> {
            page().renew();
            return page().text("#message")
                    .contains(language.equals("en") ? "first mail (mail 1) to list-owner" : "list-owner 宛ての第1報（1通目）");
        });

        // When
        page().shown("#message a[href^='#incident=']").click();

        // Then
        page().wait(() -> page().text("#incident-bounces").contains(cause.get("name").asText()));
    }

    @Test
    default void whoGotAMailLearnsWhyAndSeesWhatWasSent() {
        // Given
        page().visit("en", pageOf(page().bounced));

        // When
        page().shown(".timeline .why summary").click();
        page().shown(".timeline .test summary").click();

        // Then
        assertThat(page().text(".why dl")).contains("Audience", "list-owner (routes/route-bounces.camel.yaml:", "permanent, address",
                DEAD, "active now");
        assertThat(page().text(".timeline .test pre")).contains("\"to\": \"" + page().bounced.get("to").asText(), "\"status\": \"2\"");
        assertThat(page().violations()).isEmpty();
    }

    @Test
    default void theEventsOfAMessageAreShownAsTestsToCopy() {
        page().visit("en", pageOf(page().bounced));

        page().shown(".timeline + .test summary").click();

        page().wait(() -> page().text(".timeline + .test pre").contains("- test: \"A bounce with code 2, as stored"));
        assertThat(page().text(".timeline + .test pre")).contains("to: \"" + page().bounced.get("to").asText() + "\"",
                "audience: \"list-owner\"", "<script>");

        page().browser.executeScript("navigator.clipboard.writeText = async text => { window.copied = text; }");
        page().shown(".timeline + .test button").click();

        page().wait(() -> page().text(".timeline + .test button").equals("Copied"));
        assertThat(page().browser.executeScript("return window.copied")).isEqualTo(page().text(".timeline + .test pre") + "\n");
    }

    @Test
    default void aMessageThatIsUnknownIsSaidToBe() {
        page().visit("en", "#message?id=nothing@nowhere.example&to=nobody@nowhere.example");

        assertThat(page().text("#message")).contains("There is no event of the message nothing@nowhere.example to nobody@nowhere.example.");
    }
}
