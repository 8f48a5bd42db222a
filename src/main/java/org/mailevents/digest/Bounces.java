package org.mailevents.digest;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The bounces of an audience in the time of a digest and in the four weeks before it.
 *
 * @param kinds        the bounces by cause and destination, the most frequent ones of the digest's time first
 * @param isComparable whether the four weeks are still complete. If the database keeps rows or their addresses for a shorter time, nothing
 *                     can be said about them
 */
public record Bounces(List<Kind> kinds, boolean isComparable) {

    /** How many weeks are compared. */
    public static final int WEEKS = 4;
    /** Fewer bounces in the last week are no trend. */
    private static final long MIN_TREND = 10;

    /**
     * The bounces of one cause at one destination.
     *
     * @param cause   the id of the cause
     * @param domain  of the recipients, in lower case; empty if personal data was removed
     * @param count   how many bounces there were in the time of the digest
     * @param before  how many there were in a time of the same length before it
     * @param earlier how many there were in the four weeks before it
     * @param week1   how many there were in the first of the last four weeks; {@code week4} is the week until the end of the digest's time
     */
    public record Kind(String cause, String domain, long count, long before, long earlier, long week1, long week2, long week3, long week4) {

        private List<Long> weeks() {
            return List.of(week1, week2, week3, week4);
        }
    }

    /** How often something bounced: a cause by its id, or a domain. */
    public record Count(String what, long count) {
    }

    /**
     * Bounces that became more from week to week.
     *
     * @param domain null for all destinations together
     * @param weeks  how many there were in each of the last four weeks, the oldest first
     */
    public record Trend(String cause, String domain, List<Long> weeks) {

        private boolean grows() {
            return weeks.get(WEEKS - 1) >= MIN_TREND && weeks.stream().sorted().distinct().toList().equals(weeks);
        }

        private long last() {
            return weeks.get(WEEKS - 1);
        }
    }

    /** How many bounces there were in the time of the digest. */
    public long total() {
        return kinds.stream().mapToLong(Kind::count).sum();
    }

    /** How many bounces there were in a time of the same length before it. */
    public long before() {
        return kinds.stream().mapToLong(Kind::before).sum();
    }

    /** The causes in the time of the digest, the most frequent first. */
    public List<Count> causes() {
        return counts(Kind::cause);
    }

    /** The destinations in the time of the digest, the most frequent first. */
    public List<Count> domains() {
        return counts(Kind::domain);
    }

    private List<Count> counts(Function<Kind, String> what) {
        return kinds.stream().collect(Collectors.groupingBy(what, Collectors.summingLong(Kind::count))).entrySet().stream()
                .filter(count -> count.getValue() > 0).map(count -> new Count(count.getKey(), count.getValue()))
                .sorted(Comparator.comparing(Count::count).reversed().thenComparing(Count::what)).toList();
    }

    /**
     * The causes at destinations that did not occur in the four weeks before. There are none if nothing bounced in these weeks: then
     * everything would be new.
     */
    public List<Kind> news() {
        boolean known = isComparable && kinds.stream().anyMatch(kind -> kind.earlier() > 0);
        return known ? kinds.stream().filter(kind -> kind.earlier() == 0 && !kind.domain().isEmpty()).toList() : List.of();
    }

    /**
     * What has become more in each of the last three weeks, the most frequent first: causes at one destination, and causes at all
     * destinations together. A cause with only one destination is named once.
     */
    public List<Trend> trends() {
        List<Trend> trends = new ArrayList<>(kinds.stream().map(kind -> new Trend(kind.cause(), kind.domain(), kind.weeks())).toList());
        Map<String, List<Kind>> byCause = kinds.stream().collect(Collectors.groupingBy(Kind::cause, LinkedHashMap::new,
                Collectors.toList()));
        byCause.forEach((cause, same) -> {
            if (same.size() > 1) {
                trends.add(new Trend(cause, null, sums(same)));
            }
        });
        return trends.stream().filter(trend -> isComparable && trend.grows()).sorted(Comparator.comparing(Trend::last).reversed()).toList();
    }

    private static List<Long> sums(Collection<Kind> kinds) {
        return Stream.iterate(0, week -> week < WEEKS, week -> week + 1)
                .map(week -> kinds.stream().mapToLong(kind -> kind.weeks().get(week)).sum()).toList();
    }
}
