package org.mailevents.alert;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.mailevents.alert.Causes.Code;
import org.mailevents.alert.Causes.Enhanced;
import org.mailevents.route.BrokenFile;

/**
 * Reads {@code causes.json}. Teams edit this file by hand, so everything unknown in it is an error. Otherwise nobody would notice a
 * mistyped key. {@code causes.schema.json} says the same to editors.
 */
final class CausesReader {

    /** Refuses duplicate keys too, because the first of the two texts would be lost. */
    private static final ObjectMapper JSON = JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
    private static final List<String> CAUSE_KEYS = List.of("name", "text", "action", "again");
    private static final Pattern CODE = Pattern.compile("\\d+|" + Causes.UNKNOWN);
    private static final Pattern ENHANCED_CODE = Pattern.compile("[245]|(X|[245]\\.\\d{1,3}|X\\.\\d{1,3})\\.\\d{1,3}");
    private static final Set<String> LANGUAGES = Set.of(Locale.getISOLanguages());

    private final String file;
    private final String json;

    CausesReader(String file, String json) {
        this.file = file;
        this.json = json;
    }

    Causes read() throws BrokenFile {
        JsonNode root;
        try {
            root = JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new BrokenFile(file, e.getLocation() == null ? 0 : e.getLocation().getLineNr(), e.getOriginalMessage());
        }
        if (root instanceof ObjectNode object) {
            object.remove("$schema"); // for editors
        }
        JsonPointer top = JsonPointer.empty();
        requireKeys(root, top, List.of("codes", "enhanced"));
        Map<String, Code> codes = codes(root.get("codes"), top.appendProperty("codes"));
        return new Causes(codes, enhanced(root.get("enhanced"), top.appendProperty("enhanced"), codes.keySet()));
    }

    private Map<String, Code> codes(JsonNode all, JsonPointer at) throws BrokenFile {
        Map<String, Code> codes = new HashMap<>();
        for (Map.Entry<String, JsonNode> entry : entries(all, at)) {
            JsonPointer here = at.appendProperty(entry.getKey());
            if (!CODE.matcher(entry.getKey()).matches()) {
                throw broken(here, "a bounce code is a number, or \"" + Causes.UNKNOWN + "\" for codes that are added later");
            }
            codes.put(entry.getKey(), code(entry.getValue(), here));
        }
        if (!codes.containsKey(Causes.UNKNOWN)) {
            throw broken(at, "\"" + Causes.UNKNOWN + "\" is missing; it explains codes that are added later");
        }
        return codes;
    }

    private Code code(JsonNode code, JsonPointer at) throws BrokenFile {
        Map<String, Cause> causes = new HashMap<>();
        boolean compare = true;
        for (Map.Entry<String, JsonNode> entry : entries(code, at)) {
            JsonPointer here = at.appendProperty(entry.getKey());
            JsonNode value = entry.getValue();
            if (!entry.getKey().equals("compare")) {
                causes.put(language(here, "\"compare\""), cause(value, here));
            } else if (value.isBoolean()) {
                compare = value.booleanValue();
            } else {
                throw broken(here, "it must be true or false, without quotes");
            }
        }
        return new Code(Map.copyOf(causes), compare);
    }

    private Cause cause(JsonNode cause, JsonPointer at) throws BrokenFile {
        requireKeys(cause, at, CAUSE_KEYS);
        Map<String, String> texts = new HashMap<>();
        for (String key : CAUSE_KEYS) {
            texts.put(key, text(cause.get(key), at.appendProperty(key)));
        }
        return new Cause(texts.get("name"), texts.get("text"), texts.get("action"), texts.get("again"));
    }

    private Map<String, Enhanced> enhanced(JsonNode all, JsonPointer at, Set<String> known) throws BrokenFile {
        Map<String, Enhanced> enhanced = new HashMap<>();
        for (Map.Entry<String, JsonNode> entry : entries(all, at)) {
            JsonPointer here = at.appendProperty(entry.getKey());
            if (!ENHANCED_CODE.matcher(entry.getKey()).matches()) {
                throw broken(here, "an enhanced code is written 5.1.1, X.1.1 (any class), X.1 (a whole subject) or 5 (a whole class)");
            }
            enhanced.put(entry.getKey(), status(entry.getValue(), here, known));
        }
        return enhanced;
    }

    private Enhanced status(JsonNode status, JsonPointer at, Set<String> known) throws BrokenFile {
        Map<String, String> texts = new HashMap<>();
        Set<String> codes = new HashSet<>();
        for (Map.Entry<String, JsonNode> entry : entries(status, at)) {
            JsonPointer here = at.appendProperty(entry.getKey());
            if (!entry.getKey().equals("codes")) {
                texts.put(language(here, "\"codes\""), text(entry.getValue(), here));
                continue;
            }
            if (!entry.getValue().isArray()) {
                throw broken(here, "it must be a list of bounce codes, such as [\"2\", \"4\"]");
            }
            for (JsonNode code : entry.getValue()) {
                if (!code.isTextual() || !known.contains(code.textValue())) {
                    throw broken(here, code + " is not a key of \"codes\"; list only keys of \"codes\", in quotes");
                }
                codes.add(code.textValue());
            }
        }
        return new Enhanced(Map.copyOf(texts), Set.copyOf(codes));
    }

    private String language(JsonPointer at, String otherKey) throws BrokenFile {
        String key = at.last().getMatchingProperty();
        if (!LANGUAGES.contains(key)) {
            throw broken(at, "unknown key; it must be " + otherKey + " or a language (ISO 639), such as \"ja\"");
        }
        return key;
    }

    private String text(JsonNode value, JsonPointer at) throws BrokenFile {
        if (!value.isTextual() || value.textValue().isBlank()) {
            throw broken(at, "it must be a text that is not empty");
        }
        return value.textValue();
    }

    private void requireKeys(JsonNode object, JsonPointer at, List<String> keys) throws BrokenFile {
        for (Map.Entry<String, JsonNode> entry : entries(object, at)) {
            if (!keys.contains(entry.getKey())) {
                throw broken(at.appendProperty(entry.getKey()), "unknown key; the keys here are " + String.join(", ", keys));
            }
        }
        for (String key : keys) {
            if (!object.has(key)) {
                throw broken(at, "\"" + key + "\" is missing");
            }
        }
    }

    private Set<Map.Entry<String, JsonNode>> entries(JsonNode object, JsonPointer at) throws BrokenFile {
        if (!object.isObject() || object.isEmpty()) {
            throw broken(at, "it must be an object, {…}, that is not empty");
        }
        return object.properties();
    }

    private BrokenFile broken(JsonPointer at, String reason) {
        return new BrokenFile(file, line(at), at.matches() ? reason : at.toString().substring(1) + ": " + reason);
    }

    /** Parses the text again, because Jackson's tree has no line numbers. */
    private int line(JsonPointer at) {
        try (JsonParser parser = JSON.createParser(json)) {
            while (parser.nextToken() != null) {
                if (parser.getParsingContext().pathAsPointer().equals(at)) {
                    return parser.currentTokenLocation().getLineNr();
                }
            }
            return 0;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
