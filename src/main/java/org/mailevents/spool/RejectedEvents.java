package org.mailevents.spool;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.UUID;
import javax.sql.DataSource;
import org.mailevents.event.WebhookBody;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Moves what was rejected into the spool, to be sent in again after a fix. What still cannot be stored is soon back in
 * {@code rejected_event}, as the same row. {@link ReplaySpool} moves it between two replays and never beside one: a row that comes
 * back before it is out would count as there, and then be deleted.
 */
final class RejectedEvents {

    private static final Logger LOG = LoggerFactory.getLogger("replay-spool");

    /** The rest of the spool is for webhooks that come meanwhile. */
    private static final double ROOM = 0.5;

    private final DataSource database;
    private final Spool spool;
    /** Those that have not been moved yet, listed at once: what is rejected again must not be sent in again. */
    private final Deque<UUID> listed = new ArrayDeque<>();

    RejectedEvents(DataSource database, Spool spool) {
        this.database = database;
        this.spool = spool;
    }

    /**
     * Moves as many as half of the spool has room for.
     *
     * @return whether these were the last
     */
    boolean moveToSpool() throws SQLException, IOException {
        try (Connection connection = database.getConnection()) {
            if (listed.isEmpty()) {
                listed.addAll(ids(connection));
                LOG.info("{} rejected events are sent in again", listed.size());
            }
            while (!listed.isEmpty() && spool.fill() < ROOM) {
                spool(connection, listed.peek());
                listed.remove();
            }
        }
        return listed.isEmpty();
    }

    private static List<UUID> ids(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT rejected_id FROM rejected_event ORDER BY received_at");
                ResultSet rows = statement.executeQuery()) {
            List<UUID> ids = new ArrayList<>();
            while (rows.next()) {
                ids.add(rows.getObject(1, UUID.class));
            }
            return ids;
        }
    }

    /** First into the spool, then out of the table: killed in between, it is in both, and is still stored once. */
    private void spool(Connection connection, UUID id) throws SQLException, IOException {
        try (PreparedStatement select = connection.prepareStatement("SELECT received_at, payload FROM rejected_event WHERE rejected_id = ?");
                PreparedStatement delete = connection.prepareStatement("DELETE FROM rejected_event WHERE rejected_id = ?")) {
            select.setObject(1, id);
            try (ResultSet row = select.executeQuery()) {
                if (row.next()) {
                    spool.write(row.getObject(1, OffsetDateTime.class).toInstant(), body(row.getString(2)));
                }
            }
            delete.setObject(1, id);
            delete.executeUpdate();
        }
    }

    /** An element's payload is JSON; the copy of a body that could not be read is either. */
    private static WebhookBody body(String payload) {
        return WebhookBody.of(!payload.stripLeading().startsWith("{"), payload);
    }
}
