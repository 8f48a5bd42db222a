package org.mailevents.cause;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.util.Map;
import java.util.function.UnaryOperator;
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
 * @param texts      the texts of the cause by language, or those of a reply with two meanings; absent in a list
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
                new Read(reply.code(), reply.enhanced(), reply.command(), reply.host()),
                verdict.or().isEmpty() ? cause.texts() : rules.table().ambiguous(verdict.cause(), verdict.or()));
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
        UnaryOperator<String> label = id -> table.label(id, language);
        StringBuilder text = new StringBuilder();
        line(text, label.apply("cause"), cause + " (" + table.texts(cause, language).name() + ")");
        line(text, label.apply("dead"), label.apply(dead ? "yes" : "no"));
        if (!or.isEmpty()) {
            line(text, label.apply("or"), or + " (" + table.texts(or, language).name() + ")");
        }
        line(text, label.apply("sureness"), table.sureness(sureness, cause, or, language));
        if (rule != null) {
            line(text, label.apply("reason"), rule.reason());
            line(text, label.apply("rule"), label.apply("place").replace("{number}", String.valueOf(rule.number()))
                    .replace("{line}", String.valueOf(rule.line())));
            line(text, label.apply("source"), rule.source());
            line(text, label.apply("removal"), rule.removal());
        }
        line(text, label.apply("note"), contradicts ? label.apply("contradicts") : "");
        text.append('\n');
        Texts words = texts.get(language);
        line(text, label.apply("text"), words.text());
        line(text, label.apply("action"), words.action());
        line(text, label.apply("again"), words.again());
        return text.toString();
    }

    private static void line(StringBuilder text, String label, String value) {
        if (!value.isEmpty()) {
            text.append(label).append(": ").append(value).append('\n');
        }
    }
}
