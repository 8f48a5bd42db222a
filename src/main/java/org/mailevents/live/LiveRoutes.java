package org.mailevents.live;

import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
 * The routes of the YAML files, loaded at start and again whenever a file is saved. A file is used only after a {@link Rehearsal};
 * until it passes, what was before it goes on. Camel's own reload removes what works before it has read what is new.
 */
public final class LiveRoutes extends DefaultRoutesCollector {

    /** How long an edit waits for a mail on its way. A mail takes less ({@code AlertSteps}), so that none is broken off and sent again. */
    public static final Duration MAIL = Duration.ofSeconds(60);

    private static final Pattern NOT_EDITABLE = Pattern.compile("(?m)^- (?!(?:route|from|routeConfiguration|route-configuration):)([\\w-]+):");

    private final WebhookPause turnstile = new WebhookPause(Duration.ofSeconds(5));

    private ModelCamelContext context;
    private Rehearsal rehearsal;
    private PendingEdits edits;
    /** The text of each file as it runs. */
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

    /** After the Java routes are there. */
    private void start(ModelCamelContext started) throws Exception {
        context = started;
        context.addRoutePolicyFactory(turnstile);
        CurrentDirect.use(context);
        rehearsal = new Rehearsal(context, List.copyOf(context.getRouteDefinitions()));
        edits = PendingEdits.of(context);
        FolderWatch watch = new FolderWatch(new Settings(context).routes(), "\\.camel\\.yaml");
        live = watch.first();
        rehearsal.check(live);
        Rehearsal.load(context, live);
        watch.start(context, this::take);
    }

    private void take(Map<String, String> saved) {
        Map<String, BrokenFile> broken = new TreeMap<>();
        Map<String, String> next = usable(saved, broken);
        Set<String> changed = new TreeSet<>(next.keySet());
        changed.removeIf(file -> next.get(file).equals(live.get(file)));
        Set<String> gone = new TreeSet<>(live.keySet());
        gone.removeAll(next.keySet());
        if (!changed.isEmpty()) {
            try {
                replace(next, changed, gone);
            } catch (Exception e) {
                changed.forEach(file -> broken.put(file, e instanceof BrokenFile fault ? fault : new BrokenFile(file, 0, FailureText.describe(e))));
                changed.clear();
            }
        }
        edits.report("routes", changed, List.copyOf(broken.values()));
    }

    /** As much of what was saved as can run together: a mistake in one file must not hold up the others. */
    private Map<String, String> usable(Map<String, String> saved, Map<String, BrokenFile> broken) {
        if (moved(saved)) {
            return saved;
        }
        Map<String, String> next = new TreeMap<>(live);
        live.keySet().stream().filter(file -> !saved.containsKey(file)).forEach(file ->
                broken.put(file, new BrokenFile(file, 0, "it is gone: the next start is without it, or refuses if others need it")));
        Map<String, String> open = new TreeMap<>(saved);
        open.entrySet().removeAll(live.entrySet());
        // files may need each other: all of them together, else without those at fault
        Map<String, String> together = new TreeMap<>(open);
        while (!together.isEmpty()) {
            BrokenFile fault = fault(next, together);
            if (fault == null) {
                next.putAll(together);
                together.clear();
            } else {
                together.remove(together.containsKey(fault.file()) ? fault.file() : together.keySet().iterator().next());
            }
        }
        // one may have been blamed for another's mistake
        open.entrySet().removeAll(next.entrySet());
        open.forEach((file, text) -> {
            BrokenFile fault = fault(next, Map.of(file, text));
            if (fault == null) {
                next.put(file, text);
            } else {
                broken.put(file, fault.file().equals(file) ? fault : new BrokenFile(file, 0, "with it, " + fault.getMessage()));
            }
        });
        return next;
    }

    /** A file that is gone is no mistake where its routes have moved into others. */
    private boolean moved(Map<String, String> saved) {
        Set<String> gone = new TreeSet<>(live.keySet());
        gone.removeAll(saved.keySet());
        if (gone.isEmpty() || gone.stream().anyMatch(file -> routes(Set.of(file)).isEmpty())) {
            return false;
        }
        try {
            Set<String> ids = rehearsal.check(saved);
            return routes(gone).stream().allMatch(route -> ids.contains(route.getRouteId()));
        } catch (BrokenFile e) {
            return false;
        }
    }

    private BrokenFile fault(Map<String, String> files, Map<String, String> edited) {
        Map<String, String> all = new TreeMap<>(files);
        all.putAll(edited);
        try {
            requireEditable(edited);
            rehearsal.check(all);
            return null;
        } catch (BrokenFile e) {
            return e;
        }
    }

    /** Refuses what would be taken over in part, and nobody would know. */
    private static void requireEditable(Map<String, String> files) throws BrokenFile {
        for (Map.Entry<String, String> file : files.entrySet()) {
            Matcher other = NOT_EDITABLE.matcher(file.getValue());
            if (other.find()) {
                throw new BrokenFile(file.getKey(), (int) file.getValue().substring(0, other.start()).lines().count() + 1,
                        other.group(1) + " takes effect at the next start; while it runs only a route and a routeConfiguration do");
            }
        }
    }

    /** Replaces the routes of the files that have changed, and of all files where a routeConfiguration has, because it may be theirs. */
    private void replace(Map<String, String> next, Set<String> changed, Set<String> gone) throws Exception {
        Map<String, String> before = live;
        Set<String> files = new HashSet<>(changed);
        files.addAll(gone);
        boolean all = Stream.of(before, next).flatMap(texts -> only(texts, files).values().stream()).anyMatch(LiveRoutes::configures);
        if (all) {
            files.addAll(before.keySet());
            files.addAll(next.keySet());
        }
        for (RouteDefinition route : routes(files)) {
            if (!route.getInput().getEndpointUri().startsWith("direct:")) {
                context.getRouteController().stopRoute(route.getRouteId(), MAIL.toSeconds(), TimeUnit.SECONDS);
            }
        }
        turnstile.closed(() -> {
            try {
                remove(files, all);
                Rehearsal.load(context, only(next, files));
                live = next;
            } catch (Exception e) {
                remove(files, all);
                Rehearsal.load(context, only(before, files));
                throw e;
            }
        });
    }

    private void remove(Set<String> files, boolean configurations) throws Exception {
        context.removeRouteDefinitions(routes(files));
        if (configurations) {
            context.getRouteConfigurationDefinitions().clear(); // Java has none
        }
    }

    private List<RouteDefinition> routes(Set<String> files) {
        return context.getRouteDefinitions().stream().filter(route -> RouteGraph.file(route) != null && files.contains(RouteGraph.file(route))).toList();
    }

    private static Map<String, String> only(Map<String, String> all, Set<String> files) {
        Map<String, String> some = new TreeMap<>(all);
        some.keySet().retainAll(files);
        return some;
    }

    private static boolean configures(String text) {
        return text.contains("routeConfiguration:") || text.contains("route-configuration:");
    }
}
