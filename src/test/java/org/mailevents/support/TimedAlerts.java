package org.mailevents.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import org.apache.camel.main.Main;

/**
 * The application, its database and its mail server, in a time that only the test lets pass: an incident of hours takes seconds, and what its mails
 * say of time is certain.
 */
public final class TimedAlerts implements AutoCloseable {

    /** The same for all, and to the second, as every database keeps it. */
    private static final Instant START = Instant.now().truncatedTo(ChronoUnit.SECONDS);

    private final SmtpServer server = new SmtpServer(address -> "250 ok", () -> { });
    private final TestDatabase database;
    private final InProcess application;
    private final SimulatedClock clock = new SimulatedClock(START);

    /**
     * @param main     the application, not yet started
     * @param settings what differs from {@code application.properties}; the delays need not
     */
    public TimedAlerts(Main main, Map<String, String> settings) {
        this(TestDatabase.h2InMemory(), main, settings);
    }

    public TimedAlerts(TestDatabase database, Main main, Map<String, String> settings) {
        this.database = database;
        main.bind("clock", clock);
        application = TestSettings.of(database).with("alert.endpoint", server.endpoint()).with(settings).startInProcess(main);
    }

    public InProcess application() {
        return application;
    }

    public TestDatabase database() {
        return database;
    }

    public Instant now() {
        return clock.instant();
    }

    /** For another process that lives in the same time. */
    public Clock clock() {
        return clock;
    }

    public void pass(Duration time) {
        clock.moveOn(time);
    }

    /** Posts a webhook, all of which must be new. */
    public void post(String eventType, JsonNode... elements) {
        HttpResponse<String> answer = application.post(MailEvents.JSON, Payload.json(eventType, elements));
        assertThat(answer.body()).contains("\"stored\":" + elements.length + ",");
    }

    /** Every mail that has gone out, in this order; each must be valid. */
    public List<Rfc5322> mails() {
        return server.taken.stream().map(taken -> Rfc5322.read(taken.raw())).toList();
    }

    /** Waits until so many mails have gone out, no more, and all that is known of them is stored. */
    public TimedAlerts mailed(int count) {
        await().untilAsserted(() -> assertThat(server.taken).hasSizeGreaterThanOrEqualTo(count));
        await().until(() -> database.rows("SELECT 1 FROM alert_mail WHERE sent_at IS NULL").isEmpty());
        assertThat(server.taken).hasSize(count);
        return this;
    }

    /** Whom each mail was transmitted to, in the order of {@link #mails}. */
    public List<List<String>> recipients() {
        return server.taken.stream().map(SmtpServer.Taken::recipients).toList();
    }

    @Override
    public void close() {
        application.close();
        server.close();
    }
}
