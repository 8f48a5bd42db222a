package org.mailevents.parse;

import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The first field of {@code event}, whose name usually is the event type. Its elements stay in memory if they are few. */
final class FirstArray {

    /** How many elements stay in memory at most. */
    static final int MAX_ELEMENTS = 1_000;
    /** About how many characters of the body these elements may have. */
    static final int MAX_LENGTH = 500_000;

    private String name;
    /** Null if the field is not an array, if its name repeats, or if its elements are too many. */
    private List<JsonNode> elements;

    /** Private, because the Camel CLI makes an object of every class with a constructor without parameters that is not private. */
    private FirstArray() {
    }

    static FirstArray empty() {
        return new FirstArray();
    }

    /**
     * Returns the elements, or null if they must be read from the body. It also removes them from here, because a tree takes much more
     * memory than its text.
     */
    List<JsonNode> take(String wantedName) {
        List<JsonNode> taken = isInMemory(wantedName) ? elements : null;
        elements = null;
        return taken;
    }

    boolean isInMemory(String wantedName) {
        return elements != null && wantedName.equals(name);
    }

    /** Reads the whole object at which the parser stands, and makes sure that everything in it can be read. */
    void read(StrictParser parser) throws IOException {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            parser.check(Integer.MAX_VALUE);
            return;
        }
        while (parser.nextToken() == JsonToken.FIELD_NAME) {
            String field = parser.currentName();
            boolean isArray = parser.nextToken() == JsonToken.START_ARRAY;
            boolean isFirst = name == null;
            if (isFirst) {
                name = field;
                elements = isArray ? new ArrayList<>() : null;
            } else if (field.equals(name)) {
                elements = null;
            }
            if (isArray) {
                readArray(parser, field.equals(name));
            } else {
                parser.check(Integer.MAX_VALUE);
            }
        }
    }

    private void readArray(StrictParser parser, boolean keep) throws IOException {
        long start = parser.characters();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
            if (keep && elements != null) {
                elements.add(parser.value(StrictParser.MAX_LENGTH));
                if (elements.size() > MAX_ELEMENTS || parser.characters() - start > MAX_LENGTH) {
                    elements = null;
                }
            } else {
                parser.check(StrictParser.MAX_LENGTH);
            }
        }
    }
}
