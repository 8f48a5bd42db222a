package org.mailevents.live;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.apache.camel.CamelContext;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;
import org.mailevents.metrics.Meters;
import org.mailevents.metrics.Meters.Level;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.RouteWarning;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reports in the log and in the health check {@code live-edit} which saved files were activated, which were not because they are broken,
 * and what is probably a mistake in the activated files. The page shows the same mistakes. The health check stays up, because the previous
 * version keeps running, and a load balancer must not remove an instance because of a typing error.
 */
public final class PendingEdits extends AbstractHealthCheck {

    private static final Logger LOG = LoggerFactory.getLogger("live-edit");

    private final Map<String, List<BrokenFile>> broken = new ConcurrentHashMap<>();
    private volatile List<RouteWarning> warnings = List.of();
    private final Meters meters;

    /** Makes the pending edits of an application and shows them in its health check. */
    public static PendingEdits shownIn(CamelContext context, Meters meters) {
        PendingEdits edits = new PendingEdits(meters);
        HealthCheckRegistry health = HealthCheckRegistry.get(context);
        if (health != null) {
            health.register(edits);
        }
        return edits;
    }

    private PendingEdits(Meters meters) {
        super("mail-events", "live-edit");
        this.meters = meters;
        meters.watch(Level.EDITS_BROKEN, () -> all().size());
    }

    /**
     * Reports the result of an edit.
     *
     * @param kind        {@code routes} or {@code templates}
     * @param activated   the files that are activated now
     * @param stillBroken all files of this kind that are broken now
     */
    public void report(String kind, Collection<String> activated, List<BrokenFile> stillBroken) {
        List<BrokenFile> before = broken.getOrDefault(kind, List.of());
        Set<String> repaired = files(before);
        repaired.removeAll(files(stillBroken));
        if (!activated.isEmpty()) {
            LOG.info("Activated: {}", String.join(", ", activated));
        }
        if (!repaired.isEmpty()) {
            LOG.info("Valid again: {}", String.join(", ", repaired));
        }
        stillBroken.forEach(file -> LOG.warn("Not activated: {} The previous version keeps running.",
                BrokenFile.sentence(file.getMessage())));
        broken.put(kind, stillBroken);
        // a file that was refused before is logged again whenever another file is saved, but it is counted once
        Set<String> refused = stillBroken.stream().map(BrokenFile::getMessage).collect(Collectors.toSet());
        before.forEach(file -> refused.remove(file.getMessage()));
        meters.edited(activated.size(), refused.size());
    }

    /** Reports everything in the activated routes that is probably a mistake. What was reported before is not logged again. */
    public void warn(List<RouteWarning> all) {
        List<RouteWarning> before = warnings;
        warnings = List.copyOf(all);
        all.stream().filter(warning -> !before.contains(warning)).forEach(warning -> LOG.warn("Please check {}", warning));
    }

    /** One line for each saved file that is not activated, with its file, its line and its mistake. */
    public List<String> notActivated() {
        return all().stream().map(BrokenFile::getMessage).toList();
    }

    /** One line for each thing in the activated routes that is probably a mistake. */
    public List<String> pleaseCheck() {
        return warnings.stream().map(RouteWarning::toString).toList();
    }

    private List<BrokenFile> all() {
        return broken.values().stream().flatMap(List::stream).toList();
    }

    private static Set<String> files(List<BrokenFile> files) {
        return files.stream().map(BrokenFile::file).collect(Collectors.toCollection(TreeSet::new));
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        builder.up();
        List<BrokenFile> all = all();
        List<String> texts = new ArrayList<>();
        if (!all.isEmpty()) {
            texts.add("not activated: " + String.join(" | ", notActivated()));
            all.forEach(file -> builder.detail(file.file(), file.getMessage()));
        }
        if (!warnings.isEmpty()) {
            texts.add("please check: " + String.join(" | ", pleaseCheck()));
            warnings.forEach(warning -> builder.detail(warning.place(), warning.toString()));
        }
        if (!texts.isEmpty()) {
            builder.message("WARNING: " + String.join(" | ", texts));
        }
    }
}
