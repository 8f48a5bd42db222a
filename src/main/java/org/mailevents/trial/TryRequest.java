package org.mailevents.trial;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.mailevents.store.StoredEvents;

/**
 * What is asked for.
 *
 * @param drafts  the names of the drafts in {@code routes/drafts}; null for all of them
 * @param files   the texts of route files that are in no folder, by their paths; null for the drafts
 * @param events  how many stored events to run, the newest first
 * @param since   only events that were received at this time or later
 * @param until   only events that were received before this time
 * @param payload the body of a webhook, whose events are run instead of stored ones, or null
 */
record TryRequest(Set<String> drafts, Map<String, String> files, int events, Instant since, Instant until, String payload) {

    private static final int DEFAULT_EVENTS = 10_000;
    private static final int MAX_EVENTS = 100_000;
    private static final Set<String> KEYS = Set.of("drafts", "files", "events", "since", "until", "payload");
    /** Only letters, digits and a few signs, because Camel reads a path as a part of a URI. */
    private static final Pattern FILE = Pattern.compile("(?:[\\p{L}\\p{N}_./-]*/)?[\\p{L}\\p{N}_-][\\p{L}\\p{N}_.-]*"
            + "\\.(?:camel|test)\\.yaml");
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * Reads a request.
     *
     * @param body a JSON object, each key of which may be missing; empty for all drafts
     * @throws IllegalArgumentException if the body asks for something that does not exist; the message says what to change
     */
    static TryRequest of(String body) {
        JsonNode request = tree(body.isBlank() ? "{}" : body);
        for (String key : (Iterable<String>) request::fieldNames) {
            require(KEYS.contains(key), "The request has an unknown key. The keys are " + String.join(", ", new TreeSet<>(KEYS)) + ".");
        }
        require(!request.has("drafts") || !request.has("files"), "Give either drafts or files, not both.");
        return new TryRequest(drafts(request.get("drafts")), files(request.get("files")), events(request.get("events")),
                time("since", request.get("since"), Instant.EPOCH), time("until", request.get("until"), StoredEvents.NO_END),
                payload(request.get("payload")));
    }

    private static JsonNode tree(String body) {
        try {
            JsonNode tree = JSON.readTree(body);
            require(tree.isObject(), "Send a JSON object.");
            return tree;
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException("Send a JSON object: the body is not JSON.", e);
        }
    }

    private static Set<String> drafts(JsonNode names) {
        if (names == null) {
            return null;
        }
        require(names.isArray() && !names.isEmpty(), "Set drafts to a list of file names in routes/drafts.");
        Set<String> drafts = new TreeSet<>();
        names.forEach(name -> drafts.add(name.asText()));
        return drafts;
    }

    private static Map<String, String> files(JsonNode texts) {
        if (texts == null) {
            return null;
        }
        require(texts.isObject() && !texts.isEmpty(), "Set files to an object with the text of each file by its name.");
        Map<String, String> files = new TreeMap<>();
        for (Map.Entry<String, JsonNode> file : texts.properties()) {
            require(FILE.matcher(file.getKey()).matches(), "Name each file like a file in routes/, for instance route-bounces.camel.yaml."
                    + " A path may have letters, digits, and the signs _ . - and /.");
            require(file.getValue().isTextual(), "Set each of files to the text of the file.");
            files.put(file.getKey(), file.getValue().asText());
        }
        List<String> names = files.keySet().stream().map(path -> path.substring(path.lastIndexOf('/') + 1)).toList();
        require(names.stream().distinct().count() == names.size(), "Two of the files have the same name.");
        return files;
    }

    private static int events(JsonNode number) {
        require(number == null || number.canConvertToInt() && number.isIntegralNumber() && number.asInt() >= 1
                && number.asInt() <= MAX_EVENTS, "Set events to a number from 1 to " + MAX_EVENTS + ".");
        return number == null ? DEFAULT_EVENTS : number.asInt();
    }

    private static Instant time(String key, JsonNode text, Instant whenMissing) {
        if (text == null) {
            return whenMissing;
        }
        try {
            return OffsetDateTime.parse(text.asText()).toInstant();
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("Set " + key + " to a time with its zone, such as 2026-11-23T09:00:00+09:00.", e);
        }
    }

    private static String payload(JsonNode body) {
        require(body == null || body.isObject() || body.isTextual(), "Set payload to the body of a webhook.");
        return body == null ? null : body.isObject() ? body.toString() : body.asText();
    }

    private static void require(boolean fulfilled, String change) {
        if (!fulfilled) {
            throw new IllegalArgumentException(change);
        }
    }
}
