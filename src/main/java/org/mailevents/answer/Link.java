package org.mailevents.answer;

import java.time.Instant;
import java.util.UUID;

/**
 * What a signed link permits: one act in the name of one recipient of one mail. The delivery names the mail, its incident, its audience and
 * its recipient, so a link needs neither an address nor another fact.
 *
 * @param delivery  a row of the table {@code alert_delivery}
 * @param expiresAt the link permits nothing from then on
 */
public record Link(Act act, UUID delivery, Instant expiresAt) {
}
