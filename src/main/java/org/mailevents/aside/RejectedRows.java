package org.mailevents.aside;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Jdbi;

/** The table {@code rejected_event}. */
final class RejectedRows {

    /** How many rows a list shows at a time. */
    static final int PAGE = 50;
    /** In characters. A payload may have a million. */
    private static final int SHOWN = 4_096;
    private static final String COLUMNS = "SELECT rejected_id, received_at, reason, SUBSTRING(payload, 1, " + SHOWN + ") AS payload,"
            + " CHAR_LENGTH(payload) <= " + SHOWN + " AS complete FROM rejected_event ";
    private static final String ORDER = " ORDER BY received_at DESC, rejected_id DESC LIMIT " + (PAGE + 1);

    private final Jdbi jdbi;

    RejectedRows(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    /**
     * A part of the list.
     *
     * @param rows the newest first
     * @param next what {@link RejectedRows#page} needs for the rows behind these, or null if there are none
     */
    record Page(List<RejectedRow> rows, String next) {
    }

    /**
     * The rows behind a place.
     *
     * @param after {@code next} of the page before, or null for the newest rows
     * @throws IllegalArgumentException if it is neither
     */
    Page page(String after) {
        List<RejectedRow> rows = after == null ? jdbi.withHandle(handle -> handle.createQuery(COLUMNS + ORDER)
                .mapTo(RejectedRow.class).list()) : behind(after);
        boolean more = rows.size() > PAGE;
        List<RejectedRow> shown = more ? rows.subList(0, PAGE) : rows;
        return new Page(shown, more ? cursor(shown.get(PAGE - 1)) : null);
    }

    private List<RejectedRow> behind(String after) {
        try {
            ByteBuffer place = ByteBuffer.wrap(Base64.getUrlDecoder().decode(after));
            Instant receivedAt = Instant.ofEpochSecond(place.getLong(), place.getInt());
            UUID id = new UUID(place.getLong(), place.getLong());
            return jdbi.withHandle(handle -> handle.createQuery(COLUMNS + "WHERE received_at <= :at AND (received_at < :at"
                    + " OR rejected_id < :id)" + ORDER).bind("at", receivedAt).bind("id", id).mapTo(RejectedRow.class).list());
        } catch (IllegalArgumentException | BufferUnderflowException | DateTimeException e) {
            throw new IllegalArgumentException("Set after to the nextRejected of an earlier answer, or leave it out.");
        }
    }

    private static String cursor(RejectedRow row) {
        return Base64.getUrlEncoder().withoutPadding().encodeToString(ByteBuffer.allocate(3 * Long.BYTES + Integer.BYTES)
                .putLong(row.receivedAt().getEpochSecond()).putInt(row.receivedAt().getNano())
                .putLong(row.rejectedId().getMostSignificantBits()).putLong(row.rejectedId().getLeastSignificantBits()).array());
    }

    /** A row with its whole payload. */
    Optional<RejectedRow> find(UUID id) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT rejected_id, received_at, reason, payload, TRUE AS complete"
                + " FROM rejected_event WHERE rejected_id = :id").bind("id", id).mapTo(RejectedRow.class).findOne());
    }

    /** How many rows there are. */
    long count() {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT COUNT(*) FROM rejected_event").mapTo(long.class).one());
    }

    /** Those of these ids that have a row. */
    Set<UUID> existing(Set<UUID> ids) {
        return ids.isEmpty() ? Set.of() : jdbi.withHandle(handle -> handle.createQuery("SELECT rejected_id FROM rejected_event"
                + " WHERE rejected_id IN (<ids>)").bindList("ids", List.copyOf(ids)).mapTo(UUID.class).set());
    }

    /** Why the events with these ids could not be stored. */
    Set<String> reasons(Set<UUID> ids) {
        return jdbi.withHandle(handle -> handle.createQuery("SELECT reason FROM rejected_event WHERE rejected_id IN (<ids>)")
                .bindList("ids", List.copyOf(ids)).mapTo(String.class).set());
    }

    void delete(Set<UUID> ids) {
        if (!ids.isEmpty()) {
            jdbi.useHandle(handle -> handle.createUpdate("DELETE FROM rejected_event WHERE rejected_id IN (<ids>)")
                    .bindList("ids", List.copyOf(ids)).execute());
        }
    }
}
