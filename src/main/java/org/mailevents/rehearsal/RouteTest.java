package org.mailevents.rehearsal;

import java.util.List;

/**
 * One test of a {@code routes/tests/*.test.yaml}: a webhook, and what the routes must decide about its events.
 *
 * @param file     the file of the test
 * @param line     the line of its name, from 1
 * @param name     what the test says, as a sentence
 * @param webhook  the webhook as the vendor posts it, in JSON
 * @param cause    the cause that the rules must decide for each event, or null if the test does not care
 * @param kind     the kind that each event must get, or null if the test does not care
 * @param audience the audience that each event must get, or null if the test does not care
 * @param sends    what the routes must send to other systems, or null if the test does not care
 */
public record RouteTest(String file, int line, String name, String webhook, Word cause, Word kind, Word audience, Sends sends) {

    /**
     * The event has no cause; the routes set no kind; nobody gets a mail. A bounce has the audience {@code none} only if the routes mute
     * it.
     */
    static final String NONE = "none";

    /** An expected word with its line. */
    public record Word(String text, int line) {
    }

    /** The expected messages, in their order, with the line where they begin. */
    record Sends(List<Send> all, int line) {
    }

    /**
     * A message to another system.
     *
     * @param to       the endpoint; its options and the path of a web address do not count
     * @param contains a part of the message, or null
     */
    record Send(String to, String contains, int line) {
    }
}
