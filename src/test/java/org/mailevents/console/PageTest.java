package org.mailevents.console;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.logging.Level;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.log.FailedStep;
import org.mailevents.log.FailingRoutes;
import org.mailevents.log.FailingRoutes.WaitingWebhook;
import org.mailevents.support.Browser;
import org.mailevents.support.InProcess;
import org.mailevents.support.TestDatabase;
import org.openqa.selenium.By;
import org.openqa.selenium.Dimension;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;

/** The page in a real browser: what a person sees, in both languages, by keyboard and by screen reader. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PageTest implements FeedCases, MessageCases, NeverWrongCases, EveryViewCases {

    private ShownPage page;
    private InProcess application;
    private ChromeDriver browser;
    private Path routes;

    @BeforeAll
    void open() {
        Browser.assumeInstalled();
        page = new ShownPage();
        application = page.application;
        browser = page.browser;
        routes = page.routes;
    }

    @Override
    public ShownPage page() {
        return page;
    }

    @AfterAll
    void close() {
        if (page != null) {
            page.close();
        }
    }

    @BeforeEach
    void english() {
        browser.manage().window().setSize(new Dimension(1280, 1600));
        visit("en");
    }

    private void visit(String language) {
        page.visit(language, "");
    }

    private void visit(String language, String hash) {
        page.visit(language, hash);
    }

    private WebElement shown(String css) {
        return page.shown(css);
    }

    private <T> T wait(Supplier<T> condition) {
        return page.wait(condition);
    }

    private String text(String css) {
        return page.text(css);
    }

    @Test
    void theOverviewTellsWhatHappened() {
        assertThat(text("#totals")).contains("1\nqueued", "1\ndelivered", "1\ndelayed", "1\nrefused", "2\nbounced");
        assertThat(browser.findElement(By.id("time-chart")).getAttribute("aria-label"))
                .contains("Mail over time").contains("delivered 1").contains("bounced 2");
        assertThat(painted("time-chart")).isTrue();
        assertThat(painted("causes-chart")).isTrue();
        assertThat(text("#domains-table")).contains("example.net").contains("2");
        assertThat(text("#latest-table")).contains(page.bounced.get("to").asText(), "Unknown user (2)\nyes", "Mailbox full (5)\nno");
        assertThat(text("#pipeline-table")).contains("Events received", "stored");
        browser.findElement(By.cssSelector("#causes-table")).findElement(By.xpath("./ancestor::details/summary")).click();
        assertThat(text("#causes-table")).contains("Unknown user\n1", "Mailbox full\n1");
    }

    private boolean painted(String canvas) {
        return (Boolean) browser.executeScript("const c = document.getElementById(arguments[0]); return c.width > 200 && c.getContext('2d')"
                + ".getImageData(0, 0, c.width, c.height).data.some(value => value > 0)", canvas);
    }

    /** WCAG 2.2.2 and 2.1.1: a reader who moves through a table by keyboard keeps the position. */
    @Test
    void itRenewsItselfUntilItIsToldNotToAndNotWhileATableIsInUse() {
        // Given
        Map<String, Object> often = Map.of("source", "window.ticks = 0; const slow = setInterval;"
                + "setInterval = (action, time) => slow(() => { window.ticks++; action(); }, time === 30_000 ? 100 : time);");
        Object script = browser.executeCdpCommand("Page.addScriptToEvaluateOnNewDocument", often).get("identifier");
        try {
            visit("en");
            wait(() -> renewals() > 3);

            // When
            browser.executeScript("document.querySelector('#latest-table a').focus()");

            // Then
            assertStays();
            assertThat(browser.switchTo().activeElement().getTagName()).isEqualTo("a");

            // When
            browser.executeScript("document.activeElement.blur()");
            long before = renewals();
            wait(() -> renewals() > before);
            shown("#renews").click();

            // Then
            assertStays();
        } finally {
            browser.executeCdpCommand("Page.removeScriptToEvaluateOnNewDocument", Map.of("identifier", script));
        }
    }

    /** The page is not refreshed any more, apart from refreshes that may have been in progress. */
    private void assertStays() {
        wait(() -> renewalsDuringTicks(5) == 0);
        assertThat(renewalsDuringTicks(5)).isZero();
    }

    private long renewalsDuringTicks(int ticks) {
        long before = renewals();
        long tick = number("window.ticks");
        wait(() -> number("window.ticks") > tick + ticks);
        return renewals() - before;
    }

    private long renewals() {
        return number("performance.getEntriesByType('resource').filter(entry => entry.name.includes('/api/summary')).length");
    }

    private long number(String script) {
        return page.number(script);
    }

    @Test
    void aRouteThatFailsIsShown() {
        // Given
        FailingRoutes routes = application.context().getRegistry().findSingleByType(FailingRoutes.class);
        FailedStep step = new FailedStep("route-bounces", "routes/route-bounces.camel.yaml:34");
        List<WaitingWebhook> waiting = new CopyOnWriteArrayList<>(Collections.nCopies(300, new WaitingWebhook(step, page.now)));
        routes.watch(waiting::stream);
        try {
            // When
            visit("en");

            // Then
            wait(() -> text("#health").contains("route-bounces, routes/route-bounces.camel.yaml:34 fails since ")
                    && text("#health").contains(", and 300 webhooks wait in the spool."));

            // When
            visit("ja");

            // Then
            wait(() -> text("#health").contains("route-bounces, routes/route-bounces.camel.yaml:34 が")
                    && text("#health").contains("スプールで待っている Webhook: 300件。"));
        } finally {
            waiting.clear();
        }
    }

    @Test
    void anEditThatIsNotActivatedAndAProbableMistakeAreShown() throws IOException {
        // Given
        Path file = routes.resolve("route-bounces.camel.yaml");
        Path added = routes.resolve("also.camel.yaml");
        String good = Files.readString(file);
        Files.writeString(file, good.replace("name: audience", "name: audiense"));
        Files.writeString(added, "- route:\n    from:\n      uri: direct:also\n      steps:\n        - splitt: {}\n");
        try {
            // When
            await().untilAsserted(() -> assertThat(application.health().body()).contains("audiense", "splitt"));
            visit("en");

            // Then
            wait(() -> text("#health").contains("A saved file is not activated, and the previous version keeps running. Correct the line"
                    + " and save again:\n" + added + ":5: ") && text("#health").contains("Check these lines:\n" + file + ":")
                    && text("#health").contains("nothing reads the variable audiense. Did you mean audience?"));

            // When
            visit("ja");

            // Then
            wait(() -> text("#health").contains("反映されていません") && text("#health").contains("次の行をご確認ください。\n" + file + ":"));
        } finally {
            Files.writeString(file, good);
            Files.delete(added);
        }
        await().untilAsserted(() -> assertThat(application.health().body()).doesNotContain("WARNING"));
    }

    @Test
    void theProofShowsWhatIsMissingAndAWrongZone() {
        TestDatabase database = page.server.database();
        try {
            // Given: events of last week, which have been followed by no other
            database.execute("INSERT INTO mail_event (event_id, event_type, status, message_id, recipient, subject, received_at) VALUES"
                    + " (?, 'deliveries', 'queued', '<lost@mta>', 'lost@example.net', ?, CURRENT_TIMESTAMP - INTERVAL '9' DAY),"
                    + " (?, 'deliveries', 'failed', '<refused@mta>', 'refused@example.net', ?,"
                    + " CURRENT_TIMESTAMP - INTERVAL '9' DAY)", UUID.randomUUID(), ShownPage.HOSTILE, UUID.randomUUID(), ShownPage.HOSTILE);
            await().until(() -> database.rows("SELECT 1 FROM loose_end").size() == 2);
            database.execute("INSERT INTO receipt_delay (received_slot, delay_minutes, events)"
                    + " VALUES (CURRENT_TIMESTAMP - INTERVAL '1' HOUR, 540, 1000), (CURRENT_TIMESTAMP - INTERVAL '1' HOUR, -90, 3)");

            // When
            visit("en", "#proof");

            // Then
            assertThat(text("#proof-title")).isEqualTo("Proof");
            assertThat(text("#proof-compared")).startsWith("Not compared. Set vendor.api-user");
            assertThat(text("#proof-overdue")).contains("lost@example.net", ShownPage.HOSTILE, "no news");
            assertThat(text("#proof-overdue-count")).isEqualTo("1 now.");
            assertThat(text("#proof-unpaired")).contains("refused@example.net", "the bounce");
            assertThat(text("#proof-clock")).contains("they seem to be in UTC, and webhook.time-zone is Asia/Tokyo");
            assertThat(text("#proof-clock-days")).contains("wrong zone", "540 min");

            // When
            visit("ja", "#proof");

            // Then
            assertThat(text("#proof-title")).isEqualTo("届いた通知の照合");
            assertThat(text("#proof-clock")).contains("時刻が1時間単位でずれています。");
            assertThat(text("#proof-unpaired")).contains("バウンス");

            // When
            visit("ja");

            // Then
            wait(() -> text("#health").contains("Webhook の時刻が1時間単位でずれています。"));
            assertThat(text("#pipeline-table")).contains("結果が届いていないメール");
        } finally {
            database.execute("DELETE FROM receipt_delay");
            database.execute("DELETE FROM loose_end");
            database.execute("DELETE FROM mail_event WHERE message_id IN ('<lost@mta>', '<refused@mta>')");
        }
    }

    @Test
    void theSuppressionListIsShownAndDownloaded() {
        visit("en", "#suppressions");

        wait(() -> text("#suppressions-table").contains(page.bounced.get("to").asText()));
        assertThat(text("#suppressions-table")).contains("Unknown user (2)", "none stored", "A mail that the address accepts")
                .doesNotContain("Mailbox full");
        assertThat(shown("#download").getAttribute("href")).endsWith("/api/suppressions.csv?language=en");
        assertThat(violations()).isEmpty();

        visit("ja", "#suppressions");

        wait(() -> text("#suppressions-table").contains("この宛先にメールが届くこと"));
        assertThat(shown("#download").getAttribute("href")).endsWith("/api/suppressions.csv?language=ja");
    }

    @Test
    void aCauseOpensToWhatHappenedAndWhatToDo() throws IOException {
        // Given
        JsonNode texts = causes().at("/causes/mailbox-full/en");

        // When
        shown("#latest-table .cause summary").click();

        // Then
        assertThat(text("#latest-table")).contains(texts.get("text").asText(), texts.get("action").asText(), texts.get("again").asText(),
                "Code 5 of Customers Mail Cloud: " + causes().at("/codes/5/en").asText());
        assertThat(violations()).isEmpty();
    }

    private JsonNode causes() throws IOException {
        return new ObjectMapper().readTree(routes.resolve("bounce-causes.json").toFile());
    }

    @Test
    void aCauseThatIsRenamedIsShownByItsNewName() throws IOException {
        // Given
        Path file = routes.resolve("bounce-causes.json");
        String good = Files.readString(file);
        String name = causes().at("/causes/unknown-user/en/name").asText();
        Files.writeString(file, good.replace('"' + name + '"', "\"Nobody of this name\""));
        try {
            // When, Then
            wait(() -> {
                visit("en");
                return text("#latest-table").contains("Nobody of this name (2)");
            });
        } finally {
            Files.writeString(file, good);
        }
        wait(() -> {
            visit("en");
            return text("#latest-table").contains(name + " (2)");
        });
    }

    @ParameterizedTest
    @CsvSource({"en,no,recipient-filter", "ja,いいえ,recipient-filter"})
    void aReplyIsExplained(String language, String dead, String second) throws IOException {
        // Given
        visit(language, "#explain");

        // When
        shown("#reply").sendKeys("550 Unknown user a@docomo.ne.jp");
        shown("#reply-to").sendKeys("a@docomo.ne.jp");
        shown("#reply-code").sendKeys("2");
        shown("#explain button").click();

        // Then
        JsonNode cause = causes().at("/causes/unknown-user/" + language);
        assertThat(text("#explanation")).contains(cause.get("name").asText() + " (unknown-user)", "\n" + dead + "\n",
                causes().at("/causes/" + second + "/" + language + "/name").asText(), "docomo answered this also", "bounce-rules.json:",
                "https://", language.equals("en") ? "Keep the address until" : "配信リストから外さないで")
                .doesNotContain("undefined", cause.get("action").asText());
        assertThat(violations()).isEmpty();
        page.assertFitsOnAPhone();

        // When
        shown("#reply").clear();
        shown("#reply-to").clear();
        shown("#explain button").click();

        // Then
        wait(() -> text("#explanation").contains(language.equals("en") ? "Only the code of Customers Mail Cloud says so" : "コードだけに基づく"));
    }

    @ParameterizedTest
    @CsvSource({"en,Audience: postmaster → list-owner: 1,Nothing was stored", "ja,通知先: postmaster → list-owner: 1件,一切行っていません"})
    void aDraftIsTriedBeforeItIsActive(String language, String change, String nothing) throws IOException {
        // Given
        String active = Files.readString(routes.resolve("route-bounces.camel.yaml"));
        int otherwise = active.indexOf("expression: postmaster", active.indexOf("otherwise:"));
        Path draft = routes.resolve("drafts/route-bounces.camel.yaml");
        Files.createDirectories(draft.getParent());
        Files.writeString(draft, active.substring(0, otherwise) + active.substring(otherwise).replaceFirst("postmaster", "list-owner"));
        try {
            visit(language, "#routes");
            assertThat(text("#drafts-list")).contains("drafts/route-bounces.camel.yaml");

            // When
            shown("#try").click();

            // Then
            wait(() -> text("#difference").contains(change));
            assertThat(text("#difference")).contains(nothing, draft + ":", "otherwise").doesNotContain("undefined");
            shown("#difference summary").click();
            assertThat(text("#difference table")).contains("@example.net", "bounces 5", "postmaster", "list-owner");

            // When
            Files.writeString(draft, active.replace("- split:", "- splitt:"));
            shown("#try").click();

            // Then
            wait(() -> text("#try-status").contains(draft + ":7: "));
        } finally {
            Files.delete(draft);
        }
        visit("en", "#routes");
        assertThat(browser.findElement(By.id("drafts")).isDisplayed()).isFalse();
    }

    @Test
    void itSpeaksJapanese() {
        // When
        visit("ja");

        // Then
        assertThat(browser.findElement(By.tagName("html")).getAttribute("lang")).isEqualTo("ja");
        assertThat(text("#totals")).contains("配信完了", "バウンス");
        assertThat(text("#latest-table")).contains("宛先不明 (2)\nはい", "容量オーバー (5)\nいいえ");
        shown("#query").sendKeys(page.delivered.get("to").asText() + Keys.ENTER);
        wait(() -> text("#events-table").contains("再送待ち"));
        assertThat(browser.findElement(By.tagName("body")).getText()).doesNotContain("undefined").doesNotContain("null");
    }

    @ParameterizedTest
    @ValueSource(strings = {"en", "ja"})
    void everyWordIsThere(String language) {
        visit(language);

        Object missing = browser.executeAsyncScript("const done = arguments[1]; import('/words.js').then(({ WORDS: { en, ja }, words }) =>"
                + " done([...document.querySelectorAll('[data-word]')].map(e => e.dataset.word)"
                + ".filter(path => !path.split('.').reduce((of, name) => of[name], words))"
                + ".concat(Object.keys(en).filter(k => !(k in ja)), Object.keys(ja).filter(k => !(k in en)))))", language);

        assertThat((List<?>) missing).isEmpty();
    }

    @Test
    void theKeyboardIsEnough() {
        // When
        browser.executeScript("document.activeElement.blur()");
        browser.switchTo().activeElement().sendKeys(Keys.TAB);

        // Then
        assertThat(browser.switchTo().activeElement().getText()).isEqualTo("Skip to the content");

        // When
        browser.switchTo().activeElement().sendKeys(Keys.TAB);
        browser.switchTo().activeElement().sendKeys(Keys.TAB);
        browser.switchTo().activeElement().sendKeys(page.delivered.get("to").asText() + Keys.TAB);
        browser.switchTo().activeElement().sendKeys(Keys.ENTER);

        // Then
        wait(() -> browser.switchTo().activeElement().getAttribute("id").equals("events-title"));

        // When
        browser.findElement(By.id("skip")).sendKeys(Keys.ENTER);

        // Then
        assertThat(browser.switchTo().activeElement().getAttribute("id")).isEqualTo("main");
        assertThat(text("#events-table")).contains(page.delivered.get("subject").asText());
    }

    /** The database counts hours in UTC. In India these hours begin at half past. */
    @ParameterizedTest
    @ValueSource(strings = {"Asia/Kolkata", "Asia/Tokyo", "America/New_York"})
    void eachHourIsThereOnceWhereverTheReaderIs(String zone) {
        // Given
        browser.executeCdpCommand("Emulation.setTimezoneOverride", Map.of("timezoneId", zone));
        try {
            // When
            visit("en");

            // Then
            List<?> labels = (List<?>) browser.executeScript("return Chart.getChart('time-chart').data.labels");
            assertThat(labels).hasSize(25).doesNotHaveDuplicates();
        } finally {
            browser.executeCdpCommand("Emulation.setTimezoneOverride", Map.of("timezoneId", ""));
        }
    }

    @Test
    void theRoutesAreDrawnOnADesktopAndOnAPhone() {
        visit("en", "#routes");
        wait(() -> text("#routes-sum").matches("(?s).*all \\d+ events.*"));
        assertThat(text("#routes-drawing")).contains("route-bounces", "dead", "→ list-owner", "store-events");
        assertThat(browser.findElement(By.cssSelector("#routes-drawing svg")).getAttribute("aria-label"))
                .containsPattern("route-bounces [1-9]");
        assertThat(browser.findElements(By.cssSelector("#routes-drawing .way"))).hasSizeGreaterThan(4);
        browser.findElement(By.id("routes-table")).findElement(By.xpath("./ancestor::details/summary")).click();
        assertThat(text("#routes-table")).contains("dead list-owner " + routes.resolve("route-bounces.camel.yaml") + ":");
        assertThat(violations()).isEmpty();

        // When, Then
        page.onAPhone(() -> wait(() -> number("document.querySelector('#routes-drawing svg').clientWidth") < 390));
        page.assertFitsOnAPhone();
    }

    private List<String> violations() {
        return page.violations();
    }

    @Test
    void nothingIsLoadedFromElsewhereAndNothingFails() throws IOException {
        Object loaded = browser.executeScript("return performance.getEntriesByType('resource')"
                + ".map(entry => entry.name).filter(name => !name.startsWith(location.origin))");
        List<LogEntry> complaints = browser.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
                .filter(entry -> !entry.getMessage().matches("(?s).*status of (?:404|422|503) .*")).toList();

        assertThat((List<?>) loaded).isEmpty();
        assertThat(complaints).isEmpty();
    }
}
