package org.mailevents.start;

import java.util.List;
import java.util.stream.Stream;
import org.apache.camel.model.RouteDefinition;

/**
 * The routes in Java as the YAML routes see them: by their ids and {@code direct:} names. The command {@code check} needs them, and cannot
 * make the real ones, because these open the database and the spool. A test compares this list with a running application.
 */
final class JavaRoutes {

    /** The routes that other routes call. The endpoint of each is {@code direct:} plus its id. */
    static final List<String> CALLED = List.of("claim-alerts", "render-alert", "claim-channel", "render-channel", "mark-alert",
            "release-alert", "spool-webhook", "append-webhook", "set-webhook-aside", "take-webhook", "replay-log", "store-events",
            "summarize", "judge-clock", "read-incident", "read-message", "list-suppressions", "list-events", "export-events",
            "explain-decision", "draw-routes", "try-routes", "list-drafts", "read-reconciliation", "reconcile-day", "explain-reply",
            "list-causes", "list-aside", "read-rejected", "send-again", "send-all-again", "try-failed-again", "answer", "answer-failure");
    /** The routes that start by themselves. */
    static final List<String> OTHERS = List.of("receive-webhook", "replay-spool", "renew-claims", "make-digests", "watch-alerts",
            "take-answer", "reconcile", "note-receiving", "expire-waiting", "find-database", "count-events", "find-loose-ends",
            "prepare-partitions", "expire-events", "remove-personal-data");

    private JavaRoutes() {
    }

    /** Routes with these ids and endpoints, and without steps. */
    static List<RouteDefinition> standIns() {
        return Stream.concat(CALLED.stream().map(id -> standIn(id, "direct:")), OTHERS.stream().map(id -> standIn(id, "scheduler:")))
                .toList();
    }

    private static RouteDefinition standIn(String id, String scheme) {
        RouteDefinition route = new RouteDefinition().from(scheme + id);
        route.routeId(id);
        return route;
    }
}
