package org.mailevents.support;

import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.mailevents.Application;
import org.mailevents.answer.Act;
import org.mailevents.answer.SignedLinks;
import org.mailevents.database.Database;
import org.mailevents.database.JdbiFactory;
import org.mailevents.settings.Settings;

/** Alerts that two recipients get, and the page on which they answer, used as a browser does. */
public final class AnsweredAlerts extends TimedAlerts {

    public static final String ONE = "one@example.com";
    public static final String TWO = "two@example.com";
    public static final List<String> BOTH = List.of(ONE, TWO);
    private static final String CREDENTIALS = "desk:secret";
    /** The header {@code Authorization} of a user of the page and the API. */
    public static final String USER = "Basic " + Base64.getEncoder().encodeToString(CREDENTIALS.getBytes(StandardCharsets.UTF_8));
    public static final TestSettings SETTINGS = TestSettings.none().with(Map.of("alert.to", "One <" + ONE + ">, " + TWO,
            "alert.language", "en", "console.url", "https://mail-events.example.com", "console.basic", CREDENTIALS,
            "alert.max-per-hour", "50", "alert.max-per-day", "1000", "alert.all-clear-from", "1"));

    private static final Pattern HIDDEN = Pattern.compile("<input type=\"hidden\" name=\"(\\w+)\" value=\"([^\"]*)\">");
    /** All that an answer may change. */
    private static final List<String> TABLES = List.of("alert_answer", "alert_incident", "alert_mail", "alert_delivery");

    /** @param settings that differ from {@link #SETTINGS} */
    public AnsweredAlerts(TestDatabase database, Map<String, String> settings) {
        super(database, Application.configured(), SETTINGS.with(settings).map());
    }

    public AnsweredAlerts(Map<String, String> settings) {
        this(TestDatabase.h2InMemory(), settings);
    }

    /** The first bounce of an incident, and its mail to both recipients. */
    public void firstMail() {
        post("bounces", Payload.bounce("2"));
        pass(Duration.ofSeconds(10));
        mailed(1);
    }

    /** The token of a link in the first mail of the latest incident. */
    public String token(Act act, String recipient) {
        Map<String, String> row = database().rows("SELECT d.delivery_id, m.mail_id FROM alert_delivery d JOIN alert_mail m"
                + " ON m.mail_id = d.mail_id WHERE d.recipient = ? AND m.number = 1 ORDER BY m.made_at DESC", recipient).get(0);
        return token(act, UUID.fromString(row.get("delivery_id")));
    }

    public String token(Act act, UUID delivery) {
        SignedLinks links = SignedLinks.of(new Settings(application().context()), JdbiFactory.create(
                application().context().getRegistry().findSingleByType(Database.class)), clock()).orElseThrow();
        return URI.create(links.url(act, delivery, now())).getQuery().replace("token=", "");
    }

    public HttpResponse<String> page(String token) {
        return page(application(), token);
    }

    public static HttpResponse<String> page(MailEvents application, String token) {
        return application.send(HttpRequest.newBuilder(application.uri("/answer?token=" + token)));
    }

    public HttpResponse<String> send(String form) {
        return send(application(), form);
    }

    public static HttpResponse<String> send(MailEvents application, String form) {
        return application.send(HttpRequest.newBuilder(application.uri("/answer")).header("Content-Type", MailEvents.FORM)
                .POST(BodyPublishers.ofString(form)));
    }

    /** @param choices such as {@code period=day}, one for each question of the page */
    public HttpResponse<String> answer(String token, String... choices) {
        return send(answerForm(page(token), choices));
    }

    /** @param page on which the recipient has just answered */
    public HttpResponse<String> undo(HttpResponse<String> page) {
        return send(undoForm(page));
    }

    public static String answerForm(HttpResponse<String> page, String... choices) {
        return form(page, "version", choices);
    }

    public static String undoForm(HttpResponse<String> page) {
        return form(page, "undo");
    }

    /** The form of the page that has this field. */
    private static String form(HttpResponse<String> page, String field, String... choices) {
        String html = page.body().substring(page.body().indexOf("<form"));
        String form = Stream.of(html.split("</form>")).filter(each -> each.contains("name=\"" + field + "\"")).findFirst().orElseThrow();
        StringBuilder fields = new StringBuilder(String.join("&", choices));
        Matcher hidden = HIDDEN.matcher(form);
        while (hidden.find()) {
            fields.append('&').append(hidden.group(1)).append('=').append(URLEncoder.encode(hidden.group(2), StandardCharsets.UTF_8));
        }
        return fields.toString();
    }

    /** All rows that an answer may change. */
    public List<List<Map<String, String>>> state() {
        return TABLES.stream().map(table -> database().rows("SELECT * FROM " + table + " ORDER BY 1")).toList();
    }
}
