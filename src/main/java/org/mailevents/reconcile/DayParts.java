package org.mailevents.reconcile;

import java.time.LocalDate;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.mailevents.event.MailEvent;
import org.mailevents.reconcile.ReconciledDays.Part;
import org.mailevents.reconcile.VendorApi.DayCount;
import org.mailevents.reconcile.VendorList.Mark;

/** The parts in which a day is listed: its bounces, and its deliveries as a whole or hour by hour. */
final class DayParts {

    static final String BOUNCES = "bounces";
    private static final String WHOLE_DAY = "day";
    private static final int HOURS = 24;

    private final Map<String, Part> listed;

    /** @param listed the parts of which all pages, or the first ones, need not be listed any more */
    DayParts(Map<String, Part> listed) {
        this.listed = new HashMap<>(listed);
    }

    boolean areAllListed() {
        return isListed(BOUNCES) && hasAllDeliveries();
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

    /** Whether all pages of a part are listed. */
    boolean isListed(String part) {
        return listed.containsKey(part) && part(part).isListed();
    }

    /** Where the listing of a part goes on. */
    Mark next(String part) {
        return listed.containsKey(part) ? part(part).next() : Mark.BEGIN;
    }

    Part part(String part) {
        return listed.get(part);
    }

    /** Adds a part, or further pages of it. */
    void add(Part pages) {
        listed.merge(pages.part(), pages, Part::plus);
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
                ? hours().sorted(Comparator.comparing(hour -> !suspicious.test(hour(hour)))).toList()
                : List.of(WHOLE_DAY);
    }

    boolean hasAllDeliveries() {
        return isListed(WHOLE_DAY) || hours().allMatch(this::isListed);
    }

    private static Stream<String> hours() {
        return IntStream.range(0, HOURS).mapToObj("%02d"::formatted);
    }

    /** The sum of the listed deliveries. */
    DayCount deliveries() {
        return listed.values().stream().map(Part::deliveries).reduce(DayCount.NONE, DayCount::plus);
    }

    /** How many bounces are listed. */
    long bounces() {
        return listed.containsKey(BOUNCES) ? part(BOUNCES).bounced() : 0;
    }

    /** A remark about an unfinished day, with the parts that were not looked at. */
    String notListed(String remark) {
        List<String> missing = new ArrayList<>();
        if (!isListed(BOUNCES)) {
            missing.add("the bounces" + howFar(BOUNCES));
        }
        if (!hasAllDeliveries()) {
            missing.add(hours().anyMatch(listed::containsKey) ? "the hours " + hours().filter(hour -> !isListed(hour))
                    .map(hour -> hour + howFar(hour)).collect(Collectors.joining(", ")) : "the deliveries" + howFar(WHOLE_DAY));
        }
        return missing.isEmpty() ? remark : remark + " Not looked at: " + String.join(" and ", missing) + ".";
    }

    private String howFar(String part) {
        int pages = next(part).page();
        return pages == 0 ? "" : pages == 1 ? " (after the first page)" : " (after the first " + pages + " pages)";
    }
}
