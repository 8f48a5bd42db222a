package org.mailevents.parse;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadCapability;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.util.JacksonFeatureSet;
import com.fasterxml.jackson.core.util.JsonParserDelegate;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.FilterReader;
import java.io.IOException;
import java.io.Reader;

/**
 * Reads the JSON of strangers, a token at a time, with limits to how deep and how long a value may be. Of a name that repeats it makes a list of the
 * values: otherwise the last would silently replace the others. (Jackson does so for XML, where names repeat.)
 */
final class StrictParser extends JsonParserDelegate {

    /** A webhook is four levels deep. What is read must also be written again, and Jackson writes no deeper than 1,000 levels. */
    static final int MAX_DEPTH = 100;
    /** Characters of one text, and of one element with all that is in it. */
    static final int MAX_LENGTH = 2_000_000;
    /** Characters of a name. Names are not kept in a table either, as Jackson does by default: strangers would fill it. */
    static final int MAX_NAME = 10_000;

    private static final ObjectMapper JSON = JsonMapper
            .builder(JsonFactory.builder().disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES).streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(MAX_DEPTH).maxStringLength(MAX_LENGTH).maxNameLength(MAX_NAME).build()).build())
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

    /** A value is longer than it may be. */
    static final class TooLong extends JsonParseException {

        TooLong(StrictParser parser) {
            super(parser, "longer than it may be");
        }
    }

    private static final class Counted extends FilterReader {

        private long characters;

        Counted(Reader text) {
            super(text);
        }

        @Override
        public int read(char[] into, int from, int length) throws IOException {
            int read = super.read(into, from, length);
            characters += Math.max(0, read);
            return read;
        }
    }

    private final Counted text;
    private long limit = Long.MAX_VALUE;

    private StrictParser(Counted text) throws IOException {
        super(JSON.createParser(text));
        this.text = text;
    }

    static StrictParser of(Reader text) throws IOException {
        return new StrictParser(new Counted(text));
    }

    @Override
    public JacksonFeatureSet<StreamReadCapability> getReadCapabilities() {
        return super.getReadCapabilities().with(StreamReadCapability.DUPLICATE_PROPERTIES);
    }

    @Override
    public JsonToken nextToken() throws IOException {
        JsonToken token = super.nextToken();
        if (text.characters > limit) {
            throw new TooLong(this);
        }
        return token;
    }

    /** How many characters have been read, to within the few thousand that are read at once. */
    long characters() {
        return text.characters;
    }

    /**
     * The value that begins here.
     *
     * @throws TooLong               if it has more characters, in which case this stands inside of it
     * @throws NumberFormatException if a number in it is beyond what Java can hold
     */
    JsonNode value(int maxLength) throws IOException {
        limit = text.characters + maxLength;
        try {
            return JSON.readTree(this);
        } finally {
            limit = Long.MAX_VALUE;
        }
    }

    /** Goes to the end of the value that begins here, and makes sure that {@link #value} could read it. */
    void check(int maxLength) throws IOException {
        limit = text.characters + maxLength;
        int open = 0;
        do {
            switch (currentToken()) {
                case START_OBJECT, START_ARRAY -> open++;
                case END_OBJECT, END_ARRAY -> open--;
                case VALUE_STRING -> finishToken();
                case VALUE_NUMBER_FLOAT -> getDecimalValue();
                default -> { }
            }
        } while (open > 0 && nextToken() != null);
        limit = Long.MAX_VALUE;
    }

    /** Goes on to the end of the object or array at this depth. */
    void leave(int depth) throws IOException {
        while (getParsingContext().getNestingDepth() > depth && nextToken() != null) {
            // the tokens inside do not matter
        }
    }
}
