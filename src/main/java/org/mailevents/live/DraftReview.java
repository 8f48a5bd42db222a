package org.mailevents.live;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.camel.CamelContext;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.mailevents.rehearsal.Rehearsal;
import org.mailevents.rehearsal.RouteTests;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.RouteFiles;
import org.mailevents.route.RouteGraph;

/**
 * What would be active if drafts were saved in {@code routes/}. A draft replaces the active file of the same name, or is a new file. A
 * draft may be a test as well.
 *
 * @param files       the text of each file, by its path. A draft keeps its own path, so that a line of it can be found
 * @param mistakes    why drafts would not be activated; empty if all of them would be, but for tests
 * @param failedTests the tests that would fail. They are no mistake of a trial, because the team is about to see what to expect
 */
public record DraftReview(Map<String, String> files, List<BrokenFile> mistakes, List<BrokenFile> failedTests) {

    /**
     * Reviews drafts as {@link LiveRoutes} reviews saved files.
     *
     * @param active the text of each active file, by its path
     * @param folder the folder of the active files
     * @param drafts the text of each draft, by its path
     */
    public static DraftReview of(CamelContext application, Map<String, String> active, Path folder, Map<String, String> drafts) {
        Map<String, String> saved = new TreeMap<>(active);
        Map<String, String> files = new TreeMap<>(active);
        Map<String, String> draftsByFile = new TreeMap<>();
        drafts.forEach((draft, text) -> {
            String file = target(folder, draft).toString();
            draftsByFile.put(file, draft);
            saved.put(file, text);
            files.remove(file);
            files.put(draft, text);
        });
        List<RouteDefinition> javaRoutes = ((ModelCamelContext) application).getRouteDefinitions().stream()
                .filter(route -> RouteGraph.file(route) == null).toList();
        EditReview review = new EditReview(new RouteValidation(application, javaRoutes), file -> Set.of());
        List<BrokenFile> mistakes = review.review(withoutTests(active), withoutTests(saved)).broken().values().stream()
                .map(mistake -> new BrokenFile(draftsByFile.getOrDefault(mistake.file(), mistake.file()), mistake.line(), mistake.reason()))
                .toList();
        return new DraftReview(files, mistakes, mistakes.isEmpty() ? failedTests(application, files) : List.of());
    }

    private static Map<String, String> withoutTests(Map<String, String> files) {
        Map<String, String> routes = new TreeMap<>(files);
        routes.keySet().removeIf(RouteFiles::isTest);
        return routes;
    }

    private static List<BrokenFile> failedTests(CamelContext application, Map<String, String> files) {
        try (Rehearsal rehearsal = new Rehearsal(application, files)) {
            return new RouteTests(application).run(rehearsal, files).failed();
        } catch (BrokenFile e) {
            return List.of(e);
        }
    }

    /** The file that a draft would be saved as. */
    public static Path target(Path folder, String draft) {
        Path name = Path.of(draft).getFileName();
        Path ofChannel = folder.resolve(RouteFiles.CHANNELS).resolve(name);
        return Files.exists(ofChannel) ? ofChannel : (RouteFiles.isTest(draft) ? folder.resolve("tests") : folder).resolve(name);
    }

    /** The text of each route file and test in a folder, by its path. */
    public static Map<String, String> read(Path folder) {
        return FolderWatch.ofRoutes(folder).first();
    }
}
