package org.mailevents.alert;

import java.time.Instant;
import java.util.UUID;

/**
 * An open incident: what one audience is told in one thread of mails. It begins with the first bounce after a quiet time and ends with the
 * all-clear.
 *
 * @param openedAt     when its first bounce was received
 * @param lastBounceAt when the last bounce was received that its mails have reported
 * @param mails        how many mails it has, at least one
 */
record Incident(UUID incidentId, Instant openedAt, Instant lastBounceAt, int mails) {
}
