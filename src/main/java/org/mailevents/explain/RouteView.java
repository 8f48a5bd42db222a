package org.mailevents.explain;

import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.mailevents.route.RouteMap.BranchNode;
import org.mailevents.route.RouteMap.RouteNode;

/**
 * What the page draws of the routes.
 *
 * @param revision the id of the active revision
 * @param sample   the events that were counted, or null while the database is down
 * @param routes   the routes on the way of a webhook, in the order of the way, and then the other ones
 * @param drafts   the names of the files in {@code routes/drafts}
 */
record RouteView(String revision, Sample sample, List<Box> routes, List<String> drafts) {

    /**
     * The events that were run through the active routes, without storing or sending anything.
     *
     * @param since    events received before this time were left out
     * @param events   how many events were counted
     * @param complete whether these are all events since then, and not only the newest ones
     */
    record Sample(Instant since, int events, boolean complete) {
    }

    /**
     * A route.
     *
     * @param state   {@code active}, {@code failing} if webhooks wait because of it or a counted event fails in it, {@code stopped}, or
     *                {@code unused} if nothing sends to it, or if no audience uses its channel
     * @param failure the failure, with file and line, or null
     * @param depth   how far it is from the entrance, or null if no webhook gets there
     * @param events  how many counted events came through, or null if they are not known
     */
    record Box(String id, String file, int line, String description, String from, String state, String failure, Integer depth,
            Long events, Set<String> sendsTo, Set<String> calls, List<Row> branches) {

        static Box of(RouteNode route, String state, String failure, Traffic traffic) {
            List<Row> rows = route.branches().stream().map(branch -> Row.of(route, branch, traffic)).toList();
            return new Box(route.id(), route.file(), route.line(), route.description(), route.from(), state, failure, route.depth(),
                    traffic == null || route.depth() == null ? null : traffic.ofRoute(route), route.targets().routes(),
                    route.targets().others(), rows);
        }
    }

    /**
     * A branch of a route.
     *
     * @param depth    how many branches are around it
     * @param kind     the constant that it sets as the kind, or null
     * @param audience the constant that it sets as the audience, or null
     * @param events   how many counted events took it, or null if they are not known
     */
    record Row(String condition, int line, int depth, String kind, String audience, Long events, Set<String> sendsTo, Set<String> calls) {

        static Row of(RouteNode route, BranchNode branch, Traffic traffic) {
            boolean known = traffic != null && route.depth() != null && !branch.isEmpty();
            return new Row(branch.condition(), branch.line(), branch.depth(), branch.kind(), branch.audience(),
                    known ? traffic.branches().getOrDefault(new Traffic.BranchId(route.id(), branch.line()), 0L) : null,
                    branch.targets().routes(), branch.targets().others());
        }
    }
}
