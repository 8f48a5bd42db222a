package org.mailevents.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.ShippedRoutes.withKind;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.apache.camel.component.direct.DirectEndpoint;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.impl.engine.DefaultRoute;
import org.apache.camel.model.RouteDefinition;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.RunningJvm;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/**
 * Saves 200 edits under load, eight at a time. Half of the edits are broken. The application runs in its own process, whose threads and
 * objects the test counts.
 */
@Order(2)
class ManyEditsIT {

    private static final int ROUNDS = 25;
    private static final int WARM_UP = 5;
    private static final int CALLERS = 3;
    private static final Set<String> OF_ROUTES = Set.of(DefaultCamelContext.class.getName(), DefaultRoute.class.getName(),
            RouteDefinition.class.getName());
    private static final Pattern ENDPOINT = Pattern.compile("org\\.apache\\.camel\\.component\\..+Endpoint");
    /** Each caller posts again after this time, so that a webhook arrives at every moment of an edit. */
    private static final Duration PAUSE = Duration.ofMillis(20);

    private final TestDatabase database = TestDatabase.postgres();
    private final Path folder = OwnProcess.folder("routes", "application.properties");
    private final Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
    private final Queue<String> refused = new ConcurrentLinkedQueue<>();
    private final AtomicLong slowestMillis = new AtomicLong();

    @Test
    void noEditFailsAWebhookOrLosesAnEventOrLeavesAnythingBehind() throws Exception {
        Map<String, String> texts = new HashMap<>();
        for (String route : List.of("route-bounces", "route-deliveries", "api-message", "api-recipient", "route-webhook", "send-alerts",
                "api-summary",
                "api-suppressions")) {
            texts.put(route, Files.readString(file(route)));
        }
        ScheduledExecutorService callers = Executors.newScheduledThreadPool(CALLERS);
        try (OwnProcess application = TestSettings.of(database, Mailbox.folder()).startJar(folder);
                RunningJvm jvm = new RunningJvm(application)) {
            // Given
            for (int i = 0; i < CALLERS; i++) {
                String status = i % 2 == 0 ? "queued" : "failed";
                callers.scheduleWithFixedDelay(() -> {
                    post(application, "deliveries", Payload.delivery(status));
                    post(application, "bounces", Payload.bounce("2"));
                }, 0, PAUSE.toMillis(), TimeUnit.MILLISECONDS);
            }
            Footprint before = null;

            // When
            for (int round = 1; round <= ROUNDS; round++) {
                String mark = "edit " + round;
                save("route-bounces", withKind(texts.get("route-bounces"), mark));
                for (String sound : List.of("route-deliveries", "api-message", "api-recipient")) {
                    save(sound, texts.get(sound) + "# " + mark + "\n");
                }
                save("route-webhook", texts.get("route-webhook").replace("direct:route-deliveries", "nonsense:" + round));
                save("send-alerts", texts.get("send-alerts").replace("- split:", "- split" + round + ":"));
                save("api-summary", texts.get("api-summary").replace("direct:summarize", "direct:" + round));
                save("api-suppressions", texts.get("api-suppressions").replace("setBody:", "setBody: " + round));
                await().until(() -> {
                    ObjectNode bounce = Payload.bounce("2");
                    post(application, "bounces", bounce);
                    return !database.rows("SELECT 1 FROM mail_event WHERE message_id = ? AND kind = ?", bounce.get("messageId")
                            .asText(), mark).isEmpty();
                });
                if (round == WARM_UP) {
                    before = Footprint.of(jvm);
                }
            }
            Footprint after = Footprint.of(jvm);
            callers.shutdown();
            assertThat(callers.awaitTermination(1, TimeUnit.MINUTES)).isTrue();

            // Then
            System.out.printf("%d webhooks, the slowest %d ms, %s, %s%n", acknowledged.size(), slowestMillis.get(), before, after);
            assertThat(refused).isEmpty();
            // Both lists are sorted, because a comparison of thousands of unsorted elements would be slow.
            await().untilAsserted(() ->
                    assertThat(database.rows("SELECT message_id FROM mail_event").stream().map(row -> row.get("message_id")).sorted()
                            .toList())
                            .isEqualTo(List.copyOf(new TreeSet<>(acknowledged))));
            assertThat(after.threads()).isLessThanOrEqualTo(before.threads() + CALLERS);
            assertThat(after.objects()).isEqualTo(before.objects()).containsKeys(OF_ROUTES.toArray(String[]::new))
                    .containsKey(DirectEndpoint.class.getName());
        } finally {
            callers.shutdownNow();
        }
    }

    /** What an edit could leave behind in the JVM: threads, and objects that stay alive. */
    private record Footprint(int threads, Map<String, Long> objects) {

        static Footprint of(RunningJvm jvm) {
            return new Footprint(jvm.threads(), jvm.objects(name -> OF_ROUTES.contains(name) || ENDPOINT.matcher(name).matches()));
        }
    }

    private void post(MailEvents application, String type, ObjectNode event) {
        long start = System.nanoTime();
        HttpResponse<String> answer = application.post(MailEvents.JSON, Payload.json(type, event));
        slowestMillis.accumulateAndGet((System.nanoTime() - start) / 1_000_000, Math::max);
        if (answer.statusCode() == 200) {
            acknowledged.add(event.get("messageId").asText());
        } else {
            refused.add(answer.statusCode() + " " + answer.body());
        }
    }

    private Path file(String route) {
        return folder.resolve("routes/" + route + ".camel.yaml");
    }

    private void save(String route, String text) throws IOException {
        Files.writeString(file(route), text);
    }
}
