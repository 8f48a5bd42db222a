package org.mailevents.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mailevents.console.ShownPage.HOSTILE;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mailevents.support.Payload;
import org.openqa.selenium.By;
import org.openqa.selenium.support.ui.Select;

/** The activity feed: searches and filters. */
interface FeedCases {

    ShownPage page();

    @Test
    default void aNewcomerFindsWhatHappenedToAMail() {
        // When
        page().search(page().delivered.get("to").asText());

        // Then
        page().wait(() -> page().text("#events-title").equals("Mail: " + page().delivered.get("to").asText()));
        page().wait(() -> page().texts("#events-table tbody td:nth-child(2)").toString().equals("[delivered, delayed, queued]"));
        assertThat(page().text("#events-table")).contains("ご注文の確認", "450 4.2.0 Greylisted");
        assertThat(page().isShown("#totals")).isFalse();

        // When
        page().shown("#events-table tbody a").click();

        // Then
        page().wait(() -> page().text("#message-title").equals("ご注文の確認"));

        // When
        page().browser.navigate().back();

        // Then
        page().wait(() -> page().text("#events-title").equals("Mail: " + page().delivered.get("to").asText()));
    }

    @Test
    default void whatPeoplePasteIsUnderstood() {
        page().search("\"Taro\" <" + page().delivered.get("to").asText().toUpperCase(Locale.ROOT) + ">");

        page().wait(() -> page().texts("#events-table tbody td:nth-child(2)").toString().equals("[delivered, delayed, queued]"));
        assertThat(page().text("#found-sum")).containsIgnoringCase("for the recipient " + page().delivered.get("to").asText());
    }

    @Test
    default void aFilterIsALink() {
        // Given
        page().visit("en", "#events");

        // When
        new Select(page().shown("#f-status")).selectByVisibleText("bounced");
        page().shown("#f-recipient").sendKeys(page().bounced.get("to").asText());
        page().shown("#filter button").click();

        // Then
        page().wait(() -> page().texts("#events-table tbody td:nth-child(2)").toString().equals("[bounced]"));
        assertThat(page().hash()).startsWith("#events?status=bounced&recipient=");
        assertThat(page().shown("#events-csv").getAttribute("href")).contains("/api/events.csv?status=bounced&recipient=");

        // When
        page().browser.navigate().refresh();

        // Then
        page().wait(() -> page().texts("#events-table tbody td:nth-child(2)").toString().equals("[bounced]"));
        assertThat(new Select(page().shown("#f-status")).getFirstSelectedOption().getText()).isEqualTo("bounced");
        assertThat(page().shown("#f-recipient").getAttribute("value")).isEqualTo(page().bounced.get("to").asText());

        // When
        page().browser.navigate().back();

        // Then
        page().wait(() -> page().hash().equals("#events") && page().texts("#events-table tbody tr").size() > 1);
        assertThat(page().shown("#f-recipient").getAttribute("value")).isEmpty();
    }

    @Test
    default void theTimeOfAFilterIsTheReaders() {
        page().visit("en", "#events?since=2026-01-01T00:00:00.000Z&recipient=" + ShownPage.encoded(page().bounced.get("to").asText()));

        assertThat(page().number("new Date(document.getElementById('f-since').value).getTime()")).isEqualTo(1_767_225_600_000L);
        assertThat(page().texts("#events-table tbody td:nth-child(2)")).containsExactly("bounced");
    }

