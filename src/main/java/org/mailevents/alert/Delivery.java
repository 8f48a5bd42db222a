package org.mailevents.alert;

import java.util.UUID;

/**
 * A mail on its way to one recipient, or through one channel. It is claimed, sent and retried alone. Its text form is for the log, which
 * must hold no address.
 *
 * @param id        stays the same when the delivery is retried
 * @param mailing   what is told
 * @param channel   {@code mail}, or the name of another channel
 * @param recipient of the channel {@code mail}: the address, or empty for all recipients at once; otherwise empty
 */
public record Delivery(UUID id, Mailing mailing, String channel, String recipient) {

    /** The channel that sends mails. */
    static final String MAIL = "mail";

    @Override
    public String toString() {
        return mailing + (channel.equals(MAIL) ? "" : " (" + channel + ")");
    }
}
