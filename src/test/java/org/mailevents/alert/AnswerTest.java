package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.Application;
import org.mailevents.answer.Act;
import org.mailevents.answer.SignedLinks;
import org.mailevents.database.Database;
import org.mailevents.database.JdbiFactory;
import org.mailevents.settings.Settings;
import org.mailevents.support.Api;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;
import org.mailevents.support.Rfc5322;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;
import org.mailevents.support.TimedAlerts;

/** A recipient answers an alert with the links of a mail, without a sign-in. Nobody else can, and nothing else can be done with them. */
@Execution(ExecutionMode.CONCURRENT)
class AnswerTest {

    private static final String ONE = "one@example.com";
    private static final String TWO = "two@example.com";
    private static final List<String> BOTH = List.of(ONE, TWO);
    private static final Map<String, String> SETTINGS = Map.of("alert.to", "One <" + ONE + ">, " + TWO, "alert.language", "en",
            "console.url", "https://mail-events.example.com", "console.basic", "desk:secret", "alert.max-per-hour", "50",
            "alert.max-per-day", "1000", "alert.all-clear-from", "1");
    private static final Pattern HIDDEN = Pattern.compile("<input type=\"hidden\" name=\"(\\w+)\" value=\"([^\"]*)\">");
    /** All that an answer may change. */
    private static final List<String> TABLES = List.of("alert_answer", "alert_incident", "alert_mail", "alert_delivery");

    private TimedAlerts run;

    @AfterEach
    void stop() {
        if (run != null) {
            run.close();
        }
    }

    private TimedAlerts start(TestDatabase database, Map<String, String> settings) {
        run = new TimedAlerts(database, Application.configured(), TestSettings.none().with(SETTINGS).with(settings).map());
        return run;
    }

    private TimedAlerts start() {
        return start(TestDatabase.h2InMemory(), Map.of());
    }

    /** The first bounce of an incident, whose mail both recipients get. */
    private void open() {
        run.post("bounces", Payload.bounce("2"));
        run.pass(Duration.ofSeconds(10));
        run.mailed(1);
    }

    private String token(Act act, String recipient) {
        Map<String, String> row = run.database().rows("SELECT d.delivery_id, m.mail_id FROM alert_delivery d JOIN alert_mail m"
                + " ON m.mail_id = d.mail_id WHERE d.recipient = ? AND m.number = 1 ORDER BY m.made_at DESC", recipient).get(0);
        return token(act, UUID.fromString(row.get("delivery_id")));
    }

    private String token(Act act, UUID delivery) {
        SignedLinks links = SignedLinks.of(new Settings(run.application().context()), JdbiFactory.create(
                run.application().context().getRegistry().findSingleByType(Database.class)), run.clock())
                .orElseThrow();
        return URI.create(links.url(act, delivery, run.now())).getQuery().replace("token=", "");
    }

    private HttpResponse<String> open(String token) {
        return open(run.application(), token);
    }

    private static HttpResponse<String> open(MailEvents application, String token) {
        return application.send(HttpRequest.newBuilder(application.uri("/answer?token=" + token)));
    }

    private HttpResponse<String> send(String form) {
        return send(run.application(), form);
    }

    private static HttpResponse<String> send(MailEvents application, String form) {
        return application.send(HttpRequest.newBuilder(application.uri("/answer")).header("Content-Type", MailEvents.FORM)
                .POST(BodyPublishers.ofString(form)));
    }

