package org.mailevents.live;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.RoutesBuilder;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.main.DefaultRoutesCollector;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.Resource;
import org.mailevents.camel.CurrentDirect;
import org.mailevents.log.FailureText;
import org.mailevents.settings.Settings;

/**
 * Loads the routes of the YAML files at start, and again whenever a file is saved. A saved file is activated only after it has passed
 * {@link RouteValidation}. Until then the previous version keeps running.
 *
 * <p>This class replaces Camel's {@code DefaultRoutesCollector} and its route reload. Camel's {@code RouteWatcherReloadStrategy} removes
 * all routes before it reads the new file. In a measurement with 4.18.0, one typing error lost a third of the requests. CAMEL-24860
 * (apache/camel#26641, merged in September 2026) restores the previous routes after a failed reload, but requests still fail
 * between the removal and the restore. This class can go once Camel validates the new routes before it stops the old ones.
 */
public final class LiveRoutes extends DefaultRoutesCollector {

    /**
     * How long an edit waits for a mail in progress. A mail must take less ({@code AlertSteps}). Otherwise it is interrupted and sent
     * twice.
     */
    public static final Duration LONGEST_MAIL = Duration.ofSeconds(60);

    private final WebhookPause webhooks = new WebhookPause(Duration.ofSeconds(5));

    private ModelCamelContext context;
    private EditReview reviews;
    private PendingEdits edits;
    /** The text of each file as it runs, by its path. */
    private Map<String, String> live;

    @Override
    public Collection<RoutesBuilder> collectRoutesFromDirectory(CamelContext camelContext, String excludePattern, String includePattern) {
        return List.of(new RouteBuilder() {
            @Override
            public void configure() throws Exception {
                start((ModelCamelContext) getContext());
            }
        });
    }

    @Override
    public Collection<Resource> findRouteResourcesFromDirectory(CamelContext camelContext, String excludePattern, String includePattern) {
        return List.of();
    }

    /** Runs after the Java routes are added, because the YAML routes send to them. */
    private void start(ModelCamelContext started) throws Exception {
        context = started;
        context.addRoutePolicyFactory(webhooks);
        CurrentDirect.use(context);
        RouteValidation validation = new RouteValidation(context, List.copyOf(context.getRouteDefinitions()));
        reviews = new EditReview(validation,
                file -> routes(Set.of(file)).stream().map(RouteDefinition::getRouteId).collect(Collectors.toSet()));
        edits = mandatoryFindSingleByType(context, PendingEdits.class);
        FolderWatch watch = new FolderWatch(new Settings(context).routes(), "\\.camel\\.yaml");
        live = watch.first();
        validation.validate(live);
        RouteFiles.load(context, live);
        watch.start(context, this::activate);
    }

    private void activate(Map<String, String> saved) {
        EditReview.Decision decision = reviews.review(live, saved);
        Map<String, String> next = decision.valid();
        Set<String> changed = new TreeSet<>(next.keySet());
        changed.removeIf(file -> next.get(file).equals(live.get(file)));
        Set<String> removed = new TreeSet<>(live.keySet());
        removed.removeAll(next.keySet());
        Map<String, BrokenFile> broken = decision.broken();
        if (!changed.isEmpty()) {
            try {
                replace(next, changed, removed);
            } catch (Exception e) {
                changed.forEach(file ->
                        broken.put(file, e instanceof BrokenFile mistake ? mistake : new BrokenFile(file, 0, FailureText.describe(e))));
                changed.clear();
            }
        }
        edits.report("routes", changed, List.copyOf(broken.values()));
    }

    /**
     * Replaces the routes of the changed and removed files. If one of these files has a routeConfiguration, the routes of all files are
     * replaced, because each of them may use it.
     */
    private void replace(Map<String, String> next, Set<String> changed, Set<String> removed) throws Exception {
        Map<String, String> before = live;
        Set<String> files = new HashSet<>(changed);
        files.addAll(removed);
        boolean all = Stream.of(before, next).flatMap(texts -> only(texts, files).values().stream()).anyMatch(LiveRoutes::hasConfiguration);
        if (all) {
            files.addAll(before.keySet());
            files.addAll(next.keySet());
        }
        for (RouteDefinition route : routes(files)) {
            if (!route.getInput().getEndpointUri().startsWith("direct:")) {
                context.getRouteController().stopRoute(route.getRouteId(), LONGEST_MAIL.toSeconds(), TimeUnit.SECONDS);
            }
        }
        webhooks.pauseDuring(() -> {
            try {
                remove(files, all);
                RouteFiles.load(context, only(next, files));
                live = next;
            } catch (Exception e) {
                remove(files, all);
                RouteFiles.load(context, only(before, files));
                throw e;
            }
        });
    }

    private void remove(Set<String> files, boolean configurations) throws Exception {
        context.removeRouteDefinitions(routes(files));
        if (configurations) {
            context.getRouteConfigurationDefinitions().clear(); // the Java routes have none
        }
    }

    private List<RouteDefinition> routes(Set<String> files) {
        return context.getRouteDefinitions().stream()
                .filter(route -> RouteGraph.file(route) != null && files.contains(RouteGraph.file(route))).toList();
    }

    private static Map<String, String> only(Map<String, String> all, Set<String> files) {
        Map<String, String> some = new TreeMap<>(all);
        some.keySet().retainAll(files);
        return some;
    }

    private static boolean hasConfiguration(String text) {
        return text.contains("routeConfiguration:") || text.contains("route-configuration:");
    }
}
