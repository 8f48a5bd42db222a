package org.mailevents.retention;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mailevents.retention.ExpiredRows.Oldest;
import org.mailevents.retention.ExpiredRows.Step;

/**
 * Removes the personal data from old rows of {@code mail_event}, and leaves the rows. It goes through the table once, from the oldest row on, and the
 * database knows how far, whichever process goes on. What had to be spared, and what comes late, is noted as a stretch of time to be looked at again,
 * so that no other is. No step needs a transaction of its own: repeated, each changes nothing.
 */
public final class PersonalData {

    /** What may tell of a person. What stays are ids of ours, kinds, counts and times. */
    private static final String[] COLUMNS = {"recipient", "sender", "return_path", "subject", "api_data", "reason", "extra", "message_id", "source_ip",
            "sender_ip", "created_text"};
    private static final String IS_THERE = "COALESCE(" + String.join(", ", COLUMNS) + ") IS NOT NULL";
    private static final String REMOVE = "UPDATE mail_event SET "
            + Stream.of(COLUMNS).map(column -> column + " = NULL").collect(Collectors.joining(", "))
            + " WHERE received_at > ? AND received_at <= ? AND (" + ExpireEvents.TOLD + ") AND " + IS_THERE;
    /** It is about days; and an incident of weeks may leave many stretches. */
    private static final Duration LOOK_AGAIN = Duration.ofHours(6);
    private static final Duration MIN_RETENTION = Duration.ofDays(1);
    /** Around the time of a row, as every database keeps it. */
    private static final Duration MOMENT = Duration.ofMillis(1);

    private PersonalData() {
    }

    /** A stretch of time, its beginning excluded. */
    private record Stretch(UUID id, Instant after, Instant until) {
    }

    /**
     * Rows of these times are stored in this transaction, so that nobody finds the one without the other. Of those of the last day nothing is noted, because
     * no data is removed so early.
     */
    public static void markForRemoval(Connection connection, Instant now, Collection<Instant> receivedAt) throws SQLException {
        List<Instant> old = receivedAt.stream().filter(received -> received.isBefore(now.minus(MIN_RETENTION))).toList();
        if (!old.isEmpty() && removedUntil(connection).isAfter(Instant.EPOCH)) {
            for (Instant time : old) {
                lookAgain(connection, time.minus(MOMENT), time.plus(MOMENT), time);
            }
        }
    }

    /**
     * Removes it from the next rows that were received before a time, and from the next of those to be looked at again.
     *
     * @param spared how far back bounces are spared that an all-clear has yet to list
     * @return of how many rows it was removed, and whether there are more
     */
    static Step step(Connection connection, Instant now, Instant before, Instant spared) throws SQLException {
        Instant removedUntil = removedUntil(connection);
        int removed = 0;
        Oldest oldest = ExpiredRows.oldest(connection, "mail_event", removedUntil, before);
        if (oldest.rows() > 0) {
            removed += remove(connection, removedUntil, oldest.newest(), spared);
            if (isLeft(connection, removedUntil, oldest.newest())) {
                lookAgain(connection, removedUntil, oldest.newest(), now.plus(LOOK_AGAIN));
            }
            // unless another process has been faster
            update(connection, "UPDATE privacy_progress SET removed_until = ? WHERE removed_until = ?", oldest.newest(), removedUntil);
        }
        Stretch stretch = remainder(connection, now, before);
        if (stretch != null) {
            removed += remove(connection, stretch.after(), stretch.until(), spared);
            if (isLeft(connection, stretch.after(), stretch.until())) {
                update(connection, "UPDATE privacy_remainder SET look_at = ? WHERE remainder_id = ?", now.plus(LOOK_AGAIN), stretch.id());
            } else {
                update(connection, "DELETE FROM privacy_remainder WHERE remainder_id = ?", stretch.id());
            }
        }
        return new Step(removed, oldest.rows() == ExpiredRows.ROWS || stretch != null);
    }

    private static Instant removedUntil(Connection connection) throws SQLException {
        try (PreparedStatement select = connection.prepareStatement("SELECT removed_until FROM privacy_progress"); ResultSet row = select.executeQuery()) {
            row.next();
            return instant(row, 1);
        }
    }

    private static Stretch remainder(Connection connection, Instant now, Instant before) throws SQLException {
        try (PreparedStatement select = prepare(connection, "SELECT remainder_id, received_after, received_until FROM privacy_remainder"
                + " WHERE look_at <= ? AND received_until < ? ORDER BY look_at LIMIT 1", now, before); ResultSet row = select.executeQuery()) {
            return row.next() ? new Stretch(row.getObject(1, UUID.class), instant(row, 2), instant(row, 3)) : null;
        }
    }

    private static int remove(Connection connection, Instant after, Instant until, Instant spared) throws SQLException {
        return update(connection, REMOVE, after, until, spared);
    }

    private static boolean isLeft(Connection connection, Instant after, Instant until) throws SQLException {
        try (PreparedStatement select = prepare(connection, "SELECT 1 FROM mail_event WHERE received_at > ? AND received_at <= ? AND " + IS_THERE
                + " LIMIT 1", after, until); ResultSet row = select.executeQuery()) {
            return row.next();
        }
    }

    /** By an id of its own each time: one that is looked at now may be deleted in a moment. */
    private static void lookAgain(Connection connection, Instant after, Instant until, Instant at) throws SQLException {
        update(connection, "INSERT INTO privacy_remainder (remainder_id, received_after, received_until, look_at) VALUES (?, ?, ?, ?)", UUID.randomUUID(),
                after, until, at);
    }

    static int update(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(connection, sql, parameters)) {
            return statement.executeUpdate();
        }
    }

    private static PreparedStatement prepare(Connection connection, String sql, Object... parameters) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i] instanceof Instant time ? time.atOffset(ZoneOffset.UTC) : parameters[i]);
        }
        return statement;
    }

    private static Instant instant(ResultSet row, int column) throws SQLException {
        return row.getObject(column, OffsetDateTime.class).toInstant();
    }
}
