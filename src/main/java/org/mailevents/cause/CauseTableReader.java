package org.mailevents.cause;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.mailevents.cause.CauseTable.Cause;
import org.mailevents.cause.CauseTable.Code;
import org.mailevents.cause.CauseTable.Enhanced;
import org.mailevents.cause.CauseTable.Texts;
import org.mailevents.cause.Verdict.Sureness;
import org.mailevents.route.BrokenFile;

/** Reads {@code bounce-causes.json}. The file {@code bounce-causes.schema.json} says the same to editors. */
final class CauseTableReader {

    private static final List<String> TEXT_KEYS = List.of("name", "text", "action", "again");
    private static final List<String> CAUSE_KEYS = List.of("kind", "dead", "sendAgain");
    private static final List<String> CODE_KEYS = List.of("cause", "kind", "compare");
    private static final Pattern ID = Pattern.compile("[a-z]+(-[a-z]+)*");
    private static final Pattern CODE = Pattern.compile("\\d+|" + CauseTable.UNKNOWN);
    private static final Pattern ENHANCED_CODE = Pattern.compile("[245]|(X|[245]\\.\\d{1,3}|X\\.\\d{1,3})\\.\\d{1,3}");
    private static final Set<String> LANGUAGES = Set.of(Locale.getISOLanguages());

    private final StrictJson file;

    CauseTableReader(String name, String json) {
        file = new StrictJson(name, json);
    }

    CauseTable read() throws BrokenFile {
        JsonNode root = file.root();
        JsonPointer top = JsonPointer.empty();
        file.requireKeys(root, top, List.of("causes", "ambiguous", "sureness", "labels", "codes", "enhanced"));
        Map<String, Cause> causes = causes(root.get("causes"), top.appendProperty("causes"));
        Map<String, Code> codes = codes(root.get("codes"), top.appendProperty("codes"), causes.keySet());
        return new CauseTable(causes, ambiguous(root.get("ambiguous"), top.appendProperty("ambiguous")),
                sureness(root.get("sureness"), top.appendProperty("sureness")),
                sentences(root.get("labels"), top.appendProperty("labels"), CauseTable.LABELS), codes,
                enhanced(root.get("enhanced"), top.appendProperty("enhanced"), codes.keySet()));
    }

