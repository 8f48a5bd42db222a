package org.mailevents.route;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.model.DynamicRouterDefinition;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.EnrichDefinition;
import org.apache.camel.model.ExpressionNode;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RecipientListDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RoutingSlipDefinition;
import org.apache.camel.model.SetVariableDefinition;
import org.apache.camel.model.ToDynamicDefinition;

/**
 * The way of a webhook through the routes, made of the model of the routes as they run: from {@code receive-webhook} over the YAML routes
 * and their branches to {@code store-events}. The routes of the API are left out. A YAML route with its own trigger, for instance a timer,
 * is not on the way and stands beside it. All routes in Java between two YAML routes are left out too.
 */
public final class RouteMap {

    private static final String ENTRANCE = "receive-webhook";
    private static final String STORE = "store-events";
    private static final String API = "platform-http:/api/";
    private static final Pattern IN_MEMORY = Pattern.compile("(?:direct|seda):(?://)?([\\w.-]+)(?:\\?.*)?");
    /** An endpoint that may be any route. An endpoint with a scheme of its own, such as {@code https:}, is none. */
    private static final Pattern COMPUTED = Pattern.compile("\\$\\{.*|(?:direct|seda):.*\\$\\{.*");

    /**
     * Where steps send a webhook or an event.
     *
     * @param routes the ids of the routes of this map
     * @param others all other endpoints, without their options, which may hold secrets
     */
    public record Targets(Set<String> routes, Set<String> others) {

        private Targets() {
            this(new LinkedHashSet<>(), new LinkedHashSet<>());
        }
    }

    /**
     * A branch of a route.
     *
     * @param condition the condition as the file has it, or {@code otherwise}
     * @param line      the line of the branch, from 1
     * @param depth     0, or how many branches are around this one
     * @param kind      the constant that the branch sets as the kind, or null
     * @param audience  the constant that the branch sets as the audience, or null
     * @param isEmpty   whether the branch has no steps
     * @param targets   where its own steps send
     */
    public record BranchNode(String condition, int line, int depth, String kind, String audience, boolean isEmpty, Targets targets) {
    }

    /**
     * A route.
     *
     * @param file        its YAML file, or null for a route in Java
     * @param line        its line in the file, from 1, or 0 for a route in Java
     * @param from        the endpoint from which it takes messages, without its options
     * @param depth       how far it is from the entrance, which has 0; null if no webhook gets there
     * @param isUsed      whether it has its own trigger, or another route may send to it
     * @param targets     where its steps outside of all branches send
     * @param branches    its branches in the order of the file, each before the branches in it
     */
    public record RouteNode(String id, String file, int line, String description, String from, Integer depth, boolean isUsed,
            Targets targets, List<BranchNode> branches) {

        private Stream<String> next() {
            return Stream.concat(Stream.of(targets), branches.stream().map(BranchNode::targets)).flatMap(each -> each.routes().stream());
        }

        private RouteNode at(Integer distance, boolean used) {
            return new RouteNode(id, file, line, description, from, distance, used, targets, branches);
        }
    }

    private final Map<String, String> idsByEndpoint = new HashMap<>();
    private final Set<String> sentTo = new TreeSet<>();
    private boolean isAnyComputed;

    private RouteMap() {
    }

    /**
     * Makes a map.
     *
     * @param routes all routes, those in Java and those in YAML
     * @return the routes on the way of a webhook, in the order of the way, and then the other ones
     */
    public static List<RouteNode> of(List<RouteDefinition> routes) {
        return new RouteMap().map(routes);
    }

    private List<RouteNode> map(List<RouteDefinition> routes) {
        List<RouteDefinition> shown = routes.stream().filter(RouteMap::isShown).toList();
        shown.stream().filter(route -> inMemory(route.getInput().getEndpointUri()) != null)
                .forEach(route -> idsByEndpoint.put(inMemory(route.getInput().getEndpointUri()), route.getRouteId()));
        Targets ofJava = new Targets();
        for (RouteDefinition route : routes) {
            if (RouteGraph.file(route) == null) {
                RouteGraph.steps(route).forEach(step -> addTargets(step, ofJava));
            }
        }
        Map<String, RouteNode> nodes = new HashMap<>();
        shown.forEach(route -> nodes.put(route.getRouteId(), node(route, ofJava)));
        Map<String, Integer> depths = new HashMap<>();
        measure(nodes, ENTRANCE, 0, depths);
        depths.computeIfPresent(STORE, (id, depth) -> depths.values().stream().mapToInt(Integer::intValue).max().orElse(0));
        return nodes.values().stream()
                .map(node -> node.at(depths.get(node.id()), inMemory(node.from()) == null || isAnyComputed || sentTo.contains(node.id())))
                .sorted(Comparator.comparing(RouteNode::depth, Comparator.nullsLast(Comparator.naturalOrder()))
                        .thenComparing(RouteNode::id)).toList();
    }

