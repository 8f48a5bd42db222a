package org.mailevents;

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
import java.util.TreeSet;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;

/** 200 edits under load, half of them broken. */
class ManyEditsTest {

    private static final int ROUNDS = 50;
    private static final int WARM_UP = 10;
    private static final int CALLERS = 3;

    /** In a process of its own, so that the heap is the application's. */
    private final TestDatabase database = TestDatabase.postgres();
    private final Path routes = OwnProcess.folder("routes").resolve("routes");
    private final Queue<String> acknowledged = new ConcurrentLinkedQueue<>();
    private final Queue<String> refused = new ConcurrentLinkedQueue<>();
    private final AtomicLong slowestMillis = new AtomicLong();

    @Test
    void noEditFailsAWebhookOrLosesAnEventOrLeavesAnythingBehind() throws Exception {
        Map<String, String> settings = new HashMap<>(database.settings());
        settings.putAll(Mailbox.folder().settings());
        settings.put("camel.main.routesIncludePattern", "file:" + routes + "/*.camel.yaml");
        Map<String, String> texts = new HashMap<>();
        for (String route : List.of("route-bounces", "route-deliveries", "route-webhook", "send-alerts")) {
            texts.put(route, Files.readString(file(route)));
        }
        ExecutorService callers = Executors.newFixedThreadPool(CALLERS);
        AtomicBoolean done = new AtomicBoolean();
        try (InProcess application = new InProcess(Application.configured(), settings)) {
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
                save("route-deliveries", texts.get("route-deliveries") + "# " + mark + "\n");
                save("route-webhook", texts.get("route-webhook").replace("direct:route-deliveries", "nonsense:" + round));
                save("send-alerts", texts.get("send-alerts").replace("- split:", "- split" + round + ":"));
                await().until(() -> {
                    ObjectNode bounce = Payload.bounce("2");
                    post(application, "bounces", bounce);
                    return mark.equals(database.row("SELECT kind FROM mail_event WHERE message_id = ?", bounce.get("messageId").asText()).get("kind"));
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
            assertThat(database.rows("SELECT message_id FROM mail_event").stream().map(row -> row.get("message_id")).toList())
                    .containsExactlyInAnyOrderElementsOf(new TreeSet<>(acknowledged));
            assertThat(after.threads()).isLessThanOrEqualTo(before.threads() + CALLERS);
            assertThat(after.endpoints()).isEqualTo(before.endpoints());
            assertThat(after.heapMegabytes()).isLessThan(before.heapMegabytes() + 10);
        } finally {
            done.set(true);
            callers.shutdown();
        }
    }

    private record Footprint(int threads, int endpoints, int classes, long heapMegabytes) {

        static Footprint of(InProcess application) {
            System.gc();
            System.gc();
            return new Footprint(ManagementFactory.getThreadMXBean().getThreadCount(), application.context().getEndpointRegistry().size(),
                    ManagementFactory.getClassLoadingMXBean().getLoadedClassCount(),
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed() >> 20);
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
