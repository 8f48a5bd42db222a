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
 * An {@link Alert} as the templates show it, in one language and one zone.
 *
 * @param stage        {@code opened}, {@code update} or {@code closed}
 * @param urgent       whether the bounce rate is above {@code alert.rate}
 * @param openedAt     when the incident's first bounce was received
 * @param lastBounceAt when its last one was received
 * @param minutes      the whole minutes between the two
 * @param news         bounces that this mail tells and no mail before it told
 * @param total        bounces of the incident so far
 * @param groups       by cause, most frequent first
 * @param listed       how many bounces the groups list together
 * @param rows         how many this mail is about: what is new in it, and in the all-clear all of the incident
 * @param file         the name of the attached CSV with all rows; empty where all are listed
 * @param firstTime    how many of the rows are of addresses that never bounced before
 * @param known        how many of them are of addresses that did
 * @param domains      the most frequent destinations of the incident
 * @param figures      what else happens; null where it could not be counted
 * @param bounces      the rows, for the CSV
 */
public record AlertView(String stage, String audience, boolean urgent, String openedAt, String lastBounceAt, long minutes, long news, long total,
                        List<Group> groups, int listed, int rows, String file, long firstTime, long known, List<Domain> domains, Surroundings figures,
                        List<Listed> bounces) {

    /** More than these are read in a table only. */
    static final int MAX_LISTED = 50;

    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm");

    /** Bounces of one cause; {@code bounces} are those to be listed. */
    public record Group(String code, long count, long news, Cause cause, List<Listed> bounces) {
    }

    /**
     * One bounce.
     *
     * @param cause     the name of its cause
     * @param status    what the RFC 3463 code in the reply means; empty where there is none or nothing is known of it
     * @param disagrees whether that code contradicts the vendor's
     * @param known     whether the address bounced before
     */
    public record Listed(String recipient, String occurredAt, String subject, String sender, String messageId, String apiData, String code,
                         String cause, String enhancedCode, String status, boolean disagrees, String reason, boolean known) {
    }

    /** A destination and how many bounces it has. */
    public record Domain(String domain, long count) {
    }

    /** The {@link Figures}, with their numbers as they are written. */
    public record Surroundings(Share hour, Share day, long recent, String usual, boolean unusual) {
    }

    /** Bounces among finished messages; {@code percent} without its sign. */
    public record Share(long bounces, long finished, String percent) {

        static Share of(Figures.Share share) {
            return new Share(share.bounces(), share.finished(), String.valueOf(share.percent()));
        }
    }

    static AlertView of(Alert alert, Causes causes, String language, ZoneId zone) {
        List<Listed> bounces = alert.bounces().stream().map(bounce -> listed(bounce, causes, language)).toList();
        Map<String, List<Listed>> byCode = bounces.stream().collect(Collectors.groupingBy(Listed::code));
        int share = share(byCode);
        List<Group> groups = alert.causes().stream().map(count -> new Group(count.what(), count.count(), count.news(), causes.cause(count.what(), language),
                byCode.getOrDefault(count.what(), List.of()).stream().limit(share).toList())).toList();
        int listed = groups.stream().mapToInt(group -> group.bounces().size()).sum();
        long known = bounces.stream().filter(Listed::known).count();
        return new AlertView(alert.stage().toString(), alert.audience(), alert.urgent(), time(alert.openedAt(), zone), time(alert.lastBounceAt(), zone),
                Duration.between(alert.openedAt(), alert.lastBounceAt()).toMinutes(), alert.news(), alert.total(), groups, listed, bounces.size(),
                listed == bounces.size() ? "" : "bounces-" + time(alert.openedAt(), zone).replaceAll("[-:]", "").replace(' ', '-') + ".csv",
                bounces.size() - known, known, alert.domains().stream().map(domain -> new Domain(domain.what(), domain.count())).toList(),
                surroundings(alert.figures()), bounces);
    }

    static String time(Instant instant, ZoneId zone) {
        return TIME.format(instant.atZone(zone));
    }

    /** How many bounces of each cause can be listed, so that none is crowded out. */
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
        return new Listed(bounce.recipient(), bounce.occurredAt(), bounce.subject(), bounce.sender(), bounce.messageId(), bounce.apiData(), bounce.code(),
                causes.cause(bounce.code(), language).name(), bounce.enhancedCode(), causes.status(bounce.enhancedCode(), language),
                causes.disagree(bounce.code(), bounce.enhancedCode()), bounce.reason(), bounce.known());
    }

    private static Surroundings surroundings(Figures figures) {
        return figures == null ? null : new Surroundings(Share.of(figures.hour()), Share.of(figures.day()), figures.recent(),
                String.valueOf(Math.round(10 * figures.usual()) / 10.0), figures.unusual());
    }
}
