package org.mailevents.cause;

import java.util.Locale;

/**
 * What is concluded of a failed delivery.
 *
 * @param cause    the id of the cause
 * @param dead     whether the address is dead, so that writing to it is of no use
 * @param or       the id of a second cause that is as possible, or empty
 * @param sureness how sure the conclusion is
 * @param rule     the rule that applied, or null
 * @param reply    the reply as it was read
 */
public record Verdict(String cause, boolean dead, String or, Sureness sureness, Rule rule, Reply reply) {

    /** How sure a conclusion is. */
    public enum Sureness {
        /** The reply says so. */
        REPLY,
        /** The reply has two meanings. */
        AMBIGUOUS,
        /** Only the vendor's code says so: there is no reply, or no rule reads it. */
        CODE,
        /** Nothing tells the cause. */
        NONE;

        /** The name in {@code bounce-causes.json} and in the API. */
        @Override
        public String toString() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** The kind of such a bounce. Where no rule applies, the vendor's code may tell a kind of its own. */
    public String kind(CauseTable table, String code) {
        String ofCode = rule == null && !code.isEmpty() ? table.code(code).kind() : null;
        return ofCode == null ? table.cause(cause).kind() : ofCode;
    }

    /** Whether the vendor's code means a cause of a different kind. A code that means no certain cause contradicts nothing. */
    public boolean contradicts(CauseTable table, String code) {
        return rule != null && rule.when().readsReply() && !code.isEmpty() && table.code(code).compare()
                && !table.cause(table.code(code).cause()).kind().equals(table.cause(cause).kind());
    }
}
