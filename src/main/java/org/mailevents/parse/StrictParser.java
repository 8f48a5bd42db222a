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
 * Reads the JSON of strangers token by token, with limits for the depth and the length of a value. The values of a repeated name become a
 * list. Otherwise the last value would silently replace the others. (Jackson makes such lists for XML, where names repeat.)
 */
final class StrictParser extends JsonParserDelegate {

    /** A webhook is four levels deep. A value must also be written again, and Jackson writes at most 1,000 levels. */
    static final int MAX_DEPTH = 100;
    /** The most characters of one text, and of one whole element. */
    static final int MAX_LENGTH = 2_000_000;
    /** The most characters of a name. Jackson's table of names is off, because strangers could fill it. */
    static final int MAX_NAME = 10_000;

    private static final JsonFactory FACTORY = JsonFactory.builder().disable(JsonFactory.Feature.CANONICALIZE_FIELD_NAMES)
            .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).maxStringLength(MAX_LENGTH)
                    .maxNameLength(MAX_NAME).build()).build();
    private static final ObjectMapper JSON = JsonMapper.builder(FACTORY)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS).build();

    /** Says that a value is longer than its limit. */
    static final class TooLong extends JsonParseException {

        TooLong(StrictParser parser) {
            super(parser, "The value is too long");
        }
    }

    private static final class CountingReader extends FilterReader {

        private long characters;

        CountingReader(Reader text) {
            super(text);
        }

        @Override
        public int read(char[] into, int from, int length) throws IOException {
            int read = super.read(into, from, length);
            characters += Math.max(0, read);
            return read;
        }
    }

    private final CountingReader text;
    private long limit = Long.MAX_VALUE;

    private StrictParser(CountingReader text) throws IOException {
        super(JSON.createParser(text));
        this.text = text;
    }

    static StrictParser of(Reader text) throws IOException {
        return new StrictParser(new CountingReader(text));
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

    /** How many characters have been read. Characters are read in blocks of a few thousand, so the number can be too high by one block. */
    long characters() {
        return text.characters;
    }

    /**
     * Reads the value at which the parser stands.
     *
     * @param maxLength the most characters of the value
     * @throws TooLong               if the value has more characters; the parser then stands inside the value
     * @throws NumberFormatException if the value holds a number that Java cannot represent
     */
    JsonNode value(int maxLength) throws IOException {
        limit = text.characters + maxLength;
        try {
            return JSON.readTree(this);
        } finally {
            limit = Long.MAX_VALUE;
        }
    }

    /** Moves to the end of the value at which the parser stands, and makes sure that {@link #value} could read the value. */
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

    /** Moves to the end of the object or array at this depth. */
    void leave(int depth) throws IOException {
        while (getParsingContext().getNestingDepth() > depth && nextToken() != null) {
            // The tokens inside do not matter.
        }
    }
}
