package org.mailevents.http;

import java.util.Map;
import org.apache.camel.ServiceStatus;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * The readiness check of the HTTP endpoint. It is UP while webhooks are accepted: from the start of the endpoint's route, which starts
 * after everything else, until the application begins to stop.
 */
public final class EndpointReadiness extends AbstractHealthCheck {

    private final String route;

    /** @param route the id of the route that takes webhooks */
    public EndpointReadiness(String route) {
        super("mail-events", "door"); // the id stays "door", because monitoring may name it
        this.route = route;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        ServiceStatus status = getCamelContext().getRouteController().getRouteStatus(route);
        if (status == ServiceStatus.Started && !getCamelContext().isStopping()) {
            builder.up();
        } else {
            builder.message("The application is starting or stopping").down();
        }
    }
}
