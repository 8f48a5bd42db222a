package org.mailevents.console;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.camel.CamelContext;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.jdbi.v3.core.JdbiException;
import org.jdbi.v3.core.transaction.TransactionIsolationLevel;
import org.mailevents.console.Summary.Bounce;
import org.mailevents.console.Summary.Missing;
import org.mailevents.console.Summary.OpenIncident;
import org.mailevents.console.Summary.Pipeline;
import org.mailevents.console.Summary.Untold;
import org.mailevents.database.Database;
import org.mailevents.event.Problem;
import org.mailevents.live.LiveCauses;
import org.mailevents.live.PendingEdits;
import org.mailevents.log.FailingRoutes;
import org.mailevents.settings.TimeSource;
import org.mailevents.store.LooseEnds;
import org.mailevents.store.ReceiptDelay;
import org.mailevents.store.ReceiptDelays;

/**
 * Reads a {@link Summary}. However many events exist, it reads only the counts, the events that are not counted yet, and the newest
 * bounces.
 */
final class SummaryReader {

    private static final int LATEST = 20;
    /** So many of the bounces that were received last are looked at, because some may have happened before the time of the summary. */
    private static final int RECEIVED = 200;

    // ordered by both columns of the index, so that H2 reads no more rows than it returns
    static final String LATEST_BOUNCES = "SELECT * FROM (SELECT recipient, status AS code, cause, dead, kind, reason, message_id, subject,"
            + " occurred_at, received_at FROM mail_event WHERE event_type = 'bounces' AND received_at >= ?"
            + " ORDER BY event_type DESC, received_at DESC LIMIT " + RECEIVED + ") AS received"
            + " WHERE COALESCE(occurred_at, received_at) >= ? ORDER BY COALESCE(occurred_at, received_at) DESC, received_at DESC LIMIT "
            + LATEST;

    private static final String METERS = "mail.events.";

    private final CamelContext context;
    private final Clock clock;
    private final Jdbi jdbi;
    private final FailingRoutes failingRoutes;
    private final PendingEdits edits;
    private final LiveCauses liveCauses;
    private final HealthReader health;

    SummaryReader(CamelContext context, Jdbi jdbi, LiveCauses liveCauses) {
        this.context = context;
        this.jdbi = jdbi;
        this.liveCauses = liveCauses;
        clock = TimeSource.of(context);
        failingRoutes = mandatoryFindSingleByType(context, FailingRoutes.class);
        edits = mandatoryFindSingleByType(context, PendingEdits.class);
        health = new HealthReader(context);
    }

    /** @param begin the summary begins with the hour of this time */
    Summary read(Instant begin) {
        Instant since = begin.truncatedTo(ChronoUnit.HOURS);
        Pipeline pipeline = pipeline();
        List<Health> ofProcess = health.ofProcess(pipeline.figures());
        try {
            // as of one moment: otherwise events that are counted between two queries would appear twice
            return jdbi.inTransaction(TransactionIsolationLevel.REPEATABLE_READ, handle -> read(handle, since, ofProcess, pipeline));
        } catch (JdbiException e) {
            if (!Database.isAbsent(e)) {
                throw new IllegalStateException("The summary could not be read", e);
            }
            return new Summary(since, "down", "occurred", null, null, null, null, null, null, null, null,
                    with(new Health(Problem.DATABASE_DOWN, null, null, null, null), ofProcess), failingRoutes.all(), edits.notActivated(),
                    edits.pleaseCheck(), null, pipeline);
        }
    }

    private static List<Health> with(Health first, List<Health> others) {
        List<Health> all = new ArrayList<>(List.of(first));
        all.addAll(others);
        return all;
    }

    private Summary read(Handle handle, Instant since, List<Health> ofProcess, Pipeline pipeline) {
        Instant now = clock.instant();
        Instant uncounted = CountedUntil.read(handle, now);
        HourCounts counts = HourCounts.read(handle, since, uncounted, now);
        List<Health> found = new ArrayList<>(ofProcess);
        Missing missing = missing(handle, now);
        found.addAll(health.ofDatabase(handle, since, missing));
        Instant lastReceived = handle.select("SELECT MAX(received_at) FROM mail_event").mapTo(Instant.class).one();
        return new Summary(since, "up", "occurred", lastReceived, counts.earlier(handle, uncounted), counts.hours(),
                counts.causes(this::known), Destinations.read(handle, since, uncounted, this::known), incidents(handle), untold(handle),
                handle.select(LATEST_BOUNCES, since, since).mapTo(Bounce.class).list(), found, failingRoutes.all(), edits.notActivated(),
                edits.pleaseCheck(), missing, pipeline);
    }

    private static Missing missing(Handle handle, Instant now) {
        LooseEnds.Count open = LooseEnds.count(handle);
        ReceiptDelay delay = ReceiptDelays.since(handle, now.minus(ReceiptDelays.JUDGED));
        return new Missing(open.overdue(), open.unpaired(), delay.state().word());
    }

    /** A cause that the table does not have any more, or null, counts as unknown. */
    private String known(String cause) {
        return liveCauses.rules().table().cause(cause).id();
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
