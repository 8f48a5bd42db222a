package org.mailevents.live;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.camel.CamelContext;
import org.mailevents.cause.CauseRules;
import org.mailevents.cause.CauseTable;
import org.mailevents.cause.DecidedCauses;
import org.mailevents.event.Causes;
import org.mailevents.event.EventReader;
import org.mailevents.rehearsal.Rehearsal;
import org.mailevents.rehearsal.RouteTests;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.RouteFiles;
import org.mailevents.settings.Settings;

/**
 * The table of causes and the rules that are active. A saved edit of {@code bounce-causes.json} or {@code bounce-rules.json} is activated
 * once both files are valid together and the tests of the routes pass with them. Until then, the previous version keeps deciding.
 */
public final class LiveCauses {

    private static final String TABLE = "bounce-causes.json";
    private static final String RULES = "bounce-rules.json";

    private final CamelContext context;
    private final Settings settings;
    private final PendingEdits edits;
    private final FolderWatch watch;
    private final List<Validation> others = new CopyOnWriteArrayList<>();
    private Map<String, String> activeFiles;
    private volatile CauseRules active;

    /** What else must be valid together with the rules. */
    public interface Validation {

        /** @throws BrokenFile the first mistake */
        void validate(CauseRules rules) throws BrokenFile;
    }

    private LiveCauses(CamelContext context) {
        this.context = context;
        this.settings = new Settings(context);
        this.edits = mandatoryFindSingleByType(context, PendingEdits.class);
        this.watch = FolderWatch.ofCauses(settings.routes());
    }

    /**
     * The causes of a context. The first call reads the files of its folder, and watches them once the context runs.
     *
     * @throws BrokenFile the first mistake
     */
    public static LiveCauses in(CamelContext context) throws Exception {
        LiveCauses bound = context.getRegistry().findSingleByType(LiveCauses.class);
        if (bound != null) {
            return bound;
        }
        LiveCauses causes = new LiveCauses(context);
        causes.activeFiles = withoutTests(causes.watch.first());
        causes.active = validated(causes.settings, causes.activeFiles);
        causes.watch.start(context, causes::activate);
        context.getRegistry().bind("liveCauses", causes);
        return causes;
    }

    /**
     * Reads the files of a folder, without watching them.
     *
     * @throws BrokenFile the first mistake
     */
    public static CauseRules read(Path routes) throws BrokenFile {
        return parsed(routes, saved(routes));
    }

    /**
     * Reads the files of a context's folder with the languages of the alerts, as a start does.
     *
     * @throws BrokenFile the first mistake
     */
    public static CauseRules validated(Settings settings) throws BrokenFile {
        return validated(settings, saved(settings.routes()));
    }

    private static Map<String, String> saved(Path routes) {
        return withoutTests(FolderWatch.ofCauses(routes).first());
    }

    private static Map<String, String> withoutTests(Map<String, String> files) {
        Map<String, String> causes = new TreeMap<>(files);
        causes.keySet().removeIf(RouteFiles::isTest);
        return causes;
    }

    private static CauseRules parsed(Path routes, Map<String, String> files) throws BrokenFile {
        FolderWatch.requireText(files);
        String file = routes.resolve(TABLE).toString();
        CauseTable table = CauseTable.parse(file, text(files, file));
        String rules = routes.resolve(RULES).toString();
        return CauseRules.parse(rules, text(files, rules), table);
    }

    /** The alerts need the texts in their languages. */
    private static CauseRules validated(Settings settings, Map<String, String> files) throws BrokenFile {
        CauseRules rules = parsed(settings.routes(), files);
        Set<String> languages = new TreeSet<>(settings.audiences("alert.language"));
        languages.add("alert.language");
        for (String setting : languages) {
            String language = settings.required(setting);
            Optional<String> lacking = rules.table().lacking(language);
            if (lacking.isPresent()) {
                throw new BrokenFile(settings.routes().resolve(TABLE).toString(), 0, lacking.get() + " has no text in the language "
                        + language + ". Set " + setting + " to a language of the file, or add the text");
            }
        }
        return rules;
    }

    private static String text(Map<String, String> files, String file) throws BrokenFile {
        String text = files.get(file);
        if (text == null) {
            throw new BrokenFile(file, 0, "the file is needed, but it does not exist");
        }
        return text;
    }

    /** From now on, saved rules become active only if they pass this validation too. */
    public void require(Validation validation) {
        others.add(validation);
    }

    /** The active rules with their table. Ask each time, because an edit replaces them. */
    public CauseRules rules() {
        return active;
    }

    /** Validates the saved files once more, because the routes, for which they wait, have changed. */
    void reviewAgain() {
        watch.reportAgain();
    }

    private void activate(Map<String, String> files) {
        ActiveRoutes routes = mandatoryFindSingleByType(context, ActiveRoutes.class);
        synchronized (routes) { // routes and causes that fit together only with their previous versions are not both activated
            Map<String, String> saved = withoutTests(files);
            List<String> changed = new ArrayList<>(saved.keySet());
            changed.removeIf(file -> saved.get(file).equals(activeFiles.get(file)));
            try {
                if (!saved.equals(activeFiles)) {
                    CauseRules next = validated(settings, saved);
                    requirePassed(next, routes.files(), files, String.join(", ", changed));
                    active = next;
                    activeFiles = saved;
                    reviewRoutesAgain();
                }
                edits.report("causes", changed, List.of());
            } catch (BrokenFile e) {
                edits.report("causes", List.of(), List.of(e));
            }
        }
    }

    /**
     * Otherwise the next start would be refused. The tests count as they are saved: with new rules, a team also saves new tests, and these
     * pass only with the new rules.
     */
    private void requirePassed(CauseRules rules, Map<String, String> routes, Map<String, String> saved, String changed)
            throws BrokenFile {
        Causes causes = new DecidedCauses(() -> rules);
        Map<String, String> files = new TreeMap<>(saved);
        files.keySet().removeIf(file -> !RouteFiles.isTest(file));
        files.putAll(routes);
        EventReader reader = new EventReader(settings.zone("webhook.time-zone"), causes);
        try (Rehearsal rehearsal = new Rehearsal(context, files, causes)) {
            rehearsal.requireEveryEventPasses();
            new RouteTests(context, reader).requirePassed(rehearsal, files);
            for (Validation other : others) {
                other.validate(rules);
            }
        } catch (BrokenFile e) {
            throw new BrokenFile(changed, 0, "with this file, " + e.getMessage());
        }
    }

    /** A saved test or route that failed with the previous rules may pass now. The Camel CLI replaces no route while it runs. */
    private void reviewRoutesAgain() {
        LiveRoutes routes = context.getRegistry().findSingleByType(LiveRoutes.class);
        if (routes != null) {
            routes.reviewAgain();
        }
    }
}