    /** The form of a page, with the first choice of each question, or with those that are given. */
    private static String form(HttpResponse<String> page, String field, String... choices) {
        String html = page.body().substring(page.body().indexOf("<form"));
        String form = Stream.of(html.split("</form>")).filter(each -> each.contains("name=\"" + field + "\"")).findFirst().orElseThrow();
        StringBuilder fields = new StringBuilder(String.join("&", choices));
        Matcher hidden = HIDDEN.matcher(form);
        while (hidden.find()) {
            fields.append('&').append(hidden.group(1)).append('=').append(encoded(hidden.group(2)));
        }
        return fields.toString();
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    private HttpResponse<String> answer(String token, String... choices) {
        return send(form(open(token), "version", choices));
    }

    private List<List<Map<String, String>>> state() {
        return TABLES.stream().map(table -> run.database().rows("SELECT * FROM " + table + " ORDER BY 1")).toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"H2", "PostgreSQL"})
    void whoeverHasItIsNamedToTheOthersOnce(String kind) {
        // Given
        start(kind.equals("H2") ? TestDatabase.h2InMemory() : TestDatabase.postgres(), Map.of());
        open();
        HttpResponse<String> page = open(token(Act.ACKNOWLEDGE, ONE));
        assertThat(page.statusCode()).isEqualTo(200);
        assertThat(page.body()).contains("Take care of this incident?", "The other recipients get one mail", ONE, "I have it");

        // When
        String form = form(page, "version");
        HttpResponse<String> done = send(form);
        HttpResponse<String> again = send(form);

        // Then
        assertThat(done.body()).contains("Done.", "You take care of this incident", "Undo");
        assertThat(again.body()).contains("You take care of this incident");
        run.mailed(2);
        assertThat(run.recipients()).containsExactly(BOTH, List.of(TWO));
        assertThat(run.mails().get(1).subject()).isEqualTo("Re: " + run.mails().get(0).subject());
        assertThat(run.database().rows("SELECT acknowledged_by FROM alert_incident")).extracting(row -> row.get("acknowledged_by"))
                .containsExactly(ONE);
        assertThat(open(token(Act.ACKNOWLEDGE, TWO)).body()).contains(ONE + " takes care of this incident").doesNotContain("<form");
    }

    @Test
    void anAnswerIsUndoneOnTheSamePageAndASecondPostOfTheFormChangesNothing() {
        // Given
        start();
        open();
        String form = form(open(token(Act.ACKNOWLEDGE, ONE)), "version");
        HttpResponse<String> done = send(form);
        run.mailed(2);

        // When
        HttpResponse<String> undone = send(form(done, "undo"));

        // Then
        assertThat(undone.body()).contains("Undone.", "I have it");
        run.mailed(3);
        assertThat(run.recipients()).containsExactly(BOTH, List.of(TWO), List.of(TWO));
        assertThat(run.mails().get(2).text()).contains("Nobody has it any more");
        List<List<Map<String, String>>> before = state();
        assertThat(before.get(0)).singleElement().satisfies(row -> assertThat(row.get("undone_at")).isNotNull());
        assertThat(before.get(1)).singleElement().satisfies(row -> assertThat(row.get("acknowledged_at")).isNull());
        assertThat(send(form).body()).contains("you have answered and undone this before");
        assertThat(send(form(done, "undo")).statusCode()).isEqualTo(200);
        assertThat(state()).isEqualTo(before);

        // Whoever presses the button once more takes care of the incident again, and the others are not told a second time.
        assertThat(send(form(undone, "version")).body()).contains("You take care of this incident");
        assertThat(run.database().rows("SELECT acknowledged_by FROM alert_incident")).extracting(row -> row.get("acknowledged_by"))
                .containsExactly(ONE);
        run.mailed(3);
    }

    @Test
    void programsThatOpenEveryLinkChangeNothing() {
        // Given
        start();
        open();
        List<List<Map<String, String>>> before = state();

        // When
        for (Act act : Act.values()) {
            URI uri = run.application().uri("/answer?token=" + token(act, ONE));
            assertThat(run.application().send(HttpRequest.newBuilder(uri)).body()).contains("<form", "If you press the button");
            assertThat(run.application().send(HttpRequest.newBuilder(uri).method("HEAD", BodyPublishers.noBody())).body()).isEmpty();
            assertThat(run.application().send(HttpRequest.newBuilder(uri).POST(BodyPublishers.noBody())).statusCode()).as("no form")
                    .isEqualTo(404);
            assertThat(run.application().send(HttpRequest.newBuilder(uri).PUT(BodyPublishers.noBody())).statusCode()).isEqualTo(405);
        }

        // Then
        assertThat(state()).isEqualTo(before);
    }

