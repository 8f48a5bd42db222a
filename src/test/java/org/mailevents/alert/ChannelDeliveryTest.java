package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.TemporalAdjusters;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.Application;
import org.mailevents.channel.WebhookSignature;
import org.mailevents.support.ChatService;
import org.mailevents.support.HttpReceiver;
import org.mailevents.support.HttpReceiver.Answer;
import org.mailevents.support.HttpReceiver.Request;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.Rfc5322;
import org.mailevents.support.Scrape;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;
import org.mailevents.support.TimedAlerts;

/** What reaches the services of the channels, when, and how often. The services are HTTP servers that check what the real ones document. */
@Execution(ExecutionMode.CONCURRENT)
class ChannelDeliveryTest {

    private static final String SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    private static final String ALL = "mail,line-works,chatwork,slack,teams,pagerduty,webhook";

    private final HttpReceiver services = new HttpReceiver();
    private final HttpReceiver slack = new HttpReceiver();

    ChannelDeliveryTest() {
        services.answers = request -> service(request).answer(request);
        slack.answers = ChatService.SLACK::answer;
    }

    @AfterEach
    void stop() {
        services.close();
        slack.close();
    }

    @Test
    void everyChannelGetsOneMessageForEachPhaseInTheirOrder() {
        try (TimedAlerts run = run(ALL, "alert.all-clear-from", "1")) {
            // When
            anIncident(run);

            // Then
            await().until(() -> open(run.database()).isEmpty());
            assertThat(services.refused).extracting(Request::path).isEmpty();
            assertThat(slack.refused).isEmpty();
            for (ChatService service : ChatService.values()) {
                List<Request> requests = service == ChatService.SLACK ? slack.requests
                        : services.requests.stream().filter(request -> service(request) == service).toList();
                assertThat(requests).as(service.name()).hasSize(3);
            }
            assertThat(hooks()).extracting(json -> json.path("type").asText())
                    .containsExactly("incident.opened", "incident.update", "incident.closed");
            assertThat(events()).extracting(json -> json.path("event_action").asText()).containsExactly("trigger", "trigger", "resolve");
            assertThat(events()).extracting(json -> json.path("dedup_key").asText())
                    .containsOnly(run.database().row("SELECT incident_id FROM alert_incident").get("incident_id"));
            assertThat(run.application().log()).doesNotContain("s3cr3t").doesNotContain(SECRET);
        }
    }

    /** A lone bounce is one mail. Whoever keeps the incident open must still be told that it is over. */
    @Test
    void anOrdinaryEndIsToldOnlyToChannelsThatKeepIncidentsOpen() {
        try (TimedAlerts run = run("mail,slack,pagerduty,webhook")) {
            bounce(run);
            await().until(() -> hooks().size() == 1 && events().size() == 1 && slack.requests.size() == 1 && run.mails().size() == 1);
            run.pass(Duration.ofMinutes(50));

            await().until(() -> hooks().size() == 2 && events().size() == 2);
            await().until(() -> open(run.database()).isEmpty());
            assertThat(events().get(1).path("event_action").asText()).isEqualTo("resolve");
            assertThat(hooks().get(1).path("type").asText()).isEqualTo("incident.closed");
            assertThat(slack.requests).hasSize(1);
            assertThat(run.mails()).hasSize(1);
            run.database().row("SELECT 1 FROM alert_incident WHERE closed_at IS NOT NULL");
        }
    }

    /** Somebody has muted the incident at PagerDuty, where it would stay open for ever. The other service has never heard of it. */
    @Test
    void aServiceThatHasMutedAnIncidentIsToldItsEnd() {
        try (TimedAlerts run = run("mail,pagerduty,webhook")) {
            // Given
            mute(run, "webhook");
            bounce(run);
            await().until(() -> events().size() == 1 && run.mails().size() == 1);
            mute(run, "pagerduty");

            // When
            run.pass(Duration.ofMinutes(50));

            // Then
            await().until(() -> events().size() == 2);
            run.awaitEnds();
            await().until(() -> open(run.database()).isEmpty());
            assertThat(events()).extracting(json -> json.path("event_action").asText()).containsExactly("trigger", "resolve");
            assertThat(hooks()).isEmpty();
        }
    }

