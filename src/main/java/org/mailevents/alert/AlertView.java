package org.mailevents.alert;

import java.util.List;
import org.mailevents.cause.CauseTable.Texts;

/**
 * An {@link Alert} in the form that the templates use, in one language and one time zone.
 *
 * @param stage          the phase of the incident: {@code opened}, {@code update}, {@code acknowledged} or {@code closed}
 * @param ending         why an all-clear says that the incident is over: {@code quiet} or {@code taken-again}; empty in any other mail
 * @param urgency        why the mail is urgent; null if it is not
 * @param openedAt       when the incident's first bounce was received
 * @param lastBounceAt   when the incident's last bounce was received
 * @param minutes        the whole minutes from the first to the last bounce
 * @param quietMinutes   the whole minutes from the last bounce until the mail was made
 * @param news           how many bounces this mail is the first to report
 * @param total          how many bounces the incident has so far
 * @param destinations   the most frequent recipient domains, most frequent first
 * @param elsewhere      how many bounces have other domains
 * @param domains        how many domains there are, those that are not listed included
 * @param main           the destination and the cause that most of the bounces have together; null if there are no groups
 * @param groups         the bounces by cause, most frequent first; in an update only the causes of new bounces
 * @param single         whether the facts at the top say all about the cause, because it is the only one
 * @param listed         how many bounces the groups list together as examples
 * @param rows           how many bounces this mail is about: the new ones, and in the all-clear all of the incident
 * @param file           the name of the attached CSV with all rows; empty if the groups list all rows
 * @param firstTime      how many of the rows have an address that never bounced before
 * @param known          how many of the rows have an address that bounced before
 * @param figures        what else happens; null if it could not be counted
 * @param allClear       whether a mail will say that the incident is over
 * @param acknowledgedBy who looks after the incident; empty if nobody has said so
 * @param acknowledgedAt since when; empty if nobody does
 * @param url            the incident on the page; empty without {@code console.url}
 * @param answers        the links by which the recipient answers; null if there are none
 * @param answered       what recipients have answered since the audience's last mail, oldest first
 * @param bounces        the rows, for the CSV
 */
public record AlertView(String stage, String ending, String audience, Urgency urgency, String openedAt, String lastBounceAt, long minutes,
                        long quietMinutes, long news, long total, List<Destination> destinations, long elsewhere, long domains,
                        Main main, List<Group> groups, boolean single, int listed, int rows, String file, long firstTime, long known,
                        Surroundings figures, boolean allClear, String acknowledgedBy, String acknowledgedAt, String url,
                        AnswerLinks answers, List<Answered> answered, List<Listed> bounces) {

    /** @param domain in lower case; empty if there is no address */
    public record Main(String domain, Group group) {
    }

    /**
     * An answer of a recipient, or its end. What does not belong to its act is empty.
     *
     * @param by        the address, or the name of the channel
     * @param act       {@code acknowledge}, {@code mute} or {@code less-often}
     * @param ended     whether the answer does not hold any more
     * @param cause     the name of the cause that is muted
     * @param until     the end of a mute; empty for the end of the incident
     * @param frequency {@code daily} or {@code weekly}
     */
    public record Answered(String at, String by, String act, boolean ended, String cause, String domain, String until,
                           String frequency) {
    }

    /**
     * The bounces of one cause.
     *
     * @param id     of the cause
     * @param count  how many bounces of the incident have it so far
     * @param news   how many of them this mail is the first to report
     * @param doubt  why the cause is uncertain, and how to find out; empty if the reply of most of them has one meaning
     * @param blocks the largest first
     * @param more   how many bounces of this mail are in blocks that its text does not list
     */
    public record Group(String id, long count, long news, Texts cause, String doubt, List<Block> blocks, int more) {
    }

    /**
     * Bounces of one cause and one recipient domain with the same reply, apart from addresses and ids.
     *
     * @param domain  in lower case; empty if there is no address
     * @param reply   of the first of them
     * @param common  what all of them have in common, if there are several
     * @param count   how many bounces of this mail it has
     * @param bounces the examples that the text of the mail lists, without what all have in common
     */
    public record Block(String domain, Said said, String reply, Origin common, int count, List<Listed> bounces) {
    }

    /** Where mails came from. Each value is empty if it is unknown, or if it is not the same for all. */
    public record Origin(String subject, String sender, String apiData) {
    }

    /**
     * What the vendor and the receiving server say of a bounce, and what is concluded.
     *
     * @param code        the vendor's bounce code
     * @param codeName    the vendor's name of it
     * @param status      the meaning of the RFC 3463 code in the reply; empty if there is no such code or its meaning is unknown
     * @param sureness    how sure the cause is, in words; empty if the rules have changed and now find another cause
     * @param ambiguous   whether the reply has two meanings, which {@code sureness} names
     * @param removal     where to ask for removal from a blocklist, or empty
     * @param contradicts whether the vendor's code means another kind of cause than the reply, which decided
     * @param disagrees   whether the RFC 3463 code in the reply contradicts the vendor's bounce code
     */
    public record Said(String code, String codeName, String enhancedCode, String status, String sureness, boolean ambiguous,
                       String removal, boolean contradicts, boolean disagrees) {
    }

    /**
     * One bounce.
     *
     * @param codeName the vendor's name of its code
     * @param causeId  the id of its cause
     * @param cause    the name of its cause
     * @param dead     whether the address is dead
     * @param status   the meaning of the RFC 3463 code in the reply; empty if there is no such code or its meaning is unknown
     * @param known    whether the address bounced before
     */
    public record Listed(String recipient, String occurredAt, String subject, String sender, String messageId, String apiData, String code,
                         String codeName, String causeId, String cause, boolean dead, String enhancedCode, String status, String reason,
                         boolean known) {
    }

    /**
     * The setting that makes a mail urgent, and the share of the new bounces that is above its value.
     *
     * @param setting the name of the setting
     * @param value   its value, such as {@code 5 %}
     * @param domain  the destination that fails; empty for all destinations together
     * @param percent the share, without a percent sign
     */
    public record Urgency(String setting, String value, String domain, long bounces, long finished, String percent) {
    }

    /**
     * A recipient domain.
     *
     * @param domain   in lower case; empty if there is no address
     * @param bounces  how many bounces it has: those that are new, and in the all-clear all of the incident
     * @param finished how many messages to it were finished within the time that the mail speaks of
     * @param percent  the share of the bounces among them, without a percent sign; empty in the all-clear, or if it could not be counted
     */
    public record Destination(String domain, long bounces, long finished, String percent) {
    }

    /**
     * The {@link Figures}, with decimal numbers as text.
     *
     * @param hours   how many hours the mail speaks of; {@code recent} and {@code usual} are bounces of the audience within them
     * @param usual   empty if it is not known yet
     * @param unusual whether {@code recent} is far more than usual; an all-clear never says this
     */
    public record Surroundings(long hours, Share hour, Share day, long recent, String usual, boolean unusual) {
    }

    /** Bounces among finished messages; {@code percent} has no percent sign. */
    public record Share(long bounces, long finished, String percent) {

        static Share of(Figures.Share share) {
            return new Share(share.bounces(), share.finished(), String.valueOf(share.percent()));
        }
    }
}
