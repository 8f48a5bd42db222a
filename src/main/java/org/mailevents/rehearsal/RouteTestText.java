package org.mailevents.rehearsal;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import org.mailevents.event.SentElement;

/**
 * Writes a stored event as a test of the routes, ready to be pasted into a {@code routes/tests/*.test.yaml}. The test expects what the
 * routes decided when the event was stored. It contains the personal data of the event.
 */
public final class RouteTestText {

    /** The name under which the routes refer to it. */
    public static final String NAME = "routeTest";

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Pattern ID = Pattern.compile("\\p{XDigit}{8}(-\\p{XDigit}{4}){3}-\\p{XDigit}{12}");
    /** JSON allows these characters in a text, and YAML does not (YAML 1.2.2, section 5.1). */
    private static final Pattern NOT_PRINTABLE = Pattern.compile("[\\x7F-\\x84\\x86-\\x9F\\uFFFE\\uFFFF\\uD800-\\uDFFF]");

    /**
     * Reads the id of an event.
     *
     * @throws IllegalArgumentException if the text is not an id
     */
    public UUID id(String text) {
        if (!ID.matcher(text).matches()) {
            throw new IllegalArgumentException("Set eventId to the eventId of an event, as /api/messages and /api/recipients tell it.");
        }
        return UUID.fromString(text);
    }

    /**
     * Writes an event as a test.
     *
     * @param event the values of the event by the keys of the webhook, and {@code event_type}, {@code server_composition}, {@code extra},
     *              {@code kind} and {@code audience} as in {@code mail_event}
     */
    public String of(Map<String, Object> event) throws JsonProcessingException {
        String type = text(event, "event_type");
        boolean bounce = type.equals("bounces");
        boolean one = text(event, "extra").isEmpty() && (bounce || type.equals("deliveries"));
        ObjectNode element = element(event);
        StringBuilder test = new StringBuilder("- test: ").append(quoted(name(event, type))).append('\n');
        if (one) {
            test.append(bounce ? "  bounce:" : "  delivery:");
            element.properties().forEach(field -> test.append("\n    ").append(field.getKey()).append(": ").append(field.getValue()));
        } else {
            ObjectNode webhook = JsonNodeFactory.instance.objectNode().put("event_type", type)
                    .put("server_composition", text(event, "server_composition"));
            webhook.putObject("event").putArray(type).add(element);
            test.append("  webhook: ").append(webhook);
        }
        return printable(test.append("\n  expect:\n    kind: ").append(orNone(event, "kind")).append("\n    audience: ")
                .append(orNone(event, "audience")).append('\n').toString());
    }

    /** What has no value is left out, so the test takes the usual value. The personal data of an old event may be removed. */
    private static ObjectNode element(Map<String, Object> event) throws JsonProcessingException {
        return SentElement.of(key -> text(event, key).isEmpty() ? null : text(event, key), text(event, "extra"));
    }

    private static String name(Map<String, Object> event, String type) {
        String what = RehearsalEvents.name(type, text(event, "status"));
        return what.substring(0, 1).toUpperCase(Locale.ROOT) + what.substring(1) + ", as stored (event " + event.get("eventId") + ")";
    }

    private static String orNone(Map<String, Object> event, String key) throws JsonProcessingException {
        return text(event, key).isEmpty() ? RouteTest.NONE : quoted(text(event, key));
    }

    private static String text(Map<String, Object> event, String key) {
        Object value = event.get(key);
        return value == null ? "" : value.toString();
    }

    private static String quoted(String text) throws JsonProcessingException {
        return JSON.writeValueAsString(text);
    }

    /** All texts are in double quotes, where YAML knows the escapes of JSON. */
    private static String printable(String yaml) {
        return NOT_PRINTABLE.matcher(yaml).replaceAll(found -> "\\\\u%04x".formatted((int) found.group().charAt(0)));
    }
}
