package org.mailevents.route;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.camel.model.BeanDefinition;
import org.apache.camel.model.DynamicRouterDefinition;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.EnrichDefinition;
import org.apache.camel.model.ProcessDefinition;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.RecipientListDefinition;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.model.RoutingSlipDefinition;
import org.apache.camel.model.ToDynamicDefinition;
import org.apache.camel.model.WireTapDefinition;

/**
 * Checks that the route {@code send-alerts} mails the bounces, and that the route of each channel sends its messages. An edit that stops
 * such a route, or that marks a mail as sent before it was sent, would end the alerts. Nothing else would notice that, because nothing
 * fails without a mail.
 */
final class AlertFlow {

    private static final String ROUTE = "send-alerts";
    private static final String MARK = "direct:mark-alert";
    private static final String ENDPOINT = "an endpoint such as {{alert.endpoint}}";
    private static final List<String> MAILS = List.of("direct:claim-alerts", "direct:render-alert", ENDPOINT, MARK);
    private static final List<String> MESSAGES = List.of("direct:claim-channel", "direct:render-channel", ENDPOINT, MARK);

    /** The kinds of endpoints that bring a message to nobody, or not before the next step runs. */
    private static final Set<String> NO_MAIL = Set.of("seda", "log", "mock", "stub", "language", "dataformat", "freemarker");

    private final String name;
    private final List<String> order;
    private final Map<String, RouteDefinition> served;
    private final List<Stop> stops = new ArrayList<>();

    /** A step that sends the alert to one of the endpoints of {@link #order}. */
    private record Stop(String name, ProcessorDefinition<?> step) {
    }

    private AlertFlow(String name, Map<String, RouteDefinition> served) {
        this.name = name;
        this.order = name.equals(ROUTE) ? MAILS : MESSAGES;
        this.served = served;
    }

    /**
     * Checks the route {@code send-alerts}, which exists ({@link RouteGraph}), and the routes of the channels.
     *
     * @param routes all routes, those in Java and those in YAML
     * @param served the routes by the endpoint in memory from which they start
     * @throws BrokenFile for the first mistake
     */
    static void check(Collection<RouteDefinition> routes, Map<String, RouteDefinition> served) throws BrokenFile {
        for (RouteDefinition route : routes) {
            if (RouteGraph.file(route) != null && (ROUTE.equals(route.getRouteId()) || isOfChannel(route))) {
                requireStarted(route);
                requireName(route);
                AlertFlow flow = new AlertFlow(route.getRouteId(), served);
                flow.follow(route, new HashSet<>());
                flow.requireOrder(route);
            }
        }
    }

    private static boolean isOfChannel(RouteDefinition route) {
        Path folder = Path.of(RouteGraph.file(route)).getParent();
        return folder != null && folder.endsWith(RouteFiles.CHANNELS);
    }

    /** With a setting as the value of such an option, a team may choose the instance that mails. */
    private static void requireStarted(RouteDefinition route) throws BrokenFile {
        String off = "false".equalsIgnoreCase(route.getAutoStartup()) ? "autoStartup: false"
                : route.getInput().getEndpointUri().contains("startScheduler=false") ? "startScheduler: false" : null;
        if (off != null) {
            throw RouteGraph.broken(route, "the route " + route.getRouteId() + " would not start, so nobody would be told of a bounce."
                    + " Delete " + off);
        }
        if (RouteGraph.endpoints(route.getInput().getEndpointUri()).findAny().isPresent()) {
            throw RouteGraph.broken(route, "the route " + route.getRouteId() + " must start by itself, so that every bounce is told. Let it"
                    + " start from scheduler:" + route.getRouteId());
        }
    }

    /** The name of a channel is the name of the file and the id of the route. A route of another name would find nothing to send. */
    private static void requireName(RouteDefinition route) throws BrokenFile {
        String name = Path.of(RouteGraph.file(route)).getFileName().toString().replaceFirst("\\.camel\\.yaml$", "");
        if (isOfChannel(route) && !name.equals(route.getRouteId())) {
            throw RouteGraph.broken(route, "the route of the channel " + name + " must have the id " + name + ", not "
                    + route.getRouteId());
        }
    }

    /** Notes the stops of a route in their order, and those of the routes in YAML that it calls. */
    private void follow(RouteDefinition route, Set<RouteDefinition> followed) {
        if (!followed.add(route)) {
            return;
        }
        for (ProcessorDefinition<?> step : RouteGraph.steps(route)) {
            if (isDisabled(step) || step instanceof WireTapDefinition) {
                continue; // a wire tap does not wait, so a mail behind it would be marked as sent before it was sent
            }
            for (String target : RouteGraph.targets(step)) {
                RouteDefinition called = served.get(target);
                if (order.contains(target)) {
                    stops.add(new Stop(target, step));
                } else if (called != null && target.startsWith("direct:")) {
                    callOf(step, called, followed);
                }
            }
            if (sends(step)) {
                stops.add(new Stop(ENDPOINT, step));
            }
        }
    }

    /** What a route in Java does with the alert is its own matter. */
    private void callOf(ProcessorDefinition<?> step, RouteDefinition called, Set<RouteDefinition> followed) {
        if (RouteGraph.file(called) == null) {
            stops.add(new Stop(ENDPOINT, step));
        } else {
            follow(called, followed);
        }
    }

    private static boolean isDisabled(ProcessorDefinition<?> step) {
        for (ProcessorDefinition<?> one = step; one != null; one = one.getParent()) {
            if ("true".equalsIgnoreCase(one.getDisabled())) {
                return true;
            }
        }
        return false;
    }

    /** Whether the step may send the mail. A bean or an endpoint that is computed is taken to do so. */
    private static boolean sends(ProcessorDefinition<?> step) {
        String uri = step instanceof EndpointRequiredDefinition to ? to.getEndpointUri()
                : step instanceof ToDynamicDefinition to ? to.getUri() : null;
        if (uri != null) {
            String scheme = uri.split(":", 2)[0];
            return !scheme.equals("direct") && !NO_MAIL.contains(scheme);
        }
        return RouteGraph.targets(step).isEmpty() && (step instanceof RecipientListDefinition || step instanceof RoutingSlipDefinition
                || step instanceof DynamicRouterDefinition || step instanceof EnrichDefinition)
                || step instanceof BeanDefinition || step instanceof ProcessDefinition;
    }

    private void requireOrder(RouteDefinition route) throws BrokenFile {
        int at = 0;
        for (String wanted : order) {
            while (at < stops.size() && !stops.get(at).name().equals(wanted)) {
                if (wanted.equals(ENDPOINT) && stops.get(at).name().equals(MARK)) {
                    throw RouteGraph.broken(stops.get(at).step(), "the route " + name + " marks a mail as sent before it was sent, so a"
                            + " mail that fails would never be sent again. Put the step " + MARK + " behind the step that sends the mail");
                }
                at++;
            }
            if (at++ >= stops.size()) {
                throw RouteGraph.broken(route, "the route " + name + " must send to " + order.get(0) + ", then to " + order.get(1)
                        + ", then to " + ENDPOINT + ", and then to " + MARK + "; otherwise bounces are not "
                        + (name.equals(ROUTE) ? "mailed" : "told") + ". What is missing there: " + wanted);
            }
        }
    }
}
