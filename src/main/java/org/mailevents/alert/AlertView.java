package org.mailevents.alert;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.mailevents.alert.Alert.Bounce;

/**
 * An {@link Alert} in the form that the templates use, in one language and one time zone.
 *
 * @param stage        the phase of the incident: {@code opened}, {@code update} or {@code closed}
 * @param urgent       whether the bounce rate is above {@code alert.rate}
 * @param openedAt     when the incident's first bounce was received
 * @param lastBounceAt when the incident's last bounce was received
 * @param minutes      the whole minutes from the first to the last bounce
 * @param news         how many bounces this mail is the first to report
 * @param total        how many bounces the incident has so far
 * @param groups       the bounces by cause, most frequent first
 * @param listed       how many bounces the groups list together
 * @param rows         how many bounces this mail is about: the new ones, and in the all-clear all of the incident
 * @param file         the name of the attached CSV with all rows; empty if the groups list all rows
 * @param firstTime    how many of the rows have an address that never bounced before
 * @param known        how many of the rows have an address that bounced before
 * @param domains      the most frequent recipient domains of the incident
 * @param figures      what else happens; null if it could not be counted
 * @param bounces      the rows, for the CSV
 */
public record AlertView(String stage, String audience, boolean urgent, String openedAt, String lastBounceAt, long minutes, long news,
                        long total, List<Group> groups, int listed, int rows, String file, long firstTime, long known, List<Domain> domains,
                        Surroundings figures, List<Listed> bounces) {

    /** How many bounces the text of a mail lists. If there are more, the attached CSV has all of them. */
    static final int MAX_LISTED = 50;

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm");

    /**
     * The bounces of one cause.
     *
     * @param code    the vendor's bounce code
     * @param count   how many bounces of the incident have it so far
     * @param news    how many of them this mail is the first to report
     * @param bounces those that the text of the mail lists
     */
    public record Group(String code, long count, long news, Cause cause, List<Listed> bounces) {
    }

    /**
     * One bounce.
     *
     * @param cause     the name of its cause
     * @param status    the meaning of the RFC 3463 code in the reply; empty if there is no such code or its meaning is unknown
     * @param disagrees whether this code contradicts the vendor's bounce code
     * @param known     whether the address bounced before
     */
    public record Listed(String recipient, String occurredAt, String subject, String sender, String messageId, String apiData, String code,
                         String cause, String enhancedCode, String status, boolean disagrees, String reason, boolean known) {
    }

    /** A recipient domain and how many bounces it has. */
    public record Domain(String domain, long count) {
    }

    /** The {@link Figures}, with decimal numbers as text. */
    public record Surroundings(Share hour, Share day, long recent, String usual, boolean unusual) {
    }

    /** Bounces among finished messages; {@code percent} has no percent sign. */
    public record Share(long bounces, long finished, String percent) {

        static Share of(Figures.Share share) {
            return new Share(share.bounces(), share.finished(), String.valueOf(share.percent()));
        }
    }

    static AlertView of(Alert alert, Causes causes, String language, ZoneId zone) {
        List<Listed> bounces = alert.bounces().stream().map(bounce -> listed(bounce, causes, language)).toList();
        Map<String, List<Listed>> byCode = bounces.stream().collect(Collectors.groupingBy(Listed::code));
        int share = share(byCode);
        List<Group> groups = alert.causes().stream().map(count -> new Group(count.what(), count.count(), count.news(),
                causes.cause(count.what(), language), byCode.getOrDefault(count.what(), List.of()).stream().limit(share).toList()))
                .toList();
        int listed = groups.stream().mapToInt(group -> group.bounces().size()).sum();
        long known = bounces.stream().filter(Listed::known).count();
        String openedAt = time(alert.openedAt(), zone);
        return new AlertView(alert.phase().toString(), alert.audience(), alert.urgent(), openedAt, time(alert.lastBounceAt(), zone),
                Duration.between(alert.openedAt(), alert.lastBounceAt()).toMinutes(), alert.news(), alert.total(), groups, listed,
                bounces.size(), listed == bounces.size() ? "" : "bounces-" + openedAt.replaceAll("[-:]", "").replace(' ', '-') + ".csv",
                bounces.size() - known, known, alert.domains().stream().map(domain -> new Domain(domain.what(), domain.count())).toList(),
                surroundings(alert.figures()), bounces);
    }

    static String time(Instant instant, ZoneId zone) {
        return TIME.format(instant.atZone(zone));
    }

    /** How many bounces of each cause can be listed, so that a frequent cause does not crowd out the others. */
    private static int share(Map<String, List<Listed>> byCode) {
        int share = MAX_LISTED;
        for (;;) {
            int most = share;
            if (byCode.values().stream().mapToInt(list -> Math.min(list.size(), most)).sum() <= MAX_LISTED) {
                return share;
            }
            share--;
        }
    }

    private static Listed listed(Bounce bounce, Causes causes, String language) {
        return new Listed(bounce.recipient(), bounce.occurredAt(), bounce.subject(), bounce.sender(), bounce.messageId(), bounce.apiData(),
                bounce.code(), causes.cause(bounce.code(), language).name(), bounce.enhancedCode(),
                causes.status(bounce.enhancedCode(), language), causes.disagree(bounce.code(), bounce.enhancedCode()), bounce.reason(),
                bounce.known());
    }

    private static Surroundings surroundings(Figures figures) {
        return figures == null ? null : new Surroundings(Share.of(figures.hour()), Share.of(figures.day()), figures.recent(),
                String.valueOf(Math.round(10 * figures.usual()) / 10.0), figures.unusual());
    }
}
