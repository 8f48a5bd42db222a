package org.mailevents.store;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.statement.PreparedBatch;

/**
 * The statements about {@code receipt_delay}: how long after the time in {@code created} the events of each slot were received. An event
 * from the spool counts with the time at which its webhook arrived. An event that came from the vendor's list does not count, because
 * it had no webhook.
 */
public final class ReceiptDelays {

    /** The zone and the clocks are judged by the events of so long a time: during most outages a part of a day is still prompt. */
    public static final Duration JUDGED = Duration.ofDays(1);

    private static final Duration KEPT = Duration.ofDays(40);
    /** Two days in minutes. Whatever is further away tells no more. */
    private static final int FARTHEST = 2_880;

    private static final String MINUTES = "FLOOR(EXTRACT(EPOCH FROM (received_at - occurred_at)) / 60)";
    private static final String COUNT = "SELECT minutes, MAX(events) AS events FROM ("
            + "SELECT delay_minutes AS minutes, events FROM receipt_delay WHERE received_slot = ?"
            + " UNION ALL SELECT minutes, COUNT(*) AS events FROM (SELECT CAST(GREATEST(-" + FARTHEST + ", LEAST(" + FARTHEST + ", "
            + MINUTES + ")) AS integer) AS minutes FROM mail_event WHERE received_at >= ? AND received_at < ?"
            + " AND occurred_at IS NOT NULL AND COALESCE((SELECT 1 FROM repaired_event r WHERE r.event_id = mail_event.event_id), 0) = 0)"
            + " slot GROUP BY minutes) counted GROUP BY minutes";

    private ReceiptDelays() {
    }

    private record Row(int minutes, long events) {
    }

    private record SlotRow(Instant receivedSlot, int delayMinutes, long events) {
    }

    /**
     * The delays of one day.
     *
     * @param day in the zone that was asked for
     */
    public record Day(LocalDate day, ReceiptDelay delay) {
    }

    /** Counts the delays of a slot. A recount never lowers a count, because events of the slot may have been deleted since. */
    static void count(Handle handle, Instant slot) {
        List<Row> rows = handle.select(COUNT, slot, slot, slot.plus(EventCounts.SLOT)).mapTo(Row.class).list();
        handle.execute("DELETE FROM receipt_delay WHERE received_slot = ? OR received_slot < ?", slot, slot.minus(KEPT));
        try (PreparedBatch insert = handle.prepareBatch("INSERT INTO receipt_delay (received_slot, delay_minutes, events)"
                + " VALUES (?, ?, ?)")) {
            rows.forEach(row -> insert.add(slot, row.minutes(), row.events()));
            insert.execute();
        }
    }

    /** The delays of the events that were received since a time, as far as they are counted. */
    public static ReceiptDelay since(Handle handle, Instant since) {
        return ReceiptDelay.of(handle.select("SELECT delay_minutes AS minutes, SUM(events) AS events FROM receipt_delay"
                + " WHERE received_slot >= ? GROUP BY delay_minutes", since).mapTo(Row.class).stream()
                .collect(Collectors.toMap(Row::minutes, Row::events, Long::sum, TreeMap::new)));
    }

    /**
     * The delays of each day, the newest day first.
     *
     * @param since the first slot
     * @param zone  of the days
     */
    public static List<Day> days(Handle handle, Instant since, ZoneId zone) {
        TreeMap<LocalDate, SortedMap<Integer, Long>> days = new TreeMap<>();
        handle.select("SELECT received_slot, delay_minutes, events FROM receipt_delay WHERE received_slot >= ?", since).mapTo(SlotRow.class)
                .forEach(row -> days.computeIfAbsent(LocalDate.ofInstant(row.receivedSlot(), zone), day -> new TreeMap<>())
                        .merge(row.delayMinutes(), row.events(), Long::sum));
        return days.descendingMap().entrySet().stream().map(day -> new Day(day.getKey(), ReceiptDelay.of(day.getValue()))).toList();
    }
}
