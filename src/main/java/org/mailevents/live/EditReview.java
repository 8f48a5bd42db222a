package org.mailevents.live;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.mailevents.log.FailureText;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.RouteFiles;

/** Decides which of the saved route files can be activated together, because a mistake in one file must not delay the others. */
final class EditReview {

    /**
     * The result of a review.
     *
     * @param valid  the text of each file that can run now, by its path; for a broken file the text that runs already
     * @param broken the files that cannot be activated, each with its mistake
     * @param undecided the tests of the valid files whose result depends on the answer of another system; null if no file was validated
     */
    record Decision(Map<String, String> valid, Map<String, BrokenFile> broken, List<BrokenFile> undecided) {
    }

    /** The first mistake in some files, or null; without one, their undecided tests. */
    private record Verdict(BrokenFile mistake, List<BrokenFile> undecided) {
    }

    private static final Pattern NOT_EDITABLE =
            Pattern.compile("(?m)^- (?!(?:route|from|routeConfiguration|route-configuration):)([\\w-]+):");

    private final RouteValidation validation;
    private final Function<String, Set<String>> routeIds;

    /** @param routeIds gives the ids of the routes that run now from a file */
    EditReview(RouteValidation validation, Function<String, Set<String>> routeIds) {
        this.validation = validation;
        this.routeIds = routeIds;
    }

    /**
     * Reviews an edit.
     *
     * @param live  the text of each file as it runs, by its path
     * @param saved the text of each file as it is saved
     */
    Decision review(Map<String, String> live, Map<String, String> saved) {
        List<BrokenFile> undecided = undecidedIfMoved(live, saved);
        if (undecided != null) {
            return new Decision(saved, new TreeMap<>(), undecided);
        }
        Map<String, BrokenFile> broken = new TreeMap<>();
        deleted(live, saved).forEach(file -> broken.put(file, new BrokenFile(file, 0,
                "the file was deleted; the next start runs without it, or fails if another file needs it")));
        Map<String, String> valid = new TreeMap<>(live);
        // a test may be deleted at any time, also together with the route that it tests
        valid.keySet().removeIf(file -> RouteFiles.isTest(file) && !saved.containsKey(file));
        Map<String, String> edited = new TreeMap<>(saved);
        edited.entrySet().removeAll(live.entrySet());
        // files may need each other, so all edited files are tried together, and then without the files at fault
        Map<String, String> together = new TreeMap<>(edited);
        while (!together.isEmpty()) {
            Verdict verdict = verdict(valid, together);
            if (verdict.mistake() == null) {
                valid.putAll(together);
                together.clear();
                undecided = verdict.undecided();
            } else {
                together.remove(atFault(valid, together, verdict.mistake()));
            }
        }
        // a file may have been blamed for the mistake of another one, so each remaining file is tried alone
        edited.entrySet().removeAll(valid.entrySet());
        for (String file : edited.keySet()) {
            Verdict verdict = verdict(valid, Map.of(file, edited.get(file)));
            BrokenFile mistake = verdict.mistake();
            if (mistake == null) {
                valid.put(file, edited.get(file));
                undecided = verdict.undecided();
            } else {
                broken.put(file, mistake.file().equals(file) ? mistake
                        : new BrokenFile(file, 0, "with this file, " + mistake.getMessage()));
            }
        }
        return new Decision(valid, broken, undecided);
    }

    /**
     * The edited file that causes a mistake. The mistake may name a file that nobody has edited, such as a test whose route was edited.
     * Then the cause is the file without which there is no mistake, or without which at least the named file has none.
     */
    private String atFault(Map<String, String> valid, Map<String, String> together, BrokenFile mistake) {
        if (together.containsKey(mistake.file())) {
            return mistake.file();
        }
        String likely = null;
        for (String file : together.keySet()) {
            Map<String, String> others = new TreeMap<>(together);
            others.remove(file);
            BrokenFile remaining = verdict(valid, others).mistake();
            if (remaining == null) {
                return file;
            }
            // a mistake in a test also names the other files whose tests fail
            String named = mistake.file().isEmpty() ? mistake.getMessage() : mistake.file() + ":";
            if (likely == null && !remaining.getMessage().contains(named)) {
                likely = file;
            }
        }
        return likely == null ? together.keySet().iterator().next() : likely;
    }

    /** The undecided tests, if the routes of all deleted files are now in other files; otherwise null. Such a deletion is not a mistake. */
    private List<BrokenFile> undecidedIfMoved(Map<String, String> live, Map<String, String> saved) {
        Set<String> deleted = deleted(live, saved);
        if (deleted.isEmpty() || deleted.stream().anyMatch(file -> routeIds.apply(file).isEmpty())) {
            return null;
        }
        try {
            RouteValidation.Valid moved = validation.validate(saved);
            return deleted.stream().allMatch(file -> moved.routeIds().containsAll(routeIds.apply(file))) ? moved.undecided() : null;
        } catch (BrokenFile | Error e) {
            return null;
        }
    }

    /** The deleted files with routes. */
    private static Set<String> deleted(Map<String, String> live, Map<String, String> saved) {
        Set<String> deleted = new TreeSet<>(live.keySet());
        deleted.removeAll(saved.keySet());
        deleted.removeIf(RouteFiles::isTest);
        return deleted;
    }

    /** Validates the edited files together with the valid ones. */
    private Verdict verdict(Map<String, String> valid, Map<String, String> edited) {
        Map<String, String> all = new TreeMap<>(valid);
        all.putAll(edited);
        try {
            requireEditable(edited);
            return new Verdict(null, validation.validate(all).undecided());
        } catch (BrokenFile e) {
            return new Verdict(e, List.of());
        } catch (Error e) { // for instance a class that the step needs is missing, or a file nests too deeply
            return new Verdict(new BrokenFile(FailureText.describe(e)), List.of());
        }
    }

    /**
     * Refuses a file with anything but routes and routeConfigurations. Otherwise only a part of the file would be activated, and silently.
     */
    private static void requireEditable(Map<String, String> files) throws BrokenFile {
        for (Map.Entry<String, String> file : files.entrySet()) {
            Matcher other = NOT_EDITABLE.matcher(file.getValue());
            if (!RouteFiles.isTest(file.getKey()) && other.find()) {
                throw new BrokenFile(file.getKey(), (int) file.getValue().substring(0, other.start()).lines().count() + 1, other.group(1)
                        + " takes effect only at the next start; while the application runs, only a route or a routeConfiguration can"
                        + " change");
            }
        }
    }
}
