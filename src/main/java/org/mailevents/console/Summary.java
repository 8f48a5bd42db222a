package org.mailevents.console;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.mailevents.log.FailingRoutes.FailingRoute;

/**
 * What the page shows. All figures of mail go by the time when it happened. While the database is down, everything that it would tell is
 * null: nothing is known, which is not the same as nothing happened.
 *
 * @param since          the beginning of the hour in which the time of the summary begins; it ends now
 * @param database       {@code up} or {@code down}
 * @param clock          by which time the figures go: {@code occurred}, the time when it happened
 * @param lastReceivedAt when the newest event was received; null if there is none
 * @param earlier        the events that were received within this time, and happened before it
 * @param hours          what happened in each hour, the oldest hour first; an hour is left out if it has no event and usually has none
 * @param causes         how many bounces have which cause, the most frequent cause first
 * @param domains        the destinations with bounces, the one with the most bounces first
 * @param incidents      the open incidents, the oldest first
 * @param untold         the bounces that no mail has reported yet, by audience; their mail may wait for {@code alert.max-per-day}
 * @param latestBounces  the newest bounces, the newest first
 * @param health         what is not well with Mail Events itself; empty if it is well
 * @param failingRoutes  the routes that fail while webhooks wait for them in the spool
 * @param notActivated   the saved files that are not activated, each with its file, its line and its mistake
 * @param pleaseCheck    what is probably a mistake in the activated routes, each with its file and its line
 * @param missing        what should have arrived and has not
 * @param pipeline       the figures of this process since its start
 */
record Summary(Instant since, String database, String clock, Instant lastReceivedAt, Earlier earlier, List<Hour> hours, List<Cause> causes,
        List<Domain> domains, List<OpenIncident> incidents, List<Untold> untold, List<Bounce> latestBounces, List<Health> health,
        List<FailingRoute> failingRoutes, List<String> notActivated, List<String> pleaseCheck, Missing missing, Pipeline pipeline) {

    /** @param newest the hour in which the newest of them happened; null if there are none */
    record Earlier(long events, Instant newest) {
    }

    /**
     * @param hour     the beginning of the hour
     * @param events   how many events had which status: {@code queued}, {@code succeeded}, {@code deferred}, {@code failed},
     *                 {@code bounced} or {@code other}
     * @param finished how many messages were delivered or bounced
     * @param share    the share of these that was delivered, from 0 to 1; null if none was finished
     * @param usual    null if no event is counted from the weeks before
     */
    record Hour(Instant hour, Map<String, Long> events, long finished, Double share, Usual usual) {
    }

    /** The same hour of the up to four weeks before, on average, as {@link Hour} has it. */
    record Usual(double finished, Double share) {
    }

    /** @param cause the id of a cause of the active table */
    record Cause(String cause, long bounces) {
    }

    /**
     * @param domain   the part of the addresses behind the at sign; empty for all other destinations together
     * @param cause    the most frequent cause of the bounces
     * @param finished how many messages were delivered or bounced
     */
    record Domain(String domain, String cause, long bounces, long finished) {
    }

    /** @param acknowledgedBy the recipient who takes care of the incident; null if nobody does */
    record OpenIncident(UUID incidentId, String audience, Instant openedAt, Instant lastBounceAt, int mails, String acknowledgedBy) {
    }

    /** @param since when the oldest of the bounces was received */
    record Untold(String audience, long bounces, Instant since) {
    }

    /** A bounce. Except for the code, which is its {@code status}, the fields are named like the columns of {@code mail_event}. */
    record Bounce(String recipient, String code, String cause, Boolean dead, String kind, String reason, String messageId, String subject,
            Instant occurredAt, Instant receivedAt) {
    }

    /**
     * @param overdue  how many accepted messages have no end after {@code message.overdue}
     * @param unpaired how many failures lack one of their two events for a day
     * @param clock    what the times of the last day say about zone and clock: {@code unknown}, {@code fits}, {@code zone},
     *                 {@code clock} or {@code late}
     */
    record Missing(long overdue, long unpaired, String clock) {
    }

    /**
     * @param started when the process started
     * @param figures the values of the metrics of Mail Events, by their names without {@code mail.events.}
     */
    record Pipeline(Instant started, Map<String, Double> figures) {
    }
}
