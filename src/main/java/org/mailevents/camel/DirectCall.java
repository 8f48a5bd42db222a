package org.mailevents.camel;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.camel.Exchange;
import org.apache.camel.Route;
import org.apache.camel.spi.UnitOfWork;

/**
 * One call of a {@code direct:} endpoint that is in progress. It is a property of the exchange, so the copies that a split, an enrich or a
 * wire tap makes carry it too.
 *
 * @param within the call in which this call is made, or null
 * @param depth  how many calls are nested, this one included
 * @param route  the route that makes the call, or null if no route makes it
 * @param step   the file, without its folder, and line of the step that makes the call, or null if they are not known
 * @param loop   the routes that call each other without an end, once they are found; all calls within the same first call share it
 */
record DirectCall(DirectCall within, int depth, Route route, String step, AtomicReference<String> loop) {

    private static final String PROPERTY = DirectCall.class.getName();

    /** The call in progress of this exchange, or null. */
    static DirectCall of(Exchange exchange) {
        return exchange.getProperty(PROPERTY, DirectCall.class);
    }

    /** Makes a call the call in progress. Null stands for no call. */
    static void set(Exchange exchange, DirectCall call) {
        if (call == null) {
            exchange.removeProperty(PROPERTY);
        } else {
            exchange.setProperty(PROPERTY, call);
        }
    }

    /** The call that this exchange makes now. */
    static DirectCall begin(Exchange exchange) {
        DirectCall within = of(exchange);
        UnitOfWork work = exchange.getUnitOfWork();
        Route route = work == null ? null : work.getRoute();
        String step = exchange.getExchangeExtension().getHistoryNodeSource();
        return within == null ? new DirectCall(null, 1, route, step, new AtomicReference<>())
                : new DirectCall(within, within.depth + 1, route, step, within.loop);
    }

    /** The file and line of the step. Camel leaves out the folder, because it names the step for a log. */
    private String place() {
        String file = route == null || route.getSourceResource() == null ? "" : route.getSourceResource().getLocation();
        String name = file.substring(file.lastIndexOf('/') + 1);
        return file.startsWith("file:") && step.startsWith(name + ":")
                ? file.substring("file:".length(), file.length() - name.length()) + step : step;
    }

    /**
     * The routes that call each other without an end, or null if the calls are not that deep. Once a call was too deep, all further calls
     * within the same first call count as too deep. Otherwise a loop that contains a split would go to the full depth for each element.
     */
    String loopDeeperThan(int limit) {
        if (depth > limit) {
            loop.compareAndSet(null, lastRound());
        }
        return loop.get();
    }

    /** The route that makes the call, with the file and line of the step if they are known. */
    String caller() {
        return (route == null ? "an unknown route" : "the route " + route.getRouteId()) + (step == null ? "" : " (" + place() + ")");
    }

    /** The callers since the same step has called the last time. */
    private String lastRound() {
        List<String> callers = new ArrayList<>();
        DirectCall call = this;
        do {
            callers.add(0, call.caller());
            call = call.within;
        } while (call != null && !callers.contains(call.caller()));
        return String.join(", ", callers);
    }
}
