package org.mailevents.explain;

import java.time.Instant;
import java.util.List;
import java.util.UUID;
import org.mailevents.route.Place;

/**
 * Why an event has its kind and its audience.
 *
 * @param cause         as the row has it, or null if the event is no failure
 * @param dead          whether the row says that the address is dead
 * @param kind          as the row has it, or null
 * @param audience      as the row has it, or null if nobody is mailed
 * @param recipients    the setting that names today's recipients of the audience, or null if nobody is mailed
 * @param revision      the routes that were asked
 * @param branches      the branches through which the event went, in their order
 * @param kindSetBy     the step that set the kind, or null if no step did
 * @param audienceSetBy the step that set the audience, or null if no step did
 * @param remarks       what the reader must know before believing this, for instance that the routes decide differently today
 * @param text          all of this for a person, in English
 */
record Decision(UUID eventId, String eventType, String status, Instant receivedAt, String cause, boolean dead, String kind,
        String audience, String recipients, Revision revision, List<Branch> branches, Step kindSetBy, Step audienceSetBy,
        List<Remark> remarks, String text) {

    /**
     * @param id          the id of the revision
     * @param firstUsedAt when its first event was stored, or null if it has decided none yet
     * @param active      whether it decides the events of this moment
     * @param decided     whether it decided this event. Otherwise the event was stored before events named their revision
     */
    record Revision(String id, Instant firstUsedAt, boolean active, boolean decided) {
    }

    /** @param line the line of the condition, from 1 */
    record Branch(String route, String file, int line, String condition) {

        /** The branch around a step. */
        static Branch of(Place step) {
            return new Branch(step.route(), step.file(), step.branchLine(), step.branch());
        }
    }

    /**
     * @param line the line of the step, from 1
     * @param step the name of the step and what it does, for instance {@code setVariable[audience]}
     */
    record Step(String route, String file, int line, String step) {

        static Step of(Place step) {
            return step == null ? null : new Step(step.route(), step.file(), step.line(), step.step());
        }
    }

    /**
     * @param code   {@code differs}, {@code failed}, {@code undecided}, {@code personal-data-removed}, {@code answer-missing} or
     *               {@code revision-unknown}
     * @param detail the remark as a sentence
     */
    record Remark(String code, String detail) {
    }
}
