package org.mailevents.console;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.camel.CamelContext;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;
import org.mailevents.console.Summary.Bounce;
import org.mailevents.console.Summary.Cause;
import org.mailevents.console.Summary.Domain;
import org.mailevents.console.Summary.Hour;
import org.mailevents.console.Summary.Missing;
import org.mailevents.console.Summary.OpenIncident;
import org.mailevents.console.Summary.Pipeline;
import org.mailevents.console.Summary.Untold;
import org.mailevents.database.Database;
import org.mailevents.live.LiveCauses;
import org.mailevents.live.PendingEdits;
import org.mailevents.log.FailingRoutes;
import org.mailevents.log.FailingRoutes.FailingRoute;
import org.mailevents.settings.TimeSource;
import org.mailevents.store.EventCounts;
import org.mailevents.store.LooseEnds;
import org.mailevents.store.ReceiptDelay;
import org.mailevents.store.ReceiptDelays;
import org.mailevents.store.StoredEvents;

/**
 * Reads a {@link Summary}. However many events exist, it reads only the counts, the events that are not counted yet, and the newest
 * bounces.
 */
final class SummaryReader {

    /** How many of the newest bounces tell which domains bounce most. */
    private static final int MAX_BOUNCES = 10_000;
    private static final int LATEST = 20;
    private static final int DOMAINS = 10;
    /**
     * After an update of a large installation the counts may be far behind. The page then shows fewer events until the counts have caught
     * up, because every request for the page would otherwise read millions of rows.
     */
    private static final Duration MAX_UNCOUNTED = Duration.ofHours(1);

    static final String COUNTS = "SELECT hour_of, type_of, status_of, SUM(events) AS events FROM ("
            + "SELECT occurred_hour AS hour_of, event_type AS type_of, status AS status_of, events FROM event_count"
            + " WHERE occurred_hour >= ?"
            + " UNION ALL SELECT " + EventCounts.HOUR + ", " + EventCounts.TYPE + ", " + EventCounts.STATUS + ", 1 FROM mail_event"
            + " WHERE received_at >= ? AND COALESCE(occurred_at, received_at) >= ?"
            // a failed delivery that has a bounce is the same failure, which counts as bounced
            + " UNION ALL SELECT occurred_hour, 'deliveries', 'failed', -events FROM paired_count WHERE occurred_hour >= ?"
            + " UNION ALL SELECT hour_of, 'deliveries', 'failed', -events FROM (" + EventCounts.PAIRED_BY_HOUR + ") AS newest)"
            + " counts GROUP BY hour_of, type_of, status_of";
    // ordered by both columns of the index, so that H2 reads no more rows than it returns
    private static final String NEWEST_BOUNCES = " FROM mail_event WHERE event_type = 'bounces' AND received_at >= ?"
            + " ORDER BY event_type DESC, received_at DESC LIMIT ";
    static final String BOUNCED_RECIPIENTS = "SELECT recipient, cause" + NEWEST_BOUNCES + MAX_BOUNCES;
    static final String LATEST_BOUNCES = "SELECT recipient, status AS code, cause, dead, kind, reason, message_id, subject, occurred_at,"
            + " received_at" + NEWEST_BOUNCES + LATEST;

    private static final String METERS = "mail.events.";

    private final CamelContext context;
    private final Clock clock;
    private final Jdbi jdbi;
    private final FailingRoutes failingRoutes;
    private final PendingEdits edits;
    private final LiveCauses liveCauses;

    SummaryReader(CamelContext context, Jdbi jdbi, LiveCauses liveCauses) {
        this.context = context;
        this.jdbi = jdbi;
        this.liveCauses = liveCauses;
        clock = TimeSource.of(context);
        failingRoutes = mandatoryFindSingleByType(context, FailingRoutes.class);
        edits = mandatoryFindSingleByType(context, PendingEdits.class);
    }

    private record Count(Instant hourOf, String typeOf, String statusOf, long events) {

        boolean isBounce() {
            return typeOf.equals("bounces");
        }

        /** The status as the page shows it. */
        String shownStatus() {
            return isBounce() ? "bounced" : typeOf.equals("deliveries") ? statusOf : "other";
        }
    }

    private record BouncedRecipient(String recipient, String cause) {

        String domain() {
            return recipient.substring(recipient.lastIndexOf('@') + 1).toLowerCase(Locale.ROOT);
        }

        /** The case of a domain does not matter (RFC 5321, 2.4). */
        String address() {
            return recipient.substring(0, recipient.lastIndexOf('@') + 1) + domain();
        }
    }

    /** @param since the beginning of the time that the summary covers */
    Summary read(Instant since) {
        Pipeline pipeline = pipeline();
        List<FailingRoute> failing = failingRoutes.all();
        List<String> notActivated = edits.notActivated();
        List<String> pleaseCheck = edits.pleaseCheck();
        try {
            // as of one moment: otherwise events that are counted between two queries would appear twice
            return jdbi.inTransaction(TransactionIsolationLevel.REPEATABLE_READ, handle -> {
                List<Count> counts = counts(handle, since.truncatedTo(ChronoUnit.HOURS));
                return new Summary(since, "up", hours(counts), causes(counts), domains(handle, since), incidents(handle), untold(handle),
                        handle.select(LATEST_BOUNCES, since).mapTo(Bounce.class).list(), failing, notActivated, pleaseCheck,
                        missing(handle), pipeline);
            });
        } catch (JdbiException e) {
            if (!Database.isAbsent(e)) {
                throw new IllegalStateException("The summary could not be read", e);
            }
            return new Summary(since, "down", List.of(), List.of(), List.of(), List.of(), List.of(), List.of(), failing, notActivated,
                    pleaseCheck, null, pipeline);
        }
    }

