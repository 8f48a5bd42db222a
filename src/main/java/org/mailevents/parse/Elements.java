package org.mailevents.parse;

import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.Closeable;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/** The elements of a webhook's array, one after the other. The whole array need not fit into memory. */
final class Elements implements Closeable {

    private interface Source extends Closeable {

        /** The next element, or null at the end. */
        JsonNode next() throws IOException, UnreadableWebhook;

        /** About how many characters have been read. */
        long characters();
    }

    private final Source source;
    private JsonNode ahead;

    private Elements(Source source) {
        this.source = source;
    }

    /** Elements that are in memory already. */
    static Elements of(List<JsonNode> elements) {
        Iterator<JsonNode> each = elements.iterator();
        return new Elements(new Source() {
            @Override
            public JsonNode next() {
                return each.hasNext() ? each.next() : null;
            }

            @Override
            public long characters() {
                return 0;
            }

            @Override
            public void close() {
                // Nothing is open.
            }
        });
    }

    /**
     * Elements that are read from the body.
     *
     * @param parser stands before the value of {@code event}
     * @param array  the name of the array. If the name repeats, the elements of all its values follow each other
     */
    static Elements of(StrictParser parser, String array) {
        return new Elements(new Streamed(parser, array));
    }

    /** @throws UnreadableWebhook if {@code event} has no such array */
    boolean hasNext() throws IOException, UnreadableWebhook {
        if (ahead == null) {
            ahead = source.next();
        }
        return ahead != null;
    }

    JsonNode next() throws IOException, UnreadableWebhook {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        JsonNode next = ahead;
        ahead = null;
        return next;
    }

    long characters() {
        return source.characters();
    }

    @Override
    public void close() throws IOException {
        source.close();
    }

    private static final class Streamed implements Source {

        private final StrictParser parser;
        private final String array;
        private boolean started;
        private boolean found;
        private boolean inArray;

        Streamed(StrictParser parser, String array) {
            this.parser = parser;
            this.array = array;
        }

        @Override
        public JsonNode next() throws IOException, UnreadableWebhook {
            if (!started) {
                started = true;
                requireArray(parser.nextToken() == JsonToken.START_OBJECT);
            }
            for (;;) {
                if (inArray && parser.nextToken() != JsonToken.END_ARRAY) {
                    return parser.value(StrictParser.MAX_LENGTH);
                }
                inArray = false;
                if (parser.nextToken() != JsonToken.FIELD_NAME) {
                    requireArray(found);
                    return null;
                }
                boolean wanted = parser.currentName().equals(array);
                inArray = parser.nextToken() == JsonToken.START_ARRAY && wanted;
                requireArray(!wanted || inArray || found);
                found |= inArray;
                if (wanted && !inArray) {
                    return parser.value(StrictParser.MAX_LENGTH); // It becomes a rejected event, because nothing may be dropped.
                }
                if (!wanted) {
                    parser.skipChildren();
                }
            }
        }

        private static void requireArray(boolean found) throws UnreadableWebhook {
            if (!found) {
                throw new UnreadableWebhook(Envelope.NO_ARRAY);
            }
        }

        @Override
        public long characters() {
            return parser.characters();
        }

        @Override
        public void close() throws IOException {
            parser.close();
        }
    }
}
