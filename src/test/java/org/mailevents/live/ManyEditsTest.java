package org.mailevents.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import javax.management.ObjectName;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.impl.engine.DefaultRoute;
import org.apache.camel.model.RouteDefinition;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** Saves 200 edits under load, eight at a time. Half of the edits are broken. */
@Isolated("it counts the threads and the objects of the JVM")
class ManyEditsTest {

    private static final int ROUNDS = 25;
    private static final int WARM_UP = 5;
    private static final int CALLERS = 3;

    /** The database runs in its own process, so the heap belongs to the application. */
    private final TestDatabase database = TestDatabase.postgres();
    private final Path routes = OwnProcess.folder("routes").resolve("routes");
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
        ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
        AtomicBoolean done = new AtomicBoolean();
        try (InProcess application = TestSettings.of(database, Mailbox.folder()).withRoutes(routes).startInProcess()) {
            // Given
            List<Future<?>> posting = IntStream.range(0, CALLERS).<Future<?>>mapToObj(i -> callers.submit(() -> {
                while (!done.get()) {
                    post(application, "deliveries", Payload.delivery(i % 2 == 0 ? "queued" : "failed"));
                    post(application, "bounces", Payload.bounce("2"));
                }
            })).toList();
            Footprint before = null;

            // When
            for (int round = 1; round <= ROUNDS; round++) {
                String mark = "edit " + round;
                save("route-bounces", texts.get("route-bounces").replace("permanent, address", mark));
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
                    before = Footprint.of(application);
                }
            }
            Footprint after = Footprint.of(application);
            done.set(true);
            for (Future<?> caller : posting) {
                caller.get();
            }

            // Then
            System.out.printf("%d webhooks, the slowest %d ms, %s, %s%n", acknowledged.size(), slowestMillis.get(), before, after);
            assertThat(refused).isEmpty();
            // Both lists are sorted, because a comparison of tens of thousands of unsorted elements would be slow.
            await().untilAsserted(() ->
                    assertThat(database.rows("SELECT message_id FROM mail_event").stream().map(row -> row.get("message_id")).sorted()
                            .toList())
                            .isEqualTo(List.copyOf(new TreeSet<>(acknowledged))));
            assertThat(after.threads()).isLessThanOrEqualTo(before.threads() + CALLERS);
            assertThat(after.endpoints()).isEqualTo(before.endpoints());
            assertThat(after.objects()).hasSize(3).isEqualTo(before.objects());
        } finally {
            done.set(true);
            callers.shutdown();
        }
    }

    /** What a reload could leave behind in the JVM. {@code objects} counts the objects that are alive after a full garbage collection. */
    private record Footprint(int threads, int endpoints, Map<String, Long> objects) {

        static Footprint of(InProcess application) throws Exception {
            String histogram = (String) ManagementFactory.getPlatformMBeanServer().invoke(
                    new ObjectName("com.sun.management:type=DiagnosticCommand"), "gcClassHistogram", new Object[] {new String[0]},
                    new String[] {String[].class.getName()});
            Map<String, Long> objects = new TreeMap<>();
            for (String line : histogram.lines().toList()) {
                String[] columns = line.strip().split("\\s+");
                if (columns.length > 3 && Set.of(DefaultCamelContext.class.getName(), DefaultRoute.class.getName(),
                        RouteDefinition.class.getName())
                        .contains(columns[3])) {
                    objects.put(columns[3], Long.valueOf(columns[1]));
                }
            }
            return new Footprint(ManagementFactory.getThreadMXBean().getThreadCount(), application.context().getEndpointRegistry()
                    .size(), objects);
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
        return routes.resolve(route + ".camel.yaml");
    }

    private void save(String route, String text) throws IOException {
        Files.writeString(file(route), text);
    }
}
