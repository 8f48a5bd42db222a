package org.mailevents.alert;

import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * One mail of an incident.
 *
 * @param id        the same when the same mail has to be sent again, so that its Message-ID is too
 * @param madeAt    the time that its figures are of
 * @param subject   of the incident's first mail; null in the first mail itself
 * @param thread    the Message-IDs that it answers (RFC 5322, 3.6.4): the first mail's and the last one's, none for the first mail
 * @param causes    of all bounces of the incident so far, most frequent first
 * @param domains   the most frequent destinations of the incident so far, most frequent first
 * @param bounces   what it lists, oldest first: what no mail before it told, and in the all-clear all of the incident
 * @param figures   what else happens, or null where it could not be counted in time
 * @param urgent    whether the bounce rate is above {@code alert.rate}; an all-clear is never urgent
 */
public record Alert(UUID id, IncidentPhase stage, String audience, Instant madeAt, Instant openedAt, Instant lastBounceAt, String subject,
                    List<String> thread, List<Count> causes, List<Count> domains, List<Bounce> bounces, Figures figures, boolean urgent)
        implements Mailing {

    /** How often something was counted: a bounce code or a domain. {@code news}: of these, how often by this mail for the first time. */
    public record Count(String what, long count, long news) {
    }

    /** Bounces of the incident that this mail is the first to tell. */
    public long news() {
        return causes.stream().mapToLong(Count::news).sum();
    }

    /** Bounces of the incident so far. */
    public long total() {
        return causes.stream().mapToLong(Count::count).sum();
    }

    /** For the log, where no address belongs. */
    @Override
    public String toString() {
        return stage + " mail of " + news() + " bounces to the audience " + audience;
    }

    /**
     * A bounce as the templates show it, each value on one line; empty where it was not sent.
     *
     * @param code          the vendor's bounce code
     * @param occurredAt    as sent by the vendor, in its console's zone
     * @param enhancedCode  the RFC 3463 code in the reply
     * @param reason        the receiving server's own reply
     * @param known         whether the address bounced before
     */
    public record Bounce(String recipient, String code, String kind, String occurredAt, String subject, String sender, String messageId,
                         String apiData, String enhancedCode, String reason, boolean known) {
    }
}
