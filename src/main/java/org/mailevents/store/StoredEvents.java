package org.mailevents.store;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.event.MailEvent;

/**
 * Makes events of their rows again. Many events are read in parts, the newest first: the ids at once, and the rows in small parts. So no
 * statement takes long, no transaction stays open, and only a part of the events is in memory.
 */
public final class StoredEvents implements Iterator<MailEvent> {

    /** No event is received as late as this. */
    public static final Instant NO_END = Instant.parse("9999-01-01T00:00:00Z");

    private static final String SELECT = "SELECT event_id, event_type, status, cause, dead, kind, audience, message_id, recipient, sender,"
            + " return_path, subject, api_data, reason, enhanced_code, source_ip, sender_ip, server_composition, occurred_at,"
            + " created_text, received_at, extra FROM mail_event";
    private static final int MAX_ROWS = 200;
    /** In bytes. A row may have megabytes, and H2 closes its database file when memory runs out. */
    private static final long MAX_SIZE = 2_000_000;
    private static final String SIZE = Stream.of("sender", "return_path", "subject", "api_data", "reason", "extra", "created_text")
            .map(column -> "COALESCE(OCTET_LENGTH(" + column + "), 0)").collect(Collectors.joining(" + "));

    private final Jdbi jdbi;
    private final List<Row> rows;
    private int position;
    private Iterator<MailEvent> part = List.<MailEvent>of().iterator();

    private record Row(UUID eventId, long size) {
    }

    private StoredEvents(Jdbi jdbi, List<Row> rows) {
        this.jdbi = jdbi;
        this.rows = rows;
    }

    /** The newest events that were received since a time, and before another time. */
    public static StoredEvents newest(Jdbi jdbi, Instant since, Instant until, int most) {
        return new StoredEvents(jdbi, jdbi.withHandle(handle -> handle.select("SELECT event_id, " + SIZE + " AS size FROM mail_event"
                + " WHERE received_at >= ? AND received_at < ? ORDER BY received_at DESC LIMIT ?", since, until, most)
                .mapTo(Row.class).list()));
    }

    public static Optional<MailEvent> find(Handle handle, UUID eventId) {
        return handle.select(SELECT + " WHERE event_id = ?", eventId).mapTo(MailEvent.class).findOne();
    }

    /** The revision of the routes that decided an event, or empty if the event was stored before events named one. */
    public static Optional<String> revision(Handle handle, UUID eventId) {
        return handle.select("SELECT route_revision FROM mail_event WHERE event_id = ?", eventId).mapTo(String.class).findOne();
    }

    /** How many events there are, those that have been read included. */
    public int size() {
        return rows.size();
    }

    @Override
    public boolean hasNext() {
        while (!part.hasNext() && position < rows.size()) {
            part = next(ids()).iterator();
        }
        return part.hasNext();
    }

    @Override
    public MailEvent next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return part.next();
    }

    private List<UUID> ids() {
        List<UUID> ids = new ArrayList<>();
        long size = 0;
        while (position < rows.size() && ids.size() < MAX_ROWS && (ids.isEmpty() || size + rows.get(position).size() <= MAX_SIZE)) {
            size += rows.get(position).size();
            ids.add(rows.get(position++).eventId());
        }
        return ids;
    }

    /** A row that has been deleted in the meantime is left out. */
    private List<MailEvent> next(List<UUID> ids) {
        Map<UUID, MailEvent> events = jdbi.withHandle(handle -> handle.select(SELECT + " WHERE event_id = ANY (?)",
                (Object) ids.toArray(UUID[]::new)).mapTo(MailEvent.class).stream()
                .collect(Collectors.toMap(MailEvent::eventId, Function.identity())));
        return ids.stream().map(events::get).filter(Objects::nonNull).toList();
    }
}
