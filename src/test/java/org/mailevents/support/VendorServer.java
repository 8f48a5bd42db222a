package org.mailevents.support;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import org.mailevents.support.HttpReceiver.Answer;
import org.mailevents.support.HttpReceiver.Request;

/**
 * A server that behaves as the vendor documents its Transactional Email API, version 2
 * (<a href="https://smtps.jp/docs/apiv2/te/index.html">vendor's documentation</a>), and refuses what the documentation forbids. What is not
 * documented can be set. Nobody has compared it with the vendor's own server.
 */
public final class VendorServer implements AutoCloseable {

    public static final String USER = "api-user@example.com";
    public static final String KEY = "key-of-the-api-user";

    /** How the vendor writes a time. */
    public static final DateTimeFormatter CREATED = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");
    private static final Set<String> LOGIN = Set.of("api_user", "api_key", "server_composition");
    private static final Map<String, Set<String>> PARAMETERS = Map.of(
            "statistics", Set.of("year", "month", "total"),
            "deliveries", Set.of("from", "to", "api_data", "status", "date", "hour", "minute", "p", "r", "search_option"),
            "bounces", Set.of("from", "to", "api_data", "status", "start_date", "end_date", "date", "hour", "minute", "p", "r",
                    "search_option"));
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * Something that happened.
     *
     * @param element the record, with {@code created} in the zone of the webhooks
     */
    public record Fact(String eventType, ObjectNode element) {

        LocalDateTime created() {
            return LocalDateTime.parse(element.path("created").asText(), CREATED);
        }

        String status() {
            return element.path("status").asText();
        }
    }

    /** Everything that happened. */
    public final List<Fact> facts = new CopyOnWriteArrayList<>();
    /** The answers to the next requests, before the documented ones. */
    public final Queue<Answer> next = new ConcurrentLinkedQueue<>();
    /** Not documented: the zone of the API. */
    public volatile ZoneId zone = ZoneId.of("Asia/Tokyo");
    /** Not documented for these lists: the largest {@code r}. */
    public volatile int largestPage = 100;
    /** Not documented: whether the list of bounces has smaller pages. */
    public volatile int largestPageOfBounces = Integer.MAX_VALUE;
    /** How the lists write a time. */
    public volatile DateTimeFormatter created = CREATED;
    /** Not documented: whether a larger {@code r} is refused. Otherwise the page is shorter. */
    public volatile boolean refusesLargerPages = true;
    /** Not documented: when a day of the statistics begins, after midnight. */
    public volatile Duration statisticsBegin = Duration.ZERO;
    /** Not documented: when a {@code date} of the lists begins, after midnight. */
    public volatile Duration dateBegin = Duration.ZERO;
    /** Whether the newest record is the first one. */
    public volatile boolean newestFirst = true;
    /** What happens after each page, such as new records. */
    public volatile Runnable afterPage = () -> { };

    private final HttpReceiver receiver = new HttpReceiver();
    private final ZoneId webhooks;
    private final String composition;
    private final Clock clock;

    /**
     * @param webhooks    the zone that is chosen in the console
     * @param composition the name of the only server composition
     */
    public VendorServer(ZoneId webhooks, String composition, Clock clock) {
        this.webhooks = webhooks;
        this.composition = composition;
        this.clock = clock;
        receiver.answers = this::answer;
    }

    /** The settings with which the application asks this server. */
    public Map<String, String> settings() {
        return Map.of("vendor.url", receiver.url("/transaction/v2"), "vendor.api-user", USER, "vendor.api-key", KEY,
                "vendor.server-composition", composition);
    }

    public String url() {
        return receiver.url("/transaction/v2");
    }

    /** How many requests came, also those that were refused. */
    public int calls() {
        return receiver.requests.size() + receiver.refused.size();
    }

    /** The requests that were answered with success. */
    public List<Map<String, String>> answered() {
        return receiver.requests.stream().map(VendorServer::form).toList();
    }

    @Override
    public void close() {
        receiver.close();
    }

    private Answer answer(Request request) {
        Answer ordered = next.poll();
        if (ordered != null) {
            return ordered;
        }
        String resource = request.path().replaceFirst("^/transaction/v2/(\\w+)/list\\.json$", "$1");
        if (!request.method().equals("POST") || !PARAMETERS.containsKey(resource)) {
            return new Answer(404, Map.of(), "");
        }
        Map<String, String> form = form(request);
        if (!USER.equals(form.get("api_user")) || !KEY.equals(form.get("api_key"))) {
            return error(401, "01-001", "api_key", "authentication failed");
        }
        String unknown = form.keySet().stream().filter(key -> !LOGIN.contains(key) && !PARAMETERS.get(resource).contains(key)).findFirst()
                .orElse(null);
        if (unknown != null) {
            return error(400, "02-001", unknown, "unknown parameter");
        }
        if (!composition.equals(form.get("server_composition"))) {
            return error(400, "02-002", "server_composition", "not found");
        }
        return resource.equals("statistics") ? statistics(form) : list(resource, form);
    }

