package org.mailevents.event;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;

/** What a caller gets: a {@link Receipt} when its events are on disk, else a {@link Problem}. */
public sealed interface WebhookAnswer permits Receipt, Problem {

    ObjectMapper MAPPER = new ObjectMapper();

    /** The HTTP status. */
    int status();

    /** The media type of {@link #json()}. */
    String mediaType();

    /** The body. */
    default String json() {
        try {
            return MAPPER.writeValueAsString(this);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("numbers and text can be written", e);
        }
    }
}
