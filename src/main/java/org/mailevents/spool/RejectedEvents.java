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
 * Moves the rejected events, which are the rows of {@code rejected_event}, into the spool, so that they are replayed after a fix. An
 * event that still cannot be stored soon returns to {@code rejected_event} as the same row. {@link ReplaySpool} moves the rows between two
 * replays and never during one. Otherwise an event could return before its row is deleted, would count as a duplicate of that row, and
 * would be lost with the row.
 */
final class RejectedEvents {

    private static final Logger LOG = LoggerFactory.getLogger("replay-spool");

    /** The share of the spool that these events may fill. The rest is for webhooks that arrive in the meantime. */
    private static final double MAX_FILL = 0.5;

    private final DataSource database;
    private final Spool spool;
    /** The rows still to be moved. They are listed once, so that an event that is rejected again is not replayed again. */
    private final Deque<UUID> listed = new ArrayDeque<>();

    RejectedEvents(DataSource database, Spool spool) {
        this.database = database;
        this.spool = spool;
    }

    /**
     * Moves rows until half of the spool is full.
     *
     * @return whether all listed rows are moved
     */
    boolean moveToSpool() throws SQLException, IOException {
        try (Connection connection = database.getConnection()) {
            if (listed.isEmpty()) {
                listed.addAll(ids(connection));
                LOG.info("Replaying {} rejected events", listed.size());
            }
            while (!listed.isEmpty() && spool.fill() < MAX_FILL) {
                moveToSpool(connection, listed.peek());
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

    /** Writes the file before it deletes the row. If the process is killed in between, both exist, and the event is still stored once. */
    private void moveToSpool(Connection connection, UUID id) throws SQLException, IOException {
        try (PreparedStatement select =
                        connection.prepareStatement("SELECT received_at, payload FROM rejected_event WHERE rejected_id = ?");
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

    /** The payload of an element is JSON. The payload of an unreadable body is the body itself, which may be JSON or a form. */
    private static WebhookBody body(String payload) {
        return WebhookBody.of(!payload.stripLeading().startsWith("{"), payload);
    }
}
