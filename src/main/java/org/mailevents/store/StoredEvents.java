package org.mailevents.store;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.result.ResultIterator;
import org.mailevents.event.MailEvent;

/** Makes events of their rows again, with the kind and the audience that the routes decided. */
public final class StoredEvents {

    private static final String SELECT = "SELECT event_id, event_type, status, kind, audience, message_id, recipient, sender, return_path,"
            + " subject, api_data, reason, enhanced_code, source_ip, sender_ip, server_composition, occurred_at, created_text, received_at,"
            + " extra FROM mail_event";
    private static final int FETCH_SIZE = 500;

    private StoredEvents() {
    }

    public static Optional<MailEvent> find(Handle handle, UUID eventId) {
        return handle.select(SELECT + " WHERE event_id = ?", eventId).mapTo(MailEvent.class).findOne();
    }

    /** The revision of the routes that decided an event, or empty if it was stored before events named one. */
    public static Optional<String> revision(Handle handle, UUID eventId) {
        return handle.select("SELECT route_revision FROM mail_event WHERE event_id = ?", eventId).mapTo(String.class).findOne();
    }

    /**
     * Reads events, the newest first.
     *
     * @param handle in a transaction, because outside of one PostgreSQL sends all rows at once
     * @param since  events received before this time are left out
     * @param limit  how many events are read at most
     * @param action takes an event, and says whether it wants another one
     */
    public static void newest(Handle handle, Instant since, int limit, Predicate<MailEvent> action) {
        try (ResultIterator<MailEvent> events = handle.select(SELECT + " WHERE received_at >= ? ORDER BY received_at DESC LIMIT " + limit,
                since).setFetchSize(FETCH_SIZE).mapTo(MailEvent.class).iterator()) {
            boolean more = true;
            while (more && events.hasNext()) {
                more = action.test(events.next());
            }
        }
    }
}