    private static boolean isShown(RouteDefinition route) {
        return RouteGraph.file(route) == null ? route.getRouteId().equals(ENTRANCE) || route.getRouteId().equals(STORE)
                : !route.getInput().getEndpointUri().startsWith(API);
    }

    private RouteNode node(RouteDefinition route, Targets ofJava) {
        String file = RouteGraph.file(route);
        List<BranchNode> branches = new ArrayList<>();
        Targets targets = new Targets();
        walk(route.getOutputs(), 0, targets, branches);
        if (route.getRouteId().equals(ENTRANCE)) {
            // the routes in Java between this one and the YAML routes
            targets = new Targets(ofJava.routes().stream().filter(id -> !id.equals(STORE))
                    .collect(Collectors.toCollection(LinkedHashSet::new)), Set.of());
        }
        return new RouteNode(route.getRouteId(), file, file == null ? 0 : route.getInput().getLineNumber(), route.getDescriptionText(),
                RouteGraph.endpointName(route.getInput().getEndpointUri()), null, true, file == null && !route.getRouteId().equals(ENTRANCE)
                ? new Targets() : targets, file == null ? List.of() : branches);
    }

    private void walk(List<ProcessorDefinition<?>> steps, int depth, Targets targets, List<BranchNode> branches) {
        for (ProcessorDefinition<?> step : steps) {
            if (step.isAbstract()) {
                // Camel puts the handlers of errors among the steps. They are not on the way, but a route that they call is in use.
                walk(step.getOutputs(), 0, new Targets(), new ArrayList<>());
                continue;
            }
            addTargets(step, targets);
            List<Branch> own = Branch.of(step);
            for (Branch branch : own) {
                Targets ofBranch = new Targets();
                branches.add(new BranchNode(branch.condition(), branch.line(), depth, constant(branch, "kind"),
                        constant(branch, "audience"), branch.steps().isEmpty(), ofBranch));
                walk(branch.steps(), depth + 1, ofBranch, branches);
            }
            if (own.isEmpty()) {
                walk(step.getOutputs(), depth, targets, branches);
            }
        }
    }

    /** The constant that a branch sets as a variable, or null. */
    private static String constant(Branch branch, String variable) {
        return branch.steps().stream().filter(SetVariableDefinition.class::isInstance).map(SetVariableDefinition.class::cast)
                .filter(step -> step.getName().equals(variable) && step.getExpression().getLanguage().equals("constant"))
                .map(step -> step.getExpression().getExpression()).reduce((first, last) -> last).orElse(null);
    }

    private void addTargets(ProcessorDefinition<?> step, Targets targets) {
        for (String uri : uris(step)) {
            String endpoint = inMemory(uri);
            String id = endpoint == null ? null : idsByEndpoint.get(endpoint);
            isAnyComputed |= COMPUTED.matcher(uri).matches();
            if (id != null) {
                targets.routes().add(id);
                sentTo.add(id);
            } else if (!uri.startsWith("log:")) {
                targets.others().add(RouteGraph.endpointName(uri));
            }
        }
    }

    /** The endpoints to which a step sends, as its file names them. */
    private static List<String> uris(ProcessorDefinition<?> step) {
        if (step instanceof ToDynamicDefinition to) {
            return List.of(to.getUri());
        }
        if (step instanceof EndpointRequiredDefinition to) {
            return to.getEndpointUri() == null ? List.of() : List.of(to.getEndpointUri());
        }
        boolean sends = step instanceof EnrichDefinition || step instanceof RecipientListDefinition
                || step instanceof RoutingSlipDefinition || step instanceof DynamicRouterDefinition;
        return sends ? List.of(((ExpressionNode) step).getExpression().getExpression().split("\\s*,\\s*")) : List.of();
    }

    /** The endpoint without its options if it is in memory, or null. */
    private static String inMemory(String uri) {
        return IN_MEMORY.matcher(uri).matches() ? uri.split("\\?", 2)[0].replace("://", ":") : null;
    }

    /** The length of the longest way, so that every route stands behind those that send to it. A cycle adds nothing. */
    private static void measure(Map<String, RouteNode> nodes, String id, int depth, Map<String, Integer> depths) {
        if (nodes.containsKey(id) && depth < nodes.size() && depths.getOrDefault(id, -1) < depth) {
            depths.put(id, depth);
            nodes.get(id).next().forEach(next -> measure(nodes, next, depth + 1, depths));
        }
    }
}
