package org.mailevents.operate;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.StartupListener;
import org.apache.camel.model.EndpointRequiredDefinition;
import org.apache.camel.model.EnrichDefinition;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ProcessorDefinitionHelper;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.util.URISupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Refuses to start with routes that lead nowhere, and says in a few lines what has started. */
public final class StartUp implements StartupListener {

    private static final Logger LOG = LoggerFactory.getLogger("mail-events");
    private static final Pattern DIRECT = Pattern.compile("direct:(?://)?([\\w.-]+)");

    /** @throws IllegalStateException that names what is missing: else the first webhook would, after waiting for half a minute */
    @Override
    public void onCamelContextStarting(CamelContext context, boolean alreadyStarted) {
        List<RouteDefinition> routes = ((ModelCamelContext) context).getRouteDefinitions();
        Set<String> served = new TreeSet<>();
        routes.forEach(route -> served.addAll(directs(route.getInput().getEndpointUri())));
        for (RouteDefinition route : routes) {
            for (String target : targets(route)) {
                if (!served.contains(target)) {
                    throw new IllegalStateException("The route " + route.getRouteId() + " sends to direct:" + target
                            + ", and no route in routes/ is from there");
                }
            }
        }
        if (routes.stream().noneMatch(route -> "send-alerts".equals(route.getRouteId()))) {
            throw new IllegalStateException("There is no route send-alerts in routes/: nobody would be told of a bounce");
        }
        Settings settings = new Settings(context);
        settings.unknown().forEach(key -> LOG.warn("{} is no setting of Mail Events: is it misspelt?", key));
    }

    @Override
    public void onCamelContextStarted(CamelContext context, boolean alreadyStarted) {
        // all is said when it has fully started
    }

    @Override
    public void onCamelContextFullyStarted(CamelContext context, boolean alreadyStarted) {
        Settings settings = new Settings(context);
        boolean secret = !settings.list("webhook.api-key").isEmpty() || !settings.list("webhook.basic").isEmpty();
        LOG.info("Mail Events takes webhooks. In the console of Customers Mail Cloud enter the public address of");
        LOG.info("  {}://{}:{}{}", Https.enabled(context) ? "https" : "http", settings.text("camel.server.host"),
                settings.text("camel.server.port"), settings.text("webhook.path"));
        LOG.info("  secret: {}", secret ? "needed" : "none, so only this machine can reach it (webhook.api-key, webhook.basic)");
        LOG.info("  events go to {}", withoutOptions(settings.text("database.url")));
        LOG.info("  alerts go to {} in {}", withoutOptions(settings.text("alert.endpoint")), settings.text("alert.language"));
    }

    /** The names of the {@code direct:} endpoints that a route sends to; those computed at run time are not among them. */
    private static List<String> targets(RouteDefinition route) {
        List<String> targets = new ArrayList<>();
        for (ProcessorDefinition<?> step : ProcessorDefinitionHelper.filterTypeInOutputs(route.getOutputs(), ProcessorDefinition.class)) {
            if (step instanceof EnrichDefinition enrich) {
                targets.addAll(directs(enrich.getExpression().getExpression()));
            } else if (step instanceof EndpointRequiredDefinition to) {
                targets.addAll(directs(to.getEndpointUri()));
            }
        }
        return targets;
    }

    private static List<String> directs(String uri) {
        return uri == null ? List.of() : DIRECT.matcher(uri).results().map(match -> match.group(1)).toList();
    }

    /** Passwords stand among the options, and user names before an at sign. */
    private static String withoutOptions(String uri) {
        return URISupport.sanitizeUri(uri).split("[?;]", 2)[0].replaceAll("//[^/@]*@", "//");
    }
}
