package org.mailevents.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.AsyncCallback;
import org.apache.camel.CamelContext;
import org.apache.camel.CamelContextAware;
import org.apache.camel.Exchange;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.support.RoutePolicySupport;
import org.apache.camel.support.ScheduledPollConsumer;
import org.apache.camel.support.processor.DelegateAsyncProcessor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.Application;
import org.mailevents.http.ApiRequests;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.SmtpServer;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** While an edit is activated, webhooks and the API go on as usual, whatever else the application does and whatever the edit throws. */
class EditUnderWayTest {

    private final TestDatabase database = TestDatabase.h2();
    private final Path routes = OwnProcess.folder("routes").resolve("routes");
    private final List<ObjectNode> posted = new ArrayList<>();

    @Test
    void whileAMailHangsAnEditOfEveryRouteLeavesTheApiAndTheWebhooksAlone() throws Exception {
        Semaphore mails = new Semaphore(0);
        CountDownLatch hanging = new CountDownLatch(1);
        try (SmtpServer server = new SmtpServer(recipient -> "250 ok", () -> {
            hanging.countDown();
            mails.acquireUninterruptibly();
        });
                InProcess application = settings().with("alert.endpoint", server.endpoint(), "alert.first-delay", "100ms")
                        .startInProcess();
                Visitors visitors = new Visitors(application)) {
            // Given
            post(application);
            hanging.await();

            Route sendAlerts = application.context().getRoute("send-alerts");

            // When
            Path file = edit("on-error", "\n# edited\n");
            await().until(() -> !((ScheduledPollConsumer) sendAlerts.getConsumer()).isStarted());
            int asked = visitors.answers();
            postUntil(application, () -> visitors.answers() >= asked + 20);

            // Then
            assertThat(application.log()).doesNotContain("Activated: ");
            visitors.assertAnswered();

            // When
            mails.release(100);

            // Then
            postUntil(application, () -> application.log().contains("Activated: "));
            assertThat(application.log()).contains(file.toString());
            int before = visitors.answers();
            await().until(() -> visitors.answers() >= before + 20);
            visitors.assertAnswered();
            assertAllStored();
        }
    }

    @Test
    void aRequestThatWaitsForAnEditArrivesWholeAndACallerThatHangsUpTakesNoPlace() throws Exception {
        // Given: a team's own route over HTTP
        Files.writeString(routes.resolve("echo.camel.yaml"), """
                - route:
                    id: echo
                    from:
                      uri: platform-http:/echo
                      steps:
                        - convertBodyTo:
                            type: java.lang.String
                        - setBody:
                            simple:
                              expression: "${header.q} ${body}"
                """);
        String large = "0123456789".repeat(20_000);
        try (InProcess application = settings().startInProcess()) {
            ApiRequests requests = application.context().getRegistry().findSingleByType(ApiRequests.class);
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();

            // When
            requests.pauseDuring(() -> {
                for (String body : List.of("", "small", large)) {
                    answers.add(CompletableFuture.supplyAsync(() -> application.send(HttpRequest.newBuilder(application.uri("/echo?q=1"))
                            .POST(HttpRequest.BodyPublishers.ofString(body)))));
                }
                for (int caller = 0; caller <= ApiRequests.MAX; caller++) {
                    hangUp(application, "GET /echo?q=1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
                }
                assertThat(application.send(HttpRequest.newBuilder(application.uri("/"))).statusCode()).as("the page").isEqualTo(200);
                await().pollDelay(Duration.ofMillis(300)).until(() -> answers.stream().noneMatch(CompletableFuture::isDone));
            });

            // Then
            assertThat(answers).extracting(answer -> answer.join().body()).containsExactly("1 ", "1 small", "1 " + large);
        }
    }

    private static void hangUp(InProcess application, String request) throws IOException {
        try (Socket caller = application.connect()) {
            caller.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        }
    }

    @Test
    void anEditDuringALongHousekeepingDelaysNoWebhook() throws Exception {
        Semaphore released = new Semaphore(0);
        CountDownLatch housekeeping = new CountDownLatch(1);
        Main main = Application.configured();
        main.addMainListener(new MainListenerSupport() {
            @Override
            public void afterConfigure(BaseMainSupport configured) {
                configured.getCamelContext().getCamelContextExtension().addInterceptStrategy((context, definition, target, next) ->
                        !"count-events".equals(ProcessorDefinitionHelper.getRouteId(definition)) ? target
                                : new DelegateAsyncProcessor(target) {
                                    @Override
                                    public boolean process(Exchange exchange, AsyncCallback callback) {
                                        housekeeping.countDown();
                                        released.acquireUninterruptibly();
                                        return super.process(exchange, callback);
                                    }
                                });
            }
        });
        try (InProcess application = settings().startInProcess(main)) {
            try {
                // Given
                housekeeping.await();

                // When
                edit("route-bounces", "\n# edited\n");

                // Then
                postUntil(application, () -> application.log().contains("Activated: "));
                assertAllStored();
            } finally {
                released.release(1000);
            }
        }
    }

    /** The first two happen when the file is reviewed, the last one when its routes are already being replaced. */
    @ParameterizedTest
    @ValueSource(classes = {MissingClass.class, EndlessRecursion.class, FailsInTheApplication.class})
    void anErrorInAnEditIsReportedWithItsFileAndThePreviousVersionKeepsRunning(Class<?> strategy) throws IOException {
        try (InProcess application = settings().startInProcess()) {
            // Given
            Path file = routes.resolve("route-bounces.camel.yaml");
            String good = Files.readString(file);

            // When
            Files.writeString(file, good.replaceFirst("(?m)^      steps:$", "$0\n        - enrich:\n            constant: log:edited\n"
                    + "            aggregationStrategy: \"#class:" + Matcher.quoteReplacement(strategy.getName()) + "\""));

            // Then
            postUntil(application, () -> application.log().contains("Not activated: " + file));
            assertThat(application.log()).containsPattern("Not activated: .*(NoClassDefFoundError|StackOverflowError|OutOfMemoryError)")
                    .doesNotContain("could not be scanned");
            assertThat(application.health().body()).contains("WARNING: not activated: " + file);

            // When
            Files.writeString(file, good + "# mended\n");

            // Then
            postUntil(application, () -> application.log().contains("Activated: " + file));
            await().until(() -> !application.health().body().contains("WARNING"));
            post(application);
            assertAllStored();
        }
    }

    /** {@code send-alerts} is stopped before the API is, and a route of the API cannot be stopped. */
    @Test
    void anEditThatFailsBeforeItReplacesTheRoutesLeavesThemRunning() throws IOException {
        AtomicBoolean failing = new AtomicBoolean(true);
        Main main = Application.configured();
        main.addMainListener(new MainListenerSupport() {
            @Override
            public void afterConfigure(BaseMainSupport configured) {
                configured.getCamelContext().addRoutePolicyFactory((context, id, node) -> !id.equals("api-summary") ? null
                        : new RoutePolicySupport() {
                            @Override
                            public void onStop(Route route) {
                                if (failing.get()) {
                                    throw new OutOfMemoryError("Java heap space, as a test has it");
                                }
                            }
                        });
            }
        });
        try (InProcess application = settings().startInProcess(main)) {
            // When
            Path file = edit("on-error", "\n# edited\n");

            // Then
            await().until(() -> application.log().contains("Not activated: " + file));
            assertThat(application.context().getRoutes()).allSatisfy(route ->
                    assertThat(application.context().getRouteController().getRouteStatus(route.getId())).as(route.getId())
                            .isEqualTo(ServiceStatus.Started));
            assertThat(application.send(HttpRequest.newBuilder(application.uri("/api/summary"))).statusCode()).isEqualTo(200);
            post(application);

            // When
            failing.set(false);
            edit("on-error", "\n# edited again\n");

            // Then
            postUntil(application, () -> application.log().contains("Activated: " + file));
            assertAllStored();
        }
    }

    private TestSettings settings() {
        return TestSettings.of(database).withRoutes(routes);
    }

    private Path edit(String route, String more) throws IOException {
        Path file = routes.resolve(route + ".camel.yaml");
        Files.writeString(file, Files.readString(file) + more);
        return file;
    }

    /** Posts one bounce, which must be stored and answered in less than the five seconds that an edit may wait for webhooks in progress. */
    private void post(MailEvents application) {
        ObjectNode bounce = Payload.bounce("2");
        posted.add(bounce);
        long start = System.nanoTime();
        assertReceipt(application.post(MailEvents.JSON, Payload.json("bounces", bounce)), 1, 1, 0, 0);
        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(4));
    }

