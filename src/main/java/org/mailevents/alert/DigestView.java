package org.mailevents.alert;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import java.util.function.Function;
import org.mailevents.cause.CauseTable;
import org.mailevents.digest.Bounces;
import org.mailevents.digest.DigestFacts.ComparedDay;
import org.mailevents.digest.DigestFacts.DeadAddress;
import org.mailevents.digest.DigestFacts.OpenIncident;

/**
 * A {@link Digest} in the form that the templates use, in one language and one time zone.
 *
 * @param day         the date of the digest, which its subject names
 * @param weekday     from 1 (Monday) to 7
 * @param from        the begin of the time that the digest sums up
 * @param until       the end of this time
 * @param days        how many days this time has, rounded
 * @param bounces     what bounced; null if it could not be counted
 * @param dead        the dead addresses that mail was still sent to; null if they could not be found
 * @param incident    the open incident; null if there is none
 * @param untold      how many bounces no mail has reported yet
 * @param untoldSince when the oldest of them was received; empty if there are none
 * @param overdue     how many accepted messages became overdue and have no end
 * @param vendorHasNone of how many of them it is proved that the vendor has no end either
 * @param file        the name of the attached CSV with all dead addresses; empty if there are none
 * @param compared    the days that were compared with the vendor, the newest first
 */
public record DigestView(String audience, String day, int weekday, String from, String until, long days, Bounced bounces, Dead dead,
                         Open incident, long untold, String untoldSince, long overdue, long vendorHasNone, String file,
                         List<Compared> compared) {

    private static final int MAX_LISTED = 5;
    /** The attached CSV has no more rows. */
    private static final int MAX_ROWS = 10_000;

    /**
     * The begin of a list.
     *
     * @param more how many others there are
     */
    public record Top<T>(List<T> listed, int more) {

        static <S, T> Top<T> of(List<S> all, Function<S, T> form) {
            List<T> listed = all.stream().limit(MAX_LISTED).map(form).toList();
            return new Top<>(listed, all.size() - listed.size());
        }
    }

    /**
     * @param total     how many bounces there were
     * @param before    how many there were in a time of the same length before; null if the database has deleted some of them
     * @param domains   the destinations, the most frequent first
     * @param elsewhere how many bounces other destinations had
     * @param causes    the causes by name, the most frequent first
     * @param otherwise how many bounces other causes had
     * @param news      what did not occur in the four weeks before
     * @param trends    what became more from week to week
     */
    public record Bounced(long total, Long before, Top<Count> domains, long elsewhere, Top<Count> causes, long otherwise,
                          Top<Kind> news, Top<Trend> trends) {
    }

    /** How often a domain or a cause bounced. */
    public record Count(String name, long count) {
    }

    /** How often a cause bounced at a destination. */
    public record Kind(String domain, String cause, long count) {
    }

    /**
     * @param domain empty for all destinations together
     * @param weeks  how many bounces there were in each of the last four weeks, the oldest first
     */
    public record Trend(String domain, String cause, List<Long> weeks) {
    }

    /**
     * @param addresses how many there are
     * @param mails     how many messages were sent to them
     * @param rows      all of them for the CSV, those with the most messages first
     * @param top       the first of them
     */
    public record Dead(int addresses, long mails, List<Row> rows, Top<Row> top) {
    }

    /** A dead address; the times are as in {@link DeadAddress}. */
    public record Row(String recipient, String cause, String causeId, String deadSince, String lastBouncedAt, long mails,
                      String lastMailAt) {
    }

    /**
     * @param acknowledgedBy who works on it; empty if nobody has said so
     * @param url            of the incident on the page; empty if the setting {@code console.url} is empty
     */
    public record Open(String openedAt, long bounces, String acknowledgedBy, String url) {
    }

    /** The counts are as in {@link ComparedDay}. */
    public record Compared(String day, long stored, long vendor, long repaired, long missing) {

        static Compared of(ComparedDay day) {
            return new Compared(day.mailDay().toString(), day.stored(), day.vendor(), day.repaired(), day.missing());
        }
    }

    /** @param page the address of the page, or empty */
    static DigestView of(Digest digest, CauseTable table, String language, ZoneId zone, String page) {
        LocalDate day = digest.until().atZone(zone).toLocalDate();
        Function<String, String> cause = id -> table.texts(id, language).name();
        Dead dead = dead(digest.facts().dead(), cause, zone);
        Instant untoldSince = digest.facts().untoldSince();
        return new DigestView(digest.audience(), day.toString(), day.getDayOfWeek().getValue(), AlertViews.time(digest.from(), zone),
                AlertViews.time(digest.until(), zone), Math.round(Duration.between(digest.from(), digest.until()).toHours() / 24.0),
                bounced(digest.facts().bounces(), cause), dead, open(digest.facts().incident(), zone, page), digest.facts().untold(),
                untoldSince == null ? "" : AlertViews.time(untoldSince, zone), digest.facts().overdue(), digest.facts().vendorHasNone(),
                dead == null || dead.addresses() == 0 ? "" : "dead-addresses-" + digest.audience() + "-" + day + ".csv",
                digest.facts().compared().stream().map(Compared::of).toList());
    }

    private static Bounced bounced(Bounces bounces, Function<String, String> cause) {
        if (bounces == null) {
            return null;
        }
        Top<Count> domains = Top.of(bounces.domains(), count -> new Count(count.what(), count.count()));
        Top<Count> causes = Top.of(bounces.causes(), count -> new Count(cause.apply(count.what()), count.count()));
        return new Bounced(bounces.total(), bounces.isComparable() ? bounces.before() : null, domains,
                bounces.total() - sum(domains), causes, bounces.total() - sum(causes),
                Top.of(bounces.news(), kind -> new Kind(kind.domain(), cause.apply(kind.cause()), kind.count())),
                Top.of(bounces.trends(), trend -> new Trend(trend.domain() == null ? "" : trend.domain(), cause.apply(trend.cause()),
                        trend.weeks())));
    }

    private static long sum(Top<Count> counts) {
        return counts.listed().stream().mapToLong(Count::count).sum();
    }

    private static Dead dead(List<DeadAddress> addresses, Function<String, String> cause, ZoneId zone) {
        if (addresses == null) {
            return null;
        }
        Function<DeadAddress, Row> row = address -> new Row(address.recipient(), cause.apply(address.cause()), address.cause(),
                AlertViews.time(address.deadSince(), zone), AlertViews.time(address.lastBouncedAt(), zone), address.mails(),
                AlertViews.time(address.lastMailAt(), zone));
        return new Dead(addresses.size(), addresses.stream().mapToLong(DeadAddress::mails).sum(),
                addresses.stream().limit(MAX_ROWS).map(row).toList(), Top.of(addresses, row));
    }

    private static Open open(OpenIncident incident, ZoneId zone, String page) {
        return incident == null ? null : new Open(AlertViews.time(incident.openedAt(), zone), incident.bounces(),
                incident.acknowledgedBy() == null ? "" : incident.acknowledgedBy(),
                page.isEmpty() ? "" : page + "/#incident=" + incident.incidentId());
    }
}
