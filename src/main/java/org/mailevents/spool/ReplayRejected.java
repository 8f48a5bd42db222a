package org.mailevents.spool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.mailevents.operate.Failure;
import org.mailevents.operate.Settings;
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
        Path request = Path.of(new Settings(getContext()).required("spool.directory"), "replay-rejected");

        // @formatter:off
        from("scheduler:replay-rejected?delay=1000").routeId(ID)
            .description("Sends the rejected events in again, once a file replay-rejected lies in the spool")
            .onException(Throwable.class).handled(true).logExhausted(false).process(ReplayRejected::failed).end()
            .filter(exchange -> Files.exists(request) && !Database.of(getContext()).isDown())
                .process(exchange -> LOG.info("{} rejected events are sent in again", spoolRejected()))
                .process(exchange -> Files.deleteIfExists(request))
            .end();
        // @formatter:on
    }

    private static void failed(Exchange exchange) {
        LOG.error("Not all rejected events are sent in again yet: {}",
                Failure.describe(exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class)));
    }

    private int spoolRejected() throws SQLException, IOException {
        try (Connection connection = Database.of(getContext()).getConnection()) {
            connection.setAutoCommit(false);
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

    /**
     * Out of the table only when it is in the spool, but before it may come back from there: the replay's INSERT of the same row waits
     * for the commit. Killed in between, the row is in both, and is still stored once.
     */
    private void spoolRejected(Connection connection, UUID id) throws SQLException, IOException {
        try (PreparedStatement select = connection.prepareStatement("SELECT received_at, payload FROM rejected_event WHERE rejected_id = ?");
                PreparedStatement delete = connection.prepareStatement("DELETE FROM rejected_event WHERE rejected_id = ?")) {
            select.setObject(1, id);
            delete.setObject(1, id);
            try (ResultSet row = select.executeQuery()) {
                if (row.next()) {
                    delete.executeUpdate();
                    spool.write(row.getObject(1, OffsetDateTime.class).toInstant(), body(row.getString(2)));
                }
            }
            connection.commit();
        }
    }

    /** An element's payload is JSON; the copy of a body that could not be read is either. */
    private static Body body(String payload) {
        return new Body(!payload.stripLeading().startsWith("{"), payload);
    }
}
