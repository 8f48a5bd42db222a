package org.mailevents.camel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertSpooled;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.camel.Consumer;
import org.apache.camel.Endpoint;
import org.apache.camel.Exchange;
import org.apache.camel.Route;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.impl.engine.PrototypeExchangeFactory;
import org.apache.camel.main.BaseMainSupport;
import org.apache.camel.main.Main;
import org.apache.camel.main.MainListenerSupport;
import org.apache.camel.spi.ExchangeFactory;
import org.apache.camel.support.ScheduledPollConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.Application;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.PostgresServer;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;
import org.mailevents.support.TimedAlerts;

/** A timer goes on after a round that ended with an {@link Error}. A round that does not end at all is noticed. */
@Execution(ExecutionMode.CONCURRENT)
class TimersTest {

    private static final List<String> TIMERS = List.of("send-alerts", "make-digests", "watch-alerts", "replay-spool", "find-database",
            "expire-waiting", "count-events", "expire-events", "remove-personal-data");

    private final Path folder = OwnProcess.folder("routes");
    private final Path route = folder.resolve("routes/send-alerts.camel.yaml");
    /** How many rounds each timer has begun. */
    private final Map<String, Integer> rounds = new ConcurrentHashMap<>();

    @Test
    void anErrorEndsARoundAndNotTheTimer() throws IOException {
        // Given
        PostgresServer postgres = new PostgresServer();
        TestDatabase database = postgres.database();
        Main main = Application.configured();
        main.addMainListener(new FirstRoundsFail());
        try (TimedAlerts run = new TimedAlerts(database, main, Map.of("retention.days", "7", "privacy.retention-days", "3",
                "camel.main.routesIncludePattern", "file:" + folder + "/routes/*.camel.yaml"))) {
            await().until(() -> rounds.keySet().containsAll(TIMERS));

            // When: the database server is killed and started again
            ObjectNode bounce = Payload.bounce("2");
            postgres.kill();
            assertSpooled(run.application().post(MailEvents.JSON, Payload.json("bounces", bounce)), 1);
            postgres.start();

            // Then: the spooled bounce is stored, mailed and counted
            await().until(() -> ids(database).equals(List.of(bounce.get("messageId").asText())));
            run.pass(Duration.ofMinutes(12));
            await().until(() -> isMailed(run, bounce));
            await().until(() -> database.row("SELECT SUM(events) AS events FROM event_count").get("events"), "1"::equals);

            // When: an edit replaces the route of the alerts, and the first round of the new route fails too
            rounds.remove("send-alerts");
            Files.writeString(route, Files.readString(route) + "# edited\n");

            // Then
            ObjectNode next = Payload.bounce("1");
            await().until(() -> run.application().log().contains("Activated: " + route));
            await().until(() -> rounds.containsKey("send-alerts"));
            run.post("bounces", next);
            run.pass(Duration.ofHours(13));
            await().until(() -> isMailed(run, next));

            // When: a stored row grows old
            String id = UUID.randomUUID().toString();
            database.execute("INSERT INTO mail_event (event_id, event_type, status, recipient, received_at)"
                    + " VALUES (?, 'deliveries', 'queued', 'x@example.net', ?)",
                    UUID.fromString(id), run.now().atOffset(ZoneOffset.UTC));
            run.pass(Duration.ofDays(4));

            // Then
            String row = "SELECT recipient FROM mail_event WHERE event_id = '" + id + "'";
            await().until(() -> database.row(row).get("recipient") == null);
            run.pass(Duration.ofDays(4));
            await().until(() -> database.rows(row).isEmpty());
            await().untilAsserted(() -> assertThat(rounds).allSatisfy((timer, count) -> assertThat(count).as(timer).isGreaterThan(1)));
        } finally {
            postgres.kill();
        }
    }

