package org.mailevents.event;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

/** The answer to a webhook: a {@link Receipt} if the events are on disk, otherwise a {@link Problem}. */
public sealed interface WebhookAnswer permits Receipt, Problem {

    ObjectMapper MAPPER = new ObjectMapper();

    /** The HTTP status. */
    int status();

    /** The media type of the body. */
    String mediaType();

    /** The body, as JSON. */
    default String json() {
        try {
            return MAPPER.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("An answer of numbers and text could not be written as JSON", e);
        }
    }
}
