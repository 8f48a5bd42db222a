package org.mailevents.parse;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.EOFException;
import java.io.FilterReader;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.util.ArrayList;
import java.util.List;
import org.mailevents.event.LoneSurrogates;
import org.mailevents.event.WebhookBody;

/**
 * What a webhook's body holds. The body is read once from its first byte to its last before anything is made of it, so that nothing is stored of a body
 * that breaks off. Its elements are then at hand if they are few, as nearly always. Where they are many they are read from the body again, one after the
 * other, so that a webhook of any length takes little memory.
 */
final class Envelope {

    /** How many elements are at hand at most, and about how many characters they have. */
    static final int MAX_ELEMENTS = 1_000;
    static final int MAX_LENGTH = 500_000;

    /** What stands beside the array is kept with each of its events, so it must be small. */
    private static final int MAX_BESIDE = 4_096;
    private static final String EVENT = "event";
    static final String NO_ARRAY = "The field event must be a JSON object with an array of the name that event_type gives.";

    /** Opens the value of {@code event} once more: the parser stands before it. */
    private interface Event {
        StrictParser open() throws IOException;
    }

    private final WebhookBody body;
    /** All but the secret and the event. */
    private final ObjectNode fields = JsonNodeFactory.instance.objectNode();
    private int fieldsLength;
    private boolean fieldsTooLong;
    private boolean fromReceiveMail;
    private int events;
    private Event event;
    /** What is being read, for whoever has to correct it. */
    private String reading = "The body";
    /** The name of the first array in event, and its elements, or null where they are too many. */
    private String array;
    private List<JsonNode> atHand;

    private Envelope(WebhookBody body) {
        this.body = body;
    }

