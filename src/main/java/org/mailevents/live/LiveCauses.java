package org.mailevents.live;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.apache.camel.CamelContext;
import org.mailevents.cause.CauseRules;
import org.mailevents.cause.CauseTable;
import org.mailevents.route.BrokenFile;
import org.mailevents.settings.Settings;

/**
 * The table of causes and the rules that are active. A saved edit of {@code bounce-causes.json} or {@code bounce-rules.json} is activated
 * once both files are valid together. Until then, the previous version keeps deciding.
 */
public final class LiveCauses {

    private static final String TABLE = "bounce-causes.json";
    private static final String RULES = "bounce-rules.json";

    private final Settings settings;
    private final PendingEdits edits;
    private Map<String, String> activeFiles;
    private volatile CauseRules active;

    private LiveCauses(Settings settings, PendingEdits edits) {
        this.settings = settings;
        this.edits = edits;
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
        LiveCauses causes = new LiveCauses(new Settings(context), mandatoryFindSingleByType(context, PendingEdits.class));
        FolderWatch watch = watch(causes.settings.routes());
        causes.activeFiles = watch.first();
        causes.active = validated(causes.settings, watch.first());
        watch.start(context, causes::activate);
        context.getRegistry().bind("liveCauses", causes);
        return causes;
    }

    /**
     * Reads the files of a context's folder, without watching them.
     *
     * @throws BrokenFile the first mistake
     */
    public static CauseRules read(Settings settings) throws BrokenFile {
        return parsed(settings, watch(settings.routes()).first());
    }

    /**
     * Reads the files of a context's folder with the languages of the alerts, as a start does.
     *
     * @throws BrokenFile the first mistake
     */
    public static CauseRules validated(Settings settings) throws BrokenFile {
        return validated(settings, watch(settings.routes()).first());
    }

    private static FolderWatch watch(Path routes) {
        return new FolderWatch(routes, "(?<=^bounce-(causes|rules))\\.json");
    }

    private static CauseRules parsed(Settings settings, Map<String, String> files) throws BrokenFile {
        FolderWatch.requireText(files);
        String file = path(settings, TABLE);
        CauseTable table = CauseTable.parse(file, text(files, file));
        String rules = path(settings, RULES);
        return CauseRules.parse(rules, text(files, rules), table);
    }

    /** The alerts need the texts in their languages. */
    private static CauseRules validated(Settings settings, Map<String, String> files) throws BrokenFile {
        CauseRules rules = parsed(settings, files);
        Set<String> languages = new TreeSet<>(settings.audiences("alert.language"));
        languages.add("alert.language");
        for (String setting : languages) {
            String language = settings.required(setting);
            Optional<String> lacking = rules.table().lacking(language);
            if (lacking.isPresent()) {
                throw new BrokenFile(path(settings, TABLE), 0, lacking.get() + " has no text in the language " + language + ". Set "
                        + setting + " to a language of the file, or add the text");
            }
        }
        return rules;
    }

    private static String path(Settings settings, String file) {
        return settings.routes().resolve(file).toString();
    }

    private static String text(Map<String, String> files, String file) throws BrokenFile {
        String text = files.get(file);
        if (text == null) {
            throw new BrokenFile(file, 0, "the file is needed, but it does not exist");
        }
        return text;
    }

    /** The active rules with their table. Ask each time, because an edit replaces them. */
    public CauseRules rules() {
        return active;
    }

    private void activate(Map<String, String> saved) {
        try {
            active = validated(settings, saved);
            List<String> changed = new ArrayList<>(saved.keySet());
            changed.removeIf(file -> saved.get(file).equals(activeFiles.get(file)));
            activeFiles = saved;
            edits.report("causes", changed, List.of());
        } catch (BrokenFile e) {
            edits.report("causes", List.of(), List.of(e));
        }
    }
}
