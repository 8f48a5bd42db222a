package org.mailevents.live;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.apache.camel.model.ModelCamelContext;
import org.apache.camel.model.RouteDefinition;
import org.mailevents.rehearsal.MisspeltDecisions;
import org.mailevents.rehearsal.Rehearsal;
import org.mailevents.rehearsal.RouteTestReader;
import org.mailevents.rehearsal.RouteTests;
import org.mailevents.rehearsal.UnusedAudiences;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.RouteFiles;
import org.mailevents.route.RouteGraph;
import org.mailevents.route.RouteWarning;
import org.mailevents.settings.Settings;

/** Looks for all mistakes in the routes and their tests, while {@link RouteValidation} stops at the first one. */
public final class RouteCheck {

    private static final Pattern ROUTE = Pattern.compile("(?m)^- (?=route:|from:)");
    private static final Pattern ID = Pattern.compile("(?m)^\\s+id:\\s*[\"']?([\\w.-]+)");
    private static final Pattern URI = Pattern.compile("(?m)^\\s+uri:\\s*[\"']?([^\\s\"'?]+)");

    private RouteCheck() {
    }

    /**
     * What was found.
     *
     * @param routes    how many files with routes were checked
     * @param tests     how many tests ran
     * @param mistakes  the files that do not load, and the tests that fail; of a file with routes, the first mistake
     * @param warnings  the tests whose result depends on the answer of another system, and what is probably misspelt
     */
    public record Result(int routes, int tests, List<BrokenFile> mistakes, List<String> warnings) {
    }

    /**
     * Validates the files like a start. The start with {@code camel run} calls this method, because Camel itself loads the routes there.
     * The jar has already validated its files ({@link LiveRoutes}).
     *
     * @return what is probably misspelt, and the tests whose result depends on the answer of another system
     * @throws BrokenFile for the first mistake
     */
    public static List<RouteWarning> requireValid(ModelCamelContext application) throws BrokenFile {
        Map<String, String> files = FolderWatch.ofRoutes(new Settings(application).routes()).first();
        List<RouteWarning> warnings = new ArrayList<>(
                new MisspeltDecisions(new Settings(application), files).in(application.getRouteDefinitions()));
        LiveRoutes live = application.getRegistry().findSingleByType(LiveRoutes.class);
        if (live != null) {
            warnings.addAll(live.undecided());
        } else {
            List<RouteDefinition> javaRoutes = application.getRouteDefinitions().stream()
                    .filter(route -> RouteGraph.file(route) == null).toList();
            warnings.addAll(RouteWarning.ofUndecided(new RouteValidation(application, javaRoutes).validate(files).undecided()));
        }
        return warnings;
    }

    /** A sentence for each setting whose audience nothing names, so that it is probably misspelt. */
    public static List<String> unusedAudiences(ModelCamelContext application) {
        Settings settings = new Settings(application);
        return UnusedAudiences.warnings(settings, FolderWatch.ofRoutes(settings.routes()).first(), application.getRouteDefinitions());
    }

    /**
     * Checks the files of a folder.
     *
     * @param application the context whose settings and beans the routes use
     * @param javaRoutes  the routes in Java, which the files may send to
     */
    public static Result of(CamelContext application, List<RouteDefinition> javaRoutes, Path folder) {
        Map<String, String> files = FolderWatch.ofRoutes(folder).first();
        int routes = (int) files.keySet().stream().filter(file -> !RouteFiles.isTest(file)).count();
        List<BrokenFile> mistakes = loadMistakes(application, javaRoutes, files);
        if (!mistakes.isEmpty()) {
            mistakes.addAll(unreadableTests(files, mistakes));
            return new Result(routes, 0, mistakes, List.of());
        }
        try (Rehearsal rehearsal = new Rehearsal(application, files)) {
            RouteTests.Result tests = new RouteTests(application).run(rehearsal, files);
            mistakes.addAll(tests.failed());
            List<String> warnings = new ArrayList<>();
            tests.undecided().forEach(test -> warnings.add(test.getMessage()));
            new MisspeltDecisions(new Settings(application), files).in(rehearsal.routes())
                    .forEach(warning -> warnings.add(warning.toString()));
            warnings.addAll(UnusedAudiences.warnings(new Settings(application), files, rehearsal.routes()));
            rehearsal.requireEveryEventPasses();
            return new Result(routes, tests.tests(), mistakes, warnings);
        } catch (BrokenFile e) {
            mistakes.add(e);
            return new Result(routes, 0, mistakes, List.of());
        }
    }

    /** Each file with a mistake is left out, so that the next file with a mistake is found. */
    private static List<BrokenFile> loadMistakes(CamelContext application, List<RouteDefinition> javaRoutes, Map<String, String> files) {
        List<BrokenFile> mistakes = new ArrayList<>();
        List<RouteDefinition> elsewhere = new ArrayList<>(javaRoutes);
        Map<String, String> rest = new TreeMap<>(files);
        while (true) {
            try {
                new RouteValidation(application, elsewhere).load(rest);
                return mistakes;
            } catch (BrokenFile e) {
                mistakes.add(e);
                String text = rest.remove(e.file());
                // without their routeConfiguration, the other files would have mistakes that they do not have
                if (text == null || LiveRoutes.hasConfiguration(text)) {
                    return mistakes;
                }
                elsewhere.addAll(standIns(text));
            }
        }
    }

    /** Routes with the ids and the {@code direct:} names of a file that does not load, because the other files may send to them. */
    private static List<RouteDefinition> standIns(String text) {
        List<RouteDefinition> standIns = new ArrayList<>();
        for (String route : ROUTE.split(text)) {
            Matcher id = ID.matcher(route);
            Matcher uri = URI.matcher(route);
            if (id.find()) {
                boolean called = uri.find() && uri.group(1).startsWith("direct:");
                RouteDefinition standIn = new RouteDefinition().from(called ? uri.group(1) : "scheduler:" + id.group(1));
                standIn.routeId(id.group(1)).to("direct:store-events");
                standIns.add(standIn);
            }
        }
        return standIns;
    }

    /** @param known the mistakes that are named already; a file that is not in UTF-8 is one of them */
    private static List<BrokenFile> unreadableTests(Map<String, String> files, List<BrokenFile> known) {
        List<BrokenFile> unreadable = new ArrayList<>();
        files.forEach((file, text) -> {
            try {
                if (RouteFiles.isTest(file) && known.stream().noneMatch(mistake -> mistake.file().equals(file))) {
                    new RouteTestReader(file, text).read();
                }
            } catch (BrokenFile e) {
                unreadable.add(e);
            }
        });
        return unreadable;
    }
}
