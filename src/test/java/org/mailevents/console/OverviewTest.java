package org.mailevents.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLDecoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.function.BooleanSupplier;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.Browser;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;
import org.openqa.selenium.By;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.support.ui.WebDriverWait;

/** The overview in a real browser answers three questions: is mail arriving, where is it failing, and is Mail Events itself well? */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class OverviewTest {

    private static final DateTimeFormatter CREATED = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withZone(ZoneOffset.ofHours(9));
    private static final Pattern BODY_OF_CURL = Pattern.compile("-d '(.*)'", Pattern.DOTALL);

    private final TestDatabase database = TestDatabase.h2();
    private InProcess application;
    private ChromeDriver browser;
    private String empty;
    private HttpResponse<String> first;

    @BeforeAll
    void open() {
        Browser.assumeInstalled();
        application = TestSettings.of(database).startInProcess();
        browser = Browser.open();
        visit("en");
        empty = text("#empty");
        Matcher curl = BODY_OF_CURL.matcher(empty);
        assertThat(curl.find()).as(empty).isTrue();
        first = application.post(MailEvents.JSON, curl.group(1));
        application.post(MailEvents.JSON, Payload.json("deliveries", now(Payload.delivery("succeeded")), now(Payload.delivery("succeeded")),
                now(Payload.delivery("succeeded")), now(Payload.delivery("queued"))));
        application.post(MailEvents.JSON, Payload.json("bounces", now(Payload.bounce("5").put("to", "a@full.example")),
                Payload.bounce("2").put("to", "b@old.example").put("created", "2026-01-01 09:00:00")));
    }

    @AfterAll
    void close() {
        if (browser != null) {
            browser.quit();
        }
        if (application != null) {
            application.close();
        }
    }

    private static ObjectNode now(ObjectNode element) {
        return element.put("created", CREATED.format(Instant.now()));
    }

    private void visit(String language) {
        browser.get(application.uri("/icon.svg").toString());
        browser.executeScript("localStorage.setItem('language', arguments[0])", language);
        browser.get(application.uri("/").toString());
        wait(() -> text("#as-of").matches("(?s).*\\d.*"));
    }

    private void wait(BooleanSupplier condition) {
        new WebDriverWait(browser, Duration.ofSeconds(20)).until(any -> condition.getAsBoolean());
    }

    private String text(String css) {
        return browser.findElement(By.cssSelector(css)).getText();
    }

    @Test
    void whoHasNothingYetIsToldWhatToSendAndThenSeesIt() {
        assertThat(empty).contains("No event has arrived yet", "curl -s http://127.0.0.1:", "java -jar target/mail-events.jar sample");
        assertReceipt(first, 1, 1, 0, 0);

        // When
        visit("en");

        // Then
        assertThat(text("#empty")).isEmpty();
        assertThat(text("#latest-table")).contains("nobody@example.net");
    }

    @Test
    void theShareThatIsDeliveredIsTold() {
        // When
        visit("en");

        // Then
        assertThat(text("#share")).isEqualTo("60% of 5 messages were delivered.");
        assertThat(text("#totals")).contains("3\ndelivered", "1\nqueued", "2\nbounced");
        assertThat(browser.findElement(By.id("time-chart")).getAttribute("aria-label")).contains("60% of 5 messages");
    }

    @ParameterizedTest
    @ValueSource(strings = {"en", "ja"})
    void bouncesThatNoMailHasReportedStandBesideTheIncidents(String language) throws Exception {
        // Given
        UUID id = UUID.randomUUID();
        application.context().getRouteController().stopRoute("send-alerts");
        try {
            database.execute("INSERT INTO mail_event (event_id, event_type, status, recipient, audience, alert_state, received_at)"
                    + " VALUES (?, 'bounces', '2', 'c@waiting.example', 'held', 'pending', CURRENT_TIMESTAMP - INTERVAL '9' DAY)", id);

            // When
            visit(language);

            // Then
            assertThat(text("#untold")).contains(language.equals("en") ? "Bounces that no mail has reported yet: " : "まだ通知メールを送っていないバウンス: ",
                    language.equals("en") ? "1 for held since " : "held 宛て1件（");
        } finally {
            database.execute("DELETE FROM mail_event WHERE event_id = ?", id);
            application.context().getRouteController().startRoute("send-alerts");
        }
    }

    @Test
    void whatHappenedEarlierIsNamedAndInNoFigure() {
        // When
        visit("en");

        // Then
        assertThat(text("#clock")).contains("count what happened since", "had happened earlier: 1, the newest at ");
        assertThat(text("main")).doesNotContain("old.example");
    }

    @Test
    void aFailingDestinationLeadsToItsMail() {
        // Given
        visit("en");
        assertThat(text("#domains-table")).contains("full.example", "100%", "Mailbox full");

        // When
        browser.findElement(By.linkText("full.example")).click();

        // Then
        wait(() -> browser.getCurrentUrl().contains("#events?"));
        assertThat(URLDecoder.decode(browser.getCurrentUrl(), StandardCharsets.UTF_8)).contains("domain=full.example", "status=bounced",
                "&since=", "happenedSince=");
    }

    @ParameterizedTest
    @ValueSource(strings = {"en", "ja"})
    void itIsWellOrSaysWhatToDo(String language) {
        // Given
        boolean english = language.equals("en");
        ObjectNode nobody = Payload.delivery("queued");
        nobody.remove("to");

        // When
        assertReceipt(application.post(MailEvents.JSON, Payload.json("deliveries", nobody)), 1, 0, 0, 1);
        visit(language);

        // Then
        assertThat(text("#health")).contains(english ? "rejected" : "保存できなかったイベント", "rejected_event");
        assertThat(browser.findElement(By.cssSelector("#health a")).getAttribute("href")).endsWith("/#aside");
        assertThat(text("#well")).isEmpty();
        assertThat(Browser.violations(browser)).isEmpty();

        // When
        database.execute("DELETE FROM rejected_event");
        visit(language);

        // Then
        assertThat(text("#well")).contains(english ? "Mail Events is well." : "Mail Events は正常に動いています。");
        assertThat(text("#health")).isEmpty();
        assertThat(Browser.violations(browser)).isEmpty();
    }
}