    private Map<String, Cause> causes(JsonNode all, JsonPointer at) throws BrokenFile {
        Map<String, Cause> causes = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : file.entries(all, at)) {
            JsonPointer here = at.appendProperty(entry.getKey());
            if (!ID.matcher(entry.getKey()).matches()) {
                throw file.broken(here, "an id has small letters and hyphens, such as unknown-user");
            }
            causes.put(entry.getKey(), cause(entry.getKey(), entry.getValue(), here));
        }
        if (!causes.containsKey(CauseTable.UNKNOWN)) {
            throw file.broken(at, "\"" + CauseTable.UNKNOWN + "\" is missing; it is the cause if nothing tells the cause");
        }
        if (!causes.containsKey(CauseTable.NOT_ATTEMPTED)) {
            throw file.broken(at, "\"" + CauseTable.NOT_ATTEMPTED + "\" is missing; the suppression list has addresses with this cause");
        }
        return causes;
    }

    private Cause cause(String id, JsonNode cause, JsonPointer at) throws BrokenFile {
        Map<String, Texts> texts = new HashMap<>();
        for (String key : languages(cause, at, CAUSE_KEYS)) {
            texts.put(key, texts(cause.get(key), at.appendProperty(key)));
        }
        for (String key : CAUSE_KEYS) {
            if (!cause.has(key)) {
                throw file.broken(at, "\"" + key + "\" is missing");
            }
        }
        return new Cause(id, file.text(cause.get("kind"), at.appendProperty("kind")),
                file.flag(cause.get("dead"), at.appendProperty("dead")),
                file.flag(cause.get("sendAgain"), at.appendProperty("sendAgain")), Map.copyOf(texts));
    }

    private Texts texts(JsonNode cause, JsonPointer at) throws BrokenFile {
        file.requireKeys(cause, at, TEXT_KEYS);
        Map<String, String> texts = new HashMap<>();
        for (String key : TEXT_KEYS) {
            texts.put(key, file.text(cause.get(key), at.appendProperty(key)));
        }
        return new Texts(texts.get("name"), texts.get("text"), texts.get("action"), texts.get("again"));
    }

    private Map<String, Texts> ambiguous(JsonNode all, JsonPointer at) throws BrokenFile {
        Map<String, Texts> texts = new HashMap<>();
        for (String key : languages(all, at, List.of())) {
            texts.put(key, texts(all.get(key), at.appendProperty(key)));
            requireBothCauses(texts.get(key).name(), at.appendProperty(key).appendProperty("name"));
        }
        return texts;
    }

    private Map<String, Map<String, String>> sureness(JsonNode all, JsonPointer at) throws BrokenFile {
        Map<String, Map<String, String>> sureness = sentences(all, at, Stream.of(Sureness.values()).map(Sureness::toString).toList());
        String ambiguous = Sureness.AMBIGUOUS.toString();
        for (Map.Entry<String, String> text : sureness.get(ambiguous).entrySet()) {
            requireBothCauses(text.getValue(), at.appendProperty(ambiguous).appendProperty(text.getKey()));
        }
        return sureness;
    }

    private void requireBothCauses(String text, JsonPointer at) throws BrokenFile {
        if (!text.contains("{cause}") || !text.contains("{or}")) {
            throw file.broken(at, "it must contain {cause} and {or}, which stand for the causes");
        }
    }

    private Map<String, Map<String, String>> sentences(JsonNode all, JsonPointer at, List<String> ids) throws BrokenFile {
        file.requireKeys(all, at, ids);
        Map<String, Map<String, String>> sentences = new HashMap<>();
        for (Map.Entry<String, JsonNode> entry : all.properties()) {
            sentences.put(entry.getKey(), byLanguage(entry.getValue(), at.appendProperty(entry.getKey()), List.of()));
        }
        return sentences;
    }

    private Map<String, Code> codes(JsonNode all, JsonPointer at, Set<String> causes) throws BrokenFile {
        Map<String, Code> codes = new LinkedHashMap<>();
        for (Map.Entry<String, JsonNode> entry : file.entries(all, at)) {
            JsonPointer here = at.appendProperty(entry.getKey());
            if (!CODE.matcher(entry.getKey()).matches()) {
                throw file.broken(here, "a bounce code is a number, or \"" + CauseTable.UNKNOWN + "\" for codes that are added later");
            }
            codes.put(entry.getKey(), code(entry.getValue(), here, causes));
        }
        if (!codes.containsKey(CauseTable.UNKNOWN)) {
            throw file.broken(at, "\"" + CauseTable.UNKNOWN + "\" is missing; it names codes that are added later");
        }
        return codes;
    }

    private Code code(JsonNode code, JsonPointer at, Set<String> causes) throws BrokenFile {
        Map<String, String> names = byLanguage(code, at, CODE_KEYS);
        if (!causes.contains(code.path("cause").asText())) {
            throw file.broken(code.has("cause") ? at.appendProperty("cause") : at, "\"cause\" must be a key of \"causes\"");
        }
        boolean compare = !code.has("compare") || file.flag(code.get("compare"), at.appendProperty("compare"));
        String kind = code.has("kind") ? file.text(code.get("kind"), at.appendProperty("kind")) : null;
        return new Code(code.get("cause").textValue(), kind, names, compare);
    }

    private Map<String, Enhanced> enhanced(JsonNode all, JsonPointer at, Set<String> known) throws BrokenFile {
        Map<String, Enhanced> enhanced = new HashMap<>();
        for (Map.Entry<String, JsonNode> entry : file.entries(all, at)) {
            JsonPointer here = at.appendProperty(entry.getKey());
            if (!ENHANCED_CODE.matcher(entry.getKey()).matches()) {
                throw file.broken(here, "an enhanced code is written 5.1.1, X.1.1 (any class), X.1 (a whole subject) or 5 (a whole class)");
            }
            enhanced.put(entry.getKey(), status(entry.getValue(), here, known));
        }
        return enhanced;
    }

    private Enhanced status(JsonNode status, JsonPointer at, Set<String> known) throws BrokenFile {
        Map<String, String> texts = byLanguage(status, at, List.of("codes"));
        Set<String> codes = !status.has("codes") ? Set.of() : Set.copyOf(file.texts(status.get("codes"), at.appendProperty("codes"),
                known::contains, "it is not a key of \"codes\"; list only keys of \"codes\", in quotes"));
        return new Enhanced(texts, codes);
    }

    /** The texts of an entry that has one text for each language. */
    private Map<String, String> byLanguage(JsonNode entry, JsonPointer at, List<String> otherKeys) throws BrokenFile {
        Map<String, String> texts = new HashMap<>();
        for (String key : languages(entry, at, otherKeys)) {
            texts.put(key, file.text(entry.get(key), at.appendProperty(key)));
        }
        return Map.copyOf(texts);
    }

    /** The keys of an entry that are languages. Each other key must be one of those that are given. */
    private List<String> languages(JsonNode entry, JsonPointer at, List<String> otherKeys) throws BrokenFile {
        List<String> languages = new ArrayList<>();
        for (Map.Entry<String, JsonNode> field : file.entries(entry, at)) {
            String key = field.getKey();
            if (LANGUAGES.contains(key)) {
                languages.add(key);
            } else if (!otherKeys.contains(key)) {
                throw file.broken(at.appendProperty(key), "unknown key; it must be "
                        + (otherKeys.isEmpty() ? "" : String.join(", ", otherKeys) + " or ") + "a language (ISO 639), such as \"ja\"");
            }
        }
        return languages;
    }
}
