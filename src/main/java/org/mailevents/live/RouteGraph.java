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

/** How the routes hang together. Camel itself finds only at run time that one leads nowhere, after waiting for half a minute. */
public final class RouteGraph {

    private static final Pattern DIRECT = Pattern.compile("direct:(?://)?([\\w.-]+)");
    private static final Pattern PLAIN_NAME = Pattern.compile("[\\w.-]+");

    private RouteGraph() {
    }

    /**
     * @param routes         all of them, of Java and YAML
     * @param configurations what {@code routeConfigurationId} may name
     * @throws BrokenFile that names what is missing or there twice
     */
    public static void check(List<RouteDefinition> routes, List<RouteConfigurationDefinition> configurations) throws BrokenFile {
        Map<String, RouteDefinition> ids = new HashMap<>();
        Map<String, RouteDefinition> served = new HashMap<>();
        for (RouteDefinition route : routes) {
            RouteDefinition twin = route.getRouteId() == null ? null : ids.put(route.getRouteId(), route);
            if (twin != null) {
                throw broken(route, "The route id " + route.getRouteId() + " is there twice: " + name(twin) + " has it too");
            }
            for (String direct : directs(route.getInput().getEndpointUri())) {
                RouteDefinition other = served.put(direct, route);
                if (other != null) {
                    throw broken(route, "Two routes are from direct:" + direct + ": " + name(other) + " is too");
                }
            }
        }
        Set<String> named = configurations.stream().map(RouteConfigurationDefinition::getId).collect(Collectors.toSet());
        for (RouteDefinition route : routes) {
            for (ProcessorDefinition<?> step : steps(route)) {
                for (String target : targets(step)) {
                    if (!served.containsKey(target)) {
                        throw broken(step, "The route " + route.getRouteId() + " sends to direct:" + target + ", and no route in routes/ is from there");
                    }
                }
            }
            String configuration = route.getRouteConfigurationId();
            if (file(route) != null && configuration != null && PLAIN_NAME.matcher(configuration).matches() && !named.contains(configuration)) {
                throw broken(route, "The route " + route.getRouteId() + " names the routeConfiguration " + configuration + ", and there is none");
            }
        }
        if (!ids.containsKey("send-alerts")) {
            throw new BrokenFile("routes", 0, "There is no route send-alerts in routes/: nobody would be told of a bounce");
        }
    }

    /** The file in which a route or a step is written, or null where that is Java. */
    static String file(LineNumberAware node) {
        String location = node instanceof RouteDefinition route ? route.getInput().getLocation() : node.getLocation();
        return location != null && location.startsWith("file:") && location.endsWith(".yaml") ? location.substring("file:".length()) : null;
    }

    static BrokenFile broken(LineNumberAware node, String reason) {
        int line = node instanceof RouteDefinition route ? route.getInput().getLineNumber() : node.getLineNumber();
        return file(node) == null ? new BrokenFile("routes", 0, reason) : new BrokenFile(file(node), line, reason);
    }

    static Collection<ProcessorDefinition<?>> steps(RouteDefinition route) {
        List<ProcessorDefinition<?>> steps = new ArrayList<>();
        ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), ProcessorDefinition.class).forEach(steps::add);
        return steps;
    }

    /** The names of the {@code direct:} endpoints that a step sends to; those computed at run time are not among them. */
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
        return file(route) == null ? "the Java route " + route.getRouteId() : file(route) + ":" + route.getInput().getLineNumber();
    }
}