    @Test
    void whoeverIsOnCallHearsOfTheEndAtOnceAlthoughTheAllClearWaitsForTheHours() {
        try (TimedAlerts run = run("mail,pagerduty", "alert.hours", "mon-fri 08:00-19:00", "alert.time-zone", "UTC")) {
            // Given
            ZonedDateTime saturday = run.now().atZone(ZoneOffset.UTC).with(TemporalAdjusters.next(DayOfWeek.SATURDAY)).withHour(3);
            run.pass(Duration.between(run.now(), saturday));
            run.post("bounces", Stream.generate(() -> Payload.bounce("7")).limit(30).toArray(JsonNode[]::new));
            run.pass(Duration.ofSeconds(10));
            await().until(() -> events().size() == 1 && run.mails().size() == 1);

            // When
            run.pass(Duration.ofMinutes(50));
            await().until(() -> events().size() == 2);
            run.pass(Duration.between(run.now(), saturday.with(TemporalAdjusters.next(DayOfWeek.MONDAY)).withHour(8).withMinute(1)));
            await().until(() -> run.mails().size() == 2);
            run.awaitEnds();

            // Then
            assertThat(events()).extracting(json -> json.path("event_action").asText()).containsExactly("trigger", "resolve");
            assertThat(run.mails().get(1).text()).startsWith("収束");
            assertThat(run.mails().get(1).header("In-Reply-To")).isEqualTo(run.mails().get(0).header("Message-ID"));
        }
    }

    @Test
    void theSignatureFitsTheBody() {
        try (TimedAlerts run = run("webhook")) {
            bounce(run);

            await().until(() -> services.requests.size() == 1);
            Request request = services.requests.get(0);
            String id = request.headers().getFirst("webhook-id");
            Instant at = Instant.ofEpochSecond(Long.parseLong(request.headers().getFirst("webhook-timestamp")));
            assertThat(at).isEqualTo(run.now());
            assertThat(WebhookSignature.headers(id, at, request.body().getBytes(StandardCharsets.UTF_8), List.of(SECRET)))
                    .containsEntry("webhook-signature", request.headers().getFirst("webhook-signature"));
        }
    }

    @Test
    void aServiceThatWantsTimeGetsIt() {
        try (TimedAlerts run = run("slack")) {
            slack.answers = request -> new Answer(429, Map.of("Retry-After", "300"), "rate_limited");
            bounce(run);
            await().until(() -> !run.database().rows("SELECT 1 FROM alert_delivery WHERE failure LIKE '%429%'").isEmpty());

            assertThat(retryAt(run.database())).isEqualTo(run.now().plusSeconds(300));
            assertThat(slack.refused).hasSize(1);
            slack.answers = ChatService.SLACK::answer;
            run.pass(Duration.ofSeconds(300));
            await().until(() -> slack.requests.size() == 1);
            assertThat(slack.refused).hasSize(1);
        }
    }

    @Test
    void aServiceThatIsDownDelaysNoOtherAndIsToldInOrder() {
        try (TimedAlerts run = run("mail,slack,webhook")) {
            slack.close();
            bounce(run);
            await().until(() -> run.mails().size() == 1 && hooks().size() == 1);
            run.pass(Duration.ofMinutes(6));
            bounce(run);
            await().until(() -> run.mails().size() == 2 && hooks().size() == 2);

            slack.open();
            run.pass(Duration.ofMinutes(15));
            await().until(() -> open(run.database()).isEmpty());
            assertThat(slack.requests).extracting(request -> request.json().path("text").asText())
                    .satisfiesExactly(opened -> assertThat(opened).doesNotStartWith("継続中"),
                            update -> assertThat(update).startsWith("継続中"));
            assertThat(hooks()).extracting(json -> json.path("data").path("number").asInt()).startsWith(1, 2).doesNotHaveDuplicates();
        }
    }

    @Test
    void aServiceThatHangsDelaysNoOther() {
        CountDownLatch answer = new CountDownLatch(1);
        try (TimedAlerts run = run("mail,slack,webhook")) {
            slack.answers = request -> {
                awaitUninterrupted(answer);
                return ChatService.SLACK.answer(request);
            };
            bounce(run);
            await().until(() -> run.mails().size() == 1 && hooks().size() == 1);
            run.pass(Duration.ofMinutes(6));
            bounce(run);
            await().until(() -> run.mails().size() == 2 && hooks().size() == 2);
            answer.countDown();
            slack.answers = ChatService.SLACK::answer;
            await().until(() -> !slack.requests.isEmpty());
        } finally {
            answer.countDown();
        }
    }

    @Test
    void aRefusedMessageIsToldToTheOperatorsAndGivenUpAfterADay() {
        try (TimedAlerts run = run("slack", "alert.language", "en")) {
            slack.answers = request -> new Answer(404, Map.of(), "no_service " + request.path());
            bounce(run);
            await().until(() -> run.mails().size() == 1);

            assertThat(run.mails().get(0).text()).contains("404 no_service").contains("alert.slack.url").doesNotContain("s3cr3t");
            run.pass(Duration.ofHours(25));
            await().until(() -> !run.database().rows("SELECT 1 FROM alert_delivery WHERE channel = 'slack' AND gave_up_at IS NOT NULL")
                    .isEmpty());
            assertThat(run.application().log()).contains("404 no_service").doesNotContain("s3cr3t");
            assertThat(run.mails()).hasSize(1);
        }
    }

