package org.mailevents.alert;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.alert.Alert.Urgency;
import org.mailevents.alert.BounceCounts.Comparison;
import org.mailevents.alert.BounceCounts.Pending;
import org.mailevents.alert.Figures.Share;
import org.mailevents.settings.Settings;

/**
 * Finds out how serious the pending bounces of an audience are: within the last hour, and within the whole time that a mail about them
 * would speak of. Otherwise the bounces of a quiet day would hide a destination that has just begun to fail.
 */
final class Severities {

    private static final String RATE = "alert.rate";
    private static final String DESTINATION_RATE = "alert.destination-rate";
    /** Fewer bounces make no mail urgent, because they can be chance. */
    private static final int MIN_BOUNCES = 20;
    /** An answer is kept so long, because it is asked for every second while bounces wait. */
    private static final Duration COUNTED_AGAIN = Duration.ofSeconds(30);

    private final Jdbi jdbi;
    private final Clock clock;
    private final double rate;
    private final double destinationRate;
    private final int allClearFrom;
    private final Map<String, Counted> counted = new HashMap<>();

    Severities(Jdbi jdbi, Clock clock, Settings settings) {
        this.jdbi = jdbi;
        this.clock = clock;
        rate = settings.percent(RATE);
        destinationRate = settings.percent(DESTINATION_RATE);
        allClearFrom = settings.positive("alert.all-clear-from");
    }

    private record Counted(Instant at, Severity severity) {
    }

    /** How serious the bounces of the audience are, or were shortly before. */
    Severity recent(AudienceState state) {
        Instant now = clock.instant();
        Counted last = counted.get(state.audience());
        if (last == null || last.at().isAfter(now) || !last.at().plus(COUNTED_AGAIN).isAfter(now)) {
            last = new Counted(now, of(state, now));
            counted.put(state.audience(), last);
        }
        return last.severity();
    }

    /** The next answer about the audience is counted anew. */
    void forget(String audience) {
        counted.remove(audience);
    }

    private Severity of(AudienceState state, Instant now) {
        long hours = Figures.hours(state.pending() == null ? null : state.pending().oldest(), now);
        Severity lastHour = within(1, state, now);
        return hours == 1 ? lastHour : lastHour.and(within(hours, state, now));
    }

    private Severity within(long hours, AudienceState state, Instant now) {
        return BounceCounts.within(jdbi, counts -> {
            Comparison comparison = counts.compare(state.audience(), now, hours);
            Urgency urgency = urgency(counts, state, now.minus(Duration.ofHours(hours)), now, comparison);
            return new Severity(urgency, comparison.isUnusual(), urgency != null || comparison.exceedsUsual(allClearFrom));
        }, Severity.NONE);
    }

    /** If most of the bounces are at one destination, the mail names it. A rate that is as high on most days is not urgent. */
    private Urgency urgency(BounceCounts counts, AudienceState state, Instant from, Instant until, Comparison comparison) {
        Instant since = state.incident() == null || state.pending() == null ? from
                : Figures.since(from, state.incident().lastMailAt(), state.pending().oldest());
        List<Pending> pending = counts.pending(state.audience(), since, until);
        long news = pending.stream().mapToLong(Pending::bounces).sum();
        if (news < MIN_BOUNCES) {
            return null;
        }
        Share all = new Share(news, Math.max(news, counts.all(since, until).finished()));
        boolean tooMany = comparison.isMoreThanInUsualHours() && all.above(rate) && counts.all(from, until).isReliable()
                && 100.0 * comparison.recent() > comparison.explained(rate) * BounceCounts.most(from, until,
                        (start, end) -> counts.all(start, end).finished());
        List<Pending> many = pending.stream().filter(place -> place.bounces() >= MIN_BOUNCES && !place.domain().isEmpty())
                .sorted(Comparator.comparing(place -> -place.bounces())).toList();
        Map<String, Long> finished = counts.finished(many.stream().map(Pending::domain).toList(), since, until);
        // a team may have given an audience to other events than bounces
        Function<Pending, Long> messages = place -> Math.max(place.bounces(), finished.getOrDefault(place.domain(), 0L));
        // the addresses of a dead or misspelt domain say nothing about a destination
        Optional<Urgency> failing = many.stream().filter(place -> place.ofDestination() >= MIN_BOUNCES)
                .map(place -> urgency(DESTINATION_RATE, destinationRate, place.domain(),
                        new Share(place.ofDestination(), messages.apply(place))))
                .filter(place -> place.percent() >= destinationRate)
                .filter(place -> 100.0 * counts.at(place.domain(), from, until).bounces() >= comparison.explained(destinationRate)
                        * BounceCounts.most(from, until, (start, end) -> counts.at(place.domain(), start, end).finished())).findFirst();
        Optional<Urgency> most = many.stream().filter(place -> 2 * place.bounces() > news)
                .map(place -> urgency(RATE, rate, place.domain(), new Share(place.bounces(), messages.apply(place))))
                .filter(place -> place.percent() > rate).findFirst();
        if (failing.isPresent() && (!tooMany || failing.map(Urgency::domain).equals(most.map(Urgency::domain)))) {
            return failing.get();
        }
        return tooMany ? most.orElseGet(() -> urgency(RATE, rate, null, all)) : null;
    }

    private static Urgency urgency(String setting, double value, String domain, Share share) {
        return new Urgency(setting, percent(value), domain, share.bounces(), share.finished());
    }

    private static String percent(double rate) {
        return (rate == Math.rint(rate) ? String.valueOf((long) rate) : String.valueOf(rate)) + " %";
    }
}
