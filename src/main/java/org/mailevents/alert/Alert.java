package org.mailevents.alert;

import java.util.List;
import java.util.UUID;

/**
 * One mail to send: the bounces that one audience has not been told of.
 *
 * @param id       the same when the same mail has to be sent again, so that its Message-ID is too
 * @param audience who is told, as named in {@code route-bounces}
 * @param bounces  oldest first, at least one
 */
public record Alert(UUID id, String audience, List<Bounce> bounces) implements Mailing {

    public Alert {
        bounces = List.copyOf(bounces);
    }

    /** No bounces: error messages quote what they are about, and no address belongs into a log. */
    @Override
    public String toString() {
        return "Alert[" + id + "]";
    }

    /**
     * A bounce as the templates show it, each value on one line; empty where it was not sent.
     *
     * @param code          the vendor's bounce code
     * @param occurredAt    as sent by the vendor, in its console's zone
     * @param enhancedCode  the RFC 3463 code in the reply
     * @param reason        the receiving server's own reply
     */
    public record Bounce(String recipient, String code, String kind, String occurredAt, String subject, String sender, String messageId,
                         String apiData, String enhancedCode, String reason) {
    }
}
