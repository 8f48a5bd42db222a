package org.mailevents.log;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
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

    /**
     * A webhook that waits because a step failed.
     *
     * @param receivedAt when the webhook arrived
     */
    public record WaitingWebhook(FailedStep step, Instant receivedAt) {
    }

    private final List<Supplier<Stream<WaitingWebhook>>> waiting = new CopyOnWriteArrayList<>();

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

    /** Adds a place in which webhooks wait. It is read each time that somebody asks. */
    public void watch(Supplier<Stream<WaitingWebhook>> waiting) {
        this.waiting.add(waiting);
    }

    /** The routes that fail now. */
    public List<FailingRoute> all() {
        Map<FailedStep, List<Instant>> received = waiting.stream().flatMap(Supplier::get).collect(Collectors.groupingBy(
                WaitingWebhook::step, Collectors.mapping(WaitingWebhook::receivedAt, Collectors.toList())));
        return received.entrySet().stream().map(one -> new FailingRoute(one.getKey().route(), one.getKey().place(),
                Collections.min(one.getValue()), one.getValue().size())).sorted(Comparator.comparing(FailingRoute::since)).toList();
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
