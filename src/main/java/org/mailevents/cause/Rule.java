package org.mailevents.cause;

import java.util.List;
import java.util.stream.Stream;

/**
 * A rule of {@code bounce-rules.json}: when it applies, and what it concludes.
 *
 * @param number  its place in the file, from 1
 * @param line    its line in the file
 * @param cause   the id of the cause
 * @param or      the id of a second cause if the reply has two meanings; otherwise empty. Then the address is not dead
 * @param dead    whether the address is dead, or null if the cause tells
 * @param when    the conditions, which must all hold
 * @param reason  why the rule concludes this, in one sentence
 * @param source  where that is written: a web address or an RFC
 * @param removal where to ask for removal from a blocklist, or empty
 */
public record Rule(int number, int line, String cause, String or, Boolean dead, When when, String reason, String source, String removal) {

    /**
     * Conditions. An empty list is no condition. Of a list, one entry is enough, except for {@code not}, of which no entry may hold.
     *
     * @param to       domains of the recipient. A subdomain matches too
     * @param host     domains of the mail server
     * @param code     codes of the vendor
     * @param reply    reply codes, {@code 550}, {@code 5xx} or {@code none}
     * @param enhanced enhanced codes, {@code 5.1.1}, {@code X.1.1}, {@code 5.7.X} or {@code none}
     * @param command  SMTP commands
     * @param words    phrases; a phrase that ends in {@code *} may end within a word
     * @param also     phrases of which one must be there beside one of {@code words}
     * @param not      phrases that must not be there
     */
    public record When(List<String> to, List<String> host, List<String> code, List<String> reply, List<String> enhanced,
                       List<String> command, List<String> words, List<String> also, List<String> not) {

        /** The same conditions with more phrases that must not be there. */
        When butNot(List<String> more) {
            return new When(to, host, code, reply, enhanced, command, words, also, Stream.concat(not.stream(), more.stream()).toList());
        }

        /** Whether the rule looks at the reply, and not only at the recipient and the vendor's code. */
        boolean readsReply() {
            return Stream.of(host, reply, enhanced, command, words, also).anyMatch(conditions -> !conditions.isEmpty());
        }
    }
}
