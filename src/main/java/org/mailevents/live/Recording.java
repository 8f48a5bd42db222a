package org.mailevents.live;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.camel.Exchange;
import org.apache.camel.NamedNode;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ThrowExceptionDefinition;
import org.mailevents.event.MailEvent;
import org.mailevents.event.Webhook;

/** What happens to one webhook in a {@link RouteTrial}. It is a property of the exchange, so that all copies of the exchange share it. */
final class Recording {

    /** Why a webhook fails whose routes end too early. */
    static final String NOT_STORED = "the route ends without direct:store-events";

    private static final String KIND = "kind";
    private static final String AUDIENCE = "audience";
    private static final String PROPERTY = "mailEventsRecording";

    private final List<TrialOutcome.Call> calls = new ArrayList<>();
    private final List<ProcessorDefinition<?>> steps = new ArrayList<>();
    private final List<Place> copySteps = new ArrayList<>();
    private final List<MailEvent> stored = new ArrayList<>();
    /** The variables {@code kind} and {@code audience}, each with the step that set it last. */
    private final Map<String, Decision> decisions = new HashMap<>();
    private Throwable failure;
    private ProcessorDefinition<?> failed;
    private boolean answerMissing;
    private boolean storedWithoutAnswer;
    /** How many steps had run when the events were stored, or -1. */
    private int stepsBeforeStore = -1;
    /** The failure of a copy, which does not fail the webhook itself. */
    private TrialOutcome aside;

    private record Decision(Object value, ProcessorDefinition<?> step) {
    }

    /** Private, because the Camel CLI creates an object of every class that it can, and it must not create one of this class. */
    private Recording() {
    }

    /** Begins the recording of an exchange. */
    static Recording in(Exchange exchange) {
        Recording recording = new Recording();
        exchange.setProperty(PROPERTY, recording);
        return recording;
    }

    /** The recording of an exchange or of its copy, or null outside a trial. */
    static Recording of(Exchange exchange) {
        return exchange.getProperty(PROPERTY, Recording.class);
    }

    synchronized void enter(NamedNode step) {
        if (step instanceof ProcessorDefinition<?> definition) {
            steps.add(definition);
        }
    }

    /** The innermost step that fails ends first. Steps around it end with the same exception, or with one that wraps it. */
    synchronized void fail(NamedNode step, Throwable exception) {
        if (step instanceof ProcessorDefinition<?> definition && (failure == null || root(failure) != root(exception))) {
            failure = exception;
            failed = definition;
        }
    }

    /** @param answered whether the routes go on with an answer that only the other system knows */
    synchronized void call(String endpoint, String body, boolean answered) {
        ProcessorDefinition<?> step = steps.isEmpty() ? null : steps.get(steps.size() - 1);
        calls.add(new TrialOutcome.Call(endpoint, body, step == null ? null : Place.of(step), answerMissing));
        answerMissing |= answered;
    }

    /**
     * Notes a variable that a step has changed. The innermost step ends first, so the steps around it find nothing new. A variable that is
     * gone is no change, because the variables of a branch end with the split around it.
     */
    synchronized void noteDecisions(NamedNode step, Exchange exchange) {
        if (step instanceof ProcessorDefinition<?> definition) {
            for (String name : List.of(KIND, AUDIENCE)) {
                Object value = exchange.getVariable(name);
                if (value != null && (!decisions.containsKey(name) || !decisions.get(name).value().equals(value))) {
                    decisions.put(name, new Decision(value, definition));
                }
            }
        }
    }

    private Place decidedBy(String name) {
        return decisions.containsKey(name) ? Place.of(decisions.get(name).step()) : null;
    }

    synchronized void missAnswer() {
        answerMissing = true;
    }

    synchronized void store(Webhook webhook) {
        stored.addAll(webhook.events());
        if (stepsBeforeStore < 0) {
            storedWithoutAnswer = answerMissing;
            stepsBeforeStore = steps.size();
        }
    }

    /** Adds what happened to a copy, which ran with a recording of its own. An answer that only the copy needs does not matter here. */
    synchronized void add(TrialOutcome copy) {
        stored.addAll(copy.stored());
        calls.addAll(copy.calls());
        copySteps.addAll(copy.steps());
        copySteps.addAll(copy.copySteps());
        if (aside == null && copy.failure() != null && !copy.answerMissing()) {
            aside = copy;
        }
    }

    /** The failure of a webhook whose routes end without {@code direct:store-events}. The last step is where they end. */
    synchronized Throwable notStored() {
        failed = steps.isEmpty() ? null : steps.get(steps.size() - 1);
        failure = new IllegalStateException(NOT_STORED);
        return failure;
    }

    /** @param end why the webhook failed, or null if its routes ended normally */
    synchronized TrialOutcome outcome(Throwable end) {
        BrokenFile mistake = null;
        boolean deliberate = failed instanceof ThrowExceptionDefinition;
        if (end != null) {
            mistake = failed != null && root(failure) == root(end) ? RouteGraph.broken(failed, RouteFiles.reason(root(end)))
                    : new BrokenFile("routes", 0, RouteFiles.reason(root(end)));
        } else if (aside != null) {
            mistake = aside.failure();
            deliberate = aside.deliberate();
        }
        return new TrialOutcome(List.copyOf(stored), List.copyOf(calls), mistake, deliberate, answerMissing,
                steps.stream().map(Place::of).toList(), List.copyOf(copySteps), decidedBy(KIND), decidedBy(AUDIENCE),
                stepsBeforeStore < 0 ? answerMissing : storedWithoutAnswer, stepsBeforeStore < 0 ? steps.size() : stepsBeforeStore);
    }

    private static Throwable root(Throwable exception) {
        Throwable root = exception;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root;
    }
}
