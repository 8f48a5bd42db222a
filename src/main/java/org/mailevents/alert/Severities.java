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
        Severity lastHour = within(1, state.audience(), now);
        return hours == 1 ? lastHour : lastHour.and(within(hours, state.audience(), now));
    }

    private Severity within(long hours, String audience, Instant now) {
        return BounceCounts.within(jdbi, counts -> {
            Comparison comparison = counts.compare(audience, now, hours);
            Urgency urgency = urgency(counts, audience, now.minus(Duration.ofHours(hours)), now, comparison.isMoreThanInUsualHours());
            return new Severity(urgency, comparison.isUnusual(), urgency != null || comparison.exceedsUsual(allClearFrom));
        }, Severity.NONE);
    }

    /** If most of the bounces are at one destination, the mail names it. A rate that is as high on most days is not urgent. */
    private Urgency urgency(BounceCounts counts, String audience, Instant since, Instant until, boolean moreThanUsual) {
        Map<String, Long> pending = counts.pending(audience, since, until);
        long news = pending.values().stream().mapToLong(Long::longValue).sum();
        if (news < MIN_BOUNCES) {
            return null;
        }
        Share all = new Share(news, Math.max(news, counts.all(since, until).finished()));
        boolean tooMany = moreThanUsual && all.above(rate)
                && 100.0 * news > rate * BounceCounts.most(since, until, (from, to) -> counts.all(from, to).finished());
        List<String> many = pending.keySet().stream().filter(domain -> pending.get(domain) >= MIN_BOUNCES)
                .sorted(Comparator.comparing(domain -> -pending.get(domain))).toList();
        Map<String, Long> finished = counts.finished(many, since, until);
        // a team may have given an audience to other events than bounces
        Function<String, Share> share = domain -> new Share(pending.get(domain),
                Math.max(pending.get(domain), finished.getOrDefault(domain, 0L)));
        Optional<String> failing = many.stream().filter(domain -> share.apply(domain).percent() >= destinationRate)
                .filter(domain -> 100.0 * pending.get(domain) >= destinationRate * BounceCounts.most(since, until,
                        (from, to) -> counts.finished(List.of(domain), from, to).getOrDefault(domain, 0L))).findFirst();
        Optional<String> most = many.stream().filter(domain -> 2 * pending.get(domain) > news
                && share.apply(domain).percent() > rate).findFirst();
        if (failing.isPresent() && (!tooMany || failing.equals(most))) {
            return urgency(DESTINATION_RATE, destinationRate, failing.get(), share.apply(failing.get()));
        }
        return tooMany ? urgency(RATE, rate, most.orElse(null), most.map(share).orElse(all)) : null;
    }

    private static Urgency urgency(String setting, double value, String domain, Share share) {
        return new Urgency(setting, percent(value), domain, share.bounces(), share.finished());
    }

    private static String percent(double rate) {
        return (rate == Math.rint(rate) ? String.valueOf((long) rate) : String.valueOf(rate)) + " %";
    }
}
