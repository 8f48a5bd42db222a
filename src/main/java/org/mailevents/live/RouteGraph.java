package org.mailevents.live;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.apache.camel.LineNumberAware;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.EnrichDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;

/**
 * Checks that each {@code direct:} endpoint that a route sends to is the start of exactly one route. Camel itself notices a missing route
 * only when a message arrives, after it has waited for 30 seconds.
 */
public final class RouteGraph {

    private static final Pattern DIRECT = Pattern.compile("direct:(?://)?([\\w.-]+)");
    private static final Pattern PLAIN_NAME = Pattern.compile("[\\w.-]+");

    private RouteGraph() {
    }

    /**
     * Checks the routes.
     *
     * @param routes         all routes, those in Java and those in YAML
     * @param configurations the configurations that {@code routeConfigurationId} may name
     * @throws BrokenFile for the first name that is missing or used twice
     */
    public static void check(List<RouteDefinition> routes, List<RouteConfigurationDefinition> configurations) throws BrokenFile {
        Map<String, RouteDefinition> ids = new HashMap<>();
        Map<String, RouteDefinition> served = new HashMap<>();
        for (RouteDefinition route : routes) {
            RouteDefinition twin = route.getRouteId() == null ? null : ids.put(route.getRouteId(), route);
            if (twin != null) {
                throw broken(route, "the route id " + route.getRouteId() + " is used twice, also in " + name(twin));
            }
            for (String direct : directs(route.getInput().getEndpointUri())) {
                RouteDefinition other = served.put(direct, route);
                if (other != null) {
                    throw broken(route, "two routes start from direct:" + direct + ", the other one in " + name(other));
                }
            }
        }
        Set<String> named = configurations.stream().map(RouteConfigurationDefinition::getId).collect(Collectors.toSet());
        for (RouteDefinition route : routes) {
            for (ProcessorDefinition<?> step : steps(route)) {
                for (String target : targets(step)) {
                    if (!served.containsKey(target)) {
                        throw broken(step, "the route " + route.getRouteId() + " sends to direct:" + target
                                + ", but no route in routes/ starts from direct:" + target);
                    }
                }
            }
            String configuration = route.getRouteConfigurationId();
            if (file(route) != null && configuration != null && PLAIN_NAME.matcher(configuration).matches()
                    && !named.contains(configuration)) {
                throw broken(route, "the route " + route.getRouteId() + " names the routeConfiguration " + configuration
                        + ", which does not exist");
            }
        }
        if (!ids.containsKey("send-alerts")) {
            throw new BrokenFile("routes", 0, "the route send-alerts is missing in routes/, so nobody would be told of a bounce");
        }
    }

    /** The YAML file of a route or a step, or null if it is written in Java. */
    static String file(LineNumberAware node) {
        String location = node instanceof RouteDefinition route ? route.getInput().getLocation() : node.getLocation();
        return location != null && location.startsWith("file:") && location.endsWith(".yaml") ? location.substring("file:".length()) : null;
    }

    /** A mistake in a route or a step, with its file and line. */
    static BrokenFile broken(LineNumberAware node, String reason) {
        int line = node instanceof RouteDefinition route ? route.getInput().getLineNumber() : node.getLineNumber();
        return file(node) == null ? new BrokenFile("routes", 0, reason) : new BrokenFile(file(node), line, reason);
    }

    /** All steps of a route, nested steps included. */
    static Collection<ProcessorDefinition<?>> steps(RouteDefinition route) {
        List<ProcessorDefinition<?>> steps = new ArrayList<>();
        ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), ProcessorDefinition.class).forEach(steps::add);
        return steps;
    }

    /** The names of the {@code direct:} endpoints that a step sends to, except those that are computed at run time. */
    private static List<String> targets(ProcessorDefinition<?> step) {
        if (step instanceof EnrichDefinition enrich) {
            return directs(enrich.getExpression().getExpression());
        }
        return step instanceof EndpointRequiredDefinition to ? directs(to.getEndpointUri()) : List.of();
    }

    private static List<String> directs(String uri) {
        return uri == null ? List.of() : DIRECT.matcher(uri).results().map(match -> match.group(1)).toList();
    }

    private static String name(RouteDefinition route) {
        return file(route) == null ? "the Java code of " + route.getRouteId() : file(route) + ":" + route.getInput().getLineNumber();
    }
}
