package org.mailevents.alert;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.mailevents.alert.Alert.Bounce;
import org.mailevents.store.Database;

/**
 * The bounces that wait for their mail. Their rows are the outbox: {@code pending} until an alert claims them, {@code claimed}
 * until the mail endpoint took its mail, then {@code sent}. A claim runs out, so that what a killed process left behind is
 * mailed by the next one, and a claim is one UPDATE, so that of several processes one gets a row.
 */
final class AlertOutbox {

    /** Longer than a mail takes to send: camel-mail gives up after 30 s of silence (connectionTimeout). */
    private static final Duration CLAIM = Duration.ofMinutes(5);
    /** What a mail may list: mail servers take some 10 MB, and a mail too large would be refused for ever. The rest is the next mail. */
    private static final int MAX_BOUNCES = 500;

    private final Database dataSource;
    private final Duration firstDelay;
    /** Mails that were taken, and the database was down before they could be marked. */
    private final Set<Alert> unmarked = ConcurrentHashMap.newKeySet();

    /** @param firstDelay how long the first bounce waits for its companions, and a failed mail for its next try */
    AlertOutbox(Database dataSource, Duration firstDelay) {
        this.dataSource = dataSource;
        this.firstDelay = firstDelay;
    }

    /**
     * What is due: mails that have to be tried again as they were, else one new mail for each audience with news. Each is claimed
     * only when the iterator comes to it, so that no claim runs out while the mails before it are sent.
     */
    Iterator<? extends Mailing> claim() throws SQLException {
        if (dataSource.isDown()) {
            return Collections.emptyIterator(); // which is in the log once, and need not be every second
        }
        for (Alert alert : unmarked) {
            sent(alert);
        }
        try (Connection connection = dataSource.getConnection()) {
            return due(connection, Instant.now()).stream().flatMap(due -> claim(due).stream()).iterator();
        }
    }

    private Optional<Alert> claim(Due due) {
        UUID id = due.id() == null ? UUID.randomUUID() : due.id();
        try (Connection connection = dataSource.getConnection()) {
            return claim(connection, due, id, Instant.now())
                    ? Optional.of(new Alert(id, due.audience(), bounces(connection, id))) : Optional.empty();
        } catch (SQLException e) {
            throw new IllegalStateException("The bounces of " + due.audience() + " cannot be claimed", e);
        }
    }

    /** The mail endpoint took the mail: nobody is told of these bounces again. */
    void sent(Alert alert) throws SQLException {
        unmarked.add(alert);
        try (Connection connection = dataSource.getConnection()) {
            update(connection, "UPDATE mail_event SET alert_state = 'sent', alert_retry_at = NULL"
                    + " WHERE alert_state = 'claimed' AND audience = ? AND alert_id = ?", alert.audience(), alert.id());
        }
        unmarked.remove(alert);
    }

    /** The mail could not be sent: it is due again after the first delay. */
    void failed(Alert alert) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            update(connection, "UPDATE mail_event SET alert_retry_at = ? WHERE alert_state = 'claimed' AND audience = ? AND alert_id = ?",
                    timestamp(Instant.now().plus(firstDelay)), alert.audience(), alert.id());
        }
    }

    /** @param id of the mail to try again, or null for a new one */
    private record Due(String audience, UUID id) {
    }

    /** An audience whose last mail is not through yet gets no new one, so that after an outage one mail tells all that came meanwhile. */
    private List<Due> due(Connection connection, Instant now) throws SQLException {
        String sql = "SELECT audience, alert_id FROM mail_event WHERE alert_state = 'claimed'"
                + " GROUP BY audience, alert_id HAVING MIN(alert_retry_at) <= ?"
                + " UNION ALL "
                + "SELECT audience, CAST(NULL AS uuid) FROM mail_event WHERE alert_state = 'pending'"
                + " AND audience NOT IN (SELECT audience FROM mail_event WHERE alert_state = 'claimed')"
                + " GROUP BY audience HAVING MIN(received_at) <= ?";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setObject(1, timestamp(now));
            statement.setObject(2, timestamp(now.minus(firstDelay)));
            List<Due> due = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    due.add(new Due(rows.getString(1), rows.getObject(2, UUID.class)));
                }
            }
            return due;
        }
    }

    private boolean claim(Connection connection, Due due, UUID id, Instant now) throws SQLException {
        OffsetDateTime until = timestamp(now.plus(CLAIM));
        if (due.id() == null) {
            return update(connection, "UPDATE mail_event SET alert_state = 'claimed', alert_id = ?, alert_retry_at = ?"
                    + " WHERE alert_state = 'pending' AND event_id IN (SELECT event_id FROM mail_event"
                    + " WHERE alert_state = 'pending' AND audience = ? ORDER BY received_at LIMIT " + MAX_BOUNCES + ")",
                    id, until, due.audience()) > 0;
        }
        return update(connection, "UPDATE mail_event SET alert_retry_at = ?"
                + " WHERE alert_state = 'claimed' AND audience = ? AND alert_id = ? AND alert_retry_at <= ?",
                until, due.audience(), id, timestamp(now)) > 0;
    }

    private List<Bounce> bounces(Connection connection, UUID id) throws SQLException {
        String sql = "SELECT recipient, status, kind, created_text, subject, sender, message_id, api_data, enhanced_code, reason"
                + " FROM mail_event WHERE alert_state = 'claimed' AND alert_id = ? ORDER BY occurred_at, recipient, event_id";
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            statement.setObject(1, id);
            List<Bounce> bounces = new ArrayList<>();
            try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                    bounces.add(new Bounce(line(rows, 1), line(rows, 2), line(rows, 3), line(rows, 4), line(rows, 5), line(rows, 6),
                            line(rows, 7), line(rows, 8), line(rows, 9), line(rows, 10)));
                }
            }
            return bounces;
        }
    }

    /** Control characters and line breaks become spaces: a subject of several lines must not look like lines of the mail. */
    private static String line(ResultSet row, int column) throws SQLException {
        String text = row.getString(column);
        return text == null ? "" : text.replaceAll("[\\p{Cc}\\p{Zl}\\p{Zp}]+", " ").strip();
    }

    private static int update(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            return statement.executeUpdate();
        }
    }

    private static OffsetDateTime timestamp(Instant instant) {
        return instant.atOffset(ZoneOffset.UTC);
    }
}
