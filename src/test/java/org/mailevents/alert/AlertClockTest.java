package org.mailevents.alert;

import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.stream.Stream;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.Application;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;
import org.mailevents.support.SimulatedClock;
import org.mailevents.support.SmtpServer;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** When an administrator sets the clock, first mails, updates, retries and all-clears go on at their usual pace. */
@Execution(ExecutionMode.CONCURRENT)
class AlertClockTest {

    private final SimulatedClock clock = new SimulatedClock(Instant.now().truncatedTo(ChronoUnit.SECONDS));
    private final TestDatabase database = TestDatabase.h2();
    private final SmtpServer server = new SmtpServer(address -> "250 ok", () -> { });

    @ParameterizedTest
    @ValueSource(strings = {"-PT1H", "-PT26H", "PT1H -PT1H"})
    void aClockThatIsSetHoldsUpNoMail(String moves) {
        Main main = Application.configured();
        main.bind("clock", clock);
        TestSettings settings = TestSettings.of(database).with("alert.endpoint", server.endpoint(), "alert.updates", "5m",
                "alert.max-per-hour", "100", "alert.max-per-day", "1000");
        try (InProcess application = settings.startInProcess(main); server) {
            // Given
            String first = bounce(application);
            clock.moveOn(Duration.ofSeconds(10));
            awaitMailed(first);

            for (Duration move : Stream.of(moves.split(" ")).map(Duration::parse).toList()) {
                server.close();
                String failed = bounce(application);
                clock.moveOn(Duration.ofMinutes(6));
                awaitFailure();

                // When
                clock.moveOn(move);
                server.open();
                String next = bounce(application);

                // Then
                clock.moveOn(Duration.ofSeconds(10));
                awaitMailed(failed);
                clock.moveOn(Duration.ofMinutes(6));
                awaitMailed(next);
            }

            // When
            clock.moveOn(Duration.ofMinutes(46));

            // Then
            await().until(() -> database.rows("SELECT 1 FROM alert_incident WHERE closed_at IS NULL").isEmpty());
            await().until(() -> database.rows("SELECT 1 FROM alert_mail WHERE sent_at IS NULL").isEmpty());
        }
    }

    private static String bounce(MailEvents application) {
        ObjectNode bounce = Payload.bounce("2");
        application.post(MailEvents.JSON, Payload.json("bounces", bounce));
        return bounce.get("to").asText();
    }

    private void awaitMailed(String address) {
        await().alias(address).until(() -> server.taken.stream().anyMatch(taken -> taken.mail().text().contains(address)));
        await().until(() -> database.rows("SELECT 1 FROM alert_mail WHERE sent_at IS NULL").isEmpty());
    }

    /** A claim lasts longer than the time until the first retry. */
    private void awaitFailure() {
        await().until(() -> !database.rows("SELECT 1 FROM alert_delivery WHERE sent_at IS NULL AND failure IS NOT NULL AND retry_at <= ?",
                clock.instant().plusSeconds(10).atOffset(ZoneOffset.UTC)).isEmpty());
    }
}
