package org.mailevents.alert;

import java.time.Instant;
import java.util.UUID;
import org.mailevents.digest.DigestFacts;

/**
 * A mail that sums up what bounced for an audience since its digest before. It belongs to no incident, is a thread of its own, and is never
 * urgent.
 *
 * @param id    stays the same when the mail is sent again, so the Message-ID stays the same too
 * @param from  the begin of the time that it sums up
 * @param until the end of this time
 */
public record Digest(UUID id, String audience, Instant madeAt, Instant from, Instant until, DigestFacts facts) implements Mailing {

    /** The kind of such a mail in the column {@code what}. */
    static final String WHAT = "digest";

    @Override
    public String what() {
        return WHAT;
    }

    /** For the log, which must hold no address. */
    @Override
    public String toString() {
        return "digest until " + until + " to " + audience
                + (facts.bounces() == null ? "" : ": " + facts.bounces().total() + (facts.bounces().total() == 1 ? " bounce" : " bounces"));
    }
}
