package org.mailevents.console;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jdbi.v3.core.Handle;
import org.mailevents.console.Summary.Cause;
import org.mailevents.console.Summary.Earlier;
import org.mailevents.console.Summary.Hour;
import org.mailevents.console.Summary.Usual;
import org.mailevents.store.EventCounts;
import org.mailevents.store.StoredEvents;

/** Answers whether mail is arriving: what happened in each hour, and what usually happens then. */
final class HourCounts {

    static final String COUNTS = "SELECT hour_of, type_of, status_of, SUM(events) AS events FROM ("
            + "SELECT occurred_hour AS hour_of, event_type AS type_of, status AS status_of, events FROM event_count"
            + " WHERE occurred_hour >= ?"
            + " UNION ALL SELECT " + EventCounts.HOUR + ", " + EventCounts.TYPE + ", " + EventCounts.STATUS + ", 1 FROM mail_event"
            + " WHERE received_at >= ? AND COALESCE(occurred_at, received_at) >= ?"
            // a failed delivery that has a bounce is the same failure, which counts as bounced
            + " UNION ALL SELECT occurred_hour, 'deliveries', 'failed', -events FROM paired_count WHERE occurred_hour >= ?"
            + " UNION ALL SELECT hour_of, 'deliveries', 'failed', -events FROM (" + EventCounts.PAIRED_BY_HOUR + ") AS newest)"
            + " counts GROUP BY hour_of, type_of, status_of";
    /** The finished messages of an earlier week, of which everything is counted. */
    static final String EARLIER_WEEK = "SELECT occurred_hour AS hour_of, SUM(events) AS finished,"
            + " COALESCE(SUM(events) FILTER (WHERE event_type = 'deliveries'), 0) AS delivered FROM event_count"
            + " WHERE occurred_hour >= ? AND occurred_hour < ? AND (event_type = 'bounces' OR event_type = 'deliveries'"
            + " AND status = 'succeeded') GROUP BY occurred_hour";
    static final String EARLIER = "SELECT SUM(events) AS events, MAX(hour_of) AS newest FROM ("
            + "SELECT occurred_hour AS hour_of, events FROM event_count WHERE received_slot >= ? AND occurred_hour < ?"
            + " UNION ALL SELECT " + EventCounts.HOUR + ", 1 FROM mail_event"
            + " WHERE received_at >= ? AND COALESCE(occurred_at, received_at) < ?) counts";

    private static final int WEEKS = 4;
    private static final Duration WEEK = Duration.ofDays(7);

    private final Instant since;
    private final List<Count> counts;
    private final Map<Instant, Usual> usual;

    private HourCounts(Instant since, List<Count> counts, Map<Instant, Usual> usual) {
        this.since = since;
        this.counts = counts;
        this.usual = usual;
    }

    private record Count(Instant hourOf, String typeOf, String statusOf, long events) {

        boolean isBounce() {
            return typeOf.equals("bounces");
        }

        /** The status as the page shows it. */
        String shownStatus() {
            return isBounce() ? "bounced" : typeOf.equals("deliveries") ? statusOf : "other";
        }
    }

    private record Finished(Instant hourOf, long finished, long delivered) {
    }

    /**
     * @param since     the beginning of an hour
     * @param uncounted from this time of receipt on, events are not counted yet
     */
    static HourCounts read(Handle handle, Instant since, Instant uncounted, Instant now) {
        List<Count> counts = handle.select(COUNTS, since, uncounted, since, since, uncounted, StoredEvents.NO_END).mapTo(Count.class)
                .stream().filter(count -> !count.hourOf().isBefore(since)).toList(); // H2 cannot compare the hours of the newest pairs
        return new HourCounts(since, counts, usual(handle, since, now));
    }

    /** What the same hours of the last four weeks had, as far as events are counted from then. */
    private static Map<Instant, Usual> usual(Handle handle, Instant since, Instant now) {
        Instant first = handle.select("SELECT MIN(received_slot) FROM event_count").mapTo(Instant.class).one();
        Map<Instant, List<Finished>> weeks = new HashMap<>();
        Map<Instant, Finished> found = first == null ? Map.of() : finished(handle, since, now);
        for (int week = 1; week <= WEEKS && first != null; week++) {
            Duration before = WEEK.multipliedBy(week);
            for (Instant hour = since; !hour.isAfter(now); hour = hour.plus(1, ChronoUnit.HOURS)) {
                Instant then = hour.minus(before);
                if (!then.isBefore(first.truncatedTo(ChronoUnit.HOURS))) {
                    weeks.computeIfAbsent(hour, any -> new ArrayList<>()).add(found.getOrDefault(then, new Finished(then, 0, 0)));
                }
            }
        }
        Map<Instant, Usual> usual = new HashMap<>();
        weeks.forEach((hour, hours) -> usual.put(hour, usual(hours)));
        return usual;
    }

    /** The hours of the last four weeks. The weeks before a period of more than a week overlap, so they are read at once. */
    private static Map<Instant, Finished> finished(Handle handle, Instant since, Instant now) {
        boolean overlap = Duration.between(since, now).compareTo(WEEK) > 0;
        Map<Instant, Finished> found = new HashMap<>();
        for (int week = overlap ? WEEKS : 1; week <= WEEKS; week++) {
            handle.select(EARLIER_WEEK, since.minus(WEEK.multipliedBy(week)), now.minus(overlap ? WEEK : WEEK.multipliedBy(week)))
                    .mapTo(Finished.class).forEach(hour -> found.put(hour.hourOf(), hour));
        }
        return found;
    }

    private static Usual usual(List<Finished> hours) {
        long finished = hours.stream().mapToLong(Finished::finished).sum();
        return new Usual((double) finished / hours.size(), share(hours.stream().mapToLong(Finished::delivered).sum(), finished));
    }

    private static Double share(long delivered, long finished) {
        return finished == 0 ? null : (double) delivered / finished;
    }

    List<Hour> hours() {
        Map<Instant, Map<String, Long>> events = new HashMap<>();
        counts.forEach(count -> events.computeIfAbsent(count.hourOf(), hour -> new LinkedHashMap<>())
                .merge(count.shownStatus(), Math.max(0, count.events()), Long::sum));
        Set<Instant> hours = new TreeSet<>(events.keySet());
        usual.forEach((hour, expected) -> {
            if (expected.finished() > 0) {
                hours.add(hour);
            }
        });
        return hours.stream().map(hour -> hour(hour, events.getOrDefault(hour, Map.of()))).toList();
    }

    /** A refused message usually bounces too. Until its bounce arrives, it is among the failed ones, and not yet finished. */
    private Hour hour(Instant hour, Map<String, Long> events) {
        long delivered = events.getOrDefault("succeeded", 0L);
        long finished = delivered + events.getOrDefault("bounced", 0L);
        return new Hour(hour, events, finished, share(delivered, finished), usual.get(hour));
    }

    /** @param known makes the id of a cause that the active table has, of any other one */
    List<Cause> causes(UnaryOperator<String> known) {
        Map<String, Long> causes = new HashMap<>();
        counts.stream().filter(Count::isBounce).forEach(count -> causes.merge(known.apply(count.statusOf()), count.events(), Long::sum));
        return causes.entrySet().stream().map(entry -> new Cause(entry.getKey(), entry.getValue()))
                .sorted(Comparator.comparing(Cause::bounces).reversed().thenComparing(Cause::cause)).toList();
    }

    /** The events that arrived within the time of the summary and had happened before it. */
    Earlier earlier(Handle handle, Instant uncounted) {
        return handle.select(EARLIER, since, since, uncounted, since).mapTo(Earlier.class).one();
    }
}
