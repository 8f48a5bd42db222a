package org.mailevents.event;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * The element of a webhook, made again from the stored event. Of an element of version 1 it has the keys of version 2. What was hidden or
 * shortened before the event was stored stays so.
 */
public final class SentElement {

    /** The keys of an event in the order in which a reader looks for them. */
    public static final List<String> KEYS = List.of("status", "to", "reason", "apiData", "from", "returnPath", "subject", "messageId",
            "created", "sourceIp", "senderIp");

    private static final ObjectMapper JSON = new ObjectMapper();

    private SentElement() {
    }

    /**
     * @param value the value of a key, or null if the element has no such key
     * @param extra the column {@code extra}: the keys without a column, as a JSON object; null or empty if there are none
     */
    public static ObjectNode of(UnaryOperator<String> value, String extra) throws JsonProcessingException {
        ObjectNode element = JsonNodeFactory.instance.objectNode();
        KEYS.stream().filter(key -> value.apply(key) != null).forEach(key -> element.put(key, value.apply(key)));
        return extra == null || extra.isEmpty() ? element : element.setAll((ObjectNode) JSON.readTree(extra));
    }
}