    @Test
    default void olderEventsAreBehindALink() {
        // Given
        String order = "order-" + System.nanoTime();
        page().post("deliveries", IntStream.range(0, 60).mapToObj(i -> page().at(Payload.delivery("queued"), 200_300 + i)
                .put("apiData", order)).toArray(ObjectNode[]::new));

        // When
        page().visit("en", "#events?apiData=" + order);

        // Then
        page().wait(() -> page().browser.findElements(By.cssSelector("#events-table tbody tr")).size() == 50);
        assertThat(page().isShown("#newest")).isFalse();
        String first = page().texts("#events-table tbody td:nth-child(3)").get(0);

        // When
        page().shown("#older").click();

        // Then
        page().wait(() -> page().browser.findElements(By.cssSelector("#events-table tbody tr")).size() == 10);
        assertThat(page().isShown("#older")).isFalse();

        // When
        page().browser.navigate().back();

        // Then
        page().wait(() -> page().browser.findElements(By.cssSelector("#events-table tbody tr")).size() == 50);
        assertThat(page().texts("#events-table tbody td:nth-child(3)").get(0)).isEqualTo(first);
    }

    /** The first answer says that only a part was looked through, and the second one does not come. */
    @Test
    default void aLongSearchSaysHowFarItHasLooked() {
        // Given
        page().visit("en", "#events");
        page().browser.executeScript("const ask = window.fetch; window.fetch = async (path, options) => {"
                + " if (!path.startsWith('/api/events?')) return ask(path, options);"
                + " if (!path.includes('after=')) return Response.json({ events: [], complete: false, readAs: null,"
                + " lookedThroughSince: '2026-01-02T03:04:05Z', next: '2100-01-01T00:00:00Z_00000000-0000-0000-0000-000000000000' });"
                + " return new Promise(() => {}); }");

        // When
        page().search(page().delivered.get("to").asText());

        // Then
        page().wait(() -> page().text("#found-sum").matches("Events received since Jan \\d, 2026.* were looked through\\."
                + " The search continues …"));
        assertThat(page().isShown("#events-table")).isFalse();
        assertThat(page().isShown("#first-steps")).isFalse();
    }

    /** The first answer says that nothing was found yet. The second answer is the real one of a search from the mark of the first. */
    @Test
    default void aLongSearchGoesOnFromTheMarkOfTheAnswerBefore() {
        // Given
        page().visit("en", "#events");
        page().browser.executeScript("const ask = window.fetch; window.asked = []; window.fetch = (path, options) => {"
                + " if (!path.startsWith('/api/events?')) return ask(path, options);"
                + " window.asked.push(new URL(path, location).searchParams.get('after'));"
                + " if (path.includes('after=')) return ask(path, options);"
                + " return Promise.resolve(Response.json({ events: [], complete: false, readAs: null,"
                + " lookedThroughSince: '2026-01-02T03:04:05Z', next: '2100-01-01T00:00:00Z_00000000-0000-0000-0000-000000000000' })); }");

        // When
        page().search(page().delivered.get("to").asText());

        // Then
        page().wait(() -> page().texts("#events-table tbody td:nth-child(2)").toString().equals("[delivered, delayed, queued]"));
        assertThat(page().browser.executeScript("return window.asked")).asList().containsExactly(null,
                "2100-01-01T00:00:00Z_00000000-0000-0000-0000-000000000000");
        assertThat(page().texts("#found-sum")).as("an empty line, which a browser does not show").containsExactly("");
    }

    @Test
    default void whatIsUnknownIsSaidToBe() {
        page().search("nobody@nowhere.example");

        page().wait(() -> page().text("#found-sum").contains("No events match."));
        assertThat(page().isShown("#events-table")).isFalse();
    }

    @Test
    default void anOldLinkIsASearch() {
        page().visit("en", "#" + ShownPage.encoded(page().bounced.get("to").asText()));

        page().wait(() -> page().texts("#events-table tbody td:nth-child(2)").toString().equals("[bounced]"));
    }

    @Test
    default void whatAMailSaysIsTextAndNothingElse() {
        page().visit("en", ShownPage.pageOf(page().bounced));

        page().wait(() -> page().text("#message").contains("550 5.1.1 <img src=x"));
        assertThat(page().text("#message-title")).isEqualTo(HOSTILE);
        assertThat(page().browser.getTitle()).startsWith("<img").doesNotContain("owned –");
        assertThat(page().browser.findElements(By.cssSelector("#message img, #message script"))).isEmpty();
    }
}
