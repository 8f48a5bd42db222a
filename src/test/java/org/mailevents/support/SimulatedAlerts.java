package org.mailevents.support;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Clock;
import java.time.Instant;
import org.apache.camel.main.Main;

/** The application, its database and its mail server, with a clock that only the test moves. */
abstract class SimulatedAlerts implements AutoCloseable {

    final SmtpServer server = new SmtpServer(address -> "250 ok", () -> { });
    final SimulatedClock clock;
    private final TestDatabase database;
    private final InProcess application;

    /** @param main the application, not yet started */
    SimulatedAlerts(Instant start, TestDatabase database, Main main, TestSettings settings) {
        this.database = database;
        clock = new SimulatedClock(start);
        main.bind("clock", clock);
        application = TestSettings.of(database).with("alert.endpoint", server.endpoint()).with(settings.map()).startInProcess(main);
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

    /** The clock, for a second application with the same time. */
    public Clock clock() {
        return clock;
    }

    /** Posts a webhook whose events must all be new. */
    public void post(String eventType, JsonNode... elements) {
        Answers.assertReceipt(application.post(MailEvents.JSON, Payload.json(eventType, elements)), elements.length, elements.length, 0, 0);
    }

    @Override
    public void close() {
        application.close();
        server.close();
    }
}
