package org.mailevents.cause;

import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.stream.Stream;
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
    private final BitSet[] rulesOfPhrase;
    private final FailedDecisions failures = FailedDecisions.none();

    /** The phrases of a rule by their numbers. */
    private record Compiled(Rule.When when, int[] words, int[] also, int[] not) {
    }

    CauseRules(CauseTable table, List<Rule> rules) {
        this.table = table;
        this.rules = List.copyOf(rules);
        this.compiled = this.rules.stream().map(Rule::when).map(when -> new Compiled(when, numbers(when.words()), numbers(when.also()),
                numbers(when.not()))).toArray(Compiled[]::new);
        this.phrases = new Phrases(List.copyOf(phraseNumbers.keySet()));
        this.rulesOfPhrase = Stream.generate(BitSet::new).limit(phraseNumbers.size()).toArray(BitSet[]::new);
        for (int i = 0; i < compiled.length; i++) {
            withoutWords.set(i, compiled[i].words().length == 0);
            for (int phrase : compiled[i].words()) {
                rulesOfPhrase[phrase].set(i);
            }
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

    private int[] numbers(List<String> texts) {
        return texts.stream().mapToInt(text -> phraseNumbers.computeIfAbsent(phrase(text), any -> phraseNumbers.size())).toArray();
    }

    /** A phrase matches whole words, unless it ends in an asterisk, or is Japanese and so has no spaces between words. */
    static String phrase(String text) {
        String words = Words.of(text);
        boolean spaced = words.chars().allMatch(c -> c < Words.UNSPACED);
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
            candidates.or(rulesOfPhrase[phrase]);
        }
        for (int i = candidates.nextSetBit(0); i >= 0; i = candidates.nextSetBit(i + 1)) {
            if (applies(compiled[i], bounce.code(), domain, reply, found)) {
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

    private static boolean applies(Compiled rule, String code, String domain, Reply reply, BitSet found) {
        Rule.When when = rule.when();
        return any(when.to(), domain, CauseRules::isWithin) && any(when.host(), reply.host(), CauseRules::isWithin)
                && any(when.code(), code, String::equals) && any(when.command(), reply.command(), String::equals)
                && any(when.reply(), reply.code(), CauseRules::matches) && any(when.enhanced(), reply.enhanced(), CauseRules::matches)
                && (rule.also().length == 0 || contains(found, rule.also())) && !contains(found, rule.not());
    }

    private static boolean contains(BitSet found, int[] phrases) {
        for (int phrase : phrases) {
            if (found.get(phrase)) {
                return true;
            }
        }
        return false;
    }

    private static boolean any(List<String> wanted, String value, BiPredicate<String, String> matches) {
        for (int i = 0; i < wanted.size(); i++) {
            if (matches.test(wanted.get(i), value)) {
                return true;
            }
        }
        return wanted.isEmpty();
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
