package org.mailevents.live;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.time.Duration;
import java.util.ArrayList;
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
import org.apache.camel.ServiceStatus;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.main.DefaultRoutesCollector;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.apache.camel.spi.Resource;
import org.mailevents.http.ApiRequests;
import org.mailevents.log.FailureText;
import org.mailevents.rehearsal.MisspeltDecisions;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.RouteFiles;
import org.mailevents.route.RouteGraph;
import org.mailevents.route.RouteWarning;
import org.mailevents.settings.Settings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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

    private static final Logger LOG = LoggerFactory.getLogger("live-edit");

    /**
     * How long an edit waits for a mail in progress. A mail must take less ({@code AlertSteps}). Otherwise it is interrupted and sent
     * twice.
     */
    public static final Duration LONGEST_MAIL = Duration.ofSeconds(60);

    /** How long an edit waits for a request to the API that is still in progress after {@link ApiRequests} has waited for it. */
    private static final Duration LONGEST_ANSWER = Duration.ofSeconds(1);

    private final WebhookPause webhooks = new WebhookPause(Duration.ofSeconds(5));

    private ModelCamelContext context;
    private ApiRequests apiRequests;
    private EditReview reviews;
    private PendingEdits edits;
    private ActiveRoutes active;
    private FolderWatch watch;
    /** The text of each file as it runs, by its path. */
    private Map<String, String> live;
    /** The tests whose result depends on the answer of another system. */
    private List<BrokenFile> undecided;

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
        context.getRegistry().bind("liveRoutes", this);
        context.addRoutePolicyFactory(webhooks);
        RouteValidation validation = new RouteValidation(context, List.copyOf(context.getRouteDefinitions()));
        reviews = new EditReview(validation,
                file -> routes(Set.of(file)).stream().map(RouteDefinition::getRouteId).collect(Collectors.toSet()));
        edits = mandatoryFindSingleByType(context, PendingEdits.class);
        apiRequests = mandatoryFindSingleByType(context, ApiRequests.class);
        active = mandatoryFindSingleByType(context, ActiveRoutes.class);
        watch = FolderWatch.ofRoutes(new Settings(context).routes());
        live = watch.first();
        active.replaceBy(live);
        undecided = validation.validate(live).undecided();
        RouteFiles.load(context, live);
        watch.start(context, this::activate);
    }

    /** Reviews the saved files once more, because a test that failed may pass now. */
    void reviewAgain() {
        watch.reportAgain();
    }

    private void activate(Map<String, String> saved) {
        synchronized (active) { // as LiveCauses does
            review(saved);
        }
    }

    private void review(Map<String, String> saved) {
        EditReview.Decision decision = reviews.review(live, saved);
        Map<String, String> next = decision.valid();
        Set<String> changed = new TreeSet<>(next.keySet());
        changed.removeIf(file -> next.get(file).equals(live.get(file)));
        Set<String> removed = new TreeSet<>(live.keySet());
        removed.removeAll(next.keySet());
        Map<String, BrokenFile> broken = decision.broken();
        if (!changed.isEmpty() || !removed.isEmpty()) {
            try {
                replace(next, changed, removed);
                mandatoryFindSingleByType(context, LiveCauses.class).reviewAgain();
                undecided = decision.undecided() == null ? undecided : decision.undecided();
            } catch (Throwable e) { // an Error too: a class may be missing, or an initialisation may fail
                changed.forEach(file ->
                        broken.put(file, e instanceof BrokenFile mistake ? mistake : new BrokenFile(file, 0, FailureText.describe(e))));
                changed.clear();
            }
        }
        edits.report("routes", changed, List.copyOf(broken.values()));
        List<RouteWarning> warnings = new ArrayList<>(new MisspeltDecisions(new Settings(context), live).in(context.getRouteDefinitions()));
        warnings.addAll(undecided());
        edits.warn(warnings);
    }

    /** The active tests whose result depends on the answer of another system. */
    List<RouteWarning> undecided() {
        return RouteWarning.ofUndecided(undecided.stream().filter(test -> live.containsKey(test.file())).toList());
    }

    /**
     * Replaces the routes of the changed and removed files. If one of these files has a routeConfiguration, the routes of all files are
     * replaced, because each of them may use it.
     */
    private void replace(Map<String, String> next, Set<String> changed, Set<String> removed) throws Exception {
        Map<String, String> before = live;
        Set<String> files = new HashSet<>(changed);
        files.addAll(removed);
        files.removeIf(RouteFiles::isTest);
        if (files.isEmpty()) {
            live = next;
            return;
        }
        boolean all = Stream.of(before, next).flatMap(texts -> only(texts, files).values().stream()).anyMatch(LiveRoutes::hasConfiguration);
        if (all) {
            files.addAll(before.keySet());
            files.addAll(next.keySet());
        }
        List<RouteDefinition> running = routes(files).stream()
                .filter(route -> context.getRouteController().getRouteStatus(route.getRouteId()) == ServiceStatus.Started).toList();
        List<RouteDefinition> api = running.stream().filter(route -> uri(route).startsWith("platform-http:")).toList();
        List<RouteDefinition> others = running.stream().filter(route -> !uri(route).startsWith("direct:") && !api.contains(route)).toList();
        try {
            stop(others, LONGEST_MAIL);
            // The API comes last, because it must answer while a mail in progress holds up the edit.
            if (api.isEmpty()) {
                webhooks.pauseDuring(() -> swap(next, files, all));
            } else {
                apiRequests.pauseDuring(() -> {
                    stop(api, LONGEST_ANSWER);
                    webhooks.pauseDuring(() -> swap(next, files, all));
                });
            }
        } catch (Throwable e) {
            startAgain(running);
            throw e;
        }
    }

    private void stop(List<RouteDefinition> routes, Duration longest) throws Exception {
        for (RouteDefinition route : routes) {
            context.getRouteController().stopRoute(route.getRouteId(), longest.toSeconds(), TimeUnit.SECONDS);
        }
    }

    /** Starts the routes that were stopped for an edit that failed before its swap. After a swap, {@link #restore} has made new ones. */
    private void startAgain(List<RouteDefinition> stopped) {
        for (RouteDefinition route : stopped) {
            try {
                if (context.getRouteDefinitions().contains(route) && !context.isStopping()) {
                    context.getRouteController().startRoute(route.getRouteId());
                }
            } catch (Throwable e) {
                LOG.error("The route {} could not be started again: {}. Save a file in routes/ or restart the process.", route.getRouteId(),
                        FailureText.describe(e));
            }
        }
    }

    private void swap(Map<String, String> next, Set<String> files, boolean all) throws Exception {
        try {
            remove(files, all);
            RouteFiles.load(context, only(next, files));
            live = next;
            active.replaceBy(next);
        } catch (Throwable e) {
            restore(files, all);
            throw e;
        }
    }

    /** Runs the previous version again. If that fails too, the next edit loads all of these files, whether they have changed or not. */
    private void restore(Set<String> files, boolean all) {
        Map<String, String> before = live;
        live = new TreeMap<>(before);
        live.keySet().removeAll(files);
        try {
            remove(files, all);
            RouteFiles.load(context, only(before, files));
            live = before;
        } catch (Throwable e) {
            LOG.error("The previous version of {} could not be started again either: {}. Save a file in routes/ or restart the process."
                    + " Until then, webhooks go to the spool.", String.join(", ", files), FailureText.describe(e));
        }
    }

    private static String uri(RouteDefinition route) {
        return route.getInput().getEndpointUri();
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

    static boolean hasConfiguration(String text) {
        return text.contains("routeConfiguration:") || text.contains("route-configuration:");
    }
}
