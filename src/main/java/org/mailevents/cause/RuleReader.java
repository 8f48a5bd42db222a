package org.mailevents.cause;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.mailevents.route.BrokenFile;

/** Reads {@code bounce-rules.json}. The file {@code bounce-rules.schema.json} says the same to editors. */
final class RuleReader {

    private static final List<String> RULE_KEYS = List.of("cause", "or", "dead", "when", "reason", "source", "removal");
    private static final Pattern DOMAIN = Pattern.compile("[a-z0-9-]+(\\.[a-z0-9-]+)+");
    private static final Pattern REPLY = Pattern.compile("[45](\\d\\d|\\dx|xx)|none");
    private static final Pattern ENHANCED = Pattern.compile("[45X]\\.(\\d{1,3}|X)\\.(\\d{1,3}|\\dxx|\\d\\dx|X)|none");
    /** What stands in regular expressions. The marks mean nothing in words, so such words would match something unexpected. */
    private static final Pattern LIKE_REGEX = Pattern.compile("\\||\\\\[a-zA-Z.]|[.)\\]][*+?]|\\*.|\\[.-.|\\{\\d|^\\^|\\$$");
    private static final List<String> COMMANDS = List.of("CONNECT", "EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA");

    private final StrictJson file;
    private final CauseTable table;
    /** With one of these words in the reply, no rule applies that makes an address dead. */
    private List<String> notDead;

    RuleReader(String name, String json, CauseTable table) {
        this.file = new StrictJson(name, json);
        this.table = table;
    }

    List<Rule> read() throws BrokenFile {
        JsonNode root = file.root();
        file.requireKnown(root, JsonPointer.empty(), List.of("notDead", "rules"));
        JsonPointer at = JsonPointer.empty().appendProperty("rules");
        if (!root.path("rules").isArray()) {
            throw file.broken(root.has("rules") ? at : JsonPointer.empty(), "\"rules\" is needed, and must be a list, […]");
        }
        notDead = root.has("notDead") ? words(root.get("notDead"), JsonPointer.empty().appendProperty("notDead")) : List.of();
        List<Rule> rules = new ArrayList<>();
        for (JsonNode rule : root.get("rules")) {
            rules.add(rule(rule, at.appendIndex(rules.size()), rules.size() + 1));
        }
        return rules;
    }

    private Rule rule(JsonNode rule, JsonPointer at, int number) throws BrokenFile {
        file.requireKnown(rule, at, RULE_KEYS);
        for (String key : List.of("cause", "when", "reason", "source")) {
            if (!rule.has(key)) {
                throw file.broken(at, "\"" + key + "\" is missing");
            }
        }
        Boolean dead = rule.has("dead") ? file.flag(rule.get("dead"), at.appendProperty("dead")) : null;
        String cause = cause(rule, at, "cause");
        Rule.When when = when(rule.get("when"), at.appendProperty("when"));
        boolean kills = !rule.has("or") && (dead == null ? table.cause(cause).dead() : dead);
        return new Rule(number, file.line(at), cause, rule.has("or") ? cause(rule, at, "or") : "", dead,
                kills ? when.butNot(notDead) : when, file.text(rule.get("reason"), at.appendProperty("reason")),
                file.text(rule.get("source"), at.appendProperty("source")),
                rule.has("removal") ? file.text(rule.get("removal"), at.appendProperty("removal")) : "");
    }

    private String cause(JsonNode rule, JsonPointer at, String key) throws BrokenFile {
        String id = rule.get(key).asText();
        if (!table.causes().containsKey(id)) {
            throw file.broken(at.appendProperty(key), "\"" + id + "\" is not a cause of bounce-causes.json");
        }
        return id;
    }

    private Rule.When when(JsonNode when, JsonPointer at) throws BrokenFile {
        Map<String, List<String>> lists = new HashMap<>();
        file.requireKnown(when, at, List.of("to", "host", "code", "reply", "enhanced", "command", "words", "also", "not"));
        list(lists, when, at, "to", DOMAIN.asMatchPredicate(), "write a domain in small letters, such as docomo.ne.jp");
        list(lists, when, at, "host", DOMAIN.asMatchPredicate(), "write a domain in small letters, such as outlook.com");
        list(lists, when, at, "code", table.codes()::containsKey, "write a code of bounce-causes.json");
        list(lists, when, at, "reply", REPLY.asMatchPredicate(), "write a reply code as 550, 55x, 5xx or none");
        list(lists, when, at, "enhanced", ENHANCED.asMatchPredicate(), "write an enhanced code as 5.1.1, X.1.1, 5.7.X or none");
        list(lists, when, at, "command", COMMANDS::contains, "write one of " + String.join(", ", COMMANDS));
        for (String key : List.of("words", "also", "not")) {
            if (when.has(key)) {
                lists.put(key, words(when.get(key), at.appendProperty(key)));
            }
        }
        if (lists.keySet().equals(Set.of("not"))) {
            throw file.broken(at, "\"not\" alone would apply to nearly everything; add another condition");
        }
        return new Rule.When(of(lists, "to"), of(lists, "host"), of(lists, "code"), of(lists, "reply"), of(lists, "enhanced"),
                of(lists, "command"), of(lists, "words"), of(lists, "also"), of(lists, "not"));
    }

    private void list(Map<String, List<String>> lists, JsonNode when, JsonPointer at, String key, Predicate<String> valid, String advice)
            throws BrokenFile {
        if (when.has(key)) {
            lists.put(key, List.copyOf(file.texts(when.get(key), at.appendProperty(key), valid, advice)));
        }
    }

    private List<String> words(JsonNode list, JsonPointer at) throws BrokenFile {
        file.texts(list, at, text -> !LIKE_REGEX.matcher(text).find(), "words are plain text and no regular expression. Write each"
                + " alternative as a word of its own; only * at the end has a meaning");
        return List.copyOf(file.texts(list, at, text -> !Words.of(text).isBlank(), "write words that stand in the reply"));
    }

    private static List<String> of(Map<String, List<String>> lists, String key) {
        return lists.getOrDefault(key, List.of());
    }
}