    private void postUntil(MailEvents application, BooleanSupplier condition) {
        await().until(() -> {
            post(application);
            return condition.getAsBoolean();
        });
    }

    private void assertAllStored() {
        Set<String> ids = new TreeSet<>(posted.stream().map(bounce -> bounce.get("messageId").asText()).toList());
        assertThat(database.rows("SELECT message_id, audience FROM mail_event ORDER BY message_id"))
                .allSatisfy(row -> assertThat(row).containsEntry("audience", "list-owner"))
                .extracting(row -> row.get("message_id")).containsExactlyElementsOf(ids);
    }

    /** Ask the API without a pause. */
    private static final class Visitors implements AutoCloseable {

        private final Set<String> statuses = new ConcurrentSkipListSet<>();
        private final AtomicBoolean done = new AtomicBoolean();
        private final Semaphore answered = new Semaphore(0);
        private final ExecutorService threads = Executors.newFixedThreadPool(2);
        private final List<Future<?>> asking;

        Visitors(InProcess application) {
            asking = List.of(threads.submit(() -> ask(application, "/api/summary?hours=3", 200)),
                    threads.submit(() -> ask(application, "/api/summary?hours=none", 400)));
        }

        private void ask(InProcess application, String path, int expected) {
            while (!done.get()) {
                int status = application.send(HttpRequest.newBuilder(application.uri(path))).statusCode();
                statuses.add(path + (status == expected ? " as expected" : " " + status));
                answered.release();
            }
        }

        void assertAnswered() {
            assertThat(statuses).containsExactly("/api/summary?hours=3 as expected", "/api/summary?hours=none as expected");
        }

        int answers() {
            return answered.availablePermits();
        }

        @Override
        public void close() throws Exception {
            done.set(true);
            for (Future<?> one : asking) {
                one.get();
            }
            threads.shutdown();
        }
    }

    /** A strategy that changes nothing. Camel gives it the context when the route is created. */
    public abstract static class Strategy implements AggregationStrategy, CamelContextAware {

        @Override
        public Exchange aggregate(Exchange original, Exchange enriched) {
            return original;
        }

        @Override
        public CamelContext getCamelContext() {
            return null;
        }
    }

    /** A library of the step is missing. */
    public static final class MissingClass extends Strategy {

        @Override
        public void setCamelContext(CamelContext context) {
            throw new NoClassDefFoundError("com/example/Missing");
        }
    }

    /** The initialisation of the step never ends. */
    public static final class EndlessRecursion extends Strategy {

        @Override
        public void setCamelContext(CamelContext context) {
            setCamelContext(context);
        }
    }

    /** The review does not find this mistake. */
    public static final class FailsInTheApplication extends Strategy {

        @Override
        public void setCamelContext(CamelContext context) {
            if (context.getName().equals("mail-events")) {
                throw new OutOfMemoryError("Java heap space, as a test has it");
            }
        }
    }
}
