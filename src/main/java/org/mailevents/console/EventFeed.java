package org.mailevents.console;

import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.mapper.RowMapper;
import org.jdbi.v3.core.statement.Query;

/**
 * Looks through the events, the newest first, for those that pass a filter.
 *
 * <p>No index serves every filter, and one for parts of texts would make the storing of events slow. So the events are read in the order of
 * their receipt, by an index, in steps of a number of rows. A step takes a known time, however few of its rows pass the filter. A page ends
 * when it is full or when its time is over, and says how far back it has looked. The next page goes on from there. The conditions that have
 * an index (an address, a message, only bounces) make the step read these rows only.
 */
final class EventFeed {

    private static final int FIRST_STEP = 500;
    private static final int LONGEST_STEP = 64_000;
    /** How many times as long a step may be as the one before. The time of the one before says what the page can afford. */
    private static final int LONGER = 4;

    private final Jdbi jdbi;
    private final Duration pageTime;

    /**
     * @param jdbi     limits the time of each statement
     * @param pageTime when the time of a page is over; its first step is taken in any case
     */
    EventFeed(Jdbi jdbi, Duration pageTime) {
        this.jdbi = jdbi;
        this.pageTime = pageTime;
    }

    /**
     * A page of events.
     *
     * @param events             the newest first
     * @param next               where the next page begins; null if there is nothing left to look through
     * @param lookedThroughSince all events from this time on were looked through; null if nothing is stored
     * @param complete           whether there is nothing left to look through
     * @param readAs             how the free text was read; null if there was none
     */
    record Page(List<EventView> events, String next, Instant lookedThroughSince, boolean complete, Map<String, String> readAs) {
    }

    /** A place between two events. The events after it were received earlier, or have a lower id and were received at the same time. */
    record Place(Instant receivedAt, UUID eventId) {

        private static Place of(EventView event) {
            return new Place(event.receivedAt(), event.eventId());
        }

        /** @throws IllegalArgumentException if the text is no {@code next} of a page */
        static Place parse(String text) {
            String[] parts = text.split("_", -1);
            try {
                return new Place(Instant.parse(parts[0]), UUID.fromString(parts[1]));
            } catch (DateTimeParseException | IllegalArgumentException | ArrayIndexOutOfBoundsException e) {
                throw new IllegalArgumentException("Set after to the value of next in the page before, or leave it out.", e);
            }
        }

        @Override
        public String toString() {
            return receivedAt + "_" + eventId;
        }
    }

    /**
     * What a step has found.
     *
     * @param events the events that passed, the newest first
     * @param end    where the next step begins; null if there is nothing left
     */
    record Step(List<EventView> events, Place end) {
    }

    private record Row(EventView event, boolean passed, long place) {
    }

    /** Whether there is a message of this Message-ID, which has no angle brackets. */
    boolean isMessage(String messageId) {
        return jdbi.withHandle(handle -> handle.select("SELECT message_id FROM mail_event WHERE message_id IN (?, ?) LIMIT 1", messageId,
                "<" + messageId + ">").mapTo(String.class).findFirst().isPresent());
    }

    /**
     * Reads a page.
     *
     * @param after the end of the page before; null for the first page
     * @param limit how many events the page has at most
     */
    Page page(EventFilter filter, Place after, int limit) {
        return jdbi.withHandle(handle -> page(handle, filter, after, limit));
    }

    private Page page(Handle handle, EventFilter filter, Place after, int limit) {
        long began = System.nanoTime();
        List<EventView> events = new ArrayList<>();
        Place place = after;
        int rows = FIRST_STEP;
        while (true) {
            long stepBegan = System.nanoTime();
            Step step = step(handle, filter, place, rows, limit - events.size());
            events.addAll(step.events());
            place = step.end();
            long now = System.nanoTime();
            if (place == null) {
                return new Page(events, null, filter.since() == null ? oldest(handle) : filter.since(), true, filter.readAs());
            }
            long left = pageTime.toNanos() - (now - began);
            int affordable = (int) Math.min(LONGEST_STEP, rows * left / (now - stepBegan + 1));
            if (events.size() == limit || affordable < FIRST_STEP / 2) {
                return new Page(events, place.toString(), place.receivedAt(), false, filter.readAs());
            }
            rows = Math.min(affordable / 2, rows * LONGER); // half, because a row may take longer than the rows before
        }
    }

    /**
     * Looks through the next events.
     *
     * @param after where the step begins; null for the newest event
     * @param rows  how many events it looks through at most
     * @param most  how many events it finds at most
     */
    Step step(EventFilter filter, Place after, int rows, int most) {
        return jdbi.withHandle(handle -> step(handle, filter, after, rows, most));
    }

    private static Step step(Handle handle, EventFilter filter, Place after, int rows, int most) {
        Map<String, Object> values = new LinkedHashMap<>(filter.values());
        List<Row> found;
        try (Query query = handle.createQuery(sql(filter, values, after, rows, most))) {
            RowMapper<EventView> events = query.getContext().findRowMapperFor(EventView.class).orElseThrow();
            found = query.bindMap(values).map((row, context) -> new Row(events.map(row, context), row.getBoolean("passed"),
                    row.getLong("place"))).list();
        }
        List<EventView> passed = found.stream().filter(Row::passed).map(Row::event).limit(most).toList();
        if (passed.size() == most) {
            return new Step(passed, Place.of(passed.get(most - 1)));
        }
        Row last = found.isEmpty() ? null : found.get(found.size() - 1);
        return new Step(passed, last != null && last.place() == rows ? Place.of(last.event()) : null);
    }

    /** @param values gets the parameters that the filter does not have */
    static String sql(EventFilter filter, Map<String, Object> values, Place after, int rows, int most) {
        List<String> read = new ArrayList<>(filter.found());
        if (filter.since() != null) {
            read.add("received_at >= :since");
            values.put("since", filter.since());
        }
        if (filter.until() != null) {
            read.add("received_at < :until");
            values.put("until", filter.until());
        }
        if (after != null) {
            read.add("received_at <= :receivedAt AND (received_at < :receivedAt OR event_id < :eventId)");
            values.put("receivedAt", after.receivedAt());
            values.put("eventId", after.eventId());
        }
        // With both columns of its index, H2 reads no more rows than the step has.
        String order = (filter.found().contains(EventFilter.BOUNCES) ? "event_type DESC, " : "") + "received_at DESC, event_id DESC";
        // The row at the end of the step is returned in any case, because the next step begins there.
        return "SELECT " + EventView.COLUMNS + ", passed, place FROM (SELECT e.*,"
                + " ROW_NUMBER() OVER (ORDER BY received_at DESC, event_id DESC) AS place, (" + conditions(filter.kept())
                + ") IS TRUE AS passed FROM (SELECT * FROM " + filter.from() + " WHERE "
                + conditions(read) + " ORDER BY " + order + " LIMIT " + rows + ") e) step WHERE passed OR place = " + rows
                + " ORDER BY place LIMIT " + (most + 1);
    }

    private static String conditions(List<String> conditions) {
        return conditions.isEmpty() ? "TRUE" : String.join(" AND ", conditions);
    }

    private static Instant oldest(Handle handle) {
        return handle.select("SELECT MIN(received_at) FROM mail_event").mapTo(Instant.class).findOne().orElse(null);
    }
}