    /** @throws UnreadableWebhook if the body is no webhook; its message says what to change */
    static Envelope of(WebhookBody body) throws UnreadableWebhook {
        Envelope envelope = new Envelope(body);
        try {
            if (body.form()) {
                envelope.readForm();
            } else {
                envelope.readJson();
            }
            envelope.requireWebhook();
            return envelope;
        } catch (CharacterCodingException e) {
            throw new UnreadableWebhook("The body is not in " + body.charset() + ". Send it in UTF-8, or name its charset in the Content-Type.");
        } catch (FormParameters.Malformed e) {
            throw new UnreadableWebhook("The body is no form: a % must be followed by two hexadecimal digits.");
        } catch (NumberFormatException e) {
            throw new UnreadableWebhook(envelope.reading + " holds a number with too large an exponent.");
        } catch (JsonProcessingException e) {
            String place = e.getLocation() == null ? "" : " (line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr() + ")";
            throw new UnreadableWebhook(envelope.reading + " is no JSON, is nested deeper than " + StrictParser.MAX_DEPTH
                    + " levels, or has an element or a text of more than " + StrictParser.MAX_LENGTH + " characters" + place + ".");
        } catch (IOException e) {
            throw new UncheckedIOException("The body of a webhook cannot be read", e);
        }
    }

    String eventType() {
        return fields.path("event_type").asText();
    }

    /** Null where it was not sent. */
    String serverComposition() {
        return fields.path("server_composition").asText(null);
    }

    /** The keys beside the array that nobody has described. */
    ObjectNode beside() {
        return fields.deepCopy().remove(List.of("event_type", "server_composition"));
    }

    /** The elements of its array, from the first on; to be closed. */
    Elements elements() throws IOException, UnreadableWebhook {
        List<JsonNode> first = atHand;
        atHand = null; // as a tree an element takes much more memory than in the body
        return first != null && eventType().equals(array) ? Elements.of(first) : Elements.of(event.open(), eventType());
    }

    private void readJson() throws IOException, UnreadableWebhook {
        try (StrictParser parser = parser()) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new UnreadableWebhook("The body must be a JSON object with event_type and event.");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                JsonToken token = parser.nextToken();
                if (!name.equals(EVENT)) {
                    readBeside(name, parser);
                } else if (token == JsonToken.VALUE_STRING) {
                    String text = parser.getText();
                    readEventText(new StringReader(text), () -> StrictParser.of(new StringReader(text)));
                } else {
                    events++;
                    event = this::eventInJson;
                    readEvent(parser);
                }
            }
            requireEnd(parser);
        }
    }

    private StrictParser parser() throws IOException {
        return StrictParser.of(body.text(CodingErrorAction.REPORT));
    }

    private StrictParser eventInJson() throws IOException {
        StrictParser parser = parser();
        parser.nextToken();
        for (String name = parser.nextFieldName(); !EVENT.equals(name); name = parser.nextFieldName()) {
            requireUnchanged(name);
            parser.nextToken();
            parser.skipChildren();
        }
        return parser;
    }

    /** A file may be written anew between two readings. */
    private static void requireUnchanged(String name) throws IOException {
        if (name == null) {
            throw new EOFException("The field event is no longer in it");
        }
    }

    private void readForm() throws IOException, UnreadableWebhook {
        try (FormParameters parameters = FormParameters.of(body)) {
            for (String name = parameters.next(); name != null; name = parameters.next()) {
                if (name.equals(EVENT)) {
                    readEventText(parameters.text(), this::eventInForm);
                } else {
                    readBeside(name, parameters.text());
                }
            }
        }
    }

    private StrictParser eventInForm() throws IOException {
        FormParameters parameters = FormParameters.of(body);
        for (String name = parameters.next(); !EVENT.equals(name); name = parameters.next()) {
            requireUnchanged(name);
        }
        return StrictParser.of(new FilterReader(parameters.text()) {
            @Override
            public void close() throws IOException {
                parameters.close();
            }
        });
    }

    private void readBeside(String name, StrictParser parser) throws IOException {
        if (name.equals("api_key")) {
            parser.check(Integer.MAX_VALUE);
            return;
        }
        try {
            add(name, parser.value(MAX_BESIDE));
        } catch (StrictParser.TooLong e) {
            add(name, fields.nullNode());
            fieldsTooLong = true;
            parser.leave(1);
        }
    }

    private void readBeside(String name, Reader value) throws IOException {
        StringBuilder text = new StringBuilder();
        char[] block = new char[1_024];
        for (int read = value.read(block); read >= 0; read = value.read(block)) {
            text.append(block, 0, text.length() > MAX_BESIDE ? 0 : read); // to its end, where a mistake may be
        }
        if (!name.equals("api_key")) {
            add(name, fields.textNode(text.toString()));
        }
    }

    /** Of a name that repeats the values become a list. */
    private void add(String name, JsonNode value) {
        fromReceiveMail |= name.equals("envelope-to");
        fieldsLength += name.length() + value.toString().length();
        fieldsTooLong |= fieldsLength > 2 * MAX_BESIDE;
        if (!fieldsTooLong) {
            JsonNode before = fields.get(name);
            if (before instanceof ArrayNode values) {
                values.add(value);
            } else {
                fields.set(name, before == null ? value : fields.arrayNode().add(before).add(value));
            }
        }
    }

    private void readEventText(Reader text, Event again) throws IOException {
        events++;
        event = again;
        reading = "The field event";
        StrictParser parser = StrictParser.of(text);
        if (parser.nextToken() == null) {
            throw new JsonParseException(parser, "empty");
        }
        readEvent(parser);
        requireEnd(parser);
        reading = "The body";
    }

    private static void requireEnd(StrictParser parser) throws IOException {
        if (parser.nextToken() != null) {
            throw new JsonParseException(parser, "goes on behind its end");
        }
    }

    /** Keeps the elements of the first array that may be the one, until they become too many, and makes sure that all else can be read. */
    private void readEvent(StrictParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.check(Integer.MAX_VALUE);
            return;
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String name = parser.currentName();
            if (parser.nextToken() != JsonToken.START_ARRAY) {
                array = array == null ? name : array;
                atHand = name.equals(array) ? null : atHand;
                parser.check(Integer.MAX_VALUE);
                continue;
            }
            if (array == null) {
                array = name;
                atHand = new ArrayList<>();
            } else if (name.equals(array)) {
                atHand = null;
            }
            readArray(parser, name.equals(array));
        }
    }

    private void readArray(StrictParser parser, boolean wanted) throws IOException {
        long began = parser.characters();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (wanted && atHand != null) {
                atHand.add(parser.value(StrictParser.MAX_LENGTH));
                if (atHand.size() > MAX_ELEMENTS || parser.characters() - began > MAX_LENGTH) {
                    atHand = null;
                }
            } else {
                parser.check(StrictParser.MAX_LENGTH);
            }
        }
    }

    private void requireWebhook() throws IOException, UnreadableWebhook {
        if (events == 0) {
            throw new UnreadableWebhook(fromReceiveMail
                    ? "This is the receive-mail webhook, and this address takes delivery and bounce webhooks: enter another one for it."
                    : "The field event is missing.");
        }
        String names = eventType() + fields.path("server_composition").asText();
        if (fieldsTooLong || names.length() + beside().toString().length() > MAX_BESIDE) {
            throw new UnreadableWebhook("The fields beside event are longer than " + MAX_BESIDE + " characters.");
        }
        if (eventType().isBlank()) {
            throw new UnreadableWebhook("The field event_type is missing.");
        }
        if (names.indexOf('\0') >= 0 || LoneSurrogates.in(names)) {
            throw new UnreadableWebhook("The fields event_type and server_composition must be text without NUL or half characters.");
        }
        if (events > 1) {
            throw new UnreadableWebhook(NO_ARRAY);
        }
        if (atHand == null || !eventType().equals(array)) {
            try (Elements elements = elements()) {
                elements.hasNext();
            }
        }
    }
}
