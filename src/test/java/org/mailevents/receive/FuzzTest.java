package org.mailevents.receive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mailevents.support.Answers.number;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mutant;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;
import org.slf4j.LoggerFactory;

/**
 * Eight callers at a time send random bodies. The answer is never a 5xx, every receipt balances, no good event is lost beside a bad event,
 * and refused bodies are kept. A failure names the payload and its seed, which can be put into {@code @Property(seed = …)}.
 */
class FuzzTest {

    private static final int AT_A_TIME = 8;
    /** The tables are read and emptied once for so many webhooks. */
    private static final int A_TRY = 40;
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private static ExecutorService callers;
    private static Door h2;
    private static Door postgres;

    /** A running application and its database. */
    private record Door(TestDatabase database, MailEvents application) {

        static Door of(TestDatabase database) {
            // With this delay, no mail is sent about rows that the test deletes.
            return new Door(database, TestSettings.of(database).with("alert.first-delay", "1h").startInProcess());
        }
    }

    @BeforeContainer
    static void start() {
        callers = Executors.newFixedThreadPool(AT_A_TIME);
        h2 = Door.of(TestDatabase.h2InMemory());
        postgres = Door.of(TestDatabase.postgres());
        log(Level.WARN); // at INFO, the application would log each webhook
    }

    @AfterContainer
    static void stop() {
        log(Level.INFO);
        callers.shutdown();
        h2.application.close();
        postgres.application.close();
    }

    @Property(tries = 260, edgeCases = EdgeCasesMode.NONE)
    void nothingIsLostOnH2(@ForAll("webhooks") List<Mutant> webhooks) {
        assertThat(nothingIsLost(h2, webhooks)).isZero();
    }

    @Property(tries = 20, edgeCases = EdgeCasesMode.NONE)
    void nothingIsLostOnPostgres(@ForAll("webhooks") List<Mutant> webhooks) {
        assertThat(nothingIsLost(postgres, webhooks)).isZero();
    }

    @Provide
    Arbitrary<List<Mutant>> webhooks() {
        return Mutant.mutants().list().ofSize(A_TRY);
    }

    /** @return how many more rows exist than the receipts say */
    private static int nothingIsLost(Door door, List<Mutant> webhooks) {
        // Given
        door.database.execute("DELETE FROM mail_event");
        door.database.execute("DELETE FROM rejected_event");
        Map<Integer, Mutant> numbered = new LinkedHashMap<>();
        webhooks.forEach(webhook -> numbered.put(NUMBER.incrementAndGet(), webhook));

        // When
        Map<Integer, CompletableFuture<HttpResponse<String>>> answers = new LinkedHashMap<>();
        numbered.forEach((number, webhook) -> answers.put(number,
                CompletableFuture.supplyAsync(() -> post(door, webhook, number), callers)));

        // Then
        CompletableFuture.allOf(answers.values().toArray(CompletableFuture[]::new)).join();
        List<String> stored = door.database.rows("SELECT message_id FROM mail_event").stream().map(row -> row.get("message_id")).toList();
        Set<String> storedIds = new HashSet<>(stored);
        String rejected = door.database.rows("SELECT payload FROM rejected_event").stream().map(row -> decoded(row.get("payload")))
                .collect(Collectors.joining("\n"));
        numbered.forEach((number, webhook) -> {
            HttpResponse<String> answer = answers.get(number).join();
            try {
                check(webhook, number, answer, storedIds, rejected);
            } catch (AssertionError e) {
                throw new AssertionError(webhook + " as " + webhook.encoding().contentType + ", answered " + answer.statusCode() + " "
                        + answer.body() + "\nBase64 of its body: " + Base64.getEncoder().encodeToString(webhook.body(number)), e);
            }
        });
        return stored.size() - answers.values().stream().map(CompletableFuture::join).mapToInt(answer -> number(answer, "stored")).sum();
    }

    private static void check(Mutant webhook, int number, HttpResponse<String> answer, Set<String> stored, String rejected) {
        assertThat(answer.statusCode()).isIn(webhook.harmless() ? List.of(200) : List.of(200, 400, 415));
        if (answer.statusCode() == 200) {
            int received = number(answer, "received");
            assertThat(number(answer, "stored") + number(answer, "duplicates") + number(answer, "rejected")).isEqualTo(received);
            assertThat(number(answer, "spooled")).isZero();
            assertThat(webhook.size()).isIn(received, -1);
            assertThat(stored).containsAll(webhook.good(number).stream().map(id -> "<" + id + "@good.example.com>").toList());
        }
        if (answer.statusCode() == 400 || number(answer, "rejected") > 0) {
            assertThat(rejected).contains(Mutant.mark(number));
        }
    }

    /** Decodes a kept body. Bytes that are not valid text are kept as a data URL. */
    private static String decoded(String payload) {
        return payload.startsWith("data:")
                ? new String(Base64.getDecoder().decode(payload.substring(payload.indexOf(',') + 1)), StandardCharsets.ISO_8859_1)
                : payload;
    }

    private static HttpResponse<String> post(Door door, Mutant webhook, int number) {
        return door.application.send(HttpRequest.newBuilder(door.application.uri(MailEvents.PATH))
                .header("Content-Type", webhook.encoding().contentType)
                .POST(BodyPublishers.ofByteArray(webhook.body(number))));
    }

    private static void log(Level level) {
        ((Logger) LoggerFactory.getLogger("receive-webhook")).setLevel(level);
    }
}
