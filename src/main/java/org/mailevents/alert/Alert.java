package org.mailevents.alert;

import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.mailevents.alert.Figures.Share;

/**
 * One mail of an incident.
 *
 * @param id           stays the same when the mail is sent again, so the Message-ID stays the same too
 * @param incident     the incident's id
 * @param number       of this mail in its incident, from 1
 * @param ending       why an all-clear says that the incident is over; null in any other mail
 * @param allClear     whether an all-clear will tell the end of the incident, as far as is known when the mail is made
 * @param madeAt       when the mail was made; its figures are of this time
 * @param openedAt     when the incident's first bounce was received
 * @param lastBounceAt when the incident's last bounce was received
 * @param subject      of the incident's first mail; null in the first mail itself
 * @param thread       the Message-IDs that this mail replies to (RFC 5322, 3.6.4): those of the first and of the previous mail; empty in
 *     the first mail
 * @param causes       of all bounces of the incident so far, most frequent first
 * @param destinations the most frequent recipient domains of the incident so far, most frequent first
 * @param bounces      the bounces that this mail lists, oldest first: those that no earlier mail reported, and in the all-clear all of the
 *     incident
 * @param figures      what else happens, or null if it could not be counted in time
 * @param urgency      why the mail is urgent, or null if it is not; an all-clear is never urgent
 * @param acknowledged who looks after the incident, or null if nobody has said so
 * @param answered     what recipients have answered since the audience's last mail, oldest first
 */
public record Alert(UUID id, UUID incident, int number, IncidentPhase phase, Ending ending, boolean allClear, String audience,
                    Instant madeAt, Instant openedAt, Instant lastBounceAt, String subject, List<String> thread, List<Count> causes,
                    List<Destination> destinations, List<Bounce> bounces, Figures figures, Urgency urgency,
                    Acknowledgement acknowledged, List<Answered> answered) implements Mailing {

    /**
     * Somebody has said to look after the incident.
     *
     * @param by the address, or the name of the channel
     */
    public record Acknowledgement(Instant at, String by) {
    }

    /**
     * An answer of a recipient, or its end. What does not belong to its act is empty, or null if it is a time.
     *
     * @param by        the address, or the name of the channel
     * @param act       the name of an {@link org.mailevents.answer.Act}
     * @param ended     whether the answer does not hold any more
     * @param until     the end of a mute; null means the end of the incident
     * @param frequency how often the recipient wants a digest
     */
    public record Answered(Instant at, String by, String act, boolean ended, String cause, String domain, Instant until,
                           String frequency) {
    }

    /** Why an incident is over. */
    public enum Ending {

        /** No bounce was received for {@code alert.quiet}. */
        QUIET,
        /** The destination that refused the mail has accepted mail since the last bounce. */
        TAKEN_AGAIN;

        /** The name in the templates. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /**
     * The setting that makes a mail urgent, and the share of bounces that is above its value. The bounces are those that the mail is the
     * first to report. They are compared with the messages that were finished within the time that the mail speaks of.
     *
     * @param setting  the name of the setting
     * @param value    its value, such as {@code 5 %}
     * @param domain   the destination that fails or has most of the bounces; null for all destinations together
     * @param bounces  how many bounces of this destination the mail is the first to report
     * @param finished how many messages to this destination were finished
     */
    public record Urgency(String setting, String value, String domain, long bounces, long finished) {

        /** In percent, with one decimal. */
        public double percent() {
            return new Share(bounces, finished).percent();
        }
    }

    /**
     * A recipient domain of the incident.
     *
     * @param count    how many bounces of the incident it has so far
     * @param news     how many of them this mail is the first to report
     * @param finished how many messages to it were finished since the mail before, or within the time that the first mail speaks of; 0 if
     *     they could not be counted
     */
    public record Destination(String domain, long count, long news, long finished) {

        /** The share of the news among the finished messages, in percent, with one decimal. */
        public double percent() {
            return new Share(news, finished).percent();
        }
    }

    /**
     * How many bounces have one cause.
     *
     * @param what  the id of a cause
     * @param count how many bounces of the incident have it so far
     * @param news  how many of them this mail is the first to report
     */
    public record Count(String what, long count, long news) {
    }

    public boolean urgent() {
        return urgency != null;
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
            case ACKNOWLEDGED -> acknowledged == null ? "nobody takes care of it any more" : "somebody takes care of it";
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
