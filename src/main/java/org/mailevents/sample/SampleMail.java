package org.mailevents.sample;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.mailevents.event.Receipt;
import org.mailevents.http.Https;
import org.mailevents.http.RunningApplication;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;

/**
 * Posts a day of sample mail to the running application over HTTP, as Customers Mail Cloud does. The webhooks are form and JSON by turns.
 * One webhook is sent twice, and one event has no Message-ID and is rejected.
 */
public final class SampleMail {

    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final DateTimeFormatter MINUTE = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm");
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIMEOUT).build();
    private final CamelContext context;
    private final Settings settings;
    private final RunningApplication application;

    /** @param context a context with the settings of the running application */
    public SampleMail(CamelContext context) {
        this.context = context;
        this.settings = new Settings(context);
        this.application = new RunningApplication(context);
    }

    /**
     * @param anyway whether to post although the alerts about the bounces leave this machine as real mails
     * @return the output of the command, line by line
     * @throws IllegalStateException when the sample must not be sent or no Mail Events accepts it; the message says what to change
     */
    public List<String> post(boolean anyway) throws InterruptedException {
        if (!anyway && !settings.required("alert.endpoint").startsWith("file:")) {
            throw new IllegalStateException("The sample has bounces, and alert.endpoint is not a folder: real mails would go to alert.to."
                    + " To send them anyway, run: sample anyway");
        }
        if (Https.enabled(context)) {
            throw new IllegalStateException("The sample needs plain HTTP: start Mail Events and this command with"
                    + " camel.ssl.enabled = false");
        }
        ZoneId zone = settings.zone("webhook.time-zone");
        ZonedDateTime now = TimeSource.of(context).instant().atZone(zone);
        SampleDay day = new SampleDay(now);
        List<SampleWebhook> webhooks = new ArrayList<>(day.webhooks());
        SampleWebhook twice = webhooks.stream().filter(webhook -> webhook.eventType().equals("bounces"))
                .max(Comparator.comparingInt(webhook -> webhook.events().size())).orElseThrow();
        webhooks.add(webhooks.indexOf(twice), twice);
        URI uri = application.uri(settings.required("webhook.path"));
        Receipt sum = new Receipt(0, 0, 0, 0, 0);
        for (int i = 0; i < webhooks.size(); i++) {
            sum = sum.plus(post(uri, webhooks.get(i), i % 2 == 0));
        }
        return List.of(
                "Sent a day of sample mail, until " + MINUTE.format(now) + " " + zone + ", to " + uri,
                "  sent: " + webhooks.size() + " webhooks with " + (day.events().size() + twice.events().size() + 1) + " events of "
                        + count(day, "deliveries").get("queued") + " messages; one webhook (" + twice.events().size()
                        + " events) was sent twice, and one event has no messageId",
                "  received " + sum.received() + ", stored " + sum.stored() + ", duplicates " + sum.duplicates()
                        + ", rejected " + sum.rejected() + ", spooled " + sum.spooled(),
                "  deliveries: " + inWords(count(day, "deliveries")),
                "  bounces by code: " + inWords(count(day, "bounces")),
                "  blocks: " + inWords(count(day, "blocks")),
                "Search for these at " + application.uri("/"),
                "  " + SampleDay.DEFERRED + ", " + day.deferred().id() + ": deferred twice, then delivered",
                "  " + SampleDay.BOUNCED + ", " + day.bounced().id() + ": bounced");
    }

    private Receipt post(URI uri, SampleWebhook webhook, boolean form) throws InterruptedException {
        String apiKey = settings.list("webhook.api-key").stream().findFirst().orElse("");
        HttpRequest.Builder request = HttpRequest.newBuilder(uri).timeout(TIMEOUT)
                .header("Content-Type", form ? "application/x-www-form-urlencoded" : "application/json")
                .POST(BodyPublishers.ofString(form ? webhook.form(apiKey) : webhook.json(apiKey)));
        settings.list("webhook.basic").stream().findFirst().ifPresent(pair -> request.header("Authorization", "Basic "
                + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8))));
        try {
            return receipt(uri, http.send(request.build(), BodyHandlers.ofString()));
        } catch (ConnectException e) {
            throw new IllegalStateException("Start Mail Events first: no server answers at " + uri);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("The server at " + uri + " is not Mail Events: check camel.server.port", e);
        } catch (IOException e) {
            throw new IllegalStateException("Mail Events at " + uri + " did not answer: see its log", e);
        }
    }

    private static Receipt receipt(URI uri, HttpResponse<String> answer) throws JsonProcessingException {
        return switch (answer.statusCode()) {
            case 200 -> JSON.readValue(answer.body(), Receipt.class);
            case 401 -> throw new IllegalStateException("Mail Events at " + uri + " refused the secret: run this command with the"
                    + " webhook.api-key or webhook.basic that Mail Events was started with");
            default -> throw new IllegalStateException(uri + " answered " + answer.statusCode() + ": "
                    + JSON.readTree(answer.body()).path("detail").asText());
        };
    }

    private static Map<String, Long> count(SampleDay day, String eventType) {
        return day.events().stream().filter(event -> event.eventType().equals(eventType))
                .collect(Collectors.groupingBy(SampleEvent::status, TreeMap::new, Collectors.counting()));
    }

    /** For instance {@code queued × 3, failed × 1}, the most frequent first. */
    private static String inWords(Map<String, Long> counts) {
        return counts.entrySet().stream().sorted(Map.Entry.<String, Long>comparingByValue().reversed())
                .map(count -> count.getKey() + " × " + count.getValue()).collect(Collectors.joining(", "));
    }
}
