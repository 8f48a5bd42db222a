package org.mailevents.console;

import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * What the page shows of a time.
 *
 * @param since          its beginning
 * @param database       {@code up} or {@code down}; while it is down all that it would tell is empty
 * @param hours          what happened in each hour, the oldest first; hours without an event are left out
 * @param causes         bounces by the vendor's code, the most frequent first
 * @param domains        where the newest bounces of that time were going, the most frequent first
 * @param incidents      those that are open
 * @param latestBounces  the newest first
 * @param pipeline       this process since it has started
 */
record Summary(Instant since, String database, List<Hour> hours, List<Cause> causes, List<Domain> domains, List<OpenIncident> incidents,
        List<Bounce> latestBounces, Pipeline pipeline) {

    /**
     * @param hour   its beginning
     * @param events by status: {@code queued}, {@code succeeded}, {@code deferred}, {@code failed}, {@code bounced}, or {@code other}
     */
    record Hour(Instant hour, Map<String, Long> events) {
    }

    /** @param code of the vendor, or {@code other} for one that it has not documented */
    record Cause(String code, long bounces) {
    }

    /**
     * @param domain    behind the at sign
     * @param code      the most frequent one there
     * @param addresses how many different ones bounced
     */
    record Domain(String domain, String code, long bounces, long addresses) {
    }

    record OpenIncident(String audience, Instant openedAt, Instant lastBounceAt, int mails) {
    }

    /** A bounce with the names that {@code mail_event} has for what it holds. */
    record Bounce(String recipient, String code, String kind, String reason, String messageId, String subject, Instant occurredAt, Instant receivedAt) {
    }

    /**
     * The figures of this process, by the names of its metrics without {@code mail.events.}.
     *
     * @param started when it has
     */
    record Pipeline(Instant started, Map<String, Double> figures) {
    }
}
