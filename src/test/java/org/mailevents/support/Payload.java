package org.mailevents.support;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * A webhook as the vendor sends it.
 *
 * @param name the name of the file
 */
public record Payload(String name, String contentType, String text) {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Path FOLDER = Path.of("src/test/resources/payloads");
    private static final Map<String, String> REPLIES = elements("bounces-every-code.json")
            .collect(Collectors.toMap(bounce -> bounce.get("status").asText(), bounce -> bounce.get("reason").asText()));
    private static final Map<String, ObjectNode> FIRST_ELEMENTS = new ConcurrentHashMap<>();

    public static Payload file(String name) {
        try {
            return new Payload(name, name.endsWith(".form") ? MailEvents.FORM : MailEvents.JSON, Files.readString(FOLDER.resolve(name)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Every payload file. */
    public static Stream<Payload> files() {
        try (Stream<Path> files = Files.list(FOLDER)) {
            return files.map(file -> file(file.getFileName().toString())).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A delivery with a new Message-ID and a new recipient. */
    public static ObjectNode delivery(String status) {
        return element("deliveries-" + (status.matches("queued|succeeded|deferred|failed") ? status : "queued") + ".json", status);
    }

    /** A bounce with a new Message-ID, a new recipient and a reply that means the same as the code. */
    public static ObjectNode bounce(String code) {
        return element("bounces-unknown-user.json", code).put("reason", REPLIES.getOrDefault(code, "a code added later"));
    }

    private static ObjectNode element(String file, String status) {
        String unique = UUID.randomUUID().toString();
        return FIRST_ELEMENTS.computeIfAbsent(file, name -> elements(name).findFirst().orElseThrow()).deepCopy()
                .put("status", status).put("messageId", "<" + unique + "@mta01.example.com>").put("to", unique + "@example.net");
    }

    /** The elements of a payload file. */
    public static Stream<ObjectNode> elements(String file) {
        try {
            JsonNode elements = JSON.readTree(file(file).text()).path("event").elements().next();
            return StreamSupport.stream(elements.spliterator(), false).map(ObjectNode.class::cast);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A webhook with these elements as JSON. */
    public static String json(String eventType, JsonNode... elements) {
        ObjectNode webhook = JsonNodeFactory.instance.objectNode().put("event_type", eventType).put("server_composition", "pro");
        webhook.putObject("event").putArray(eventType).addAll(List.of(elements));
        return webhook.toString();
    }

    /** A webhook with these elements as a form, which is the default of the vendor. */
    public static String form(String eventType, JsonNode... elements) {
        ObjectNode event = JsonNodeFactory.instance.objectNode();
        event.putArray(eventType).addAll(List.of(elements));
        String text = event.toString().replace("<", "\\u003C").replace(">", "\\u003E");
        return "event_type=" + eventType + "&server_composition=pro&event=" + URLEncoder.encode(text, StandardCharsets.UTF_8);
    }

    @Override
    public String toString() {
        return name;
    }
}
