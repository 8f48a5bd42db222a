package org.mailevents.route;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.LineNumberAware;
import org.apache.camel.model.DynamicRouterDefinition;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.EnrichDefinition;
import org.apache.camel.model.ExpressionNode;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RecipientListDefinition;
import org.apache.camel.model.RouteConfigurationDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RoutingSlipDefinition;
import org.apache.camel.model.ToDynamicDefinition;
import org.apache.camel.model.language.ExpressionDefinition;
import org.apache.camel.util.URISupport;
import org.mailevents.camel.YamlPlace;

/**
 * Checks that each {@code direct:} endpoint that a route sends to is the start of exactly one route. Camel itself notices a missing route
 * only when a message arrives, after it has waited for 30 seconds. {@link RouteFlow} checks where a webhook gets to.
 */
public final class RouteGraph {

    /** An endpoint in memory, unless a part of its name is computed. */
    private static final String ENDPOINT = "(direct|seda):(?://)?([\\w.-]+)(?![\\w.${-])";
    /** An endpoint in memory whose name is computed. */
    private static final String COMPUTED_NAME = "(?:direct|seda):[\\w./-]*(?:\\$|\\{\\{)";
    /** Any other endpoint may have such a text in its path or in its options, for instance {@code https://…/post?topic=direct:alerts}. */
    private static final Pattern URI = Pattern.compile("^\\s*" + ENDPOINT);
    private static final Pattern IN_LIST = Pattern.compile("(?<![=/])\\b" + ENDPOINT);
    private static final Pattern COMPUTED_URI = Pattern.compile("^\\s*(?:\\$|\\{\\{|" + COMPUTED_NAME + ")");
    private static final Pattern COMPUTED_IN_LIST = Pattern.compile("(?:^|,)\\s*(?:\\$|\\{\\{)|(?<![=/])\\b" + COMPUTED_NAME);
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
            for (String direct : endpoints(route.getInput().getEndpointUri()).filter(RouteGraph::isDirect).toList()) {
                RouteDefinition other = served.put(direct, route);
                if (other != null) {
                    throw broken(route, "two routes start from " + direct + ", the other one in " + name(other));
                }
            }
        }
        Set<String> named = configurations.stream().map(RouteConfigurationDefinition::getId).collect(Collectors.toSet());
        for (RouteDefinition route : routes) {
            for (ProcessorDefinition<?> step : steps(route)) {
                for (String target : targets(step)) {
                    if (isDirect(target) && !served.containsKey(target)) {
                        throw broken(step, "the route " + route.getRouteId() + " sends to " + target
                                + ", but no route in routes/ starts from " + target);
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
            throw new BrokenFile("the route send-alerts is missing in routes/, so nobody would be told of a bounce");
        }
    }

    /** The YAML file of a route or a step, or null if it is written in Java. */
    public static String file(LineNumberAware node) {
        return YamlPlace.file(node);
    }

    /** A mistake in a route or a step, with its file and line. */
    public static BrokenFile broken(LineNumberAware node, String reason) {
        return file(node) == null ? new BrokenFile(reason) : new BrokenFile(file(node), YamlPlace.line(node), reason);
    }

    /** All steps of a route, nested steps included. */
    public static Collection<ProcessorDefinition<?>> steps(RouteDefinition route) {
        List<ProcessorDefinition<?>> steps = new ArrayList<>();
        ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), ProcessorDefinition.class).forEach(steps::add);
        return steps;
    }

    /** The {@code direct:} and {@code seda:} endpoints that a step sends to, except those that are computed at run time. */
    static List<String> targets(ProcessorDefinition<?> step) {
        return target(step) == null ? List.of() : endpoints(isList(step) ? IN_LIST : URI, target(step)).toList();
    }

    /** Whether a step may send to an endpoint in memory that it computes at run time. */
    static boolean isComputed(ProcessorDefinition<?> step) {
        return target(step) == null ? isSending(step)
                : (isList(step) ? COMPUTED_IN_LIST : COMPUTED_URI).matcher(target(step)).find();
    }

    /** The text that names one or more endpoints to which a step sends, or null. */
    private static String target(ProcessorDefinition<?> step) {
        if (step instanceof EndpointRequiredDefinition to) {
            return to.getEndpointUri();
        }
        if (step instanceof ToDynamicDefinition to) {
            return to.getUri();
        }
        if (isSending(step)) {
            ExpressionDefinition expression = ((ExpressionNode) step).getExpression();
            return Set.of("constant", "simple").contains(expression.getLanguage()) ? expression.getExpression() : null;
        }
        return null;
    }

    /** Whether a step sends to the endpoints that its expression names. */
    private static boolean isSending(ProcessorDefinition<?> step) {
        return step instanceof EnrichDefinition || isList(step);
    }

    /** Whether the expression of a step may name several endpoints. */
    private static boolean isList(ProcessorDefinition<?> step) {
        return step instanceof RecipientListDefinition || step instanceof RoutingSlipDefinition || step instanceof DynamicRouterDefinition;
    }

    /** The {@code direct:} or {@code seda:} endpoint of a URI, without its options. Any other URI has none. */
    static Stream<String> endpoints(String uri) {
        return uri == null ? Stream.empty() : endpoints(URI, uri);
    }

    private static Stream<String> endpoints(Pattern pattern, String text) {
        return pattern.matcher(text).results().map(uri -> uri.group(1) + ":" + uri.group(2));
    }

    private static boolean isDirect(String endpoint) {
        return endpoint.startsWith("direct:");
    }

    private static String name(RouteDefinition route) {
        return file(route) == null ? "the Java code of " + route.getRouteId() : file(route) + ":" + YamlPlace.line(route);
    }

    /**
     * The scheme and the path without options, for instance {@code direct:store-events}. Of a web address only the scheme and the host
     * remain, because the path may be a secret, and {@code toD} moves it into a header.
     */
    public static String endpointName(String uri) {
        String name = URISupport.sanitizeUri(uri).split("\\?", 2)[0];
        return name.startsWith("http") ? name.replaceFirst("^(https?)[:/]+(?:[^/@]*@)?([^/]+).*", "$1://$2")
                : name.replaceFirst("^([\\w-]+)://", "$1:");
    }
}
