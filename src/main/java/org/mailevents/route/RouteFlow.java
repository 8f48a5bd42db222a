package org.mailevents.route;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.SplitDefinition;
import org.apache.camel.model.WireTapDefinition;

/**
 * Checks where a webhook gets to. It must reach {@code direct:store-events} with the decisions of all its events, and it must not come back
 * to a route that it has been through. {@link AlertFlow} checks the way of an alert.
 */
public final class RouteFlow {

    /** The routes that take a webhook to {@code direct:store-events}, by the endpoint from which they start. */
    private static final Set<String> LEADING_TO_STORE = Set.of("direct:route-webhook", "direct:route-deliveries", "direct:route-bounces");
    private static final Set<String> DECIDING = Set.of("direct:route-deliveries", "direct:route-bounces");
    private static final String COLLECT = "collectEvents";

    private final Collection<RouteDefinition> routes;
    private final Map<String, RouteDefinition> served = new HashMap<>();

    private RouteFlow(Collection<RouteDefinition> routes) {
        this.routes = routes;
        routes.forEach(route -> starts(route).forEach(start -> served.put(start, route)));
    }

    /**
     * Checks the routes, which have passed {@link RouteGraph}.
     *
     * @param routes all routes, those in Java and those in YAML
     * @throws BrokenFile for the first mistake
     */
    public static void check(Collection<RouteDefinition> routes) throws BrokenFile {
        new RouteFlow(routes).check();
    }

    private void check() throws BrokenFile {
        for (RouteDefinition route : routes) {
            if (starts(route).stream().anyMatch(DECIDING::contains)) {
                requireCollected(route);
            }
            if (starts(route).stream().anyMatch(LEADING_TO_STORE::contains)) {
                requireStored(route);
            }
            if (RouteGraph.file(route) != null) {
                requireNoWayBack(route);
            }
        }
        AlertFlow.check(routes, served);
    }

    /**
     * One split must collect the decisions. Other splits of the events may do something else, for instance tell another system. A team may
     * name a step of its own in {@code onPrepare}. Whether that step does what is needed shows only when it runs.
     */
    private static void requireCollected(RouteDefinition route) throws BrokenFile {
        List<SplitDefinition> splits = RouteGraph.steps(route).stream().filter(SplitDefinition.class::isInstance)
                .map(SplitDefinition.class::cast)
                .filter(split -> String.valueOf(split.getExpression().getExpression()).contains("body.events")).toList();
        if (!splits.isEmpty() && splits.stream().noneMatch(RouteFlow::collects)) {
            throw RouteGraph.broken(splits.get(0), "the split of " + route.getRouteId() + " needs onPrepare: " + COLLECT
                    + " and aggregationStrategy: " + COLLECT + "; otherwise the kind and the audience of each event are lost");
        }
    }

    private static boolean collects(SplitDefinition split) {
        return split.getOnPrepare() != null && isCollect(split.getAggregationStrategy());
    }

    private static boolean isCollect(String bean) {
        return bean != null && bean.replaceFirst("^#(?:bean:)?", "").equals(COLLECT);
    }

    private void requireStored(RouteDefinition route) throws BrokenFile {
        Map<RouteDefinition, RouteDefinition> reached = reached(route, false);
        boolean stored = reached.keySet().stream().anyMatch(other -> starts(other).contains("direct:store-events"));
        boolean unknown = reached.keySet().stream().flatMap(other -> RouteGraph.steps(other).stream()).anyMatch(RouteGraph::isComputed);
        if (!stored && !unknown) {
            throw RouteGraph.broken(route, "the route " + route.getRouteId()
                    + " never sends to direct:store-events, so its events would not be stored");
        }
    }

    private void requireNoWayBack(RouteDefinition route) throws BrokenFile {
        for (ProcessorDefinition<?> step : RouteGraph.steps(route)) {
            for (String target : RouteGraph.targets(step)) {
                RouteDefinition next = served.get(target);
                Map<RouteDefinition, RouteDefinition> reached = next == null ? Map.of() : reached(next, true);
                if (reached.containsKey(route)) {
                    throw RouteGraph.broken(step, "the routes would send to each other without an end: " + loop(route, reached)
                            + ". The step that sends to " + target + " closes the loop");
                }
            }
        }
    }

    /** The ids of the routes of a loop, from the route back to itself. */
    private static String loop(RouteDefinition route, Map<RouteDefinition, RouteDefinition> reached) {
        Deque<String> ids = new ArrayDeque<>(List.of(route.getRouteId()));
        for (RouteDefinition before = reached.get(route); before != null; before = reached.get(before)) {
            ids.addFirst(before.getRouteId());
        }
        ids.addFirst(route.getRouteId());
        return String.join(" → ", ids);
    }

    /**
     * The routes that a message reaches from a route, each with the route before it. The first route itself has null.
     *
     * @param tapped whether the copies of a wire tap count, which bring no answer back
     */
    private Map<RouteDefinition, RouteDefinition> reached(RouteDefinition first, boolean tapped) {
        Map<RouteDefinition, RouteDefinition> reached = new LinkedHashMap<>();
        reached.put(first, null);
        Deque<RouteDefinition> waiting = new ArrayDeque<>(List.of(first));
        while (!waiting.isEmpty()) {
            RouteDefinition route = waiting.remove();
            for (ProcessorDefinition<?> step : RouteGraph.steps(route)) {
                for (String target : tapped || !(step instanceof WireTapDefinition) ? RouteGraph.targets(step) : List.<String>of()) {
                    RouteDefinition next = served.get(target);
                    if (next != null && !reached.containsKey(next)) {
                        reached.put(next, route);
                        waiting.add(next);
                    }
                }
            }
        }
        return reached;
    }

    /** The endpoints in memory from which a route starts: one, or none. */
    private static Set<String> starts(RouteDefinition route) {
        return RouteGraph.endpoints(route.getInput().getEndpointUri()).collect(Collectors.toSet());
    }
}
