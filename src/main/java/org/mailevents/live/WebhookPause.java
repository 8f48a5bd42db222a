package org.mailevents.live;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.Route;
import org.apache.camel.spi.RoutePolicy;
import org.apache.camel.spi.RoutePolicyFactory;
import org.apache.camel.support.RoutePolicySupport;

/**
 * Delays new webhooks while routes are replaced, and before that lets the webhooks in progress finish. If a route were stopped while a
 * webhook runs through it, the webhook would fail. This route policy is only on the routes that bring webhooks into the YAML routes.
 * Any other route, such as one that counts events or sends mails, may run for minutes, and no webhook must wait for it.
 */
final class WebhookPause extends RoutePolicySupport implements RoutePolicyFactory {

    private static final Set<String> ROUTES = Set.of("receive-webhook", "replay-spool", "replay-log", "send-again");
    private static final int ALL = Integer.MAX_VALUE;
    /**
     * A fair semaphore, so that no webhook overtakes {@link #pauseDuring}. It is not a lock, because a webhook may end on another thread
     * than it began.
     */
    private final Semaphore inProgress = new Semaphore(ALL, true);
    private final Duration longestWait;

    /**
     * @param longestWait how long the webhooks in progress may take, for instance in a team's slow step. After that time the routes are
     *     replaced anyway: Camel lets the slow webhook finish, while new webhooks wait until its {@code direct:} endpoint exists again
     */
    WebhookPause(Duration longestWait) {
        this.longestWait = longestWait;
    }

    /** What is done while no webhook is in progress. */
    interface Action {
        void run() throws Exception;
    }

    void pauseDuring(Action action) throws Exception {
        boolean empty = inProgress.tryAcquire(ALL, longestWait.toMillis(), TimeUnit.MILLISECONDS);
        try {
            action.run();
        } finally {
            if (empty) {
                inProgress.release(ALL);
            }
        }
    }

    @Override
    public RoutePolicy createRoutePolicy(CamelContext context, String routeId, NamedNode node) {
        return ROUTES.contains(routeId) ? this : null;
    }

    @Override
    public void onExchangeBegin(Route route, Exchange exchange) {
        inProgress.acquireUninterruptibly();
    }

    @Override
    public void onExchangeDone(Route route, Exchange exchange) {
        inProgress.release();
    }
}