    @Test
    void aRoundThatHangsAndATimerWhoseThreadDiedAreNotAlive() throws Exception {
        // Given
        AtomicLong nanos = new AtomicLong();
        Main main = Application.configured();
        main.addMainListener(new MainListenerSupport() {
            @Override
            public void beforeConfigure(BaseMainSupport started) {
                Timers.watch(started.getCamelContext(), nanos::get);
            }
        });
        // A route replaces the mail server, because time limits would end a mail to a mail server.
        Semaphore mails = new Semaphore(0);
        AtomicInteger begun = new AtomicInteger();
        main.configure().addRoutesBuilder(new RouteBuilder() {
            @Override
            public void configure() {
                from("direct:slow").process(exchange -> {
                    begun.incrementAndGet();
                    mails.acquire();
                });
            }
        });
        TestSettings settings = TestSettings.of(TestDatabase.h2()).with("alert.endpoint", "direct:slow", "alert.first-delay", "100ms");
        try (InProcess application = settings.startInProcess(main)) {
            assertThat(live(application).body()).contains("\"timers\"");
            // The clock jumps, and the other timers would seem to have slept through the time.
            for (Route route : application.context().getRoutes()) {
                if (route.getConsumer() instanceof ScheduledPollConsumer && !route.getId().equals("send-alerts")) {
                    application.context().getRouteController().suspendRoute(route.getId());
                }
            }

            // When: mails to two audiences take four minutes each
            application.post(MailEvents.JSON, Payload.json("bounces", Payload.bounce("2"), Payload.bounce("4")));
            await().until(() -> begun.get() == 1);
            nanos.addAndGet(Duration.ofMinutes(4).toNanos());
            mails.release();
            await().until(() -> begun.get() == 2);
            nanos.addAndGet(Duration.ofMinutes(4).toNanos());

            // Then
            await().until(() -> live(application).statusCode() == 200);

            // When
            nanos.addAndGet(Duration.ofMinutes(3).toNanos());

            // Then
            await().untilAsserted(() -> {
                assertThat(live(application).statusCode()).isEqualTo(503);
                assertThat(live(application).body()).contains("\"Restart the process: send-alerts has done nothing for 420 s\"");
            });
            assertThat(application.health().statusCode()).isEqualTo(503);
            assertThat(application.observe("health/ready").statusCode()).isEqualTo(200);

            // When
            mails.release(2);

            // Then
            await().until(() -> live(application).statusCode() == 200);

            // When: send-alerts begins no round any more, as if its thread had died
            ((ScheduledPollConsumer) application.context().getRoute("send-alerts").getConsumer()).getScheduler().unscheduleTask();
            await().until(() -> application.context().getInflightRepository().size("send-alerts") == 0);
            nanos.addAndGet(Duration.ofSeconds(55).toNanos());

            // Then
            await().until(() -> live(application).statusCode() == 200);

            // When
            nanos.addAndGet(Duration.ofSeconds(7).toNanos());

            // Then
            await().untilAsserted(() -> assertThat(live(application).body())
                    .contains("\"Restart the process: send-alerts has done nothing for 62 s\""));
        }
    }

    private static HttpResponse<String> live(InProcess application) {
        return application.observe("health/live");
    }

    private static List<String> ids(TestDatabase database) {
        return database.rows("SELECT message_id FROM mail_event").stream().map(row -> row.get("message_id")).toList();
    }

    private static boolean isMailed(TimedAlerts run, ObjectNode bounce) {
        return run.mails().stream().anyMatch(mail -> mail.text().contains(bounce.get("to").asText()));
    }

    /** Throws an OutOfMemoryError when a timer begins its first round, before the error handler of a route is involved. */
    private final class FirstRoundsFail extends MainListenerSupport {

        @Override
        public void afterConfigure(BaseMainSupport main) {
            main.getCamelContext().getCamelContextExtension().setExchangeFactory(new Failing(null));
        }
    }

    private final class Failing extends PrototypeExchangeFactory {

        private boolean failed;

        Failing(Consumer consumer) {
            super(consumer);
        }

        @Override
        public ExchangeFactory newExchangeFactory(Consumer consumer) {
            PrototypeExchangeFactory factory = consumer instanceof ScheduledPollConsumer
                    ? new Failing(consumer) : new PrototypeExchangeFactory(consumer);
            factory.setCamelContext(getCamelContext());
            return factory;
        }

        @Override
        public Exchange create(Endpoint from, boolean autoRelease) {
            rounds.merge(getRouteId(), 1, Integer::sum);
            if (!failed) {
                failed = true;
                throw new OutOfMemoryError("Java heap space, as a test has it");
            }
            return super.create(from, autoRelease);
        }
    }
}