    private List<Count> counts(Handle handle, Instant since) {
        Instant counted = handle.select("SELECT until_time FROM event_counted").mapTo(Instant.class).one();
        Instant earliest = clock.instant().minus(MAX_UNCOUNTED);
        Instant uncounted = counted.isAfter(earliest) ? counted : earliest;
        return handle.select(COUNTS, since, uncounted, since, since, uncounted, StoredEvents.NO_END).mapTo(Count.class).stream()
                .filter(count -> !count.hourOf().isBefore(since)).toList(); // H2 cannot compare the hours of the newest pairs
    }

    private static List<Hour> hours(List<Count> counts) {
        Map<Instant, Map<String, Long>> hours = new TreeMap<>();
        counts.forEach(count -> hours.computeIfAbsent(count.hourOf(), hour -> new LinkedHashMap<>())
                .merge(count.shownStatus(), Math.max(0, count.events()), Long::sum));
        return hours.entrySet().stream().map(entry -> new Hour(entry.getKey(), entry.getValue())).toList();
    }

    private List<Cause> causes(List<Count> counts) {
        Map<String, Long> causes = new HashMap<>();
        counts.stream().filter(Count::isBounce).forEach(count -> causes.merge(known(count.statusOf()), count.events(), Long::sum));
        return causes.entrySet().stream().map(entry -> new Cause(entry.getKey(), entry.getValue()))
                .sorted(Comparator.comparing(Cause::bounces).reversed().thenComparing(Cause::cause)).toList();
    }

    /** A cause that the table does not have any more, or null, counts as unknown. */
    private String known(String cause) {
        return liveCauses.rules().table().cause(cause).id();
    }

    private List<Domain> domains(Handle handle, Instant since) {
        Map<String, Map<String, Long>> causes = new HashMap<>();
        Map<String, Set<String>> addresses = new HashMap<>();
        handle.select(BOUNCED_RECIPIENTS, since).mapTo(BouncedRecipient.class).forEach(bounce -> {
            if (bounce.recipient() != null) { // null once personal data has been removed
                causes.computeIfAbsent(bounce.domain(), domain -> new HashMap<>()).merge(known(bounce.cause()), 1L, Long::sum);
                addresses.computeIfAbsent(bounce.domain(), domain -> new HashSet<>()).add(bounce.address());
            }
        });
        return causes.entrySet().stream().map(entry -> domain(entry.getKey(), entry.getValue(), addresses.get(entry.getKey()).size()))
                .sorted(Comparator.comparing(Domain::bounces).reversed().thenComparing(Domain::domain)).limit(DOMAINS).toList();
    }

    private static Domain domain(String name, Map<String, Long> causes, long addresses) {
        String mostFrequent = causes.entrySet().stream()
                .max(Map.Entry.<String, Long>comparingByValue().thenComparing(Map.Entry.comparingByKey())).orElseThrow().getKey();
        return new Domain(name, mostFrequent, causes.values().stream().mapToLong(Long::longValue).sum(), addresses);
    }

    private Missing missing(Handle handle) {
        LooseEnds.Count open = LooseEnds.count(handle);
        ReceiptDelay delay = ReceiptDelays.since(handle, clock.instant().minus(ReceiptDelays.JUDGED));
        return new Missing(open.overdue(), open.unpaired(), delay.state().word());
    }

    private static List<OpenIncident> incidents(Handle handle) {
        return handle.select("SELECT incident_id, audience, opened_at, last_bounce_at, mails, acknowledged_by"
                + " FROM alert_incident WHERE open_for IS NOT NULL ORDER BY opened_at").mapTo(OpenIncident.class).list();
    }

    private static List<Untold> untold(Handle handle) {
        return handle.select("SELECT audience, COUNT(*) AS bounces, MIN(received_at) AS since FROM mail_event"
                + " WHERE alert_state = 'pending' GROUP BY audience ORDER BY audience").mapTo(Untold.class).list();
    }

    private Pipeline pipeline() {
        Map<String, Double> figures = new TreeMap<>();
        MeterRegistry registry = context.getRegistry().findSingleByType(MeterRegistry.class);
        if (registry != null) {
            registry.getMeters().stream()
                    .filter(meter -> meter.getId().getName().startsWith(METERS) && meter.getId().getTags().isEmpty())
                    .filter(meter -> meter instanceof Counter || meter instanceof Gauge)
                    .forEach(meter -> figures.put(meter.getId().getName().substring(METERS.length()),
                            meter.measure().iterator().next().getValue()));
        }
        figures.values().removeIf(figure -> !Double.isFinite(figure)); // JSON has no such numbers
        return new Pipeline(clock.instant().minus(context.getUptime()), figures);
    }
}
