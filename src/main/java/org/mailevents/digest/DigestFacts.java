package org.mailevents.digest;

import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.UUID;

/**
 * What a digest tells an audience.
 *
 * @param bounces   what bounced; null if it could not be counted in time
 * @param dead      the dead addresses that mail was still sent to, those with the most mails first; null if they could not be found in time
 * @param incident  the open incident, or null
 * @param untold    how many bounces no mail has reported yet
 * @param untoldSince when the oldest of them was received; null if there are none
 * @param overdue   how many accepted messages became overdue in the time of the digest, and still have no end
 * @param vendorHasNone of how many of them it is proved that the vendor has no end either
 * @param compared  the days that were compared with the vendor in the time of the digest, the newest first; only for operators
 */
public record DigestFacts(Bounces bounces, List<DeadAddress> dead, OpenIncident incident, long untold, Instant untoldSince,
        long overdue, long vendorHasNone, List<ComparedDay> compared) {

    /** Whether there is anything to say. If the bounces could not be counted, there may be some. */
    public boolean areNews() {
        return bounces == null || bounces.total() > 0 || dead != null && !dead.isEmpty() || incident != null || untold > 0
                || overdue > 0 || !compared.isEmpty();
    }

    /**
     * A dead address that mail was sent to.
     *
     * @param cause         the id of the cause of its last bounce
     * @param deadSince     when it first bounced as dead since it last took mail
     * @param lastBouncedAt when it last bounced as dead
     * @param mails         how many messages were sent to it in the time of the digest, after it was dead
     * @param lastMailAt    when the last of them was reported
     */
    public record DeadAddress(String recipient, String cause, Instant deadSince, Instant lastBouncedAt, long mails, Instant lastMailAt) {
    }

    /**
     * A day that was compared with the vendor.
     *
     * @param stored   how many of its events are stored
     * @param vendor   how many events the vendor has
     * @param repaired how many came from the vendor's lists because their webhook was missing
     * @param missing  how many are still missing
     */
    public record ComparedDay(LocalDate mailDay, long stored, long vendor, long repaired, long missing) {
    }

    /**
     * @param bounces        how many bounces the mails of the incident have reported so far
     * @param acknowledgedBy who works on it; null if nobody has said so
     */
    public record OpenIncident(UUID incidentId, Instant openedAt, long bounces, String acknowledgedBy) {
    }
}
