package org.mailevents.support;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.camel.ProducerTemplate;
import org.mailevents.Application;
import org.mailevents.support.Mailbox.Mail;

/** The application with the default settings. It looks for due mails only when the test says so, so a simulated month takes seconds. */
public final class SteppedAlerts extends SimulatedAlerts {

    private static final DateTimeFormatter CREATED = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");
    private static final Pattern MESSAGE_ID = Pattern.compile("(<[^<>\\s]+@mta01\\.example\\.com>)");

    private final Mailbox mailbox = Mailbox.of(server);
    private final ProducerTemplate sendAlerts = application().context().createProducerTemplate();

    public SteppedAlerts(Instant start) {
        super(start, TestDatabase.h2InMemory(), Application.configured(), TestSettings.none().withRoutes(steppedRoutes()));
    }

    /** The shipped routes, of which the test calls the one that sends alerts. Its scheduler first looks after a day. */
    private static Path steppedRoutes() {
        Path routes = OwnProcess.folder("routes").resolve("routes");
        Path route = routes.resolve("send-alerts.camel.yaml");
        try {
            Files.writeString(route, Files.readString(route).replace("id: send-alerts", "id: look").replace("uri: scheduler:send-alerts\n"
                    + "      parameters:\n        delay: 1000", "uri: direct:look") + """
                    - route:
                        id: send-alerts
                        from:
                          uri: scheduler:send-alerts?initialDelay=1d
                          steps:
                            - to: direct:look
                    """);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return routes;
    }

    /** A mail and the time at which it arrived. */
    public record Sent(Instant at, Mail mail) {

        public String stage() {
            String text = mail.text();
            return text.startsWith("収束") ? "closed" : mail.header("In-Reply-To") == null ? "opened" : "update";
        }

        /** The Message-ID of the first mail of its thread. */
        public String thread() {
            String references = mail.header("References");
            return references == null ? mail.header("Message-ID") : references.split("\\s+")[0];
        }

        /** The Message-IDs of the bounces that the mail lists. */
        public List<String> bounces() {
            return MESSAGE_ID.matcher(mail.csv().isEmpty() ? mail.text() : mail.csv()).results().map(found -> found.group(1)).toList();
        }
    }

    public void moveTo(Instant time) {
        clock.moveTo(time);
    }

    /** Sends the mails that are due now, and returns them. */
    public List<Sent> look() {
        int before = mailbox.count();
        sendAlerts.sendBody("direct:look", null);
        int after = mailbox.count();
        return after == before ? List.of() : mailbox.mails().subList(before, after).stream().map(mail -> new Sent(clock.instant(), mail))
                .toList();
    }

    public List<Sent> lookEvery(Duration step, Duration time) {
        Instant end = clock.instant().plus(time);
        List<Sent> mails = new ArrayList<>();
        while (clock.instant().isBefore(end)) {
            clock.moveOn(step);
            mails.addAll(look());
        }
        return mails;
    }

    /** Posts a webhook whose events must all be new, unless there are none. */
    public void post(String eventType, List<ObjectNode> elements) {
        if (!elements.isEmpty()) {
            post(eventType, elements.toArray(JsonNode[]::new));
        }
    }

    /** A bounce that happens now. */
    public ObjectNode bounce(String code) {
        return Payload.bounce(code).put("created", CREATED.format(clock.instant().atZone(ZoneId.of("Asia/Tokyo"))));
    }
}
