package org.mailevents.spool;

import java.io.IOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.camel.builder.RouteBuilder;
import org.mailevents.store.Database;
import org.mailevents.webhook.Body;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends in again what was rejected, after a fix: each payload goes into the spool and from there the same way in as every other
 * webhook. What still cannot be stored is soon back in {@code rejected_event}, as the same row.
 */
public final class ReplayRejected extends RouteBuilder {

    private static final String ID = "replay-rejected";
    private static final Logger LOG = LoggerFactory.getLogger(ID);

    private Spool spool;

    @Override
    public void configure() {
        spool = Spool.of(getContext());

        // @formatter:off
        from("file:{{spool.directory}}?fileName=replay-rejected&delete=true&delay=1000").routeId(ID)
            .description("Sends the rejected events in again, once a file replay-rejected lies in the spool")
            .process(exchange -> LOG.info("{} rejected events are sent in again", spoolRejected()));
        // @formatter:on
    }

    private int spoolRejected() throws SQLException, IOException {
        try (Connection connection = Database.of(getContext()).getConnection()) {
            // listed first: what is rejected again must not be sent in again
            List<UUID> ids = ids(connection);
            for (UUID id : ids) {
                spoolRejected(connection, id);
            }
            return ids.size();
        }
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
    private void spoolRejected(Connection connection, UUID id) throws SQLException, IOException {
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
    private static Body body(String payload) {
        return new Body(!payload.stripLeading().startsWith("{"), payload);
    }
}
