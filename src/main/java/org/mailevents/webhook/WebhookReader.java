package org.mailevents.webhook;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadCapability;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.JacksonFeatureSet;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mailevents.event.EventReader;
import org.mailevents.event.HiddenRecipients;
import org.mailevents.event.LoneSurrogates;
import org.mailevents.event.MailEvent;
import org.mailevents.event.RecipientHash;
import org.mailevents.event.RejectedEvent;
import org.mailevents.event.UnstorableEvent;

/** Reads a body into a {@link Webhook}. The secret can be had before, at less cost. */
public final class WebhookReader {

    /** A webhook is four levels deep. What is read must also be written again, and Jackson writes no deeper than 1,000 levels. */
    private static final int MAX_DEPTH = 100;
    private static final ObjectMapper JSON = JsonMapper
            .builder(JsonFactory.builder().streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build()).build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS, DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();
    /** What stands beside the array is kept with each of its events, so it must be small. */
    private static final int MAX_BESIDE = 4_096;
    private static final Set<String> KNOWN_KEYS = Set.of("api_key", "server_composition", "event_type", "event");

    private final EventReader events;
    private final HiddenRecipients hidden;

    /** @param hash what recipients are replaced by, in all that is made of a webhook */
    public WebhookReader(EventReader events, RecipientHash hash) {
        this.events = events;
        this.hidden = new HiddenRecipients(hash);
    }

    /** The secret in a body, or null. */
    static String apiKey(Body body) {
        try {
            return body.form() ? formKey(body.text()) : jsonKey(body.text());
        } catch (UnreadableWebhook e) {
            return null;
        }
    }

    /** @return every element of its array, as an event or as rejected with its reason; or the whole body as rejected */
    public Webhook read(Body body, Instant receivedAt) {
        Supplier<Body> copy = () -> body;
        try {
            ObjectNode fields = open(body);
            if (fields.remove("api_key") != null) {
                copy = () -> withoutKey(body);
            }
            return read(fields, body.text().length(), hidden.isOff() ? copy : () -> withoutRecipients(body), receivedAt);
        } catch (UnreadableWebhook e) {
            // what is not understood may hold the key anywhere, and addresses too
            Body kept = new Body(copy.get().form(), withoutAddresses(copy.get().form(), Secrets.redact(copy.get().text())));
            // PostgreSQL's text has no NUL
            RejectedEvent rejected = new RejectedEvent(receivedAt, e.getMessage(), kept.text().replace("\0", "\\u0000"));
            return Webhook.unreadable(kept, rejected, new Problem(400, e.getMessage()));
        }
    }

    /** Made when it is wanted, which is seldom: writing all of it again takes as long as reading it. */
    private static Body withoutKey(Body body) {
        try {
            ObjectNode fields = open(body);
            // out of the tree and not of the text, where the name can be spelt in many ways
            fields.remove("api_key");
            return new Body(false, LoneSurrogates.escape(fields.toString()));
        } catch (UnreadableWebhook e) {
            throw new IllegalStateException("what was read can be read again", e);
        }
    }

    /** What is written into the spool: hashed already, since nobody knows how long it stays there. It is read again as the same events. */
    private Body withoutRecipients(Body body) {
        try {
            ObjectNode fields = open(body);
            String eventType = fields.path("event_type").asText();
            ObjectNode kept = hidden.beside(beside(fields)).put("event_type", hidden.text(eventType));
            if (fields.has("server_composition")) {
                kept.put("server_composition", hidden.text(fields.path("server_composition").asText(null)));
            }
            ArrayNode elements = kept.putObject("event").putArray(hidden.text(eventType));
            event(fields).path(eventType).forEach(element -> elements.add(hidden.in(element)));
            return new Body(false, LoneSurrogates.escape(kept.toString()));
        } catch (UnreadableWebhook e) {
            throw new IllegalStateException("what was read can be read again", e);
        }
    }

    /** A body of which nothing is known but that addresses may be anywhere in it. */
    private String withoutAddresses(boolean form, String text) {
        if (hidden.isOff() || !form) {
            return hidden.broken(text);
        }
        return Stream.of(text.split("&")).map(parameter -> {
            try {
                int value = parameter.indexOf('=') + 1;
                String plain = decode(parameter.substring(value));
                String kept = hidden.broken(plain);
                // as it was, but for what had to be replaced
                return kept.equals(plain) ? parameter : hidden.text(parameter.substring(0, value)) + URLEncoder.encode(kept, StandardCharsets.UTF_8);
            } catch (UnreadableWebhook e) {
                return hidden.broken(parameter.replaceAll("%40", "@"));
            }
        }).collect(Collectors.joining("&"));
    }

    private static ObjectNode open(Body body) throws UnreadableWebhook {
        return body.form() ? openForm(body.text()) : openJson(body.text());
    }

    /** Of two keys the first counts, as in JSON. Of all else only the names are decoded. */
    private static String formKey(String body) throws UnreadableWebhook {
        for (String parameter : body.split("&")) {
            int equals = parameter.indexOf('=');
            if (equals > 0 && decode(parameter.substring(0, equals)).equals("api_key")) {
                return decode(parameter.substring(equals + 1));
            }
        }
        return null;
    }

