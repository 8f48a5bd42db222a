package org.mailevents.alert;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import org.mailevents.alert.Alert.Count;
import org.mailevents.cause.CauseRules;
import org.mailevents.cause.CauseTable.Texts;

/**
 * An {@link Alert} in the form that the templates use, in one language and one time zone.
 *
 * @param stage        the phase of the incident: {@code opened}, {@code update} or {@code closed}
 * @param ending       why an all-clear says that the incident is over: {@code quiet} or {@code taken-again}; empty in any other mail
 * @param allClear     whether an all-clear will tell the end of the incident, as far as is known now
 * @param urgency      why the mail is urgent; null if it is not
 * @param openedAt     when the incident's first bounce was received
 * @param lastBounceAt when the incident's last bounce was received
 * @param minutes      the whole minutes from the first to the last bounce
 * @param news         how many bounces this mail is the first to report
 * @param total        how many bounces the incident has so far
 * @param groups       the bounces by cause, most frequent first
 * @param listed       how many bounces the groups list together as examples
 * @param rows         how many bounces this mail is about: the new ones, and in the all-clear all of the incident
 * @param file         the name of the attached CSV with all rows; empty if the groups list all rows
 * @param firstTime    how many of the rows have an address that never bounced before
 * @param known        how many of the rows have an address that bounced before
 * @param destinations the most frequent recipient domains of the incident, most frequent first
 * @param figures      what else happens; null if it could not be counted
 * @param bounces      the rows, for the CSV
 */
public record AlertView(String stage, String ending, boolean allClear, String audience, Urgency urgency, String openedAt,
                        String lastBounceAt, long minutes, long news, long total, List<Group> groups, int listed, int rows, String file,
                        long firstTime, long known, List<Destination> destinations, Surroundings figures, List<Listed> bounces) {

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm");

    /**
     * The bounces of one cause.
     *
     * @param count  how many bounces of the incident have it so far
     * @param news   how many of them this mail is the first to report
     * @param blocks the largest first
     * @param more   how many bounces of this mail are in blocks that its text does not list
     */
    public record Group(long count, long news, Texts cause, List<Block> blocks, int more) {
    }

    /**
     * Bounces of one cause with the same reply, apart from addresses and ids.
     *
     * @param reply   of the first of them
     * @param count   how many bounces of this mail it has
     * @param bounces the examples that the text of the mail lists
     */
    public record Block(Said said, String reply, int count, List<Listed> bounces) {
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
     * @param count    how many bounces of the incident it has so far
     * @param news     how many of them this mail is the first to report
     * @param finished how many messages to it were finished within the hours that the figures name; 0 if they could not be counted
     * @param percent  the share of the news among the finished messages, without a percent sign; empty if they could not be counted
     */
    public record Destination(String domain, long count, long news, long finished, String percent) {

        static Destination of(Alert.Destination destination) {
            return new Destination(destination.domain(), destination.count(), destination.news(), destination.finished(),
                    destination.finished() == 0 ? "" : String.valueOf(destination.percent()));
        }
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

    public boolean urgent() {
        return urgency != null;
    }

    static AlertView of(Alert alert, CauseRules rules, String language, ZoneId zone) {
        Blocks blocks = new Blocks(rules, language);
        List<Listed> bounces = alert.bounces().stream().map(blocks::listed).toList();
        Map<String, List<Block>> byCause = blocks.listed(alert.bounces());
        List<Group> groups = alert.causes().stream().map(count -> group(count, rules.table().texts(count.what(), language),
                byCause.getOrDefault(count.what(), List.of()), bounces)).toList();
        int listed = groups.stream().flatMap(group -> group.blocks().stream()).mapToInt(block -> block.bounces().size()).sum();
        long known = bounces.stream().filter(Listed::known).count();
        String openedAt = time(alert.openedAt(), zone);
        return new AlertView(alert.phase().toString(), alert.ending() == null ? "" : alert.ending().toString(), alert.allClear(),
                alert.audience(), urgency(alert.urgency()), openedAt, time(alert.lastBounceAt(), zone),
                Duration.between(alert.openedAt(), alert.lastBounceAt()).toMinutes(), alert.news(), alert.total(), groups, listed,
                bounces.size(), listed == bounces.size() ? "" : "bounces-" + openedAt.replaceAll("[-:]", "").replace(' ', '-') + ".csv",
                bounces.size() - known, known, alert.destinations().stream().map(Destination::of).toList(), surroundings(alert), bounces);
    }

    static String time(Instant instant, ZoneId zone) {
        return TIME.format(instant.atZone(zone));
    }

    private static Group group(Count count, Texts cause, List<Block> blocks, List<Listed> bounces) {
        int rows = Math.toIntExact(bounces.stream().filter(bounce -> bounce.causeId().equals(count.what())).count());
        return new Group(count.count(), count.news(), cause, blocks, rows - blocks.stream().mapToInt(Block::count).sum());
    }

    private static Urgency urgency(Alert.Urgency urgency) {
        return urgency == null ? null : new Urgency(urgency.setting(), urgency.value(), urgency.domain() == null ? "" : urgency.domain(),
                urgency.bounces(), urgency.finished(), String.valueOf(urgency.percent()));
    }

    private static Surroundings surroundings(Alert alert) {
        Figures figures = alert.figures();
        return figures == null ? null : new Surroundings(figures.hours(), Share.of(figures.hour()), Share.of(figures.day()),
                figures.recent(), figures.usual() == null ? "" : String.valueOf(Math.round(10 * figures.usual()) / 10.0),
                figures.unusual() && alert.phase() != IncidentPhase.CLOSED);
    }
}
