package org.mailevents.live;

import java.util.List;
import org.mailevents.event.MailEvent;

/**
 * What routes do with a webhook in a {@link RouteTrial}.
 *
 * @param stored        the events that reached {@code direct:store-events}, with the kind and the audience that the routes decided
 * @param calls         what the routes would send to other systems, in the order of the steps
 * @param failure       why the webhook failed, or a copy of it behind {@code wireTap} or {@code seda:}, with the file and the line of the
 *                      step; null if nothing failed
 * @param deliberate    whether a step {@code throwException} failed, which a team writes on purpose
 * @param answerMissing whether the routes went on after they asked another system. The trial does not know its answer, so what follows,
 *                      a failure included, may be different in truth
 * @param steps         the steps that ran, in their order
 * @param copySteps     the steps that ran for copies of the webhook, behind a wire tap or a queue
 * @param kindStep      the step that set the variable {@code kind} last, or null; of a webhook with one event
 * @param audienceStep  the step that set the variable {@code audience} last, or null; of a webhook with one event
 */
public record TrialOutcome(List<MailEvent> stored, List<Call> calls, BrokenFile failure, boolean deliberate, boolean answerMissing,
        List<Place> steps, List<Place> copySteps, Place kindStep, Place audienceStep) {

    /**
     * A message to another system.
     *
     * @param endpoint the endpoint without its options, which may hold secrets, for instance {@code file:data/failures}; of a web
     *                 address the scheme and the host, for instance {@code https://chat.example.com}
     * @param body     the message as text, or null if it cannot be shown as text
     * @param place    the step that sends it
     */
    public record Call(String endpoint, String body, Place place) {
    }
}
