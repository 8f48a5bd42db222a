package org.mailevents.cause;

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
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import org.mailevents.route.BrokenFile;

/**
 * A JSON file that a team edits by hand. Everything unknown in it is an error with its line. Otherwise nobody would notice a mistyped key.
 */
final class StrictJson {

    /** Refuses duplicate keys too, because the first of the two values would be lost. */
    private static final ObjectMapper JSON = JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();

    private final String file;
    private final String json;
    private Map<String, Integer> lines;

    StrictJson(String file, String json) {
        this.file = file;
        this.json = json;
    }

    /** The whole file, without the key {@code $schema}, which is for editors. */
    JsonNode root() throws BrokenFile {
        try {
            JsonNode root = JSON.readTree(json);
            if (root instanceof ObjectNode object) {
                object.remove("$schema");
            }
            return root;
        } catch (JsonProcessingException e) {
            throw new BrokenFile(file, e.getLocation() == null ? 0 : e.getLocation().getLineNr(), e.getOriginalMessage());
        }
    }

    /** @param keys all of them must be there, and no other key */
    void requireKeys(JsonNode object, JsonPointer at, List<String> keys) throws BrokenFile {
        requireKnown(object, at, keys);
        for (String key : keys) {
            if (!object.has(key)) {
                throw broken(at, "\"" + key + "\" is missing");
            }
        }
    }

    /** @param keys no other key may be there */
    void requireKnown(JsonNode object, JsonPointer at, List<String> keys) throws BrokenFile {
        for (Map.Entry<String, JsonNode> entry : entries(object, at)) {
            if (!keys.contains(entry.getKey())) {
                throw broken(at.appendProperty(entry.getKey()), "unknown key; the keys here are " + String.join(", ", keys));
            }
        }
    }

    Set<Map.Entry<String, JsonNode>> entries(JsonNode object, JsonPointer at) throws BrokenFile {
        if (!object.isObject() || object.isEmpty()) {
            throw broken(at, "it must be an object, {…}, that is not empty");
        }
        return object.properties();
    }

    String text(JsonNode value, JsonPointer at) throws BrokenFile {
        if (!value.isTextual() || value.textValue().isBlank()) {
            throw broken(at, "it must be a text that is not empty");
        }
        return value.textValue();
    }

    boolean flag(JsonNode value, JsonPointer at) throws BrokenFile {
        if (!value.isBoolean()) {
            throw broken(at, "it must be true or false, without quotes");
        }
        return value.booleanValue();
    }

    /**
     * A list of texts.
     *
     * @param valid  what each of them must fulfil
     * @param advice what to write instead
     */
    List<String> texts(JsonNode list, JsonPointer at, Predicate<String> valid, String advice) throws BrokenFile {
        if (!list.isArray() || list.isEmpty()) {
            throw broken(at, "it must be a list, […], that is not empty");
        }
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < list.size(); i++) {
            if (!list.get(i).isTextual() || !valid.test(list.get(i).textValue())) {
                throw broken(at.appendIndex(i), list.get(i) + ": " + advice);
            }
            texts.add(list.get(i).textValue());
        }
        return texts;
    }

    BrokenFile broken(JsonPointer at, String reason) {
        return new BrokenFile(file, line(at), at.matches() ? reason : at.toString().substring(1) + ": " + reason);
    }

    /** The line of a value, from 1; 0 if it is not there. Jackson's tree has no line numbers, so the text is parsed again, once. */
    int line(JsonPointer at) {
        if (lines == null) {
            lines = new HashMap<>();
            try (JsonParser parser = JSON.createParser(json)) {
                while (parser.nextToken() != null) {
                    lines.putIfAbsent(parser.getParsingContext().pathAsPointer().toString(), parser.currentTokenLocation().getLineNr());
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return lines.getOrDefault(at.toString(), 0);
    }
}
