package org.mailevents.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jdbi.v3.core.Handle;
import org.mailevents.route.RouteRevision;

/**
 * The table {@code route_revision} keeps the route files of each revision that has decided an event. The row is written in the transaction
 * of the first event, so every revision that an event names is there, whatever fails in between. No row is ever deleted: a revision takes
 * some ten kilobytes, and there is one more after each edit.
 */
public final class RouteRevisions {

    private static final ObjectMapper JSON = new ObjectMapper();

    private RouteRevisions() {
    }

    /**
     * A revision in the database.
     *
     * @param firstUsedAt when its first event was stored
     */
    public record Recorded(RouteRevision revision, Instant firstUsedAt) {
    }

    private record Row(Instant firstUsedAt, String files) {
    }

    /** Adds a revision, unless another process, or this one earlier, has added it. */
    static void record(Handle handle, RouteRevision revision, Instant now) {
        try {
            handle.execute("INSERT INTO route_revision (revision, first_used_at, files) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    revision.id(), now, JSON.writeValueAsString(new TreeMap<>(revision.files())));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A map of texts could not be written as JSON", e);
        }
    }

    /** The revision with this id, or empty if no event of this database names it. */
    public static Optional<Recorded> find(Handle handle, String id) {
        return handle.select("SELECT first_used_at, files FROM route_revision WHERE revision = ?", id).mapTo(Row.class).findOne()
                .map(row -> new Recorded(new RouteRevision(id, files(row.files())), row.firstUsedAt()));
    }

    private static Map<String, String> files(String json) {
        try {
            return JSON.readValue(json, new TypeReference<>() { });
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("The files of a revision are not in JSON", e);
        }
    }
}