    @Test
    void aForgedExpiredOrForeignLinkChangesNothing() {
        // Given
        start();
        open();
        String token = token(Act.ACKNOWLEDGE, ONE);
        HttpResponse<String> done = answer(token(Act.LESS_OFTEN, ONE), "frequency=daily");
        List<List<Map<String, String>>> before = state();

        // When
        Stream.of(token.substring(1), token.replace(token.charAt(20), token.charAt(20) == 'A' ? 'B' : 'A'), "", "%F0", token + "A",
                token(Act.ACKNOWLEDGE, UUID.randomUUID())).forEach(forged -> {
                    HttpResponse<String> page = send("version=0-0&token=" + forged);
                    assertThat(page.statusCode()).isEqualTo(404);
                    assertThat(page.body()).contains("This link is not valid").doesNotContain("<form", ONE);
                });
        String foreign = form(done, "undo").replaceAll("token=[^&]*", "token=" + token(Act.LESS_OFTEN, TWO));
        assertThat(send(foreign).body()).as("another recipient's answer").doesNotContain("Undone");
        assertThat(send(foreign.replaceAll("token=[^&]*", "token=" + token(Act.MUTE, ONE))).body()).doesNotContain("Undone");
        run.pass(Duration.ofDays(31));
        assertThat(send("version=0-0&token=" + token).statusCode()).as("expired").isEqualTo(404);

        // Then
        assertThat(run.database().rows("SELECT * FROM alert_answer ORDER BY 1")).isEqualTo(before.get(0));
        assertThat(run.database().rows("SELECT 1 FROM alert_incident WHERE acknowledged_at IS NOT NULL")).isEmpty();
    }

    @Test
    void aLinkOpensNothingElse() {
        start();
        open();
        String query = "?token=" + token(Act.ACKNOWLEDGE, ONE);
        for (String path : List.of("/", "/answer/", "//answer", "/%61nswer", "/answer/x", "/answer/../api/incidents", "/api/incidents",
                "/api/summary", "/console.js")) {
            HttpResponse<String> answer = run.application().send(HttpRequest.newBuilder(run.application().uri(path + query)));
            assertThat(answer.statusCode()).as(path).isIn(401, 400);
        }
    }

    @Test
    void thePageIsSafeAndIsNotKept() {
        start();
        open();
        for (HttpResponse<String> page : List.of(open(token(Act.ACKNOWLEDGE, ONE)), open("forged"), send("x".repeat(5_000)))) {
            Map<String, List<String>> headers = page.headers().map();
            assertThat(headers.get("cache-control")).containsExactly("no-store");
            assertThat(headers.get("referrer-policy")).containsExactly("no-referrer");
            assertThat(headers.get("x-robots-tag")).containsExactly("noindex, nofollow");
            assertThat(headers.get("x-content-type-options")).containsExactly("nosniff");
            assertThat(headers.get("content-security-policy")).singleElement().asString().startsWith("default-src 'none'")
                    .doesNotContain("unsafe-inline");
            assertThat(page.body()).doesNotContain("<script", "http://", "src=");
        }
        assertThat(open("forged").headers().firstValue("content-security-policy").orElseThrow()).doesNotContain("script-src");
        assertThat(send("x".repeat(5_000)).statusCode()).isEqualTo(413);
    }

    @Test
    void whatIsMutedIsMailedOnlyToTheOthers() {
        // Given
        start();
        open();
        HttpResponse<String> page = open(token(Act.MUTE, ONE));
        assertThat(page.body()).contains("example.net: ", "For a day", "For a week", "Until this incident is over");

        // When
        HttpResponse<String> done = send(form(page, "version", "pair=unknown-user%40example.net", "period=day"));

        // Then
        assertThat(done.body()).contains("Done.", "You have muted bounces", "example.net", "muted until");
        run.post("bounces", Payload.bounce("2"));
        run.pass(Duration.ofMinutes(6));
        run.mailed(2);
        run.post("bounces", Payload.bounce("2"), Payload.bounce("2").put("to", UUID.randomUUID() + "@elsewhere.example"));
        run.pass(Duration.ofMinutes(16));
        run.mailed(3);

        // And undone
        assertThat(send(form(done, "undo")).body()).contains("Undone.");
        run.post("bounces", Payload.bounce("2"));
        run.pass(Duration.ofMinutes(31));
        run.mailed(4);
        assertThat(run.recipients()).as("muted, muted with others, undone").containsExactly(BOTH, List.of(TWO), BOTH, BOTH);
        String mute = "“Mute” (example.net, unknown user, until ";
        assertThat(run.mails()).extracting(Rfc5322::text).satisfiesExactly(first -> assertThat(first).doesNotContain("Answers since"),
                toTheOther -> assertThat(toTheOther).contains("Answers since the last mail", ONE + ": " + mute),
                withOthers -> assertThat(withOthers).doesNotContain("Answers since"),
                afterTheUndo -> assertThat(afterTheUndo).contains(ONE + ": no longer " + mute));
    }

