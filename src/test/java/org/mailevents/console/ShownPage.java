package org.mailevents.console;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.mailevents.support.Browser;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.PostgresServer;
import org.mailevents.support.TestSettings;
import org.openqa.selenium.By;
import org.openqa.selenium.Keys;
import org.openqa.selenium.NoSuchElementException;
import org.openqa.selenium.StaleElementReferenceException;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.support.ui.WebDriverWait;

/** The page of an application with some mail, in a browser. The tests of all views share it. */
final class ShownPage implements AutoCloseable {

    static final String HOSTILE = "<img src=x onerror=\"document.title='owned'\"><script>document.title='owned'</script>";
    private static final DateTimeFormatter CREATED = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss").withZone(ZoneOffset.ofHours(9));

    final Path routes = OwnProcess.folder("routes").resolve("routes");
    final Instant now = Instant.now();
    /** It was queued, delayed, and then delivered. */
    final ObjectNode delivered = at(Payload.delivery("queued"), 600).put("subject", "ご注文の確認");
    final ObjectNode bounced = at(Payload.bounce("2"), 300).put("subject", HOSTILE).put("reason", "550 5.1.1 " + HOSTILE);
    /** All events of this message have the same time, which is before what the overview shows. */
    final ObjectNode quick = at(Payload.delivery("succeeded"), 200_000);

    /** Its own, because a test stops it. */
    final PostgresServer server = new PostgresServer();
    final InProcess application;
    final ChromeDriver browser;

    ShownPage() {
        application = TestSettings.of(server.database()).withRoutes(routes).startInProcess();
        post("deliveries", delivered, at(delivered.deepCopy().put("status", "deferred").put("reason", "450 4.2.0 Greylisted"), 590),
                at(delivered.deepCopy().put("status", "succeeded"), 400), at(Payload.delivery("failed"), 100));
        post("deliveries", quick, quick.deepCopy().put("status", "deferred"), quick.deepCopy().put("status", "queued"));
        post("bounces", bounced, at(Payload.bounce("5").put("reason", "552 5.2.2 Mailbox full"), 90));
        browser = Browser.open();
    }

    ObjectNode at(ObjectNode element, int secondsAgo) {
        return element.put("created", CREATED.format(now.minusSeconds(secondsAgo)));
    }

    void post(String eventType, ObjectNode... elements) {
        assertThat(application.post(MailEvents.JSON, Payload.json(eventType, elements)).body()).contains("\"stored\":" + elements.length);
    }

    /** @param hash names the view, as in a link */
    void visit(String language, String hash) {
        browser.get(application.uri("/icon.svg").toString());
        browser.executeScript("localStorage.setItem('language', arguments[0])", language);
        browser.get(application.uri("/" + hash).toString());
        wait(() -> text("#as-of").matches("(?s).*\\d.*"));
    }

    void search(String text) {
        shown("#query").clear();
        shown("#query").sendKeys(text + Keys.ENTER);
    }

    /** The hash of a message's own page. */
    static String pageOf(ObjectNode element) {
        return "#message?id=" + encoded(element.get("messageId").asText()) + "&to=" + encoded(element.get("to").asText());
    }

    static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    WebElement shown(String css) {
        return wait(() -> {
            WebElement element = browser.findElement(By.cssSelector(css));
            return element.isDisplayed() ? element : null;
        });
    }

    boolean isShown(String css) {
        return browser.findElements(By.cssSelector(css)).stream().anyMatch(WebElement::isDisplayed);
    }

    <T> T wait(Supplier<T> condition) {
        return new WebDriverWait(browser, Duration.ofSeconds(20)).ignoring(NoSuchElementException.class)
                .ignoring(StaleElementReferenceException.class).until(any -> condition.get());
    }

    String text(String css) {
        return shown(css).getText();
    }

    List<String> texts(String css) {
        return browser.findElements(By.cssSelector(css)).stream().map(WebElement::getText).toList();
    }

    long number(String script) {
        return ((Number) browser.executeScript("return " + script)).longValue();
    }

    String hash() {
        return (String) browser.executeScript("return location.hash");
    }

    /** Refreshes the page as it does by itself every 30 seconds. */
    void renew() {
        browser.executeAsyncScript("const done = arguments[0]; import('/views.js').then(views => views.renew()).then(() => done())");
    }

    List<String> violations() {
        return Browser.violations(browser);
    }

    void onAPhone(Runnable test) {
        browser.executeCdpCommand("Emulation.setDeviceMetricsOverride",
                Map.of("width", 390, "height", 800, "deviceScaleFactor", 1, "mobile", true));
        try {
            wait(() -> number("document.documentElement.clientWidth") == 390);
            test.run();
        } finally {
            browser.executeCdpCommand("Emulation.clearDeviceMetricsOverride", Map.of());
        }
    }

    void assertFitsOnAPhone() {
        onAPhone(() -> assertThat((List<?>) browser.executeScript("return [...document.querySelectorAll('body *')].filter(e =>"
                + " !e.closest('svg, thead, pre') && e.getBoundingClientRect().right > 391).map(e => e.id || e.className || e.tagName)"))
                .isEmpty());
    }

    @Override
    public void close() {
        browser.quit();
        application.close();
        server.kill();
    }
}
