package org.mailevents.console;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.mailevents.console.EventFeed.Place;
import org.mailevents.console.EventFeed.Step;
import org.mailevents.event.CsvRow;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Events as a CSV file (RFC 4180), the newest first. The events are read while the file is sent, a step at a time, so that neither the
 * memory nor a connection of the database is held for a slow caller. Vert.x reads on when the caller has gone, so the file ends then.
 */
final class EventCsv extends InputStream {

    private static final Logger LOG = LoggerFactory.getLogger("api");

    private static final List<String> COLUMNS = List.of("event_id", "message_id", "recipient", "event_type", "status", "code", "cause",
            "dead", "kind", "audience", "route_revision", "reason", "enhanced_code", "sender", "subject", "api_data", "occurred_at",
            "received_at", "alert_state", "alert_id");
    private static final CsvRow ROW = new CsvRow();
    /** How many events are in memory. */
    private static final int MOST = 500;
    private static final int FIRST_STEP = 2_000;
    private static final int LONGEST_STEP = 64_000;

    private final EventFeed feed;
    private final EventFilter filter;
    private final BooleanSupplier gone;
    private int rows = FIRST_STEP;
    private Place place;
    private boolean ended;
    /** It begins with a byte order mark, which tells Excel that the file is UTF-8. */
    private InputStream lines = bytes("\uFEFF" + ROW.of(COLUMNS) + "\r\n");

    /** @param gone whether the caller has gone */
    EventCsv(EventFeed feed, EventFilter filter, BooleanSupplier gone) {
        this.feed = feed;
        this.filter = filter;
        this.gone = gone;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] buffer, int offset, int length) throws IOException {
        if (length == 0) {
            return 0;
        }
        int count = lines.read(buffer, offset, length);
        while (count < 0 && !ended && !gone.getAsBoolean()) {
            lines = bytes(next());
            count = lines.read(buffer, offset, length);
        }
        return count;
    }

    private String next() throws IOException {
        try {
            Step step = feed.step(filter, place, rows, MOST);
            place = step.end();
            ended = place == null;
            rows = step.events().size() == MOST ? FIRST_STEP : Math.min(rows * 2, LONGEST_STEP);
            StringBuilder text = new StringBuilder();
            step.events().forEach(event -> text.append(line(event)));
            return text.toString();
        } catch (RuntimeException e) {
            ended = true;
            LOG.error("A CSV file of events broke off: {}", e.toString());
            throw new IOException("The events could not be read to their end.", e);
        }
    }

    private static String line(EventView event) {
        return ROW.of(Arrays.asList(event.eventId(), event.messageId(), event.recipient(), event.eventType(), event.status(), event.code(),
                event.cause(), event.dead(), event.kind(), event.audience(), event.routeRevision(), event.reason(), event.enhancedCode(),
                event.sender(), event.subject(), event.apiData(), event.occurredAt(), event.receivedAt(), event.alertState(),
                event.alertId())) + "\r\n";
    }

    private static InputStream bytes(String text) {
        return new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
    }
}
