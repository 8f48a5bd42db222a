package org.mailevents.live;

import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.mailevents.route.RouteFiles;
import org.mailevents.route.RouteRevision;

/**
 * The route files that run now. The jar follows each edit ({@link LiveRoutes}). {@code camel run} reads the files at its start, and runs
 * them until it is restarted.
 */
public final class ActiveRoutes {

    private record State(Map<String, String> withTests, Map<String, String> files, RouteRevision revision) {
    }

    private volatile State state;

    private ActiveRoutes(Map<String, String> files) {
        replaceBy(files);
    }

    /** The files of a folder as they are now. */
    public static ActiveRoutes in(Path folder) {
        return new ActiveRoutes(FolderWatch.ofRoutes(folder).first());
    }

    /** The text of each file, by its path. */
    public Map<String, String> files() {
        return state.files();
    }

    /** The text of each file and of each test of the routes, by its path. */
    public Map<String, String> withTests() {
        return state.withTests();
    }

    /** The revision that decides the webhooks of this moment. */
    public RouteRevision revision() {
        return state.revision();
    }

    /** @param activated the text of each file, by its path; the tests among them decide nothing and belong to no revision */
    void replaceBy(Map<String, String> activated) {
        Map<String, String> routes = new TreeMap<>(activated);
        routes.keySet().removeIf(RouteFiles::isTest);
        state = new State(activated, routes, RouteRevision.of(routes));
    }
}
