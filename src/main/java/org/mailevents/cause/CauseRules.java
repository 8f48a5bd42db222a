package org.mailevents.cause;

import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiPredicate;
import org.mailevents.cause.Verdict.Sureness;
import org.mailevents.route.BrokenFile;

/**
 * Decides the cause of a failed delivery: the first rule that applies decides, and without a rule the vendor's code does. The rules are
 * compiled, so that a reply is read once, and only the rules whose phrases it contains are looked at.
 */
public final class CauseRules {

    private final CauseTable table;
    private final List<Rule> rules;
    private final Map<String, Integer> phraseNumbers = new LinkedHashMap<>();
    private final Phrases phrases;
    private final Compiled[] compiled;
    /** The rules without phrases, and for each phrase the rules that it can make apply. */
    private final BitSet withoutWords = new BitSet();
    private final Map<Integer, BitSet> rulesOfPhrase = new HashMap<>();
    private final FailedDecisions failures = FailedDecisions.none();

    /** The phrases of a rule by their numbers. */
    private record Compiled(BitSet words, BitSet also, BitSet not) {
    }

    CauseRules(CauseTable table, List<Rule> rules) {
        this.table = table;
        this.rules = List.copyOf(rules);
        this.compiled = this.rules.stream().map(rule -> new Compiled(numbers(rule.when().words()), numbers(rule.when().also()),
                numbers(rule.when().not()))).toArray(Compiled[]::new);
        this.phrases = new Phrases(List.copyOf(phraseNumbers.keySet()));
        for (int i = 0; i < compiled.length; i++) {
            int rule = i;
            if (compiled[i].words().isEmpty()) {
                withoutWords.set(i);
            }
            compiled[i].words().stream().forEach(phrase -> rulesOfPhrase.computeIfAbsent(phrase, any -> new BitSet()).set(rule));
        }
    }

    /**
     * @param file  the name of the file with the rules, for messages
     * @param json  the content of the file
     * @param table the causes that the rules name
     * @throws BrokenFile the first mistake, with its line
     */
    public static CauseRules parse(String file, String json, CauseTable table) throws BrokenFile {
        return new CauseRules(table, new RuleReader(file, json, table).read());
    }

    private BitSet numbers(List<String> texts) {
        BitSet numbers = new BitSet();
        texts.forEach(text -> numbers.set(phraseNumbers.computeIfAbsent(phrase(text), any -> phraseNumbers.size())));
        return numbers;
    }

    /** A phrase matches whole words, unless it ends in an asterisk, or is Japanese and so has no spaces between words. */
    static String phrase(String text) {
        String words = Words.of(text);
        boolean spaced = words.chars().allMatch(c -> c < 0x2E80);
        return !spaced ? words.strip() : text.endsWith("*") ? words.stripTrailing() : words;
    }

    /** The table of the causes and their texts. */
    public CauseTable table() {
        return table;
    }

    public List<Rule> rules() {
        return rules;
    }

    /**
     * Decides the cause. It takes microseconds, whatever the reply is. A mistake in this package must stop neither a webhook nor a mail:
     * then the cause is unknown, and the log says so.
     */
    public Verdict decide(Bounce bounce) {
        try {
            return decided(bounce);
        } catch (RuntimeException e) {
            failures.report(e);
            return new Verdict(CauseTable.UNKNOWN, false, "", Sureness.NONE, null, Reply.UNREAD);
        }
    }

    /** Without the guard of {@link #decide}. */
    Verdict decided(Bounce bounce) {
        Reply reply = Reply.of(bounce.reply(), bounce.command());
        String domain = domain(bounce.to());
        BitSet found = phrases.in(reply.words());
        BitSet candidates = (BitSet) withoutWords.clone();
        for (int phrase = found.nextSetBit(0); phrase >= 0; phrase = found.nextSetBit(phrase + 1)) {
            BitSet those = rulesOfPhrase.get(phrase);
            if (those != null) {
                candidates.or(those);
            }
        }
        for (int i = candidates.nextSetBit(0); i >= 0; i = candidates.nextSetBit(i + 1)) {
            if (applies(rules.get(i).when(), compiled[i], bounce.code(), domain, reply, found)) {
                return concluded(rules.get(i), reply);
            }
        }
        return byCode(bounce, reply);
    }

    private Verdict concluded(Rule rule, Reply reply) {
        boolean dead = rule.dead() == null ? table.cause(rule.cause()).dead() : rule.dead();
        boolean ambiguous = !rule.or().isEmpty();
        return new Verdict(rule.cause(), dead && !ambiguous && reply.canMeanDead(), rule.or(),
                ambiguous ? Sureness.AMBIGUOUS : rule.when().readsReply() ? Sureness.REPLY : Sureness.CODE, rule, reply);
    }

    /** A reply that no rule knows may say anything. Only the vendor's code without a reply makes an address dead. */
    private Verdict byCode(Bounce bounce, Reply reply) {
        String cause = bounce.code().isEmpty() ? CauseTable.UNKNOWN : table.code(bounce.code()).cause();
        boolean known = !cause.equals(CauseTable.UNKNOWN);
        return new Verdict(cause, known && bounce.reply().isBlank() && table.cause(cause).dead(), "",
                known ? Sureness.CODE : Sureness.NONE, null, reply);
    }

    private static boolean applies(Rule.When when, Compiled phrases, String code, String domain, Reply reply, BitSet found) {
        return (phrases.also().isEmpty() || phrases.also().intersects(found)) && !phrases.not().intersects(found)
                && any(when.to(), domain, CauseRules::isWithin) && any(when.host(), reply.host(), CauseRules::isWithin)
                && any(when.code(), code, String::equals) && any(when.command(), reply.command(), String::equals)
                && any(when.reply(), reply.code(), CauseRules::matches) && any(when.enhanced(), reply.enhanced(), CauseRules::matches);
    }

    private static boolean any(List<String> wanted, String value, BiPredicate<String, String> matches) {
        if (wanted.isEmpty()) {
            return true;
        }
        for (String one : wanted) {
            if (matches.test(one, value)) {
                return true;
            }
        }
        return false;
    }

    private static boolean isWithin(String wanted, String domain) {
        int rest = domain.length() - wanted.length();
        return rest >= 0 && domain.endsWith(wanted) && (rest == 0 || domain.charAt(rest - 1) == '.');
    }

    /** Whether a code has the form {@code 5xx}, {@code X.1.1}, {@code 5.7.X}, or is absent ({@code none}). */
    private static boolean matches(String wanted, String code) {
        if (wanted.equals("none")) {
            return code.isEmpty();
        }
        int at = 0;
        for (int i = 0; i < wanted.length(); i++) {
            char c = wanted.charAt(i);
            if (c == 'X') {
                int start = at;
                while (at < code.length() && code.charAt(at) != '.') {
                    at++;
                }
                if (at == start) {
                    return false;
                }
            } else if (at < code.length() && (c == 'x' || c == code.charAt(at))) {
                at++;
            } else {
                return false;
            }
        }
        return at == code.length();
    }

    /** A domain is not case-sensitive (RFC 5321, 2.4). */
    static String domain(String address) {
        String domain = address.substring(address.lastIndexOf('@') + 1).strip().toLowerCase(Locale.ROOT);
        return domain.endsWith(">") ? domain.substring(0, domain.length() - 1) : domain;
    }
}
