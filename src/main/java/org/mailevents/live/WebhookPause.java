package org.mailevents.live;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Route;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.RoutePolicy;
import org.apache.camel.spi.RoutePolicyFactory;
import org.apache.camel.support.RoutePolicySupport;

/**
 * Has webhooks wait at the door for the moment in which routes are replaced, after those inside have left: a route that is stopped
 * under a webhook fails it. It stands in the Java routes that let something in; a YAML route that does, as {@code send-alerts}, may
 * be long at its work and holds up nobody.
 */
final class WebhookPause extends RoutePolicySupport implements RoutePolicyFactory {

    private static final int ALL = Integer.MAX_VALUE;
    /** Fair, so that nobody overtakes {@link #closed}; and no lock, because a webhook may leave on another thread. */
    private final Semaphore inside = new Semaphore(ALL, true);
    private final Duration patience;

    /** @param patience with a slow step of a team. After that, Camel lets it finish while newcomers wait for its {@code direct:} to be back */
    WebhookPause(Duration patience) {
        this.patience = patience;
    }

    /** What is done while nobody is inside. */
    interface Action {
        void run() throws Exception;
    }

    void closed(Action action) throws Exception {
        boolean empty = inside.tryAcquire(ALL, patience.toMillis(), TimeUnit.MILLISECONDS);
        try {
            action.run();
        } finally {
            if (empty) {
                inside.release(ALL);
            }
        }
    }

    @Override
    public RoutePolicy createRoutePolicy(CamelContext context, String routeId, NamedNode node) {
        RouteDefinition route = (RouteDefinition) node;
        return RouteGraph.file(route) == null && !route.getInput().getEndpointUri().startsWith("direct:") ? this : null;
    }

    @Override
    public void onExchangeBegin(Route route, Exchange exchange) {
        inside.acquireUninterruptibly();
    }

    @Override
    public void onExchangeDone(Route route, Exchange exchange) {
        inside.release();
    }
}
