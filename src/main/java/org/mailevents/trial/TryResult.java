package org.mailevents.trial;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.List;
import java.util.Map;

/**
 * What drafts would change, in the form that the API answers. Times are in UTC (RFC 3339).
 *
 * @param files              the drafts
 * @param events             how many events were run
 * @param newest             when the newest of them was received, or null
 * @param oldest             when the oldest of them was received, or null
 * @param seconds            how long it took
 * @param stopped            why not all events were run, or null
 * @param changed            how many events have at least one of the changes
 * @param changes            what changes, the most frequent change first
 * @param mails              how many mails the audiences get, or null where the events cannot tell
 * @param differByThemselves how many events come out differently from run to run, because of the time or chance
 * @param notKnown           how many events may be different, depending on the answer of another system
 * @param notComparable      how many events could not be compared, or not in full, because their personal data was removed or hashed
 * @param failedTests        the tests that fail with the drafts, which are not activated before the tests pass
 * @param warnings           what is probably misspelt in the drafts, with file and line
 * @param rejected           why elements of the payload are no events; empty for stored events
 */
@JsonInclude(JsonInclude.Include.ALWAYS)
record TryResult(List<String> files, int events, String newest, String oldest, double seconds, String stopped, int changed,
        List<Change> changes, Mails mails, int differByThemselves, int notKnown, int notComparable,
        List<String> failedTests, List<String> warnings, List<String> rejected) {

    /**
     * A change that several events have in common.
     *
     * @param what       the kind of change
     * @param events     how many events have it
     * @param before     the audience or the kind with the active routes; for a failure that ends, its reason; otherwise null
     * @param after      the audience or the kind with the drafts; for a failure, its reason; otherwise null
     * @param endpoint   where messages go, or null
     * @param messages   how many messages, or null for other changes
     * @param at         the file and the line of the step that decides, fails or sends, or null
     * @param branch     the condition of the branch around that step, or null
     * @param branchLine the line of that branch, or null
     * @param statuses   how many of the events have which status, the most frequent first
     * @param examples   some of the events, the newest first
     */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    record Change(String what, int events, String before, String after, String endpoint, Integer messages, String at, String branch,
            Integer branchLine, Map<String, Integer> statuses, List<Example> examples) {
    }

    /** An event, and what is different for it. A message is cut after some hundred characters. */
    @JsonInclude(JsonInclude.Include.ALWAYS)
    record Example(String eventId, String messageId, String recipient, String eventType, String status, String reason, String before,
            String after) {
    }

    /**
     * The alert mails about these bounces, if they had been received by an application that has just started.
     *
     * @param hours     the time from the oldest event to the newest, at least an hour
     * @param audiences the audiences whose mails change, by name
     */
    record Mails(double hours, Count all, Map<String, Count> audiences) {
    }

    /** How many mails in the whole time. */
    record Count(int before, int after) {
    }
}
