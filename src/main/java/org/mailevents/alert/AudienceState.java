package org.mailevents.alert;

import java.time.Instant;

/**
 * What there is to know about one audience before it is mailed.
 *
 * @param incident its incident, or null in a quiet time
 * @param waiting  the bounces that no mail has told, or null if there are none
 * @param sent     the mails of the last day
 */
record AudienceState(String audience, Incident incident, Waiting waiting, Sent sent) {

    /** @param oldest when the first of them was received, {@code newest} the last */
    record Waiting(long bounces, Instant oldest, Instant newest) {

        /** What was received before the clock was set back keeps no incident open: it is as if it had been received long ago. */
        Waiting notAfter(Instant latest) {
            return newest != null && newest.isAfter(latest) ? new Waiting(bounces, oldest, Instant.EPOCH) : this;
        }
    }

    /**
     * @param unsent   whether one is not through yet
     * @param lastHour how many were sent within the last hour
     * @param lastDay  within the last day
     * @param lastAt   when the last of them was sent, or null
     */
    record Sent(boolean unsent, int lastHour, int lastDay, Instant lastAt) {

        static final Sent NONE = new Sent(false, 0, 0, null);
    }

    /** When the last bounce was received that this incident has, told or not. */
    Instant lastBounceAt() {
        return waiting == null || waiting.newest().isBefore(incident.lastBounceAt()) ? incident.lastBounceAt() : waiting.newest();
    }
}
