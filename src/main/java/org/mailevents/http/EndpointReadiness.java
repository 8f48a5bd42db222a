package org.mailevents.http;

import java.util.Map;
import org.apache.camel.ServiceStatus;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * Readiness: whether webhooks are taken. They are a moment later than the context has started, because the door is opened last, and no longer as soon
 * as it begins to stop.
 */
public final class EndpointReadiness extends AbstractHealthCheck {

    private final String route;

    /** @param route the id of the one that takes webhooks */
    public EndpointReadiness(String route) {
        super("mail-events", "door");
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
