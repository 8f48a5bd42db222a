package org.mailevents.parse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.Reader;
import java.util.List;
import org.mailevents.event.LoneSurrogates;

/** The fields of a body beside {@code event}, without the secret. They are stored with each event, so they must be small. */
final class OuterFields {

    /** How many characters the fields may have together. */
    private static final int MAX_LENGTH = 4_096;
    private static final String API_KEY = "api_key";

    private final ObjectNode fields = JsonNodeFactory.instance.objectNode();
    private int length;
    private boolean tooLong;
    private boolean fromReceiveMail;

    /** Private, because the Camel CLI makes an object of every class with a constructor without parameters that is not private. */
    private OuterFields() {
    }

    static OuterFields empty() {
        return new OuterFields();
    }

    String eventType() {
        return fields.path("event_type").asText();
    }

    /** Null if the field was not sent. */
    String serverComposition() {
        return fields.path("server_composition").asText(null);
    }

    /** A copy of the fields that the vendor has not described. */
    ObjectNode unknown() {
        return fields.deepCopy().remove(List.of("event_type", "server_composition"));
    }

    /** Whether a field occurred that only the vendor's receive-mail webhook has. */
    boolean areOfReceiveMail() {
        return fromReceiveMail;
    }

    /** Reads the value at which the parser stands. */
    void read(String name, StrictParser parser) throws IOException {
        if (name.equals(API_KEY)) {
            parser.check(Integer.MAX_VALUE);
            return;
        }
        try {
            add(name, parser.value(MAX_LENGTH));
        } catch (StrictParser.TooLong e) {
            add(name, fields.nullNode());
            tooLong = true;
            parser.leave(1);
        }
    }

    /** Reads the value to its end, because a fault may be at its end. */
    void read(String name, Reader value) throws IOException {
        StringBuilder text = new StringBuilder();
        char[] block = new char[1_024];
        for (int read = value.read(block); read >= 0; read = value.read(block)) {
            text.append(block, 0, text.length() > MAX_LENGTH ? 0 : read);
        }
        if (!name.equals(API_KEY)) {
            add(name, fields.textNode(text.toString()));
        }
    }

    /** The values of a repeated name become a list. */
    private void add(String name, JsonNode value) {
        fromReceiveMail |= name.equals("envelope-to");
        length += name.length() + value.toString().length();
        tooLong |= length > 2 * MAX_LENGTH;
        if (!tooLong) {
            JsonNode earlier = fields.get(name);
            if (earlier instanceof ArrayNode values) {
                values.add(value);
            } else {
                fields.set(name, earlier == null ? value : fields.arrayNode().add(earlier).add(value));
            }
        }
    }

    void requireValid() throws UnreadableWebhook {
        String names = eventType() + fields.path("server_composition").asText();
        if (tooLong || names.length() + unknown().toString().length() > MAX_LENGTH) {
            throw new UnreadableWebhook("The fields beside event are longer than " + MAX_LENGTH + " characters.");
        }
        if (eventType().isBlank()) {
            throw new UnreadableWebhook("The field event_type is missing.");
        }
        if (names.indexOf('\0') >= 0 || LoneSurrogates.in(names)) {
            throw new UnreadableWebhook("The fields event_type and server_composition must be text without NUL characters and without"
                    + " halves of surrogate pairs.");
        }
    }
}
