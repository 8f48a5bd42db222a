package org.mailevents.rehearsal;

import java.util.List;
import org.mailevents.event.MailEvent;
import org.mailevents.route.BrokenFile;
import org.mailevents.route.Place;

/**
 * What routes do with a webhook in a {@link Rehearsal}.
 *
 * @param stored        the events that reached {@code direct:store-events}, with the kind and the audience that the routes decided
 * @param calls         what the routes would send to other systems, in the order of the steps
 * @param failure       why the webhook failed, or a copy of it behind {@code wireTap} or {@code seda:}, with the file and the line of the
 *                      step; null if nothing failed
 * @param failed        the step that failed, or null if nothing failed or the step is not known
 * @param deliberate    whether a step {@code throwException} failed, which a team writes on purpose
 * @param answerMissing whether the routes went on after they asked another system. The rehearsal does not know its answer, so what follows,
 *                      a failure included, may be different with the real answer
 * @param steps         the steps that ran, in their order
 * @param copySteps     the steps that ran for copies of the webhook, behind a wire tap or a queue
 * @param kindStep      the step that set the variable {@code kind} last, or null; of a webhook with one event
 * @param audienceStep  the step that set the variable {@code audience} last, or null; of a webhook with one event
 * @param decisionOpen  whether an answer was already missing when the events were stored, so that kind and audience may be different
 * @param deciding      how many of the steps ran before the events were stored; all of them if the events were not stored
 */
public record RehearsalOutcome(List<MailEvent> stored, List<Call> calls, BrokenFile failure, Place failed, boolean deliberate,
        boolean answerMissing, List<Place> steps, List<Place> copySteps, Place kindStep, Place audienceStep, boolean decisionOpen,
        int deciding) {

    /**
     * A message to another system.
     *
     * @param endpoint    the endpoint without its options, which may hold secrets, for instance {@code file:data/failures}; of a web
     *                    address the scheme and the host, for instance {@code https://chat.example.com}
     * @param body        the message as text, or null if it cannot be shown as text
     * @param place       the step that sends it
     * @param afterAnswer whether an answer was missing before this message, so that with the real answer it may be different
     *                    or not be sent
     */
    public record Call(String endpoint, String body, Place place, boolean afterAnswer) {
    }

    /** Whether a step ran, also for a copy of the webhook. */
    boolean ran(Place step) {
        return steps.contains(step) || copySteps.contains(step);
    }

    /** The steps that ran before the events were stored, which decide kind and audience. */
    public List<Place> decidingSteps() {
        return steps.subList(0, deciding);
    }

    /** The innermost branch that the event went through before it was stored: its last step there, or null. */
    public Place lastBranch() {
        Place last = null;
        for (Place step : decidingSteps()) {
            last = step.branch() == null ? last : step;
        }
        return last;
    }
}
