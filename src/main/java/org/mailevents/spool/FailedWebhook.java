package org.mailevents.spool;

import java.time.Instant;

/**
 * A quarantined webhook, which is in {@code failed/}: it failed too often, or it could not be read.
 *
 * @param name       the name of its file
 * @param receivedAt when the webhook arrived
 * @param reason     why it is there; empty if somebody has deleted the file with the reason
 * @param bytes      the length of the file
 */
public record FailedWebhook(String name, Instant receivedAt, String reason, long bytes) {
}
