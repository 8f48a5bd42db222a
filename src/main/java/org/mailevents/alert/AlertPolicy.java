package org.mailevents.alert;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.mailevents.alert.AudienceState.Sent;
import org.mailevents.settings.Settings;

/**
 * Decides when an audience is mailed, and limits how often.
 *
 * @param firstDelay how long the first mail waits after the first bounce, so that it can report more than one
 * @param updates    the time from each mail to the next while an incident lasts; the last one repeats
 * @param quiet      an incident ends this long after its last bounce and its last mail
 * @param maxPerHour how many mails an audience gets within an hour at most
 */
record AlertPolicy(Duration firstDelay, List<Duration> updates, Duration quiet, int maxPerHour) {

    /** The time between mails once an audience has had an hour's maximum within a day and nothing unusual happens. */
    static final Duration DISTANCE_ON_BUSY_DAYS = Duration.ofHours(4);
    /**
     * The clocks of two machines differ by less than this. A time further ahead was noted while the clock was wrong, and delays no mail.
     */
    static final Duration MAX_SKEW = Duration.ofMinutes(5);

    static AlertPolicy of(Settings settings) {
        return new AlertPolicy(settings.duration("alert.first-delay"), settings.durations("alert.updates"),
                settings.duration("alert.quiet"), settings.positive("alert.max-per-hour"));
    }

    /**
     * Which mail is due to the audience now. The two conditions need a query, so they are asked only when they matter.
     *
     * @param unusual whether far more mail bounces than usual
     * @param news    whether a pending bounce has an address and code that no mail of the incident has reported
     */
    Optional<IncidentPhase> due(AudienceState state, Instant now, BooleanSupplier unusual, BooleanSupplier news) {
        if (state.sent().unsent()) {
            return Optional.empty(); // after an outage, one mail reports everything that was received meanwhile
        }
        boolean opens = state.incident() == null;
        if (!opens && hasPassed(quiet, state.lastBounceAt(), now) && hasPassed(quiet, state.sent().lastAt(), now)) {
            // the last mail counts too, because bounces that an outage kept in the spool were received long ago
            return state.sent().lastHour() < maxPerHour ? Optional.of(IncidentPhase.CLOSED) : Optional.empty();
        }
        if (state.pending() == null) {
            return Optional.empty();
        }
        if (opens) {
            return hasPassed(firstDelay, state.pending().oldest(), now) && mayMail(state.sent(), maxPerHour, now, unusual)
                    ? Optional.of(IncidentPhase.OPENED) : Optional.empty();
        }
        // one mail an hour is reserved for the all-clear
        return hasPassed(distance(state.incident().mails()), state.sent().lastAt(), now)
                && mayMail(state.sent(), Math.max(1, maxPerHour - 1), now, unusual) && news.getAsBoolean()
                ? Optional.of(IncidentPhase.UPDATE) : Optional.empty();
    }

    private Duration distance(int mails) {
        return updates.get(Math.min(mails, updates.size()) - 1);
    }

    private static boolean mayMail(Sent sent, int most, Instant now, BooleanSupplier unusual) {
        return sent.lastHour() < most
                && (sent.lastDay() < most || hasPassed(DISTANCE_ON_BUSY_DAYS, sent.lastAt(), now) || unusual.getAsBoolean());
    }

    private static boolean hasPassed(Duration time, Instant since, Instant now) {
        return since == null || !since.plus(time).isAfter(now) || since.isAfter(now.plus(MAX_SKEW));
    }
}
