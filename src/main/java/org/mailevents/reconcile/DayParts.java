package org.mailevents.reconcile;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.mailevents.event.MailEvent;
import org.mailevents.reconcile.ReconciledDays.Part;
import org.mailevents.reconcile.VendorApi.DayCount;

/** The parts in which a day is listed: its bounces, and its deliveries as a whole or hour by hour. */
final class DayParts {

    static final String BOUNCES = "bounces";
    private static final String WHOLE_DAY = "day";
    private static final int HOURS = 24;

    private final Map<String, Part> listed;

    /** @param listed the parts that need not be listed any more */
    DayParts(Map<String, Part> listed) {
        this.listed = new HashMap<>(listed);
    }

    static boolean areAll(Collection<String> parts) {
        return parts.contains(BOUNCES) && (parts.contains(WHOLE_DAY) || parts.size() == HOURS + 1);
    }

    /** The resource of the API that lists a part. */
    static String resource(String part) {
        return part.equals(BOUNCES) ? MailEvent.BOUNCES : MailEvent.DELIVERIES;
    }

    /** The hour of a part, or null for a whole day. */
    static Integer hour(String part) {
        return part.matches("\\d\\d") ? Integer.valueOf(part) : null;
    }

    /** Whether a record belongs to the part of which it was listed. */
    static boolean contains(String part, LocalDate day, LocalDateTime created) {
        return created.toLocalDate().equals(day) && (hour(part) == null || created.getHour() == hour(part));
    }

    boolean isListed(String part) {
        return listed.containsKey(part);
    }

    void add(Part part) {
        listed.put(part.part(), part);
    }

    /**
     * The parts of the deliveries in the order in which they are listed. A small day is listed as a whole. Of a larger one, the hours in
     * which webhooks can have been lost come first, because the others may not be needed.
     *
     * @param calls about how many calls the whole day needs
     */
    List<String> deliveries(long calls, IntPredicate suspicious) {
        boolean byHour = calls > HOURS || listed.keySet().stream().anyMatch(part -> hour(part) != null);
        return byHour && !listed.containsKey(WHOLE_DAY)
                ? IntStream.range(0, HOURS).boxed().sorted(Comparator.comparing(hour -> !suspicious.test(hour)))
                        .map("%02d"::formatted).toList()
                : List.of(WHOLE_DAY);
    }

    boolean hasAllDeliveries() {
        return listed.containsKey(WHOLE_DAY) || hours() == HOURS;
    }

    private long hours() {
        return listed.keySet().stream().filter(part -> hour(part) != null).count();
    }

    /** The sum of the listed deliveries. */
    DayCount deliveries() {
        return listed.values().stream().map(Part::deliveries).reduce(DayCount.NONE, DayCount::plus);
    }

    /** How many bounces are listed; empty if they were not listed. */
    OptionalLong bounces() {
        Part part = listed.get(BOUNCES);
        return part == null ? OptionalLong.empty() : OptionalLong.of(part.bounced());
    }

    /** A remark about an unfinished day, with the parts that were not looked at. */
    String notListed(String remark) {
        List<String> missing = new ArrayList<>();
        if (!listed.containsKey(BOUNCES)) {
            missing.add("the bounces");
        }
        if (!hasAllDeliveries()) {
            missing.add(hours() == 0 ? "the deliveries" : "the hours " + IntStream.range(0, HOURS).mapToObj("%02d"::formatted)
                    .filter(hour -> !listed.containsKey(hour)).collect(Collectors.joining(", ")));
        }
        return missing.isEmpty() ? remark : remark + " Not looked at: " + String.join(" and ", missing) + ".";
    }
}
