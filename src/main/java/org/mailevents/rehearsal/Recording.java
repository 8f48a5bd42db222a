package org.mailevents.rehearsal;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.Exchange;
import org.apache.camel.LineNumberAware;
import org.apache.camel.NamedNode;
import org.apache.camel.model.ProcessorDefinition;
import org.apache.camel.model.ThrowExceptionDefinition;
import org.mailevents.camel.FailedSteps;
import org.mailevents.event.MailEvent;
import org.mailevents.event.Webhook;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.Place;
import org.mailevents.route.RouteFiles;
import org.mailevents.route.RouteGraph;

/** What happens to one webhook in a {@link Rehearsal}. It is a property of the exchange, so that all copies of the exchange share it. */
final class Recording {

    /** Why a webhook fails whose routes end too early. */
    static final String NOT_STORED = "the route ends without direct:store-events";

    private static final String KIND = "kind";
    private static final String AUDIENCE = "audience";
    private static final String PROPERTY = "mailEventsRecording";

    /** Far more than a route needs for an event. A loop without an end would fill the memory. */
    private static final int MOST_STEPS = 10_000;
    /** Far more than a webhook of a rehearsal has, in characters or bytes. A text that doubles in a loop would fill the memory. */
    private static final int LONGEST_TEXT = 1_000_000;
    private static final int LONGEST_CALLS = 10_000_000;

    /** How many steps the webhook and all its copies may still take. */
    private final AtomicInteger stepsLeft;
    private final List<RehearsalOutcome.Call> calls = new ArrayList<>();
    private final List<ProcessorDefinition<?>> steps = new ArrayList<>();
    private final List<Place> copySteps = new ArrayList<>();
    private final List<MailEvent> stored = new ArrayList<>();
    /** The variables {@code kind} and {@code audience}, each with the step that set it last. */
    private final Map<String, Decision> decisions = new HashMap<>();
    private int callsLength;
    /** Why the webhook must end, because it takes too much memory or time; or null. No handler of the routes can change that. */
    private Exception excess;
    private Throwable failure;
    private ProcessorDefinition<?> failed;
    /** The branch whose condition failed, if a choice failed; otherwise the same as {@link #failed}. */
    private LineNumberAware failedBranch;
    private boolean answerMissing;
    private boolean storedWithoutAnswer;
    /** How many steps had run when the events were stored, or -1. */
    private int stepsBeforeStore = -1;
    /** The failure of a copy, which does not fail the webhook itself. */
    private RehearsalOutcome aside;

    private record Decision(Object value, ProcessorDefinition<?> step) {
    }

    /** Private, because the Camel CLI creates an object of every class that it can, and it must not create one of this class. */
    private Recording(AtomicInteger stepsLeft) {
        this.stepsLeft = stepsLeft;
    }

    /** Begins the recording of the exchange of a webhook. */
    static Recording in(Exchange exchange, Webhook webhook) {
        return in(exchange, new AtomicInteger(MOST_STEPS * Math.max(1, webhook.events().size())));
    }

    /** Begins the recording of a copy of an exchange. */
    Recording inCopy(Exchange copy) {
        return in(copy, stepsLeft);
    }

    private static Recording in(Exchange exchange, AtomicInteger stepsLeft) {
        Recording recording = new Recording(stepsLeft);
        exchange.setProperty(PROPERTY, recording);
        return recording;
    }

    /** The recording of an exchange or of its copy, or null outside a rehearsal. */
    static Recording of(Exchange exchange) {
        return exchange.getProperty(PROPERTY, Recording.class);
    }

    /** @return why the webhook must end before this step, or null */
    synchronized Exception enter(NamedNode step) {
        if (excess == null && step instanceof ProcessorDefinition<?> definition) {
            steps.add(definition);
            if (stepsLeft.decrementAndGet() < 0) {
                end("an event takes more than 10,000 steps in the routes; look for a loop that never ends");
            }
        }
        return excess;
    }

    /** @return why the webhook must end after a step, or null */
    synchronized Exception leave(Exchange exchange) {
        if (excess == null && (isLong(exchange.getMessage().getBody()) || isAnyLong(exchange.getMessage().getHeaders())
                || isAnyLong(exchange.getVariables()) || isAnyLong(exchange.getProperties()))) {
            end("a text of an event grows beyond 1,000,000 characters in the routes; look for a loop that doubles it");
        }
        return excess;
    }

    private static boolean isAnyLong(Map<String, Object> values) {
        return values.values().stream().anyMatch(Recording::isLong);
    }

    private static boolean isLong(Object value) {
        return value instanceof CharSequence text && text.length() > LONGEST_TEXT
                || value instanceof byte[] bytes && bytes.length > LONGEST_TEXT;
    }

    /** Ends the webhook at the present step, whatever the routes do with a failure. */
    synchronized void end(String reason) {
        if (excess == null) {
            excess = new IllegalStateException(reason);
            failAtLastStep(excess);
        }
    }

    /** The innermost step that fails ends first. Steps around it end with the same exception, or with one that wraps it. */
    synchronized void fail(NamedNode step, Exchange exchange) {
        Throwable exception = exchange.getException();
        if (step instanceof ProcessorDefinition<?> definition && excess == null
                && (failure == null || RouteFiles.root(failure) != RouteFiles.root(exception))) {
            failure = exception;
            failed = definition;
            failedBranch = FailedSteps.branch(definition, exchange);
        }
    }

    /** @param answered whether the routes go on with an answer that only the other system knows */
    synchronized void call(String endpoint, String body, boolean answered) {
        ProcessorDefinition<?> step = steps.isEmpty() ? null : steps.get(steps.size() - 1);
        callsLength += body == null ? 0 : body.length();
        if (callsLength > LONGEST_CALLS) {
            end("an event sends more than 10,000,000 characters to other systems; look for a loop that never ends");
            return;
        }
        calls.add(new RehearsalOutcome.Call(endpoint, body, step == null ? null : Place.of(step), answerMissing));
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
    synchronized void add(RehearsalOutcome copy) {
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
        if (excess != null) {
            return excess;
        }
        failAtLastStep(new IllegalStateException(NOT_STORED));
        return failure;
    }

    private void failAtLastStep(Exception reason) {
        failure = reason;
        failed = steps.isEmpty() ? null : steps.get(steps.size() - 1);
        failedBranch = failed;
    }

    /** @param exception why the webhook failed, or null if its routes ended normally */
    synchronized RehearsalOutcome outcome(Throwable exception) {
        Throwable end = excess == null ? exception : excess;
        BrokenFile mistake = null;
        Place place = null;
        boolean deliberate = excess == null && failed instanceof ThrowExceptionDefinition;
        if (end != null) {
            boolean known = failed != null && RouteFiles.root(failure) == RouteFiles.root(end);
            String reason = RouteFiles.reason(RouteFiles.root(end));
            mistake = known ? RouteGraph.broken(failedBranch, reason) : new BrokenFile(reason);
            place = known ? Place.of(failed) : null;
        } else if (aside != null) {
            mistake = aside.failure();
            place = aside.failed();
            deliberate = aside.deliberate();
        }
        return new RehearsalOutcome(List.copyOf(stored), List.copyOf(calls), mistake, place, deliberate, answerMissing,
                steps.stream().map(Place::of).toList(), List.copyOf(copySteps), decidedBy(KIND), decidedBy(AUDIENCE),
                stepsBeforeStore < 0 ? answerMissing : storedWithoutAnswer, stepsBeforeStore < 0 ? steps.size() : stepsBeforeStore);
    }
}
