package org.mailevents.alert;

import java.time.Instant;
import java.util.List;
import java.util.UUID;

/**
 * One mail of an incident.
 *
 * @param id           stays the same when the mail is sent again, so the Message-ID stays the same too
 * @param incident     the incident's id
 * @param number       of this mail in its incident, from 1
 * @param madeAt       when the mail was made; its figures are of this time
 * @param openedAt     when the incident's first bounce was received
 * @param lastBounceAt when the incident's last bounce was received
 * @param subject      of the incident's first mail; null in the first mail itself
 * @param thread       the Message-IDs that this mail replies to (RFC 5322, 3.6.4): those of the first and of the previous mail; empty in
 *     the first mail
 * @param causes       of all bounces of the incident so far, most frequent first
 * @param domains      the most frequent recipient domains of the incident so far, most frequent first
 * @param bounces      the bounces that this mail lists, oldest first: those that no earlier mail reported, and in the all-clear all of the
 *     incident
 * @param figures      what else happens, or null if it could not be counted in time
 * @param urgent       whether the bounce rate is above {@code alert.rate}; an all-clear is never urgent
 */
public record Alert(UUID id, UUID incident, int number, IncidentPhase phase, String audience, Instant madeAt, Instant openedAt,
                    Instant lastBounceAt, String subject, List<String> thread, List<Count> causes, List<Count> domains,
                    List<Bounce> bounces, Figures figures, boolean urgent) implements Mailing {

    /**
     * How many bounces have one cause or one domain.
     *
     * @param what  the id of a cause, or a domain
     * @param count how many bounces of the incident have it so far
     * @param news  how many of them this mail is the first to report
     */
    public record Count(String what, long count, long news) {
    }

    /** How many bounces of the incident this mail is the first to report. */
    public long news() {
        return causes.stream().mapToLong(Count::news).sum();
    }

    @Override
    public String what() {
        return phase.toString();
    }

    /** How many bounces the incident has so far. */
    public long total() {
        return causes.stream().mapToLong(Count::count).sum();
    }

    /** For the log, which must hold no address. The incident is named by the first eight digits of its id. */
    @Override
    public String toString() {
        return "mail " + number + " of incident " + incident.toString().substring(0, 8) + " to " + audience + ": " + switch (phase) {
            case OPENED -> bounces(news(), "");
            case UPDATE -> bounces(news(), "more ");
            case ACKNOWLEDGED -> "somebody takes care of it";
            case CLOSED -> "all-clear after " + bounces(total(), "");
        };
    }

    private static String bounces(long count, String more) {
        return count + " " + more + (count == 1 ? "bounce" : "bounces");
    }

    /**
     * A bounce as the templates show it. Each value is one line, and empty if the webhook did not have it.
     *
     * @param code         the vendor's bounce code
     * @param cause        the id of the cause
     * @param dead         whether the address is dead
     * @param occurredAt   as the vendor sent it, in the zone of the vendor's console
     * @param enhancedCode the RFC 3463 code in the reply
     * @param reason       the reply of the receiving server
     * @param known        whether the address bounced before
     */
    public record Bounce(String recipient, String code, String cause, boolean dead, String occurredAt, String subject, String sender,
                         String messageId, String apiData, String enhancedCode, String reason, boolean known) {
    }
}