    private Answer statistics(Map<String, String> form) {
        if (!form.getOrDefault("year", "").matches("\\d{4}") || !form.getOrDefault("month", "").matches("[1-9]|1[0-2]|0[1-9]")) {
            return error(400, "02-003", "year", "year and month are required");
        }
        YearMonth month = YearMonth.of(Integer.parseInt(form.get("year")), Integer.parseInt(form.get("month")));
        ArrayNode days = JSON.createArrayNode();
        Map<LocalDate, List<Fact>> byDay = facts.stream()
                .collect(Collectors.groupingBy(fact -> shown(fact).minus(statisticsBegin).toLocalDate()));
        byDay.keySet().stream().filter(day -> YearMonth.from(day).equals(month)).sorted().forEach(day -> {
            List<Fact> ofDay = byDay.get(day);
            ObjectNode counts = days.addObject().put("date", day.toString());
            long succeeded = count(ofDay, "succeeded");
            long failed = count(ofDay, "failed");
            counts.put("queued", count(ofDay, "queued")).put("succeeded", succeeded).put("failed", failed)
                    .put("blocked", ofDay.stream().filter(fact -> fact.eventType().equals("blocks")).count())
                    .put("valid", succeeded + failed);
        });
        return answer("statistics", days);
    }

    private static long count(List<Fact> facts, String status) {
        return facts.stream().filter(fact -> fact.eventType().equals("deliveries") && fact.status().equals(status)).count();
    }

    private Answer list(String resource, Map<String, String> form) {
        int page = Integer.parseInt(form.getOrDefault("p", "0"));
        int rows = Integer.parseInt(form.getOrDefault("r", "10"));
        if (page < 0 || rows < 1) {
            return error(400, "02-004", page < 0 ? "p" : "r", "out of range");
        }
        if (rows > largestPage && refusesLargerPages) {
            return error(400, "02-004", "r", "must be at most " + largestPage);
        }
        if (!form.getOrDefault("date", "").matches("\\d{4}-\\d{2}-\\d{2}")) {
            return error(400, "02-005", "date", "is required in the form yyyy-mm-dd");
        }
        LocalDate date = LocalDate.parse(form.get("date"));
        if (date.isAfter(clock.instant().atZone(zone).toLocalDate())) {
            return error(400, "02-006", "date", "a future date cannot be specified");
        }
        String hour = form.get("hour");
        if (hour != null && !hour.matches("\\d|1\\d|2[0-3]")) {
            return error(400, "02-007", "hour", "must be from 0 to 23");
        }
        Comparator<Fact> order = Comparator.comparing(VendorServer.this::shown);
        List<Fact> found = facts.stream().filter(fact -> fact.eventType().equals(resource)).filter(fact -> {
            LocalDateTime at = shown(fact).minus(dateBegin);
            return at.toLocalDate().equals(date) && (hour == null || at.getHour() == Integer.parseInt(hour));
        }).sorted(newestFirst ? order.reversed() : order).toList();
        int size = Math.min(rows, resource.equals("bounces") ? Math.min(largestPage, largestPageOfBounces) : largestPage);
        ArrayNode records = JSON.createArrayNode();
        found.stream().skip((long) page * size).limit(size)
                .forEach(fact -> records.add(fact.element().deepCopy().put("created", created.format(shown(fact)))));
        afterPage.run();
        return answer(resource, records);
    }

    /** The time of a fact in the zone of the API. */
    private LocalDateTime shown(Fact fact) {
        return fact.created().atZone(webhooks).withZoneSameInstant(zone).toLocalDateTime();
    }

    private static Answer answer(String name, ArrayNode records) {
        return records.isEmpty() ? new Answer(204, Map.of(), "")
                : new Answer(200, Map.of("Content-Type", "application/json"), JSON.createObjectNode().set(name, records).toString());
    }

    private static Answer error(int status, String code, String field, String message) {
        ObjectNode body = JSON.createObjectNode();
        body.putArray("errors").addObject().put("code", code).put("field", field).put("message", message);
        return new Answer(status, Map.of("Content-Type", "application/json"), body.toString());
    }

    private static Map<String, String> form(Request request) {
        return Arrays.stream(request.body().split("&")).map(pair -> pair.split("=", 2)).collect(Collectors.toMap(pair -> pair[0],
                pair -> URLDecoder.decode(pair[1], StandardCharsets.UTF_8)));
    }
}
