package org.mailevents.cause;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Map;
import org.mailevents.cause.CauseTable.Texts;

/**
 * A {@link Verdict} with everything that helps to understand it, as JSON and as text.
 *
 * @param cause      the id of the cause
 * @param dead       whether the address is dead
 * @param or         a second cause that is as possible; absent if there is none
 * @param sureness   {@code reply}, {@code ambiguous}, {@code code} or {@code none}: what says so
 * @param kind       the kind of the cause
 * @param sendAgain  whether it helps to send the mail again
 * @param rule       the rule that applied; absent if none did
 * @param contradicts whether the vendor's code means a different cause
 * @param read       what was read in the reply
 * @param texts      the texts of the cause by language; absent in a list
 */
@JsonInclude(JsonInclude.Include.NON_EMPTY)
public record Explanation(String cause, @JsonInclude boolean dead, String or, String sureness, String kind, @JsonInclude boolean sendAgain,
                          AppliedRule rule, @JsonInclude boolean contradicts, Read read, Map<String, Texts> texts) {

    /** The rule that applied: its place in {@code bounce-rules.json}, why it concludes this, and where that is written. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record AppliedRule(int number, int line, String reason, String source, String removal) {
    }

    /** What was read in the reply. What is not there is absent. */
    @JsonInclude(JsonInclude.Include.NON_EMPTY)
    public record Read(String replyCode, String enhancedCode, String command, String host) {
    }

    /** Explains what the rules decide. */
    public static Explanation of(CauseRules rules, Bounce bounce) {
        Verdict verdict = rules.decide(bounce);
        CauseTable.Cause cause = rules.table().cause(verdict.cause());
        Rule rule = verdict.rule();
        Reply reply = verdict.reply();
        return new Explanation(verdict.cause(), verdict.dead(), verdict.or(), verdict.sureness().toString(),
                verdict.kind(rules.table(), bounce.code()), cause.sendAgain(),
                rule == null ? null : new AppliedRule(rule.number(), rule.line(), rule.reason(), rule.source(), rule.removal()),
                verdict.contradicts(rules.table(), bounce.code()),
                new Read(reply.code(), reply.enhanced(), reply.command(), reply.host()), cause.texts());
    }

    /** The same without the texts, for a list of many. */
    public Explanation withoutTexts() {
        return new Explanation(cause, dead, or, sureness, kind, sendAgain, rule, contradicts, read, Map.of());
    }

    /**
     * The explanation in plain words.
     *
     * @param table    names the causes and says how sure the conclusion is
     * @param language one of the languages of the table
     */
    public String text(CauseTable table, String language) {
        Texts words = table.texts(cause, language);
        StringBuilder text = new StringBuilder();
        line(text, "Cause", cause + " (" + words.name() + ")");
        line(text, "Dead", dead ? "yes: a bounce with this reply puts the address on the suppression list" : "no");
        if (!or.isEmpty()) {
            line(text, "Or", or + " (" + table.texts(or, language).name() + ")");
        }
        line(text, "How sure", table.sureness(sureness, cause, or, language));
        if (rule != null) {
            line(text, "Because", rule.reason());
            line(text, "Rule", "number " + rule.number() + ", bounce-rules.json:" + rule.line());
            line(text, "Source", rule.source());
            line(text, "Removal", rule.removal());
        }
        line(text, "Note", contradicts ? "the vendor's code means a different cause" : "");
        text.append('\n');
        line(text, "What happened", words.text());
        line(text, "What to do", words.action());
        line(text, "Send again", words.again());
        return text.toString();
    }

    private static void line(StringBuilder text, String label, String value) {
        if (!value.isEmpty()) {
            text.append(label).append(": ").append(value).append('\n');
        }
    }
}
