package org.mailevents.alert;

import java.time.Instant;
import java.util.UUID;

/**
 * An open incident: what one audience is told in one thread of mails. It begins with the first bounce after a quiet time and ends after the
 * next quiet time.
 *
 * @param openedAt     when its first bounce was received
 * @param lastBounceAt when the last bounce was received that its mails have reported
 * @param mails        how many mails it has, at least one
 * @param allClear     whether its end is told
 * @param acknowledged whether a recipient has answered that somebody works on it
 * @param urgentAgain  whether a mail that was made after this answer was urgent
 * @param releasedAt   when the last such answer ended, or null
 * @param lastMailAt   when its last mail was made that reported bounces
 */
record Incident(UUID incidentId, Instant openedAt, Instant lastBounceAt, int mails, boolean allClear, boolean acknowledged,
                boolean urgentAgain, Instant releasedAt, Instant lastMailAt) {
}
