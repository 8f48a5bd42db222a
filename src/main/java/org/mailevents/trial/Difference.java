package org.mailevents.trial;

import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;
import org.mailevents.event.MailEvent;
import org.mailevents.rehearsal.RehearsalOutcome;
import org.mailevents.rehearsal.RehearsalOutcome.Call;
import org.mailevents.route.Place;

/**
 * One thing that is different for an event.
 *
 * @param before  the audience, the kind, the reason of the failure or the message with the active routes, or null
 * @param after   the same with the drafts
 * @param about   the endpoint of a message, or null
 * @param place   the step that decides, fails or sends, or null if it is not known
 * @param number  tells two equal messages of an event apart; otherwise 0
 * @param known   whether the difference depends on no answer that the trial does not know
 */
record Difference(What what, String before, String after, String about, At place, int number, boolean known) {

    /** The kinds of differences. */
    enum What { AUDIENCE, KIND, FAILS, FAILS_NO_MORE, MORE_CALLS, FEWER_CALLS, OTHER_CALLS }

    /**
     * A step, as far as it says why an event is different.
     *
     * @param at         the file and the line
     * @param branch     the condition of the branch around the step, or null
     * @param branchLine the line of that branch, or 0
     */
    record At(String at, String branch, int branchLine) {

        static At of(Place place) {
            return place == null ? null : new At(place.toString(), place.branch(), place.branchLine());
        }
    }

    /** All differences of an event. */
    static Set<Difference> between(MailEvent event, RehearsalOutcome before, RehearsalOutcome after, Audiences audiences) {
        Set<Difference> differences = new LinkedHashSet<>();
        MailEvent one = stored(event, before);
        MailEvent other = stored(event, after);
        if (one != null && other != null) {
            boolean known = !before.decisionOpen() && !after.decisionOpen();
            if (!Objects.equals(audiences.shown(one), audiences.shown(other))) {
                differences.add(new Difference(What.AUDIENCE, audiences.shown(one), audiences.shown(other), null,
                        decider(other.audience(), after.audienceStep(), after), 0, known));
            }
            if (!Objects.equals(one.kind(), other.kind())) {
                differences.add(new Difference(What.KIND, one.kind(), other.kind(), null, decider(other.kind(), after.kindStep(), after),
                        0, known));
            }
        }
        failures(before, after, differences);
        calls(before, after, differences);
        return differences;
    }

    private static At decider(String value, Place step, RehearsalOutcome outcome) {
        return At.of(value != null && step != null ? step : outcome.lastBranch());
    }

    private static MailEvent stored(MailEvent event, RehearsalOutcome outcome) {
        return outcome.stored().stream().filter(event::equals).findFirst().orElse(null);
    }

    private static void failures(RehearsalOutcome before, RehearsalOutcome after, Set<Difference> differences) {
        String one = before.failure() == null ? null : before.failure().reason();
        String other = after.failure() == null ? null : after.failure().reason();
        if (other != null && !other.equals(one)) {
            String file = after.failure().file() + (after.failure().line() > 0 ? ":" + after.failure().line() : "");
            differences.add(new Difference(What.FAILS, one, other, null, new At(file, null, 0), 0, !after.answerMissing()));
        } else if (one != null && other == null) {
            String file = before.failure().file() + (before.failure().line() > 0 ? ":" + before.failure().line() : "");
            differences.add(new Difference(What.FAILS_NO_MORE, one, null, null, new At(file, null, 0), 0, !before.answerMissing()));
        }
    }

    /** Equal messages are left out. What remains for an endpoint on both sides is the same call with another message. */
    private static void calls(RehearsalOutcome before, RehearsalOutcome after, Set<Difference> differences) {
        Map<String, List<Call>> ones = byEndpoint(before);
        Map<String, List<Call>> others = byEndpoint(after);
        Set<String> endpoints = new LinkedHashSet<>(ones.keySet());
        endpoints.addAll(others.keySet());
        for (String endpoint : endpoints) {
            List<Call> gone = without(ones.getOrDefault(endpoint, List.of()), others.getOrDefault(endpoint, List.of()));
            List<Call> added = without(others.getOrDefault(endpoint, List.of()), ones.getOrDefault(endpoint, List.of()));
            for (int i = 0; i < Math.max(gone.size(), added.size()); i++) {
                Call one = i < gone.size() ? gone.get(i) : null;
                Call other = i < added.size() ? added.get(i) : null;
                What what = one == null ? What.MORE_CALLS : other == null ? What.FEWER_CALLS : What.OTHER_CALLS;
                differences.add(new Difference(what, one == null ? null : one.body(), other == null ? null : other.body(), endpoint,
                        At.of(other == null ? one.place() : other.place()), i,
                        (one == null || !one.afterAnswer()) && (other == null || !other.afterAnswer())));
            }
        }
    }

    private static Map<String, List<Call>> byEndpoint(RehearsalOutcome outcome) {
        return outcome.calls().stream().collect(Collectors.groupingBy(Call::endpoint));
    }

    private static List<Call> without(List<Call> calls, List<Call> others) {
        Map<String, Integer> bodies = new HashMap<>();
        others.forEach(call -> bodies.merge(String.valueOf(call.body()), 1, Integer::sum));
        return calls.stream().filter(call -> bodies.merge(String.valueOf(call.body()), -1, Integer::sum) < 0).toList();
    }

    /** Whether another system hears more, less or something else. */
    boolean isAboutCalls() {
        return what == What.MORE_CALLS || what == What.FEWER_CALLS || what == What.OTHER_CALLS;
    }
}
