package org.mailevents.reconcile;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.LocalDate;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import org.mailevents.event.WebhookBody;

/**
 * The calls of the vendor's Transactional Email API, version 2
 * (<a href="https://smtps.jp/docs/apiv2/te/index.html">vendor's documentation</a>). The key is in the body of each call, and no message of
 * this class holds it. A call that fails for a reason that may pass is made again, after a pause.
 */
final class VendorApi {

    private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(60);
    private static final int ATTEMPTS = 3;
    private static final int MAX_MESSAGE = 200;
    private static final ObjectMapper JSON = new ObjectMapper();

    private final VendorSettings settings;
    private final CallBudget budget;
    private final Duration limit;
    private final Duration pause;
    private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER).connectTimeout(CONNECT_TIMEOUT).build();

    /**
     * @param limit how long an answer may take
     * @param pause before the second attempt; it doubles with each attempt
     */
    VendorApi(VendorSettings settings, CallBudget budget, Duration limit, Duration pause) {
        this.settings = settings;
        this.budget = budget;
        this.limit = limit;
        this.pause = pause;
    }

    /**
     * How many mails a day had, by status, as {@code statistics/list} counts them.
     *
     * @param failed refusals while sending; a bounce that comes after the acceptance is not among them
     */
    record DayCount(long queued, long succeeded, long failed) {

        static final DayCount NONE = new DayCount(0, 0, 0);

        long total() {
            return queued + succeeded + failed;
        }

        DayCount plus(DayCount other) {
            return new DayCount(queued + other.queued, succeeded + other.succeeded, failed + other.failed);
        }

        @Override
        public String toString() {
            return queued + " queued, " + succeeded + " succeeded and " + failed + " failed";
        }
    }

    /** The counts of all days of a month, in one call. A day that the vendor does not name had no mail. */
    Map<LocalDate, DayCount> statistics(YearMonth month) throws VendorProblem, InterruptedException {
        Map<LocalDate, DayCount> days = new HashMap<>();
        for (JsonNode day : call("statistics", Map.of("year", month.getYear(), "month", month.getMonthValue()))) {
            String date = day.path("date").asText();
            if (!date.matches("\\d{4}-\\d{2}-\\d{2}")) {
                throw new VendorProblem("The vendor's statistics have no date in the form yyyy-mm-dd.");
            }
            days.put(LocalDate.parse(date), new DayCount(day.path("queued").asLong(), day.path("succeeded").asLong(),
                    day.path("failed").asLong()));
        }
        return days;
    }

    /**
     * A page of the records of a day.
     *
     * @param resource {@code deliveries} or {@code bounces}; the records have the keys of this webhook
     * @param hour     from 0 to 23, or null for the whole day
     * @param page     from 0
     * @param rows     how many records the page may have
     */
    List<ObjectNode> page(String resource, LocalDate day, Integer hour, int page, int rows) throws VendorProblem, InterruptedException {
        Map<String, Object> parameters = new HashMap<>(Map.of("date", day, "p", page, "r", rows));
        if (hour != null) {
            parameters.put("hour", hour);
        }
        List<ObjectNode> records = new ArrayList<>();
        for (JsonNode record : call(resource, parameters)) {
            if (!(record instanceof ObjectNode object)) {
                throw new VendorProblem("The vendor's list of " + resource + " holds something that is not a record.");
            }
            records.add(object);
        }
        return records;
    }

    private JsonNode call(String resource, Map<String, Object> parameters) throws VendorProblem, InterruptedException {
        Map<String, Object> all = new LinkedHashMap<>(parameters);
        all.put("api_user", settings.apiUser());
        all.put("api_key", settings.apiKey());
        all.put("server_composition", settings.serverComposition());
        String form = all.entrySet().stream().map(one -> one.getKey() + "=" + URLEncoder.encode(String.valueOf(one.getValue()),
                StandardCharsets.UTF_8)).collect(Collectors.joining("&"));
        HttpRequest request = HttpRequest.newBuilder(URI.create(settings.url() + "/" + resource + "/list.json"))
                .header("Content-Type", WebhookBody.FORM).header("Accept-Language", "en").POST(BodyPublishers.ofString(form)).build();
        Duration next = pause;
        for (int attempt = 1;; attempt++) {
            budget.take();
            Answer answer = send(request);
            if (answer.mayPass() && attempt < ATTEMPTS) {
                Thread.sleep(Math.min(LONGEST_PAUSE.toMillis(), Math.max(next.toMillis(), answer.retryAfter() * 1_000)));
                next = next.multipliedBy(2);
            } else {
                return rows(resource, answer);
            }
        }
    }

    /**
     * What came back.
     *
     * @param status 0 if nothing came back
     * @param text   the body, or what failed
     */
    private record Answer(int status, long retryAfter, String text) {

        boolean mayPass() {
            return status == 0 || status == 429 || status >= 500;
        }
    }

    private Answer send(HttpRequest request) throws InterruptedException {
        // the timeout of a request ends with the headers of the answer, and a body can take for ever
        CompletableFuture<HttpResponse<byte[]>> sent = client.sendAsync(request, BodyHandlers.ofByteArray());
        try {
            HttpResponse<byte[]> response = sent.get(limit.toMillis(), TimeUnit.MILLISECONDS);
            String after = response.headers().firstValue("Retry-After").filter(text -> text.matches("\\d{1,5}")).orElse("0");
            return new Answer(response.statusCode(), Long.parseLong(after), new String(response.body(), StandardCharsets.UTF_8));
        } catch (TimeoutException e) {
            return new Answer(0, 0, "no answer within " + limit.toSeconds() + " s");
        } catch (ExecutionException e) {
            return new Answer(0, 0, e.getCause().getClass().getSimpleName());
        } finally {
            sent.cancel(true);
        }
    }

    private JsonNode rows(String resource, Answer answer) throws VendorProblem {
        if (answer.status() == 0) {
            throw new VendorProblem("The vendor's API at vendor.url does not answer: " + answer.text());
        }
        JsonNode body = answer.status() / 100 == 2 ? body(answer.text()) : errors(answer.text());
        JsonNode error = body.path("errors").path(0);
        if (!error.isMissingNode()) {
            throw new VendorProblem("The vendor refuses " + resource + "/list: " + shown(error.path("field").asText() + " "
                    + error.path("message").asText() + " (" + error.path("code").asText() + ")") + ". Check vendor.api-user,"
                    + " vendor.api-key and vendor.server-composition.", error.path("field").asText());
        }
        if (answer.status() / 100 != 2) {
            throw new VendorProblem("The vendor answered " + resource + "/list with the status " + answer.status() + ".");
        }
        JsonNode rows = body.path(resource);
        if (!rows.isArray() && !rows.isMissingNode()) {
            throw new VendorProblem("The vendor's answer to " + resource + "/list has no list of " + resource + ".");
        }
        return rows;
    }

    /** The body of a failure, which may have no documented form, for instance if a proxy answers. */
    private static JsonNode errors(String text) {
        try {
            return body(text);
        } catch (VendorProblem e) {
            return MissingNode.getInstance();
        }
    }

    /** An empty body, as with the status 204, has no records. */
    private static JsonNode body(String text) throws VendorProblem {
        try {
            return JSON.readTree(text.isBlank() ? "{}" : text);
        } catch (JsonProcessingException e) {
            throw new VendorProblem("The vendor's answer is not JSON.");
        }
    }

    /** One short line without the key, which an error could quote. */
    private String shown(String text) {
        String line = text.replace(settings.apiKey(), "…").replace(URLEncoder.encode(settings.apiKey(), StandardCharsets.UTF_8), "…")
                .replaceAll("\\p{Cntrl}", " ").strip();
        return line.length() > MAX_MESSAGE ? line.substring(0, MAX_MESSAGE) + "…" : line;
    }
}