    /** The secret in a JSON body, found without building anything of the rest: who has none must not cost memory. */
    private static String jsonKey(String body) {
        try (JsonParser parser = JSON.createParser(body)) {
            if (parser.nextToken() == JsonToken.START_OBJECT) {
                while (parser.nextToken() == JsonToken.FIELD_NAME) {
                    boolean found = "api_key".equals(parser.currentName());
                    if (parser.nextToken().isScalarValue() && found) {
                        return parser.getText();
                    }
                    parser.skipChildren();
                }
            }
        } catch (IOException unreadable) {
            return null;
        }
        return null;
    }

    /** The top-level fields of a JSON body. */
    private static ObjectNode openJson(String body) throws UnreadableWebhook {
        if (parse(body, "The body") instanceof ObjectNode fields) {
            return fields;
        }
        throw new UnreadableWebhook("The body must be a JSON object with event_type and event.");
    }

    /** The top-level fields of a form body; of a name that repeats the values become a list, as in JSON. */
    private static ObjectNode openForm(String body) throws UnreadableWebhook {
        ObjectNode fields = JsonNodeFactory.instance.objectNode();
        for (String parameter : body.split("&")) {
            int equals = parameter.indexOf('=');
            if (equals > 0) {
                String name = decode(parameter.substring(0, equals));
                JsonNode value = fields.textNode(decode(parameter.substring(equals + 1)));
                JsonNode before = fields.get(name);
                if (before instanceof ArrayNode values) {
                    values.add(value);
                } else {
                    fields.set(name, before == null ? value : fields.arrayNode().add(before).add(value));
                }
            }
        }
        return fields;
    }

    private static String decode(String text) throws UnreadableWebhook {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new UnreadableWebhook("The body is no form: a % must be followed by two hexadecimal digits.");
        }
    }

    private Webhook read(ObjectNode fields, int length, Supplier<Body> copy, Instant receivedAt) throws UnreadableWebhook {
        if (!fields.has("event")) {
            throw new UnreadableWebhook(fields.has("envelope-to")
                    ? "This is the receive-mail webhook, and this address takes delivery and bounce webhooks: enter another one for it."
                    : "The field event is missing.");
        }
        String eventType = fields.path("event_type").asText();
        if (eventType.isBlank()) {
            throw new UnreadableWebhook("The field event_type is missing.");
        }
        ObjectNode beside = hidden.beside(beside(fields));
        requireStorable(eventType + fields.path("server_composition").asText(), beside.toString());
        JsonNode elements = event(fields).path(eventType);
        if (!elements.isArray()) {
            throw new UnreadableWebhook("The field event must be a JSON object with an array of the name that event_type gives.");
        }
        eventType = hidden.text(eventType);
        String serverComposition = hidden.text(fields.path("server_composition").asText(null));
        List<MailEvent> read = new ArrayList<>(elements.size());
        List<RejectedEvent> rejected = new ArrayList<>();
        for (JsonNode sent : elements) {
            JsonNode element = hidden.in(sent);
            try {
                read.add(events.read(serverComposition, eventType, element, beside, receivedAt));
            } catch (UnstorableEvent e) {
                rejected.add(new RejectedEvent(receivedAt, e.getMessage(), RejectedEvent.payload(beside, serverComposition, eventType, element)));
            }
        }
        return new Webhook(receivedAt, length, copy, eventType, read, rejected, null);
    }

    private static JsonNode event(ObjectNode fields) throws UnreadableWebhook {
        JsonNode event = fields.get("event");
        return event.isTextual() ? parse(event.asText(), "The field event") : event;
    }

    private static void requireStorable(String names, String beside) throws UnreadableWebhook {
        if (names.length() + beside.length() > MAX_BESIDE) {
            throw new UnreadableWebhook("The fields beside event are longer than " + MAX_BESIDE + " characters.");
        }
        if (names.indexOf('\0') >= 0 || LoneSurrogates.in(names)) {
            throw new UnreadableWebhook("The fields event_type and server_composition must be text without NUL or half characters.");
        }
    }

    private static ObjectNode beside(ObjectNode fields) {
        ObjectNode beside = JsonNodeFactory.instance.objectNode();
        fields.properties().forEach(field -> {
            if (!KNOWN_KEYS.contains(field.getKey())) {
                beside.set(field.getKey(), field.getValue());
            }
        });
        return beside;
    }

    private static JsonNode parse(String text, String what) throws UnreadableWebhook {
        try (JsonParser parser = new KeepingRepeated(JSON.createParser(text))) {
            return JSON.readValue(parser, JsonNode.class);
        } catch (JsonProcessingException e) {
            String place = e.getLocation() == null ? ""
                    : " (line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr() + ")";
            throw new UnreadableWebhook(what + " is no JSON, or nested deeper than " + MAX_DEPTH + " levels" + place + ".");
        } catch (NumberFormatException e) {
            throw new UnreadableWebhook(what + " holds a number with too large an exponent.");
        } catch (IOException e) {
            throw new UncheckedIOException("text in memory can be read", e);
        }
    }

    /**
     * Has the values of a name that repeats made a list of. Otherwise the last would silently replace the others, and a second
     * {@code event} the events of the first. (Jackson does so for XML, where names repeat.)
     */
    private static final class KeepingRepeated extends JsonParserDelegate {

        KeepingRepeated(JsonParser parser) {
            super(parser);
        }

        @Override
        public JacksonFeatureSet<StreamReadCapability> getReadCapabilities() {
            return super.getReadCapabilities().with(StreamReadCapability.DUPLICATE_PROPERTIES);
        }
    }
}
