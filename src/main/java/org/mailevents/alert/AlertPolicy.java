package org.mailevents.alert;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import org.mailevents.alert.AudienceState.Sent;
import org.mailevents.settings.Settings;
import org.mailevents.settings.WeeklyHours;

/**
 * Decides when an audience is mailed, and limits how often.
 *
 * @param firstDelay how long the first mail waits after the first bounce, so that it can report more than one
 * @param updates    the time from each mail to the next while an incident lasts; the last one repeats
 * @param quiet      an incident ends this long after its last bounce and its last mail
 * @param maxPerHour how many mails an audience gets within an hour at most
 * @param maxPerDay  how many mails an audience gets within a day at most while nothing unusual happens
 * @param hours      the hours of each audience; outside of them, it gets urgent mails only
 * @param zone       the time zone of these hours
 */
record AlertPolicy(Duration firstDelay, List<Duration> updates, Duration quiet, int maxPerHour, int maxPerDay,
                   Function<String, WeeklyHours> hours, ZoneId zone) {

    /**
     * The clocks of two machines differ by less than this. A time further ahead was noted while the clock was wrong, and delays no mail.
     */
    static final Duration MAX_SKEW = Duration.ofMinutes(5);

    private static final Duration DAY = Duration.ofDays(1);
    /** An incident that does not end by itself grows, and each of its mails counts all of it. */
    private static final Duration LONGEST_INCIDENT = Duration.ofDays(7);

    static AlertPolicy of(Settings settings) {
        settings.audiences("alert.hours").forEach(settings::hours);
        return new AlertPolicy(settings.duration("alert.first-delay"), settings.growingDurations("alert.updates"),
                settings.duration("alert.quiet"), settings.positive("alert.max-per-hour"), settings.positive("alert.max-per-day"),
                audience -> settings.hours(settings.ofAudience("alert.hours", audience)), settings.alertZone());
    }

    /** What happens next in the incident of an audience. */
    enum Step {
        OPEN, UPDATE, ALL_CLEAR, END_WITHOUT_MAIL,
        /**
         * The incident is over, but something must be told first and waits, for instance for {@code alert.hours}. Meanwhile the services
         * that keep the incident open are told its end, and nobody works on it any more.
         */
        RESOLVE, END_ACKNOWLEDGEMENT
    }

    /** Facts that need a query. They are asked for only when they matter. */
    interface Facts {

        /** Whether a mail about the pending bounces would be urgent. */
        boolean urgent();

        /** Whether the audience has far more bounces than usual. */
        boolean unusual();

        /** Whether the audience has so many bounces more than usual that the end of the incident is told. */
        boolean allClear();

        /** Whether a service such as PagerDuty keeps the incident open until it is told the end. */
        boolean keptOpen();

        /** Whether a pending bounce has an address and cause that no mail of the incident has reported. */
        boolean news();
    }

    /** What is due to the audience now. */
    Optional<Step> due(AudienceState state, Instant now, Facts facts) {
        if (state.sent().unsent()) {
            return Optional.empty(); // after an outage, one mail reports everything that was received meanwhile
        }
        boolean over = isOver(state, now);
        Optional<Step> step = next(state, over, now, facts);
        if (step.isEmpty() && over && facts.keptOpen()) {
            return Optional.of(Step.RESOLVE); // nobody is on call for an outage that has ended
        }
        // otherwise the answer to the last outage would silence the next one
        return step.isEmpty() && over && state.incident().acknowledged() ? Optional.of(Step.END_ACKNOWLEDGEMENT) : step;
    }

    /** Whether the first mail of an incident would be due, but the day has had its mails. */
    boolean isHeldBack(AudienceState state, Instant now) {
        return state.incident() == null && state.pending() != null && !state.sent().unsent() && state.sent().lastDay() >= maxPerDay
                && hasPassed(firstDelay, state.pending().oldest(), now) && isWithinHours(state, now);
    }

    private Optional<Step> next(AudienceState state, boolean over, Instant now, Facts facts) {
        if (over && isUrgentNews(state, facts)) {
            return state.sent().lastHour() < maxPerHour ? Optional.of(Step.UPDATE) : Optional.empty();
        }
        if (over && (state.incident().allClear() || facts.allClear())) {
            return state.sent().lastHour() < maxPerHour && isWithinHours(state, now) ? Optional.of(Step.ALL_CLEAR) : Optional.empty();
        }
        if (over && state.pending() == null) {
            return Optional.of(Step.END_WITHOUT_MAIL);
        }
        if (state.pending() == null) {
            return Optional.empty();
        }
        if (state.incident() == null) {
            return hasPassed(firstDelay, state.pending().oldest(), now) && state.sent().lastHour() < maxPerHour
                    && (isOrdinary(state, now) || isExtraordinary(state, now, facts)) ? Optional.of(Step.OPEN) : Optional.empty();
        }
        if (!mayUpdate(state, over, now, facts)) {
            return Optional.empty();
        }
        // the pending bounces open the next incident
        return Optional.of(hasPassed(LONGEST_INCIDENT, state.incident().openedAt(), now) ? Step.END_WITHOUT_MAIL : Step.UPDATE);
    }

    /** The last mail counts too, because bounces that an outage kept in the spool were received long ago. */
    private boolean isOver(AudienceState state, Instant now) {
        return state.incident() != null && hasPassed(quiet, state.lastBounceAt(), now) && hasPassed(quiet, state.sent().lastAt(), now);
    }

    /**
     * Whether there are urgent bounces since the last mail that nobody has said to look after. The all-clear would report them late, and
     * not as urgent.
     */
    private static boolean isUrgentNews(AudienceState state, Facts facts) {
        return state.pending() != null && isLater(state.pending().newest(), state.sent().lastAt())
                && isLater(state.pending().newest(), state.incident().releasedAt()) && mayBeUrgent(state.incident()) && facts.urgent();
    }

    private static boolean isLater(Instant time, Instant than) {
        return than == null || time.isAfter(than);
    }

    /** Whoever works on an incident is told once that it is urgent. */
    private static boolean mayBeUrgent(Incident incident) {
        return !incident.acknowledged() || !incident.urgentAgain();
    }

    /** If the incident is over, the update reports the rest of its bounces, so that it can end without an all-clear. */
    private boolean mayUpdate(AudienceState state, boolean over, Instant now, Facts facts) {
        Incident incident = state.incident();
        Sent sent = state.sent();
        // one mail an hour is reserved for the all-clear
        if (sent.lastHour() >= Math.max(1, maxPerHour - 1) || !hasPassed(distance(incident.mails()), sent.lastAt(), now)) {
            return false;
        }
        // otherwise the repeated bounces of a busy audience, or the bounces after an acknowledgement, would never be reported
        boolean reportsAll = over || hasPassed(DAY, sent.lastAt(), now);
        if (incident.acknowledged() && !reportsAll) {
            return mayBeUrgent(incident) && facts.urgent();
        }
        // the few mails of an ordinary day are spread over the day
        boolean isTime = over || sent.lastDay() == 0 || hasPassed(DAY.dividedBy(maxPerDay), sent.lastAt(), now);
        return (isTime && isOrdinary(state, now) || isExtraordinary(state, now, facts)) && (reportsAll || facts.news());
    }

    private Duration distance(int mails) {
        return updates.get(Math.min(mails, updates.size()) - 1);
    }

    private boolean isOrdinary(AudienceState state, Instant now) {
        return state.sent().lastDay() < maxPerDay && isWithinHours(state, now);
    }

    private boolean isExtraordinary(AudienceState state, Instant now, Facts facts) {
        return facts.urgent() || isWithinHours(state, now) && facts.unusual();
    }

    private boolean isWithinHours(AudienceState state, Instant now) {
        return hours.apply(state.audience()).include(now.atZone(zone));
    }

    private static boolean hasPassed(Duration time, Instant since, Instant now) {
        return since == null || !since.plus(time).isAfter(now) || since.isAfter(now.plus(MAX_SKEW));
    }
}
