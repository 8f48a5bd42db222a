package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mailevents.Application;
import org.mailevents.answer.Act;
import org.mailevents.answer.SignedLinks;
import org.mailevents.settings.Settings;
import org.mailevents.support.Browser;
import org.mailevents.support.Payload;
import org.mailevents.support.TimedAlerts;
import org.openqa.selenium.By;
import org.openqa.selenium.NoSuchElementException;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.support.ui.WebDriverWait;

/** A recipient answers on a phone, in a real browser. The console then shows the incident with the answer. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class AnswerBrowserTest {

    private TimedAlerts run;
    private ChromeDriver browser;

    @BeforeAll
    void open() {
        Browser.assumeInstalled();
        run = new TimedAlerts(Application.configured(), Map.of("alert.to", "sato@example.com, suzuki@example.com",
                "console.url", "https://mail-events.example.com", "alert.link-key", "a key of this test"));
        run.post("bounces", Payload.bounce("2"), Payload.bounce("2"), Payload.bounce("2"),
                Payload.bounce("2").put("to", UUID.randomUUID() + "@<b>hostile</b>.example"));
        run.pass(Duration.ofSeconds(10));
        run.mailed(1);
        browser = Browser.open();
    }

    @AfterAll
    void close() {
        if (browser != null) {
            browser.quit();
        }
        if (run != null) {
            run.close();
        }
    }

    @BeforeEach
    void onAPhone() {
        browser.executeCdpCommand("Emulation.setDeviceMetricsOverride",
                Map.of("width", 390, "height", 844, "deviceScaleFactor", 2, "mobile", true));
    }

    private String link(Act act, String recipient) {
        UUID delivery = UUID.fromString(run.database().rows("SELECT delivery_id FROM alert_delivery WHERE recipient = ?"
                + " ORDER BY delivery_id", recipient).get(0).get("delivery_id"));
        String url = SignedLinks.of(new Settings(run.application().context()), null, run.clock()).orElseThrow()
                .url(act, delivery, run.now());
        return run.application().uri("/answer?" + URI.create(url).getQuery()).toString();
    }

    private WebElement shown(String css) {
        return wait(() -> {
            WebElement element = browser.findElement(By.cssSelector(css));
            return element.isDisplayed() ? element : null;
        });
    }

    private <T> T wait(Supplier<T> condition) {
        return new WebDriverWait(browser, Duration.ofSeconds(20)).ignoring(NoSuchElementException.class)
                .ignoring(StaleElementReferenceException.class).until(any -> condition.get());
    }

    private String heading(String expected) {
        return wait(() -> shown("h1").getText().contains(expected) ? shown("main").getText() : null);
    }

    /** Nothing is wrong with the page on a phone: its style is active, nothing is cut, and the first screen has the button. */
    private void assertFine() {
        assertThat(Browser.violations(browser)).isEmpty();
        assertThat((Boolean) browser.executeScript("return document.documentElement.scrollWidth <= 390")).isTrue();
        assertThat(shown("section").getCssValue("border-radius")).isEqualTo("12px");
        assertThat((List<?>) browser.executeScript("return performance.getEntriesByType('resource').map(entry => entry.name)")).isEmpty();
        assertThat(browser.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> !entry.getMessage().contains("favicon"))).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void oneButtonAnswersAndOneUndoes(Act act) {
        // Given
        browser.get(link(act, "suzuki@example.com"));
        String asked = heading("？");
        assertThat(asked).contains("ボタンを押すと", "suzuki@example.com");
        assertThat(browser.findElements(By.tagName("button"))).hasSize(1);
        assertFine();

        // When
        shown("button").click();

        // Then
        shown("button.undo");
        assertThat(shown("[role=status]").getText()).isNotEmpty();
        assertFine();

        // When
        shown("button.undo").click();

        // Then
        wait(() -> shown("[role=status]").getText().startsWith("取り消しました"));
        heading("？");
        assertThat(run.database().rows("SELECT 1 FROM alert_answer WHERE undone_at IS NULL")).isEmpty();
    }

    @Test
    void theConsoleShowsTheIncidentAndItsAnswers() {
        // Given
        browser.get(link(Act.MUTE, "sato@example.com"));
        shown("button").click();
        shown("[role=status]");

        // When
        browser.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
        browser.get(run.application().uri("/").toString());
        browser.executeScript("localStorage.setItem('language', 'ja')");
        browser.get(run.application().uri("/?").toString());
        shown("#open-incidents-table a").click();

        // Then
        assertThat(shown("#incident-title").getText()).startsWith("インシデント ");
        assertThat(shown("#incident-sum").getText()).contains("通知先: list-owner。");
        assertThat(shown("#incident-answers").getText()).contains("sato@example.com", "この受信者への通知を停止");
        assertThat(shown("#incident-bounces").getText()).contains("example.net");
        assertThat(shown("#incident-deliveries").getText()).contains("suzuki@example.com", "に送信");
        assertThat(browser.findElement(By.cssSelector("[data-view=overview]")).isDisplayed()).isFalse();
        assertThat(Browser.violations(browser)).isEmpty();
        browser.executeScript("location.hash = 'incidents'");
        wait(() -> shown("#incidents-table").getText().contains("list-owner") ? true : null);
    }
}
