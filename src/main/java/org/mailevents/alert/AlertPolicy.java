package org.mailevents.alert;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.mailevents.alert.AudienceState.Sent;
import org.mailevents.settings.Settings;

/**
 * When an audience is mailed, and never too often.
 *
 * @param firstDelay how long the first bounce waits for its companions
 * @param updates    the distances from mail to mail while an incident lasts; the last one repeats
 * @param quiet      how long after its last bounce and its last mail an incident is over
 * @param maxPerHour how many mails an audience gets within an hour at most
 */
record AlertPolicy(Duration firstDelay, List<Duration> updates, Duration quiet, int maxPerHour) {

    /** The distance of the mails of an audience that had as many within a day as it may have within an hour, and nothing unusual goes on. */
    static final Duration DISTANCE_ON_BUSY_DAYS = Duration.ofHours(4);
    /** The clocks of two machines differ by less. What is further ahead was noted while the clock was wrong, and nobody is to wait for it. */
    static final Duration MAX_SKEW = Duration.ofMinutes(5);

    static AlertPolicy of(Settings settings) {
        return new AlertPolicy(settings.duration("alert.first-delay"), settings.durations("alert.updates"), settings.duration("alert.quiet"),
                settings.positive("alert.max-per-hour"));
    }

    /**
     * Which mail the audience is due now.
     *
     * @param unusual whether far more mail bounces than usual
     * @param news    whether what waits tells more than the mails before it
     */
    Optional<IncidentPhase> due(AudienceState standing, Instant now, BooleanSupplier unusual, BooleanSupplier news) {
        if (standing.sent().unsent()) {
            return Optional.empty(); // so that after an outage one mail tells all that came meanwhile
        }
        if (standing.incident() == null) {
            return standing.waiting() != null && passed(standing.waiting().oldest(), firstDelay, now) && room(standing.sent(), 0, now, unusual)
                    ? Optional.of(IncidentPhase.OPENED) : Optional.empty();
        }
        // after the last mail too: what comes out of the spool after an outage was received long ago
        if (passed(standing.lastBounceAt(), quiet, now) && passed(standing.sent().lastAt(), quiet, now)) {
            return standing.sent().lastHour() < maxPerHour ? Optional.of(IncidentPhase.CLOSED) : Optional.empty();
        }
        // one mail is kept for the all-clear
        return standing.waiting() != null && passed(standing.sent().lastAt(), distance(standing.incident().mails()), now)
                && room(standing.sent(), Math.min(1, maxPerHour - 1), now, unusual) && news.getAsBoolean() ? Optional.of(IncidentPhase.UPDATE) : Optional.empty();
    }

    private Duration distance(int mails) {
        return updates.get(Math.min(mails, updates.size()) - 1);
    }

    private boolean room(Sent sent, int reserve, Instant now, BooleanSupplier unusual) {
        int most = maxPerHour - reserve;
        return sent.lastHour() < most && (sent.lastDay() < most || passed(sent.lastAt(), DISTANCE_ON_BUSY_DAYS, now) || unusual.getAsBoolean());
    }

    private static boolean passed(Instant since, Duration time, Instant now) {
        return since == null || !since.plus(time).isAfter(now) || since.isAfter(now.plus(MAX_SKEW));
    }
}
