package org.mailevents.event;

import java.time.Instant;
import java.util.UUID;

/**
 * What cannot be stored as an event, kept as a row of {@code rejected_event}.
 *
 * @param rejectedId the same for the same payload, so that a repeated webhook adds no second row
 * @param receivedAt when it arrived
 * @param reason     what to change, for the reader of the table
 * @param payload    for an element a webhook of its own that can be posted again, for an unreadable body its text; no secret in it
 */
public record RejectedEvent(UUID rejectedId, Instant receivedAt, String reason, String payload) {

    public RejectedEvent(Instant receivedAt, String reason, String payload) {
        this(EventId.of(payload), receivedAt, reason, payload);
    }
}
