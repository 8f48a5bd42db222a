package org.mailevents.explain;

import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.apache.camel.Route;
import org.apache.camel.ServiceStatus;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.support.ScheduledPollConsumer;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.database.Database;
import org.mailevents.live.ActiveRoutes;
import org.mailevents.log.FailingRoutes;
import org.mailevents.log.FailingRoutes.FailingRoute;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.RouteMap;
import org.mailevents.route.RouteMap.RouteNode;

/**
 * Makes the view of the routes as they run. The events are counted at most once a minute, because that takes a second of the processor. Not
 * safe for use by several threads at once.
 */
final class RouteViews {

    private static final Duration FRESH = Duration.ofMinutes(1);

    private final ModelCamelContext context;
    private final Jdbi jdbi;
    private final ActiveRoutes active;
    private final FailingRoutes failing;
    private final Path drafts;
    private final Clock clock;
    private Traffic traffic;
    private String countedRevision;
    private Instant countedAt;

    /** @param drafts the folder of the drafts, which need not exist */
    RouteViews(ModelCamelContext context, Jdbi jdbi, ActiveRoutes active, FailingRoutes failing, Path drafts, Clock clock) {
        this.context = context;
        this.jdbi = jdbi;
        this.active = active;
        this.failing = failing;
        this.drafts = drafts;
        this.clock = clock;
    }

    RouteView view() throws BrokenFile {
        String revision = active.revision().id();
        Traffic counted = traffic(revision);
        List<RouteView.Box> boxes = RouteMap.of(context.getRouteDefinitions()).stream()
                .map(route -> box(route, counted)).toList();
        return new RouteView(revision, counted == null ? null : counted.sample(), boxes,
                ActiveRoutes.in(drafts).revision().files().keySet().stream().sorted().toList());
    }

    private RouteView.Box box(RouteNode route, Traffic counted) {
        String failure = failure(route, counted);
        return RouteView.Box.of(route, state(route, failure), failure, counted);
    }

    /** @return null while the database is down */
    private Traffic traffic(String revision) throws BrokenFile {
        Instant now = clock.instant();
        if (traffic == null || !revision.equals(countedRevision) || !now.isBefore(countedAt.plus(FRESH))) {
            try {
                traffic = Traffic.count(context, jdbi, active, now);
            } catch (RuntimeException e) {
                if (!Database.isAbsent(e)) {
                    throw e;
                }
                traffic = null;
            }
            countedRevision = revision;
            countedAt = now;
        }
        return traffic;
    }

    /** The failure for which webhooks of a route wait, or else the first failure of a counted event, or null. */
    private String failure(RouteNode route, Traffic counted) {
        return failing.all().stream().filter(each -> each.route().equals(route.id())).map(FailingRoute::toString).findFirst()
                .orElse(counted == null ? null : counted.failures().get(route.file()));
    }

    private String state(RouteNode route, String failure) {
        ServiceStatus status = context.getRouteController().getRouteStatus(route.id());
        if (status != null && !status.isStarted()) {
            return "stopped";
        }
        if (failure != null) {
            return "failing";
        }
        return route.isUsed() && !isOff(route) ? "active" : "unused";
    }

    /** A channel that no audience uses has a timer that does not run. */
    private boolean isOff(RouteNode route) {
        Route running = context.getRoute(route.id());
        return running != null && running.getConsumer() instanceof ScheduledPollConsumer timer && !timer.isStartScheduler();
    }
}
