package org.mailevents.log;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * Shows in the health check {@code failing-routes} and on the page which routes fail, as long as webhooks wait because of it. The health
 * check stays up, because the webhooks are on disk, and a load balancer must not remove an instance because of a mistake in a route.
 */
public final class FailingRoutes extends AbstractHealthCheck {

    /**
     * A route that fails.
     *
     * @param route    the id of the route
     * @param place    the file and line of the step that fails, or null
     * @param since    when the oldest of the waiting webhooks was received
     * @param webhooks how many webhooks wait in the spool because of this step
     */
    public record FailingRoute(String route, String place, Instant since, long webhooks) {

        @Override
        public String toString() {
            return route + " fails" + (place == null ? "" : " at " + place) + " since " + since.truncatedTo(ChronoUnit.SECONDS) + ": "
                    + (webhooks == 1 ? "1 webhook waits" : webhooks + " webhooks wait");
        }
    }

    private volatile Supplier<List<FailingRoute>> failing = List::of;

    /** Private, because the Camel CLI creates an object of every class that it can, and it must not create one of this class. */
    private FailingRoutes() {
        super("mail-events", "failing-routes");
    }

    /** Makes the failing routes of an application and shows them in its health check. */
    public static FailingRoutes shownIn(CamelContext context) {
        FailingRoutes routes = new FailingRoutes();
        HealthCheckRegistry health = HealthCheckRegistry.get(context);
        if (health != null) {
            health.register(routes);
        }
        return routes;
    }

    /** Sets where the failing routes are read from, each time that somebody asks. */
    public void watch(Supplier<List<FailingRoute>> failing) {
        this.failing = failing;
    }

    /** The routes that fail now. */
    public List<FailingRoute> all() {
        return failing.get();
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        builder.up();
        List<FailingRoute> all = all();
        if (!all.isEmpty()) {
            builder.message("WARNING: " + all.stream().map(FailingRoute::toString).collect(Collectors.joining(" | ")));
        }
    }
}