    @Test
    void aMuteEndsAndCanBeRepeated() {
        // Given
        start(TestDatabase.h2InMemory(), Map.of("alert.quiet", "10d"));
        open();
        String[] choices = {"pair=unknown-user%40example.net", "period=day"};
        String form = form(open(token(Act.MUTE, ONE)), "version", choices);
        assertThat(send(form).body()).contains("Done.");

        // When
        run.pass(Duration.ofHours(25));

        // Then
        assertThat(open(token(Act.MUTE, ONE)).body()).contains("Mute bounces for yourself?");
        assertThat(send(form).body()).as("the form of yesterday").doesNotContain("Done.");
        assertThat(answer(token(Act.MUTE, ONE), choices).body()).contains("Done.", "muted until");
        assertThat(run.database().rows("SELECT 1 FROM alert_answer")).hasSize(2);
    }

    @Test
    void aMuteIsAddedOnceWhateverVersionTheFormHas() {
        // Given
        start();
        open();
        String form = form(open(token(Act.MUTE, ONE)), "version", "pair=unknown-user%40example.net", "period=day");

        // When
        for (String version : List.of("0-1", "1-0", "7-7", "")) {
            assertThat(send(form.replaceAll("version=[^&]*", "version=" + version)).statusCode()).isEqualTo(200);
        }

        // Then
        assertThat(run.database().rows("SELECT 1 FROM alert_answer")).isEmpty();
        assertThat(send(form).body()).contains("Done.");
        assertThat(send(form.replace("period=day", "period=week")).body()).doesNotContain("Done.");
        assertThat(run.database().rows("SELECT 1 FROM alert_answer")).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"pair=other%40example.net&period=day", "pair=unknown-user%40example.net&period=year", ""})
    void whatThePageDoesNotOfferCannotBeMuted(String choices) {
        start();
        open();
        assertThat(answer(token(Act.MUTE, ONE), choices).statusCode()).isEqualTo(200);
        assertThat(run.database().rows("SELECT 1 FROM alert_answer")).isEmpty();
    }

    @Test
    void whoeverWantsItLessOftenGetsNoMailsOfIncidents() {
        // Given
        start();
        open();

        // When
        HttpResponse<String> done = answer(token(Act.LESS_OFTEN, ONE), "frequency=weekly");

        // Then
        assertThat(done.body()).contains("You get a digest", "weekly");
        assertThat(run.database().rows("SELECT what, recipient, audience, frequency, undone_at FROM alert_answer")).singleElement()
                .hasToString("{what=less-often, recipient=one@example.com, audience=list-owner, frequency=weekly, undone_at=null}");
        run.post("bounces", Payload.bounce("2"));
        run.pass(Duration.ofMinutes(6));
        run.mailed(2);
        assertThat(send(form(done, "undo")).body()).contains("Undone.");
        run.post("bounces", Payload.bounce("2"));
        run.pass(Duration.ofMinutes(16));
        run.mailed(3);
        assertThat(run.recipients()).containsExactly(BOTH, List.of(TWO), BOTH);
    }

    @Test
    void whoeverGotAnUrgentMailHearsWhoHasTheIncidentAndItsEnd() {
        // Given
        start();
        open();
        answer(token(Act.LESS_OFTEN, ONE), "frequency=daily");
        run.database().execute("UPDATE alert_mail SET about = ?",
                UrgencyText.of(new Alert.Urgency("alert.rate", "5 %", null, 10, 100)));

        // When
        answer(token(Act.ACKNOWLEDGE, TWO));
        run.mailed(2);
        run.pass(Duration.ofMinutes(46));

        // Then
        run.mailed(3);
        assertThat(run.recipients()).containsExactly(BOTH, List.of(ONE), BOTH);
    }

    @Test
    void whoeverGetsADigestCanUndoItThere() {
        // Given
        start();
        UUID mail = UUID.randomUUID();
        UUID delivery = UUID.randomUUID();
        OffsetDateTime now = run.now().atOffset(ZoneOffset.UTC);
        run.database().execute("INSERT INTO alert_mail (mail_id, audience, what, message_id, made_at, sent_at)"
                + " VALUES (?, 'list-owner', 'digest', '<1@example.com>', ?, ?)", mail, now, now);
        run.database().execute("INSERT INTO alert_delivery (delivery_id, mail_id, channel, recipient, sent_at)"
                + " VALUES (?, ?, 'mail', ?, ?)", delivery, mail, ONE, now);

        // When
        HttpResponse<String> done = answer(token(Act.LESS_OFTEN, delivery), "frequency=weekly");

        // Then
        assertThat(done.body()).contains("You get a digest", "list-owner");
        assertThat(open(token(Act.ACKNOWLEDGE, delivery)).statusCode()).as("there is no incident").isEqualTo(404);
        assertThat(send(form(open(token(Act.LESS_OFTEN, delivery)), "undo")).body()).contains("Undone.");
        assertThat(run.database().rows("SELECT 1 FROM alert_answer WHERE undone_at IS NULL")).isEmpty();
    }

    @Test
    void aMailProgramUnsubscribesWithOneClick() {
        // Given
        start();
        open();
        Rfc5322 mail = run.mails().get(0);
        String clicking = run.database().rows("SELECT recipient FROM alert_delivery ORDER BY sent_at, delivery_id").get(0).get("recipient");
        assertThat(mail.header("List-Unsubscribe-Post")).isEqualTo("List-Unsubscribe=One-Click");
        String path = mail.header("List-Unsubscribe").replaceAll("^<https://mail-events.example.com|>$", "");
        URI uri = run.application().uri(path);

        // When
        String part = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\nContent-Type: text/plain\r\n\r\n"
                + "One-Click\r\n--b--\r\n";
        for (String[] request : new String[][] {{MailEvents.FORM, "List-Unsubscribe=One-Click"},
            {"multipart/form-data; boundary=b", part}}) {
            HttpResponse<String> answer = run.application().send(HttpRequest.newBuilder(uri).header("Content-Type", request[0])
                    .POST(BodyPublishers.ofString(request[1])));
            assertThat(answer.statusCode()).isEqualTo(200);
            // Then
            assertThat(run.database().rows("SELECT recipient, frequency FROM alert_answer WHERE undone_at IS NULL")).singleElement()
                    .hasToString("{recipient=" + clicking + ", frequency=daily}");
            assertThat(send(form(open(path.replaceAll(".*token=", "")), "undo")).body()).contains("Undone.");
        }

        // A link of another kind cannot unsubscribe.
        URI other = run.application().uri("/answer?token=" + token(Act.ACKNOWLEDGE, ONE));
        assertThat(run.application().send(HttpRequest.newBuilder(other).header("Content-Type", MailEvents.FORM)
                .POST(BodyPublishers.ofString("List-Unsubscribe=One-Click"))).statusCode()).isEqualTo(404);
    }

    @Test
    void whoeverSendsTooMuchIsToldToWait() {
        start();
        open();
        String token = token(Act.ACKNOWLEDGE, ONE);
        for (int request = 0; request < 30; request++) {
            assertThat(open(token).statusCode()).isEqualTo(200);
        }
        HttpResponse<String> refused = send("version=0-0&token=" + token);
        assertThat(refused.statusCode()).isEqualTo(429);
        assertThat(refused.headers().firstValue("Retry-After")).contains("60");
        assertThat(run.database().rows("SELECT 1 FROM alert_answer")).isEmpty();
        assertThat(open(token(Act.ACKNOWLEDGE, TWO)).statusCode()).as("another link").isEqualTo(200);
        run.pass(Duration.ofMinutes(1));
        assertThat(open(token).statusCode()).isEqualTo(200);
    }

    /** HAProxy adds a second header behind the one that the caller has sent. */
    @Test
    void whoeverSendsInvalidLinksLocksOutNobodyElse() {
        // Given
        start();
        open();
        String token = token(Act.ACKNOWLEDGE, ONE);

        // When
        for (int request = 0; request < 300; request++) {
            assertThat(openFrom("192.0.2." + request % 250, "198.51.100.1, 198.51.100.7", "invalid").statusCode()).isEqualTo(404);
        }

        // Then
        assertThat(openFrom("192.0.2.251", "198.51.100.7", "invalid").statusCode()).isEqualTo(429);
        assertThat(openFrom("192.0.2.251", "198.51.100.7", token).statusCode()).as("a valid link").isEqualTo(200);
        assertThat(openFrom("198.51.100.7", "198.51.100.8", "invalid").statusCode()).as("another caller").isEqualTo(404);
    }

    @Test
    void whatIsNoAddressIsNotCounted() {
        start();
        for (int request = 0; request < 300; request++) {
            assertThat(openFrom("192.0.2.1", "x".repeat(200) + request, "invalid").statusCode()).isEqualTo(404);
        }
        assertThat(open("invalid").statusCode()).isEqualTo(429);
    }

    private HttpResponse<String> openFrom(String callers, String proxy, String token) {
        return run.application().send(HttpRequest.newBuilder(run.application().uri("/answer?token=" + token))
                .header("X-Forwarded-For", callers).header("X-Forwarded-For", proxy));
    }

    @Test
    void onlyAFewRequestsWaitForTheDatabaseAndNotForLong() throws SQLException {
        // Given
        TestDatabase database = TestDatabase.postgres();
        start(database, Map.of());
        open();
        String token = token(Act.MUTE, ONE);
        String waiting = "SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                + " AND query LIKE '%alert_incident i%'";

        try (Connection lock = DriverManager.getConnection(database.url(), database.username(), database.password())) {
            lock.setAutoCommit(false);
            lock.createStatement().execute("LOCK TABLE alert_mail IN ACCESS EXCLUSIVE MODE");
            List<CompletableFuture<HttpResponse<String>>> answers = Stream.generate(() ->
                    CompletableFuture.supplyAsync(() -> open(token))).limit(4).toList();
            await().until(() -> database.rows(waiting).size() >= 4);

            // When
            HttpResponse<String> refused = open(token);

            // Then
            assertThat(refused.statusCode()).isEqualTo(503);
            assertThat(refused.headers().firstValue("Retry-After")).isPresent();
            assertThat(refused.body()).contains("Too many requests");
            assertThat(answers).allSatisfy(answer -> assertThat(answer.join().statusCode()).isEqualTo(503));
        }
        assertThat(open(token).statusCode()).isEqualTo(200);
    }

    @Test
    void aLinkThatIsOpenedDuringAStartOrAStopIsToBeOpenedAgain() throws Exception {
        // Given
        start();
        open();
        String token = token(Act.MUTE, ONE);

        // When
        run.application().context().getRouteController().stopRoute("take-answer");

        // Then
        for (HttpResponse<String> answer : List.of(open(token), send("token=" + token))) {
            assertThat(answer.statusCode()).isEqualTo(503);
            assertThat(answer.headers().firstValue("Retry-After")).isPresent();
        }
        run.application().context().getRouteController().startRoute("take-answer");
        assertThat(open(token).statusCode()).isEqualTo(200);
    }

    @Test
    void withoutTheAddressOfThePageNobodyAnswers() {
        start(TestDatabase.h2InMemory(), Map.of("console.url", ""));
        open();
        assertThat(open("any").statusCode()).as("the path is like any other").isEqualTo(401);
        assertThat(send("token=any").statusCode()).isEqualTo(404);
        assertThat(run.mails()).noneMatch(mail -> mail.has("List-Unsubscribe"));
    }

    @ParameterizedTest
    @EnumSource
    void theLogHasNeitherAnAddressNorALink(Act act) {
        start();
        open();
        String token = token(act, ONE);
        HttpResponse<String> done = answer(token, "pair=unknown-user%40example.net", "period=week", "frequency=daily");
        send(form(done, "undo"));
        assertThat(run.application().log()).contains("A recipient of list-owner has answered incident", act.toString())
                .doesNotContain(ONE, token.substring(0, 30));
    }

    @Test
    void answersGoWithTheirIncidentExceptThatADigestStaysWanted() {
        // Given
        start(TestDatabase.h2InMemory(), Map.of("retention.days", "1"));
        open();
        answer(token(Act.MUTE, ONE), "pair=unknown-user%40example.net", "period=week");
        answer(token(Act.LESS_OFTEN, ONE), "frequency=daily");
        send(form(answer(token(Act.LESS_OFTEN, TWO), "frequency=daily"), "undo"));

        // When
        run.pass(Duration.ofMinutes(46));
        run.mailed(2);
        run.pass(Duration.ofDays(32));

        // Then
        await().until(() -> run.database().rows("SELECT 1 FROM alert_incident").isEmpty());
        assertThat(run.database().rows("SELECT what, recipient FROM alert_answer")).singleElement()
                .hasToString("{what=less-often, recipient=" + ONE + "}");
    }

    @Test
    void aMailThatWaitsIsWithdrawn() {
        // Given
        start();
        open();
        UUID mail = UUID.fromString(run.database().rows("SELECT mail_id FROM alert_mail").get(0).get("mail_id"));
        UUID waiting = UUID.randomUUID();
        run.database().execute("INSERT INTO alert_delivery (delivery_id, mail_id, channel, recipient, retry_at) VALUES (?, ?, 'mail',"
                + " 'late@example.com', ?)", waiting, mail, run.now().plus(Duration.ofMinutes(10)).atOffset(ZoneOffset.UTC));

        // When
        HttpResponse<String> done = answer(token(Act.ACKNOWLEDGE, ONE));

        // Then
        run.pass(Duration.ofMinutes(11));
        run.mailed(2);
        assertThat(run.recipients()).containsExactly(BOTH, List.of(TWO));
        assertThat(run.database().rows("SELECT failure FROM alert_delivery WHERE delivery_id = ? AND gave_up_at IS NOT NULL", waiting))
                .singleElement().satisfies(row -> assertThat(row.get("failure")).startsWith("Withdrawn"));

        // And undone
        send(form(done, "undo"));
        run.mailed(3);
        assertThat(run.recipients()).containsExactly(List.of("late@example.com", ONE, TWO), List.of(TWO), List.of(TWO));
    }

    @Test
    void whoeverHasItGetsTheMailsThatNobodyHasGot() {
        // Given
        start();
        open();
        OffsetDateTime later = run.now().plus(Duration.ofMinutes(10)).atOffset(ZoneOffset.UTC);
        UUID mail = UUID.randomUUID();
        run.database().execute("UPDATE alert_incident SET mails = 2");
        run.database().execute("INSERT INTO alert_mail (mail_id, incident_id, number, audience, what, message_id, made_at) SELECT ?,"
                + " incident_id, 2, audience, 'update', '<2@example.com>', ? FROM alert_incident", mail,
                run.now().atOffset(ZoneOffset.UTC));
        BOTH.forEach(recipient -> run.database().execute("INSERT INTO alert_delivery (delivery_id, mail_id, channel, recipient, retry_at)"
                + " VALUES (?, ?, 'mail', ?, ?)", UUID.randomUUID(), mail, recipient, later));

        // When
        answer(token(Act.ACKNOWLEDGE, ONE));

        // Then
        await().until(() -> run.recipients().size() == 2);
        run.pass(Duration.ofMinutes(11));
        run.mailed(3);
        assertThat(run.recipients()).containsExactly(BOTH, List.of(TWO), List.of(ONE));
    }

    @Test
    void anAcknowledgementSilencesNeitherTheNextOutageNorTheNextDay() {
        // Given
        start();
        outage("one.example");
        run.pass(Duration.ofSeconds(10));
        run.mailed(1);
        answer(token(Act.ACKNOWLEDGE, ONE));
        run.mailed(2);

        // When
        run.pass(Duration.ofSeconds(1));
        outage("two.example");
        run.pass(Duration.ofMinutes(16));

        // Then
        Rfc5322 next = run.mailed(3).mails().get(2);
        assertThat(next.header("Importance")).isEqualTo("high");
        assertThat(next.text()).contains("two.example");

        // When
        for (int halfHours = 0; halfHours < 46; halfHours++) {
            run.mailed(3);
            run.post("bounces", Payload.bounce("2"));
            run.pass(Duration.ofMinutes(30));
        }
        run.mailed(3);

        // Then
        run.post("bounces", Payload.bounce("2"));
        run.pass(Duration.ofMinutes(40));
        run.post("bounces", Payload.bounce("2"));
        run.pass(Duration.ofMinutes(30));
        run.mailed(4);
        assertThat(run.recipients()).containsExactly(BOTH, List.of(TWO), BOTH, BOTH);
    }

    private void outage(String domain) {
        run.post("bounces", Stream.generate(() -> Payload.bounce("2").put("to", UUID.randomUUID() + "@" + domain)).limit(100)
                .toArray(JsonNode[]::new));
    }

    @Test
    void ofTwoProcessesOneAnswers() {
        // Given
        TestDatabase database = TestDatabase.postgres();
        start(database, Map.of());
        open();
        Main second = Application.configured();
        second.bind("clock", run.clock());
        try (InProcess other = TestSettings.of(database).with(SETTINGS).with("alert.endpoint", "smtp://127.0.0.1:9")
                .startInProcess(second)) {
            String form = form(open(token(Act.ACKNOWLEDGE, ONE)), "version");
            String rival = form(open(other, token(Act.ACKNOWLEDGE, TWO)), "version");

            // When
            List<CompletableFuture<HttpResponse<String>>> answers = Stream.of(form, rival, form, rival).flatMap(each ->
                    Stream.of(run.application(), other).map(process -> CompletableFuture.supplyAsync(() -> send(process, each)))).toList();
            answers.forEach(CompletableFuture::join);

            // Then
            assertThat(answers).allSatisfy(answer -> assertThat(answer.join().statusCode()).isEqualTo(200));
            Map<String, String> answer = database.rows("SELECT recipient FROM alert_answer").stream().reduce((one, two) -> {
                throw new AssertionError("two answers");
            }).orElseThrow();
            assertThat(database.rows("SELECT acknowledged_by, mails FROM alert_incident")).singleElement()
                    .hasToString("{acknowledged_by=" + answer.get("recipient") + ", mails=2}");
            assertThat(database.rows("SELECT d.recipient FROM alert_delivery d JOIN alert_mail m ON m.mail_id = d.mail_id"
                    + " WHERE m.what = 'acknowledged'")).singleElement()
                    .hasToString("{recipient=" + (answer.get("recipient").equals(ONE) ? TWO : ONE) + "}");
        }
    }

    /** To the database, a process that is killed is a connection that ends. */
    @Test
    void anAnswerThatIsBrokenOffBetweenItsStepsLeavesNothing() throws SQLException {
        // Given
        TestDatabase database = TestDatabase.postgres();
        start(database, Map.of());
        open();
        String form = form(open(token(Act.ACKNOWLEDGE, ONE)), "version");
        List<List<Map<String, String>>> before = state();

        // When
        try (Connection lock = DriverManager.getConnection(database.url(), database.username(), database.password())) {
            lock.setAutoCommit(false);
            lock.createStatement().execute("LOCK TABLE alert_delivery IN SHARE MODE");
            CompletableFuture<HttpResponse<String>> answer = CompletableFuture.supplyAsync(() -> send(form));
            String waiting = "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                    + " AND query LIKE 'UPDATE alert_delivery SET gave_up_at%'";
            await().until(() -> !database.rows("SELECT 1 " + waiting).isEmpty());
            database.rows("SELECT pg_terminate_backend(pid) " + waiting);
            assertThat(answer.join().statusCode()).isEqualTo(503);
            assertThat(answer.join().body()).contains("This page cannot be shown now");
        }

        // Then
        assertThat(state()).isEqualTo(before);
        assertThat(send(form).body()).contains("You take care of this incident");
        run.mailed(2);
        assertThat(run.recipients()).containsExactly(BOTH, List.of(TWO));
    }

    @Test
    void theConsoleShowsAnIncidentWithItsAnswers() {
        // Given
        start();
        open();
        answer(token(Act.MUTE, TWO), "pair=unknown-user%40example.net", "period=incident");
        answer(token(Act.ACKNOWLEDGE, ONE));
        run.mailed(1);
        String user = "Basic " + Base64.getEncoder().encodeToString("desk:secret".getBytes(StandardCharsets.UTF_8));

        // When
        JsonNode incidents = Api.ask(run.application(), "/api/incidents", "Authorization", user);
        String id = incidents.get(0).path("incidentId").asText();
        JsonNode incident = Api.ask(run.application(), "/api/incident?id=" + id, "Authorization", user);

        // Then
        assertThat(incidents).hasSize(1);
        assertThat(incidents.get(0).path("acknowledgedBy").asText()).isEqualTo(ONE);
        assertThat(incident.path("bounces").toString())
                .isEqualTo("[{\"cause\":\"unknown-user\",\"domain\":\"example.net\",\"bounces\":1}]");
        assertThat(incident.path("answers").findValuesAsText("what")).containsExactlyInAnyOrder("acknowledge", "mute");
        assertThat(incident.path("answers").findValuesAsText("recipient")).containsExactlyInAnyOrder(ONE, TWO);
        assertThat(incident.path("deliveries").findValuesAsText("recipient")).contains(ONE, TWO);
        assertThat(incident.path("mails").findValuesAsText("what")).contains("opened");
        assertThat(run.application().send(HttpRequest.newBuilder(run.application().uri("/api/incident?id=x"))
                .header("Authorization", user)).statusCode()).isEqualTo(400);
        assertThat(run.application().send(HttpRequest.newBuilder(run.application().uri("/api/incident?id=" + UUID.randomUUID()))
                .header("Authorization", user)).statusCode()).isEqualTo(404);
    }
}