    @Test
    void aRedirectIsARefusalAndItsAddressIsNotLogged() {
        try (TimedAlerts run = run("slack", "alert.language", "en")) {
            slack.answers = request -> new Answer(307, Map.of("Location", request.path() + "/"), "moved");
            bounce(run);
            await().until(() -> run.mails().size() == 1);

            assertThat(run.mails().get(0).text()).contains("307 moved");
            assertThat(run.application().log()).contains("307").doesNotContain("s3cr3t");
        }
    }

    @Test
    void theOperatorsAreToldOfEachChannelThatRefuses() {
        try (TimedAlerts run = run("slack,teams,webhook", "alert.language", "en")) {
            slack.answers = request -> new Answer(404, Map.of(), "no_service");
            services.answers = request -> service(request) == ChatService.TEAMS ? new Answer(401, Map.of(), "no_flow")
                    : service(request).answer(request);
            bounce(run);

            await().until(() -> run.mails().size() == 2);
            assertThat(run.mails()).extracting(Rfc5322::text).satisfiesExactlyInAnyOrder(
                    text -> assertThat(text).contains("404 no_service", "alert.slack.url"),
                    text -> assertThat(text).contains("401 no_flow", "alert.teams.url"));
        }
    }

    @Test
    void theMetricsTellAMailServerThatIsDownFromAServiceThatIsDown() throws IOException {
        String nowhere = "smtp://127.0.0.1:" + MailEvents.freePort();
        try (TimedAlerts run = run("mail,slack,teams", "alert.endpoint", nowhere)) {
            services.answers = request -> new Answer(503, Map.of(), "down");
            bounce(run);
            await().until(() -> run.database().rows("SELECT 1 FROM alert_delivery WHERE sent_at IS NOT NULL OR failure IS NOT NULL")
                    .size() == 3);

            Scrape scrape = Scrape.of(run.application());
            assertThat(scrape.value("mail_events_mails_total", "outcome", "sent")).isZero();
            assertThat(scrape.value("mail_events_mails_total", "outcome", "failed")).isPositive();
            for (String outcome : List.of("sent", "failed")) {
                assertThat(scrape.named("mail_events_channel_messages_total")).filteredOn(sample -> sample.value() > 0
                        && outcome.equals(sample.labels().get("outcome"))).extracting(sample -> sample.labels().get("channel"))
                        .containsExactly(outcome.equals("sent") ? "slack" : "teams");
            }
        }
    }

    @Test
    void twoProcessesTellEachMessageOnce() {
        TestDatabase database = TestDatabase.postgres();
        TestSettings settings = TestSettings.of(database).with(settings("mail,slack,webhook"));
        try (InProcess one = settings.startInProcess(); InProcess two = settings.startInProcess()) {
            for (String code : List.of("1", "2", "3", "4", "5", "6")) {
                (code.compareTo("3") > 0 ? one : two).post("application/json", Payload.json("bounces", Payload.bounce(code)));
            }
            await().until(() -> database.rows("SELECT 1 FROM mail_event WHERE alert_state <> 'sent'").isEmpty()
                    && open(database).isEmpty());
            List<Map<String, String>> sent = database.rows("SELECT delivery_id FROM alert_delivery WHERE channel = 'webhook'");
            assertThat(services.requests).extracting(request -> request.headers().getFirst("webhook-id"))
                    .containsExactlyInAnyOrderElementsOf(sent.stream().map(row -> row.get("delivery_id")).toList());
            assertThat(slack.requests).hasSize(sent.size());
        }
    }

    @Test
    void aChannelThatNobodyUsesDoesNotRun() {
        try (InProcess application = TestSettings.of(TestDatabase.h2()).startInProcess()) {
            assertThat(application.context().getRoute("slack").getConsumer().getEndpoint().getEndpointUri())
                    .contains("startScheduler=false");
            assertThat(application.context().getComponentNames()).doesNotContain("http", "https");
        }
    }

