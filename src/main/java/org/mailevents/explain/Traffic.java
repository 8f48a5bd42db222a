package org.mailevents.explain;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.event.EventReader;
import org.mailevents.live.ActiveRoutes;
import org.mailevents.rehearsal.Rehearsal;
import org.mailevents.rehearsal.RehearsalOutcome;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.RouteMap.RouteNode;
import org.mailevents.store.StoredEvents;

/**
 * How many events of the last day take which branch of the active routes. The events are run through the routes, without storing or sending
 * anything, so a branch that was saved a minute ago has its count already.
 *
 * @param sample   the events that were counted
 * @param routes   how many events came through which route, by its id
 * @param branches how many events took which branch
 * @param failures the first failure in each file in which an event fails
 */
record Traffic(RouteView.Sample sample, Map<String, Long> routes, Map<BranchId, Long> branches, Map<String, String> failures) {

    private static final Duration PERIOD = Duration.ofDays(1);
    private static final int MAX_EVENTS = 10_000;
    /** More events than this page needs are not worth a busy processor. */
    private static final Duration LONGEST = Duration.ofSeconds(5);

    /** @param line the line of the branch in the file of the route */
    record BranchId(String route, int line) {
    }

    /** Counts the newest events of the last day. */
    static Traffic count(CamelContext context, Jdbi jdbi, ActiveRoutes active, Instant now) throws BrokenFile {
        Instant since = now.minus(PERIOD);
        long end = System.nanoTime() + LONGEST.toNanos();
        Map<String, Long> routes = new HashMap<>();
        Map<BranchId, Long> branches = new HashMap<>();
        Map<String, String> failures = new HashMap<>();
        int events = 0;
        EventReader reader = mandatoryFindSingleByType(context, EventReader.class);
        StoredEvents stored = StoredEvents.newest(jdbi, since, StoredEvents.NO_END, MAX_EVENTS);
        try (Rehearsal rehearsal = new Rehearsal(context, active.files())) {
            while (stored.hasNext() && System.nanoTime() < end) {
                add(rehearsal.run(reader.undecided(stored.next())), routes, branches, failures);
                events++;
            }
        }
        return new Traffic(new RouteView.Sample(since, events, events < MAX_EVENTS && !stored.hasNext()), routes, branches, failures);
    }

    private static void add(RehearsalOutcome outcome, Map<String, Long> routes, Map<BranchId, Long> branches,
            Map<String, String> failures) {
        Set<String> passed = new HashSet<>();
        Set<BranchId> taken = new HashSet<>();
        Stream.concat(outcome.steps().stream(), outcome.copySteps().stream()).forEach(step -> {
            passed.add(step.route());
            if (step.branch() != null) {
                taken.add(new BranchId(step.route(), step.branchLine()));
            }
        });
        passed.forEach(route -> routes.merge(route, 1L, Long::sum));
        taken.forEach(branch -> branches.merge(branch, 1L, Long::sum));
        if (outcome.failure() != null && !outcome.answerMissing()) {
            failures.putIfAbsent(outcome.failure().file(), outcome.failure().getMessage());
        }
    }

    /** Every counted event enters by the entrance, and is stored unless it fails. */
    long ofRoute(RouteNode route) {
        return route.file() == null ? sample.events() : routes.getOrDefault(route.id(), 0L);
    }
}
