package org.mailevents.trial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mailevents.support.Answers.assertProblem;
import static org.mailevents.support.ShippedRoutes.REFUSED;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.main.Main;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.mailevents.Application;
import org.mailevents.database.Database;
import org.mailevents.database.JdbiFactory;
import org.mailevents.live.ActiveRoutes;
import org.mailevents.live.DraftReview;
import org.mailevents.privacy.RecipientHash;
import org.mailevents.store.StoredEvents;
import org.mailevents.support.Api;
import org.mailevents.support.HttpReceiver;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** A trial on stored events. The same cases run on each database. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class TryCases {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
    private static final int EVENTS = 10_000;
    private static final int A_WEBHOOK = 250;
    private static final int EDITS = 20;
    private static final String FILE = "route-bounces.camel.yaml";

    private final TestDatabase database = database();
    private final Path folder = OwnProcess.folder("routes");
    private final HttpReceiver other = new HttpReceiver();
    private InProcess application;
    private String active;
    /** Before the last two webhooks: deliveries and bounces. */
    private Instant since;

    abstract TestDatabase database();

    @BeforeAll
    void start() throws IOException {
        Path test = folder.resolve("routes/tests/bounces.test.yaml");
        Files.createDirectories(test.getParent());
        Files.copy(Path.of("routes/tests/bounces.test.yaml"), test);
        application = TestSettings.of(database, Mailbox.folder()).withRoutes(folder.resolve("routes")).with("alert.first-delay", "1h")
                .startInProcess();
        active = Files.readString(folder.resolve("routes").resolve(FILE));
        Random random = new Random(16);
        for (int webhook = 0; webhook < EVENTS / A_WEBHOOK; webhook++) {
            String type = webhook % 2 == 0 ? "bounces" : "deliveries";
            since = webhook == EVENTS / A_WEBHOOK - 2 ? Instant.now() : since;
            JsonNode[] elements = IntStream.range(0, A_WEBHOOK).mapToObj(i -> element(type, random)).toArray(JsonNode[]::new);
            assertThat(application.post(MailEvents.JSON, Payload.json(type, elements)).body()).contains("\"stored\":" + A_WEBHOOK);
        }
    }

    @AfterAll
    void stop() {
        application.close();
        other.close();
    }

    private static ObjectNode element(String type, Random random) {
        ObjectNode element = type.equals("bounces") ? Payload.bounce(any(random, RandomEdit.CODES))
                : Payload.delivery(any(random, List.of("queued", "succeeded", "deferred", "failed")));
        return element.put("to", random.nextInt(1_000) + "@" + any(random, RandomEdit.DOMAINS))
                .put("apiData", any(random, RandomEdit.CAMPAIGNS));
    }

    private static <T> T any(Random random, List<T> list) {
        return list.get(random.nextInt(list.size()));
    }

    @Test
    void theDifferenceOfTwentyRandomEditsIsThatOfTheRows() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<Map<String, String>> rows = database.rows("SELECT * FROM mail_event WHERE received_at >= ?", since.atOffset(ZoneOffset.UTC))
                .stream().filter(row -> row.get("event_type").equals("bounces")).toList();
        for (int i = 0; i < EDITS; i++) {
            // Given
            RandomEdit edit = RandomEdit.of(random, active, other.url(""));
            TreeSet<String> expected = new TreeSet<>();
            rows.stream().filter(edit.applies()).forEach(row -> expected.add(row.get("event_id") + " " + edit.what() + " " + (switch (
                    edit.what()) {
                case "audience", "kind" -> row.get(edit.what()) + " " + edit.value();
                case "more-calls" -> edit.value();
                default -> "";
            })));

            // When
            TryResult result = run(edit.draft());

            // Then
            TreeSet<String> found = new TreeSet<>();
            result.changes().forEach(change -> change.examples().forEach(example -> found.add(example.eventId() + " " + change.what() + " "
                    + (switch (change.what()) {
                        case "audience", "kind" -> example.before() + " " + example.after();
                        case "more-calls" -> change.endpoint();
                        default -> "";
                    }))));
            assertThat(found).as("seed %d, edit %d: %s", seed, i, edit.name()).isEqualTo(expected);
            assertThat(result.events()).isEqualTo(A_WEBHOOK * 2);
            assertThat(result.changed()).isEqualTo(expected.size());
            assertThat(result.differByThemselves() + result.notKnown() + result.notComparable()).isZero();
        }
        assertThat(other.requests).isEmpty();
    }

    /** With the ids of all events, and not only of some examples. */
    private TryResult run(String draft) throws Exception {
        return trial(EVENTS).run(new TryRequest(null, Map.of("drafts/" + FILE, draft), EVENTS, since, Instant.now(), null));
    }

    /** A trial that runs in the thread of the test, with a time limit that not even a busy machine reaches. */
    private Trial trial(int maxExamples) {
        return new Trial(application.context(), jdbi(), application.context().getRegistry().findSingleByType(ActiveRoutes.class),
                RecipientHash.with(""), Clock.systemUTC(), () -> 0, maxExamples, Duration.ofHours(1));
    }

    private Jdbi jdbi() {
        return JdbiFactory.create(application.context().getRegistry().findSingleByType(Database.class));
    }

    /** The limit is one of processor time, because a busy machine lets the trial wait. */
    @Test
    void tenThousandEventsTakeLessThanTenSeconds() throws Exception {
        // Given
        String edited = edited(REFUSED, "expression: postmaster", "expression: list-owner");
        Map<String, String> before = counts();

        // When
        long start = THREADS.getCurrentThreadCpuTime();
        TryResult tried = trial(Trial.MAX_EXAMPLES).run(TryRequest.of(request("files", Map.of(FILE, edited)).toString()));
        Duration taken = Duration.ofNanos(THREADS.getCurrentThreadCpuTime() - start);

        // Then
        assertThat(taken).isLessThan(Duration.ofSeconds(10));
        JsonNode result = Api.read("post", "/api/try", JSON.writeValueAsString(tried));
        assertThat(result.path("events").asInt()).isEqualTo(EVENTS);
        int expected = number("event_type = 'bounces' AND status IN ('4', '7')");
        assertThat(result.path("changed").asInt()).isEqualTo(expected);
        assertThat(result.path("changes")).singleElement().satisfies(change -> {
            assertThat(change.path("what").asText()).isEqualTo("audience");
            assertThat(change.path("before").asText()).isEqualTo("postmaster");
            assertThat(change.path("after").asText()).isEqualTo("list-owner");
            assertThat(change.path("at").asText()).matches(FILE + ":\\d+");
            assertThat(change.path("branch").asText()).isEqualTo(REFUSED);
            assertThat(change.path("statuses").path("4").asInt()).isEqualTo(number("event_type = 'bounces' AND status = '4'"));
            assertThat(change.path("examples")).hasSize(50);
        });
        assertThat(counts()).as("nothing is stored or mailed").isEqualTo(before);
    }

    private Map<String, String> counts() {
        return database.row("SELECT COUNT(*) AS events, COUNT(alert_state) AS alerts, (SELECT COUNT(*) FROM rejected_event) AS rejected,"
                + " (SELECT COUNT(*) FROM alert_mail) AS mails FROM mail_event");
    }

    private int number(String condition) {
        return Integer.parseInt(database.row("SELECT COUNT(*) AS number FROM mail_event WHERE " + condition).get("number"));
    }

    /** The active file with one text replaced behind another text. */
    private String edited(String behind, String right, String other) {
        int from = active.indexOf(right, active.indexOf(behind));
        return active.substring(0, from) + other + active.substring(from + right.length());
    }

    private static JsonNode request(Object... keysAndValues) {
        ObjectNode request = JSON.createObjectNode();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            request.set(keysAndValues[i].toString(), JSON.valueToTree(keysAndValues[i + 1]));
        }
        return request;
    }

    private HttpResponse<String> post(JsonNode request, String... headers) {
        HttpRequest.Builder post = HttpRequest.newBuilder(application.uri("/api/try")).header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(request.toString()));
        return application.send(headers.length == 0 ? post : post.headers(headers));
    }

    private JsonNode tried(JsonNode request) {
        HttpResponse<String> answer = post(request);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return Api.read("post", "/api/try", answer.body());
    }

    @Test
    void aForgottenAudienceAndAMutedBounceAreTold() throws Exception {
        // Given
        String forgotten = edited(REFUSED, "name: audience", "name: audiense");
        String muted = edited("otherwise:", "expression: postmaster", "expression: none");

        // When
        JsonNode ofForgotten = tried(request("files", Map.of(FILE, forgotten), "since", since.toString()));
        JsonNode ofMuted = tried(request("files", Map.of(FILE, muted), "since", since.toString()));

        // Then
        assertThat(ofForgotten.path("changes")).singleElement().satisfies(change -> {
            assertThat(change.path("before").asText()).isEqualTo("postmaster");
            assertThat(change.path("after").asText()).isEqualTo("alert.undecided (postmaster)");
            assertThat(change.path("events").asInt()).isEqualTo(recent("status IN ('4', '7')").size());
        });
        assertThat(ofForgotten.path("warnings")).singleElement().satisfies(warning ->
                assertThat(warning.asText()).startsWith(FILE + ":").contains("Did you mean audience?"));
        assertThat(ofForgotten.path("mails").path("audiences")).isEmpty();
        assertThat(ofMuted.path("changes")).singleElement().satisfies(change ->
                assertThat(change.path("after").asText()).isEqualTo("none"));
    }

    @Test
    void aTestThatFailsIsNamedUntilItsDraftExpectsTheSame() throws Exception {
        // Given
        String edited = RandomEdit.with(active, "${body.cause} == 'forwarding'", """
                - setVariable:
                    name: audience
                    expression:
                      constant:
                        expression: list-owner
                """);
        String test = Files.readString(folder.resolve("routes/tests/bounces.test.yaml"));
        int code = test.indexOf("audience: postmaster", test.indexOf("status: \"6\""));
        String editedTest = test.substring(0, code) + test.substring(code).replaceFirst("postmaster", "list-owner");

        // When
        JsonNode alone = tried(request("files", Map.of(FILE, edited), "since", since.toString()));
        JsonNode together = tried(request("files", Map.of(FILE, edited, "bounces.test.yaml", editedTest), "since", since.toString()));

        // Then
        assertThat(alone.path("failedTests")).singleElement().satisfies(failed ->
                assertThat(failed.asText()).contains("tests/bounces.test.yaml:", "A forwarding address failed"));
        assertThat(alone.path("changed").asInt()).isEqualTo(recent("status = '6'").size());
        assertThat(together.path("failedTests")).isEmpty();
        assertThat(together.path("changes")).isEqualTo(alone.path("changes"));
    }

    @Test
    void whatDiffersByItselfIsNoChange() throws Exception {
        // Given
        Map<String, String> before = new TreeMap<>(DraftReview.read(folder.resolve("routes")));
        String file = folder.resolve("routes").resolve(FILE).toString();
        before.put(file, RandomEdit.with(active, "${body.status} regex '1|2'", """
                - setVariable:
                    name: audience
                    expression:
                      simple:
                        expression: "team-${random(2)}"
                - wireTap:
                    uri: direct:tell
                """));
        before.put("routes/tell.camel.yaml", """
                - route:
                    id: tell
                    from:
                      uri: direct:tell
                      steps:
                        - setBody:
                            expression:
                              simple:
                                expression: "${date:now:HHmmss.SSS} ${random(1000000000)}"
                        - to:
                            uri: "%s"
                """.formatted(other.url("")));
        Map<String, String> after = new TreeMap<>(before);
        after.put(file, before.get(file).replaceFirst("(?s)(\\|relay\\|.*?name: audience.*?expression: )postmaster", "$1new-team"));

        // When
        try (Comparison comparison = new Comparison(application.context(), before, after, new Audiences("postmaster"),
                new PersonalFields(RecipientHash.with("")), EVENTS)) {
            StoredEvents.newest(jdbi(), since, Instant.now(), EVENTS).forEachRemaining(comparison::add);

            // Then
            assertThat(comparison.changes()).singleElement().satisfies(change -> {
                assertThat(change.after()).isEqualTo("new-team");
                assertThat(change.examples()).extracting(TryResult.Example::eventId).containsExactlyInAnyOrderElementsOf(
                        recent("status IN ('4', '7')"));
            });
            assertThat(comparison.differByThemselves()).isEqualTo(recent("status IN ('1', '2')").size());
        }
    }

    private List<String> recent(String condition) {
        return database.rows("SELECT event_id FROM mail_event WHERE event_type = 'bounces' AND received_at >= ? AND " + condition,
                since.atOffset(ZoneOffset.UTC)).stream().map(row -> row.get("event_id")).toList();
    }

    @Test
    void whatDependsOnAnAnswerIsNotKnown() {
        // Given
        String asks = RandomEdit.with(active, "${body.status} regex '8'", """
                - toD:
                    uri: "%s?bridgeEndpoint=true"
                - setVariable:
                    name: audience
                    expression:
                      simple:
                        expression: "${header.team}"
                """.formatted(other.url("/who")));

        // When
        JsonNode result = tried(request("files", Map.of(FILE, asks), "since", since.toString()));

        // Then
        assertThat(result.path("notKnown").asInt()).isEqualTo(recent("status = '8'").size());
        assertThat(result.path("changes")).singleElement().satisfies(change -> {
            assertThat(change.path("what").asText()).isEqualTo("more-calls");
            assertThat(change.path("messages").asInt()).isEqualTo(recent("status = '8'").size());
        });
        assertThat(other.requests).isEmpty();
    }

    @Test
    void whereItMattersRowsWithoutPersonalDataAreNotCompared() {
        // Given
        for (int i = 0; i < 3; i++) {
            database.execute("INSERT INTO mail_event (event_id, event_type, status, cause, dead, kind, received_at)"
                    + " VALUES (CAST(? AS uuid), 'bounces', '5', 'mailbox-full', FALSE, 'temporary', ?)", UUID.randomUUID().toString(),
                    OffsetDateTime.parse("2020-01-01T00:00:00Z"));
        }
        String byCause = edited("otherwise:", "expression: postmaster", "expression: list-owner");
        String byDomain = RandomEdit.with(active, "${body.recipient} endsWith '@docomo.example'", """
                - setVariable:
                    name: audience
                    expression:
                      constant:
                        expression: docomo
                """);

        // When
        JsonNode ofCause = tried(request("files", Map.of(FILE, byCause), "until", "2020-02-01T00:00:00Z"));
        JsonNode ofDomain = tried(request("files", Map.of(FILE, byDomain), "until", "2020-02-01T00:00:00Z"));

        // Then
        assertThat(ofCause.path("changed").asInt()).isEqualTo(3);
        assertThat(ofCause.path("notComparable").asInt()).isZero();
        assertThat(ofDomain.path("changed").asInt()).isZero();
        assertThat(ofDomain.path("notComparable").asInt()).isEqualTo(3);
    }

    @Test
    void aGivenWebhookIsTriedInsteadOfStoredOnes() throws Exception {
        // Given
        String edited = edited(REFUSED, "expression: postmaster", "expression: list-owner");
        JsonNode webhook = JSON.readTree(Payload.json("bounces", Payload.bounce("4"), Payload.bounce("5"),
                Payload.bounce("4").without("messageId")));

        // When
        JsonNode result = tried(request("files", Map.of(FILE, edited), "payload", webhook));

        // Then
        assertThat(result.path("events").asInt()).isEqualTo(2);
        assertThat(result.path("changed").asInt()).isEqualTo(1);
        assertThat(result.path("rejected")).extracting(JsonNode::asText).containsExactly("messageId is missing");
        assertThat(result.path("mails").isNull()).isTrue();
    }

    @Test
    void theDraftsOfTheFolderAreListedAndTriedByTheCommand() throws Exception {
        // Given
        assertThat(assertProblem(post(request()), 400)).contains("There is no draft", "drafts");
        Path draft = folder.resolve("routes/drafts").resolve(FILE);
        Files.createDirectories(draft.getParent());
        Files.writeString(draft, edited(REFUSED, "expression: postmaster", "expression: list-owner"));
        try {
            assertThat(Api.ask(application, "/api/drafts")).singleElement().satisfies(listed -> {
                assertThat(listed.path("name").asText()).isEqualTo(FILE);
                assertThat(listed.path("path").asText()).isEqualTo(draft.toString());
                assertThat(listed.path("replaces").asBoolean()).isTrue();
            });

            // When
            Main main = Application.withSettings();
            main.addOverrideProperty("camel.server.port", String.valueOf(application.port));
            String told = Application.tryRoutes(main, List.of("--events=2000"));

            // Then
            assertThat(told).startsWith("Tried " + draft + " on 2,000 events, received from ")
                    .contains("Nothing was stored, mailed or sent.")
                    .contains(": the audience changes from postmaster to list-owner, at " + draft + ":")
                    .contains("in the branch " + REFUSED + " (line ");
        } finally {
            Files.delete(draft);
        }
    }

    @Test
    void aMistakeIsToldWithFileAndLine() {
        assertThat(assertProblem(post(request("files", Map.of("my/" + FILE, active.replace("- split:", "- splitt:")))), 422))
                .contains("my/" + FILE + ":7: ", "splitt");
        assertThat(assertProblem(post(request("files", Map.of("new.camel.yaml", "- beans:\n    - name: x\n"))), 422))
                .contains("new.camel.yaml:1: ", "beans");
        assertThat(assertProblem(post(request("files", Map.of("../../etc/passwd", ""))), 400)).contains("Name each file like");
        assertThat(assertProblem(post(request("drafts", List.of("../" + FILE))), 400)).contains("A draft does not exist");
        assertThat(assertProblem(post(request("event", 1)), 400)).contains("unknown key", "events");
        assertThat(assertProblem(post(request("events", 100_001)), 400)).contains("100000");
        assertThat(assertProblem(post(request("since", "yesterday")), 400)).contains("Set since to a time");
        assertThat(assertProblem(post(request("files", Map.of(FILE, active), "payload", "x=1")), 400)).contains("not a webhook");
        assertThat(assertProblem(post(JSON.createArrayNode()), 400)).contains("JSON object");
        assertThat(assertProblem(post(request(), "Origin", "https://elsewhere.example"), 403)).contains("another web site");
        assertThat(assertProblem(application.send(HttpRequest.newBuilder(application.uri("/api/try")).header("Content-Type", "text/plain")
                .POST(BodyPublishers.ofString("{}"))), 415)).contains("application/json");
        assertThat(assertProblem(post(request("payload", "x".repeat(10 << 20))), 413)).contains("webhook.max-body");
    }

    @Test
    void onlyOneRunsAtATime() {
        List<CompletableFuture<HttpResponse<String>>> running = Stream.generate(() -> CompletableFuture.supplyAsync(
                () -> post(request("files", Map.of(FILE, active + "# the same\n"))))).limit(3).toList();

        assertThat(running.stream().map(CompletableFuture::join).map(HttpResponse::statusCode)).contains(200, 409).containsOnly(200, 409);
        assertThat(tried(request("files", Map.of(FILE, active + "# the same\n"), "events", 10)).path("changed").asInt()).isZero();
    }
}