    @Test
    void aBrokenEditOfATemplateIsNotActivated() throws Exception {
        Path routes = OwnProcess.folder("routes").resolve("routes");
        try (TimedAlerts run = run("slack", "camel.main.routesIncludePattern", "file:" + routes + "/*.camel.yaml")) {
            Path template = routes.resolve("channels/slack.json.ftl");
            Files.writeString(template, Files.readString(template).replace("\"blocks\": [", "\"blocks\": "));
            await().until(() -> run.application().log().contains("Not activated: " + template));
            Path route = routes.resolve("channels/slack.camel.yaml");
            String shipped = Files.readString(route);
            Map<String, String> mistakes = Map.of(shipped.replace("direct:mark-alert", "log:x"), "missing there: direct:mark-alert",
                    shipped.replace("id: slack", "id: slak"), "must have the id slack, not slak",
                    shipped.replace("\"{{channel.slack.used}}\"", "false"), "Delete startScheduler: false");
            for (Map.Entry<String, String> mistake : mistakes.entrySet()) {
                Files.writeString(route, mistake.getKey());
                await().until(() -> run.application().log().contains(mistake.getValue()));
            }

            bounce(run);
            await().until(() -> slack.requests.size() == 1);
            assertThat(slack.refused).isEmpty();
        }
    }

    private TimedAlerts run(String channels, String... more) {
        Map<String, String> all = new HashMap<>(settings(channels));
        for (int i = 0; i < more.length; i += 2) {
            all.put(more[i], more[i + 1]);
        }
        return new TimedAlerts(Application.configured(), all);
    }

    private Map<String, String> settings(String channels) {
        // an update may follow after minutes
        return Map.ofEntries(Map.entry("alert.channel", channels), Map.entry("alert.max-per-day", "1000"),
                Map.entry("alert.line-works.url", services.url("/message/s3cr3t")),
                Map.entry("alert.chatwork.url", services.url("/v2")), Map.entry("alert.chatwork.room", "42"),
                Map.entry("alert.chatwork.token", "s3cr3t"), Map.entry("alert.slack.url", slack.url("/services/T1/B2/s3cr3t")),
                Map.entry("alert.teams.url", services.url("/run/s3cr3t?" + ChatService.TEAMS_QUERY)),
                Map.entry("alert.pagerduty.url", services.url("/v2/enqueue")), Map.entry("alert.pagerduty.routing-key", "s3cr3t"),
                Map.entry("alert.webhook.url", services.url("/hook/s3cr3t")), Map.entry("alert.webhook.secret", SECRET));
    }

    private static ChatService service(Request request) {
        return request.path().startsWith("/message") ? ChatService.LINE_WORKS : request.path().startsWith("/v2/rooms")
                ? ChatService.CHATWORK : request.path().startsWith("/run") ? ChatService.TEAMS
                : request.path().startsWith("/v2/enqueue") ? ChatService.PAGERDUTY : ChatService.WEBHOOK;
    }

    private void anIncident(TimedAlerts run) {
        bounce(run);
        await().until(() -> hooks().size() == 1);
        run.mailed(1);
        run.pass(Duration.ofMinutes(6));
        bounce(run);
        await().until(() -> hooks().size() == 2);
        run.mailed(2);
        run.pass(Duration.ofMinutes(50));
        await().until(() -> hooks().size() == 3);
    }

    private static void bounce(TimedAlerts run) {
        run.post("bounces", Payload.bounce("2"));
        run.pass(Duration.ofSeconds(10));
    }

    private static void mute(TimedAlerts run, String channel) {
        run.database().execute("INSERT INTO alert_answer (answer_id, what, audience, recipient, until_time, answered_at) VALUES (?,"
                + " 'mute', 'list-owner', ?, ?, ?)", UUID.randomUUID(), channel,
                run.now().plus(Duration.ofDays(7)).atOffset(ZoneOffset.UTC), run.now().atOffset(ZoneOffset.UTC));
    }

    /** The bodies of the channel {@code webhook}. */
    private List<JsonNode> hooks() {
        return bodies(ChatService.WEBHOOK);
    }

    private List<JsonNode> events() {
        return bodies(ChatService.PAGERDUTY);
    }

    private List<JsonNode> bodies(ChatService service) {
        List<JsonNode> bodies = new ArrayList<>();
        services.requests.stream().filter(request -> service(request) == service).forEach(request -> bodies.add(request.json()));
        return bodies;
    }

    private static List<Map<String, String>> open(TestDatabase database) {
        return database.rows("SELECT delivery_id FROM alert_delivery WHERE sent_at IS NULL AND gave_up_at IS NULL");
    }

    private static Instant retryAt(TestDatabase database) {
        return Instant.ofEpochSecond(Long.parseLong(database.row(
                "SELECT CAST(EXTRACT(EPOCH FROM retry_at) AS bigint) AS at FROM alert_delivery").get("at")));
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
