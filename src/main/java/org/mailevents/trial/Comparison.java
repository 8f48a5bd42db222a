package org.mailevents.trial;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.mailevents.event.MailEvent;
import org.mailevents.rehearsal.MisspeltDecisions;
import org.mailevents.rehearsal.Rehearsal;
import org.mailevents.rehearsal.RehearsalOutcome;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.Place;
import org.mailevents.route.RouteWarning;
import org.mailevents.trial.Difference.What;

/**
 * Runs events through the active routes and through the drafts, and collects what is different.
 *
 * <p>Routes may depend on the time or on chance. An event that comes out differently is therefore run again, on both sides, and only what
 * is the same difference each time counts.
 */
final class Comparison implements AutoCloseable {

    /** How often an event that is different is run again. With ten times, chance seems to be a change once in a million events. */
    private static final int AGAIN = 10;
    /** If chance was at work in none of this many different events, the others are run again only once. */
    private static final int FIRST_EVENTS = 100;
    /** A reason may contain a text of the event. The reasons beyond this number count as one. */
    private static final int MAX_REASONS = 100;
    private static final int MAX_TEXT = 500;

    private final Audiences audiences;
    private final PersonalFields personal;
    private final int maxExamples;
    private final Side before;
    private final Side after;
    private final Map<Key, Group> groups = new LinkedHashMap<>();
    private int different;
    private int changed;
    private int differByThemselves;
    private int notKnown;
    private int notComparable;

    /** The routes of one side. */
    private record Side(Rehearsal rehearsal, Set<String> readPersonal) {

        static Side of(CamelContext application, Map<String, String> files) throws BrokenFile {
            return new Side(new Rehearsal(application, files), PersonalFields.readBy(files));
        }

        boolean mayDependOnPersonal(List<Place> steps) {
            return !readPersonal.isEmpty() && steps.stream().map(Place::file).anyMatch(readPersonal::contains);
        }
    }

    private record Key(What what, String before, String after, String about, Difference.At place) {
    }

    private static final class Group {

        private int events;
        private int messages;
        private MailEvent last;
        private final Map<String, Integer> statuses = new LinkedHashMap<>();
        private final List<TryResult.Example> examples = new ArrayList<>();
    }

    /**
     * @param active      the text of each active file
     * @param drafts      the text of each file, the drafts among them
     * @param maxExamples how many events of a change are named
     */
    Comparison(CamelContext application, Map<String, String> active, Map<String, String> drafts, Audiences audiences,
            PersonalFields personal, int maxExamples) throws BrokenFile {
        this.audiences = audiences;
        this.personal = personal;
        this.maxExamples = maxExamples;
        before = Side.of(application, active);
        try {
            after = Side.of(application, drafts);
        } catch (BrokenFile e) {
            before.rehearsal().close();
            throw e;
        }
    }

    /** What an event leads to on both sides. */
    record Outcomes(RehearsalOutcome before, RehearsalOutcome after) {
    }

    /** Runs an event. */
    Outcomes add(MailEvent event) {
        Outcomes outcomes = new Outcomes(before.rehearsal().run(event), after.rehearsal().run(event));
        Set<Difference> found = Difference.between(event, outcomes.before(), outcomes.after(), audiences);
        if (personal.differIn(event)) {
            withoutIncomparable(outcomes, found);
        }
        if (found.isEmpty()) {
            return outcomes;
        }
        different++;
        Set<Difference> constant = new LinkedHashSet<>(found);
        int again = differByThemselves > 0 || different <= FIRST_EVENTS ? AGAIN : 1;
        for (int i = 0; i < again && !constant.isEmpty(); i++) {
            constant.retainAll(Difference.between(event, before.rehearsal().run(event), after.rehearsal().run(event), audiences));
        }
        differByThemselves += constant.size() < found.size() ? 1 : 0;
        notKnown += constant.stream().allMatch(Difference::known) ? 0 : 1;
        constant.removeIf(difference -> !difference.known());
        changed += constant.isEmpty() ? 0 : 1;
        constant.forEach(difference -> add(event, difference));
        return outcomes;
    }

    /**
     * Leaves out what could be different because of data that the event no longer has: everything if a step before it is stored may read
     * such data, and failures and messages if a later step may.
     */
    private void withoutIncomparable(Outcomes outcomes, Set<Difference> found) {
        boolean decisions = before.mayDependOnPersonal(outcomes.before().decidingSteps())
                || after.mayDependOnPersonal(outcomes.after().decidingSteps());
        boolean others = before.mayDependOnPersonal(all(outcomes.before())) || after.mayDependOnPersonal(all(outcomes.after()));
        notComparable += decisions || others ? 1 : 0;
        found.removeIf(difference -> decisions || others && difference.what() != What.AUDIENCE && difference.what() != What.KIND);
    }

    private static List<Place> all(RehearsalOutcome outcome) {
        return Stream.concat(outcome.steps().stream(), outcome.copySteps().stream()).toList();
    }

    private void add(MailEvent event, Difference difference) {
        Group group = groups.computeIfAbsent(key(difference), key -> new Group());
        group.messages++;
        if (event.equals(group.last)) {
            return; // another message of the same event
        }
        group.last = event;
        group.events++;
        group.statuses.merge(event.status() == null ? "none" : event.status(), 1, Integer::sum);
        if (group.examples.size() < maxExamples) {
            group.examples.add(new TryResult.Example(event.eventId().toString(), event.messageId(), event.recipient(), event.eventType(),
                    event.status(), cut(event.reason()), cut(difference.before()), cut(difference.after())));
        }
    }

    private Key key(Difference difference) {
        if (difference.isAboutCalls()) {
            return new Key(difference.what(), null, null, difference.about(), difference.place());
        }
        Key key = new Key(difference.what(), cut(difference.before()), cut(difference.after()), null, difference.place());
        boolean fails = difference.what() == What.FAILS || difference.what() == What.FAILS_NO_MORE;
        return !fails || groups.containsKey(key) || groups.size() < MAX_REASONS ? key
                : new Key(difference.what(), null, "other reasons", null, difference.place());
    }

    private static String cut(String text) {
        return text == null || text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT) + "…";
    }

    /** What is different in the events so far, the most frequent change first. */
    List<TryResult.Change> changes() {
        return groups.entrySet().stream().sorted(Comparator.comparing(group -> -group.getValue().events))
                .map(group -> change(group.getKey(), group.getValue())).toList();
    }

    private static TryResult.Change change(Key key, Group group) {
        Difference.At place = key.place();
        return new TryResult.Change(key.what().name().toLowerCase(Locale.ROOT).replace('_', '-'), group.events, key.before(), key.after(),
                key.about(), key.about() == null ? null : group.messages, place == null ? null : place.at(),
                place == null ? null : place.branch(), place == null || place.branchLine() == 0 ? null : place.branchLine(),
                sorted(group.statuses), group.examples);
    }

    private static Map<String, Integer> sorted(Map<String, Integer> counts) {
        return counts.entrySet().stream().sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue, (one, other) -> one, LinkedHashMap::new));
    }

    /** What is probably misspelt in the drafts. */
    List<RouteWarning> warnings(MisspeltDecisions decisions) {
        return decisions.in(after.rehearsal().routes());
    }

    int changed() {
        return changed;
    }

    int differByThemselves() {
        return differByThemselves;
    }

    int notKnown() {
        return notKnown;
    }

    int notComparable() {
        return notComparable;
    }

    @Override
    public void close() {
        Stream.of(before, after).forEach(side -> side.rehearsal().close());
    }
}
