package org.mailevents.live;

import java.nio.file.Path;
import java.util.Map;

/**
 * Knows the route files as they run. {@link LiveRoutes} tells it of each edit that is activated. With {@code camel run}, where no edit is
 * activated, these are the files at start.
 */
public final class ActiveRoutes {

    private volatile RouteRevision revision;

    private ActiveRoutes(RouteRevision revision) {
        this.revision = revision;
    }

    /** The routes that a start finds in this folder. */
    public static ActiveRoutes in(Path folder) {
        return new ActiveRoutes(RouteRevision.of(RouteFiles.watch(folder).first()));
    }

    /** The revision that decides the webhooks of this moment. */
    public RouteRevision revision() {
        return revision;
    }

    /** @param files the text of each file, by its path */
    void activate(Map<String, String> files) {
        revision = RouteRevision.of(files);
    }
}
