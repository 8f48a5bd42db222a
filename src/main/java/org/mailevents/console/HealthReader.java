package org.mailevents.console;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.camel.CamelContext;
import org.jdbi.v3.core.Handle;
import org.mailevents.console.Summary.Missing;
import org.mailevents.database.Withdrawn;
import org.mailevents.live.PendingEdits;
import org.mailevents.log.FailingRoutes;
import org.mailevents.settings.TimeSource;
import org.mailevents.spool.Spool;

/** Answers whether Mail Events itself is well. */
final class HealthReader {

    /** A webhook is usually replayed within seconds. */
    private static final Duration LONG_WAIT = Duration.ofMinutes(1);
    private static final double NEARLY_FULL = 0.8;

    static final String REJECTED = "SELECT COUNT(*) AS events, MIN(received_at) AS since FROM rejected_event WHERE received_at >= ?";
    /** A delivery whose last attempt failed, and that will be attempted again or was given up lately. A withdrawn delivery did not fail. */
    static final String NOT_SENT = "SELECT d.channel, COUNT(*) AS deliveries, MIN(m.made_at) AS since, MAX(d.failure) AS failure"
            + " FROM alert_delivery d JOIN alert_mail m ON m.mail_id = d.mail_id WHERE d.sent_at IS NULL"
            + " AND d.failure NOT LIKE '" + Withdrawn.BEGINNING + "%' AND (d.retry_at IS NOT NULL OR d.gave_up_at >= ?)"
            + " GROUP BY d.channel ORDER BY d.channel";

    private final Clock clock;
    private final FailingRoutes failingRoutes;
    private final PendingEdits edits;
    private final Spool spool;

    HealthReader(CamelContext context) {
        clock = TimeSource.of(context);
        failingRoutes = mandatoryFindSingleByType(context, FailingRoutes.class);
        edits = mandatoryFindSingleByType(context, PendingEdits.class);
        spool = mandatoryFindSingleByType(context, Spool.class);
    }

    private record Rejected(long events, Instant since) {
    }

    private record NotSent(String channel, long deliveries, Instant since, String failure) {
    }

    /**
     * What can be said without the database.
     *
     * @param figures of this process, as in {@link Summary.Pipeline}
     */
    List<Health> ofProcess(Map<String, Double> figures) {
        List<Health> found = new ArrayList<>();
        addLines(found, "edits-not-activated", edits.notActivated());
        failingRoutes.all().forEach(route -> found.add(new Health("route-failing", route.webhooks(), route.since(),
                route.place() == null ? route.route() : route.route() + ", " + route.place(), null)));
        addWaiting(found, "spool-waiting", figures.getOrDefault("spool.webhooks", 0.0), figures.getOrDefault("spool.oldest.age", 0.0));
        addWaiting(found, "log-waiting", figures.getOrDefault("log.lag", 0.0), figures.getOrDefault("log.oldest.age", 0.0));
        if (spool.fill() >= NEARLY_FULL) {
            found.add(new Health("spool-full", Math.round(spool.fill() * 100), null, null, null));
        }
        long failed = spool.failedSince(Instant.EPOCH);
        if (failed > 0) {
            found.add(new Health("webhooks-failed", failed, null, null, null));
        }
        addLines(found, "routes-suspicious", edits.pleaseCheck());
        return found;
    }

    private void addWaiting(List<Health> found, String what, double webhooks, double ageInSeconds) {
        Duration age = Duration.ofSeconds((long) ageInSeconds);
        if (webhooks > 0 && age.compareTo(LONG_WAIT) > 0) {
            found.add(new Health(what, (long) webhooks, clock.instant().minus(age), null, null));
        }
    }

    private static void addLines(List<Health> found, String what, List<String> lines) {
        if (!lines.isEmpty()) {
            found.add(new Health(what, (long) lines.size(), null, null, lines));
        }
    }

    /** What the database tells about the time since {@code since}. */
    List<Health> ofDatabase(Handle handle, Instant since, Missing missing) {
        List<Health> found = new ArrayList<>();
        Rejected rejected = handle.select(REJECTED, since).mapTo(Rejected.class).one();
        if (rejected.events() > 0) {
            found.add(new Health("events-rejected", rejected.events(), rejected.since(), null, null));
        }
        handle.select(NOT_SENT, since).mapTo(NotSent.class).forEach(one -> found.add(new Health("alerts-not-sent", one.deliveries(),
                one.since(), one.channel(), List.of(one.failure()))));
        if (List.of("zone", "clock").contains(missing.clock())) {
            found.add(new Health("time-wrong", null, null, missing.clock(), null));
        }
        addMissing(found, "messages-overdue", missing.overdue());
        addMissing(found, "failures-unpaired", missing.unpaired());
        return found;
    }

    private static void addMissing(List<Health> found, String what, long count) {
        if (count > 0) {
            found.add(new Health(what, count, null, null, null));
        }
    }
}
