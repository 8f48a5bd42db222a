package org.mailevents.aside;

import java.time.Instant;
import java.util.UUID;

/**
 * A row of {@code rejected_event}, as a list shows it.
 *
 * @param rejectedId the id of the row
 * @param receivedAt when the webhook arrived
 * @param reason     why it could not be stored
 * @param payload    the beginning of the payload, or all of it
 * @param complete   whether it is all of it
 */
record RejectedRow(UUID rejectedId, Instant receivedAt, String reason, String payload, boolean complete) {
}
