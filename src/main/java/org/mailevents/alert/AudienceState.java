package org.mailevents.alert;

import java.time.Instant;

/**
 * What decides whether an audience is mailed now.
 *
 * @param incident the open incident of the audience, or null
 * @param pending  the bounces that no mail has reported, or null if there are none
 * @param sent     the mails of the last day
 */
record AudienceState(String audience, Incident incident, Pending pending, Sent sent) {

    /**
     * @param oldest when the first of the bounces was received
     * @param newest when the last of them was received
     */
    record Pending(long bounces, Instant oldest, Instant newest) {

        /**
         * A bounce with a later time was received while the clock was wrong. Such a bounce must not keep an incident open, so it counts as
         * received long ago.
         */
        Pending notAfter(Instant latest) {
            return newest != null && newest.isAfter(latest) ? new Pending(bounces, oldest, Instant.EPOCH) : this;
        }
    }

    /**
     * @param unsent   whether a mail waits to be sent
     * @param lastHour how many mails were sent within the last hour
     * @param lastDay  how many mails reached a recipient within the last day
     * @param lastAt   when the last mail was sent, or null
     */
    record Sent(boolean unsent, int lastHour, int lastDay, Instant lastAt) {

        static final Sent NONE = new Sent(false, 0, 0, null);
    }

    /** When the last bounce of this incident was received, whether a mail has reported it or not. */
    Instant lastBounceAt() {
        return pending == null || pending.newest().isBefore(incident.lastBounceAt()) ? incident.lastBounceAt() : pending.newest();
    }
}
