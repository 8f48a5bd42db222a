package org.mailevents.live;

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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says in the log and in the health check {@code live-edit} which saved files are not in use because they are broken. The check
 * stays up, because the application works with what it had before, and a load balancer must not take it out for a typing error.
 */
public final class PendingEdits extends AbstractHealthCheck {

    private static final Logger LOG = LoggerFactory.getLogger("live-edit");

    private final Map<String, List<BrokenFile>> broken = new ConcurrentHashMap<>();
    private final Meters meters;

    private PendingEdits(Meters meters) {
        super("mail-events", "live-edit");
        this.meters = meters;
        meters.watch(Level.EDITS_BROKEN, () -> all().size());
    }

    /** Those of this application. */
    public static PendingEdits of(CamelContext context) {
        PendingEdits edits = context.getRegistry().findSingleByType(PendingEdits.class);
        if (edits == null) {
            edits = new PendingEdits(Meters.of(context));
            context.getRegistry().bind("pendingEdits", edits);
            HealthCheckRegistry health = HealthCheckRegistry.get(context);
            if (health != null) {
                health.register(edits);
            }
        }
        return edits;
    }

    /**
     * @param what  routes or templates
     * @param taken the files in use since now
     * @param now   the files that are broken now
     */
    public void report(String what, Collection<String> taken, List<BrokenFile> now) {
        List<BrokenFile> before = broken.getOrDefault(what, List.of());
        Set<String> mended = files(before);
        mended.removeAll(files(now));
        if (!taken.isEmpty()) {
            LOG.info("In use now: {}", String.join(", ", taken));
        }
        if (!mended.isEmpty()) {
            LOG.info("No longer broken: {}", String.join(", ", mended));
        }
        now.forEach(file -> LOG.warn("Not in use, what was before it goes on: {}", file.getMessage()));
        broken.put(what, now);
        // those that were refused before are told again whenever another file is saved
        Set<String> refused = now.stream().map(BrokenFile::getMessage).collect(Collectors.toSet());
        before.forEach(file -> refused.remove(file.getMessage()));
        meters.edited(taken.size(), refused.size());
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
        if (!all.isEmpty()) {
            builder.message("WARNING: not in use: " + all.stream().map(BrokenFile::getMessage).collect(Collectors.joining(" | ")));
            all.forEach(file -> builder.detail(file.file(), file.getMessage()));
        }
    }
}
