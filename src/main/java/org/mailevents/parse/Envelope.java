package org.mailevents.parse;

import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.EOFException;
import java.io.FilterReader;
import java.io.IOException;
import java.io.Reader;
import java.io.StringReader;
import java.io.UncheckedIOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.util.List;
import org.mailevents.event.WebhookBody;

/**
 * The content of a webhook's body. The body is read completely before anything is made of it, so that nothing is stored of a body that
 * breaks off. Nearly every body has few elements, and these stay in memory. If there are many, they are read from the body a second time,
 * one after the other. So a webhook of any length takes little memory.
 */
final class Envelope {

    static final String NO_ARRAY = "The field event must be a JSON object with an array whose name is the value of event_type.";
    private static final String EVENT = "event";

    /** Opens the value of {@code event} a second time. The parser then stands before the value. */
    private interface EventValue {
        StrictParser open() throws IOException;
    }

    private final WebhookBody body;
    private final OuterFields fields = OuterFields.empty();
    private final FirstArray array = FirstArray.empty();
    private EventValue event;
    /** How often the field {@code event} occurred. */
    private int events;
    /** The name of the part that is being read, for the error message. */
    private String reading = "The body";

    private Envelope(WebhookBody body) {
        this.body = body;
    }

    /** @throws UnreadableWebhook if the body is not a webhook; the message says what to change */
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
            throw new UnreadableWebhook("The body is not in " + body.charset()
                    + ". Send it in UTF-8, or name its charset in the Content-Type.");
        } catch (FormParameters.Malformed e) {
            throw new UnreadableWebhook("The body is not a form: a % must be followed by two hexadecimal digits.");
        } catch (NumberFormatException e) {
            throw new UnreadableWebhook(envelope.reading + " holds a number with too large an exponent.");
        } catch (JsonProcessingException e) {
            throw new UnreadableWebhook(envelope.reading + " is not JSON, is nested deeper than " + StrictParser.MAX_DEPTH
                    + " levels, or has an element or a text of more than " + StrictParser.MAX_LENGTH + " characters" + place(e) + ".");
        } catch (IOException e) {
            throw new UncheckedIOException("The body of a webhook cannot be read", e);
        }
    }

    private static String place(JsonProcessingException e) {
        return e.getLocation() == null ? "" : " (line " + e.getLocation().getLineNr() + ", column " + e.getLocation().getColumnNr() + ")";
    }

    OuterFields fields() {
        return fields;
    }

    /** The elements of the array, from the first one. The caller must close them. */
    Elements elements() throws IOException, UnreadableWebhook {
        List<JsonNode> inMemory = array.take(fields.eventType());
        return inMemory == null ? Elements.of(event.open(), fields.eventType()) : Elements.of(inMemory);
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
                    fields.read(name, parser);
                } else if (token == JsonToken.VALUE_STRING) {
                    String text = parser.getText();
                    readEventText(new StringReader(text), () -> StrictParser.of(new StringReader(text)));
                } else {
                    events++;
                    event = this::openEventInJson;
                    array.read(parser);
                }
            }
            requireEnd(parser);
        }
    }

    private StrictParser parser() throws IOException {
        return StrictParser.of(body.text(CodingErrorAction.REPORT));
    }

    private StrictParser openEventInJson() throws IOException {
        StrictParser parser = parser();
        parser.nextToken();
        for (String name = parser.nextFieldName(); !EVENT.equals(name); name = parser.nextFieldName()) {
            requireUnchanged(name);
            parser.nextToken();
            parser.skipChildren();
        }
        return parser;
    }

    /** A body that is a file may be overwritten between two readings. */
    private static void requireUnchanged(String name) throws IOException {
        if (name == null) {
            throw new EOFException("The body no longer has the field event");
        }
    }

    private void readForm() throws IOException {
        try (FormParameters parameters = FormParameters.of(body)) {
            for (String name = parameters.next(); name != null; name = parameters.next()) {
                if (name.equals(EVENT)) {
                    readEventText(parameters.text(), this::openEventInForm);
                } else {
                    fields.read(name, parameters.text());
                }
            }
        }
    }

    private StrictParser openEventInForm() throws IOException {
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

    private void readEventText(Reader text, EventValue sameText) throws IOException {
        events++;
        event = sameText;
        reading = "The field event";
        StrictParser parser = StrictParser.of(text);
        if (parser.nextToken() == null) {
            throw new JsonParseException(parser, "The value is empty");
        }
        array.read(parser);
        requireEnd(parser);
        reading = "The body";
    }

    private static void requireEnd(StrictParser parser) throws IOException {
        if (parser.nextToken() != null) {
            throw new JsonParseException(parser, "The text continues after the end of the value");
        }
    }

    private void requireWebhook() throws IOException, UnreadableWebhook {
        if (events == 0) {
            throw new UnreadableWebhook(fields.areOfReceiveMail()
                    ? "This is a receive-mail webhook, but this address takes delivery and bounce webhooks. Enter a different address for"
                            + " receive-mail."
                    : "The field event is missing.");
        }
        fields.requireValid();
        if (events > 1) {
            throw new UnreadableWebhook(NO_ARRAY);
        }
        if (!array.isInMemory(fields.eventType())) {
            try (Elements elements = elements()) {
                elements.hasNext();
            }
        }
    }
}
