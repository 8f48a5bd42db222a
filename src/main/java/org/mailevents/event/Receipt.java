package org.mailevents.event;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/**
 * The answer to a webhook whose events are on disk: {@code received = stored + duplicates + rejected + spooled}.
 *
 * @param received   the elements of the webhook
 * @param stored     the new rows
 * @param duplicates the events that were stored before
 * @param rejected   the rejected events, which are rows of {@code rejected_event}
 * @param spooled    the events in the spool, which are stored later
 */
@JsonPropertyOrder({"received", "stored", "duplicates", "rejected", "spooled"})
public record Receipt(int received, int stored, int duplicates, int rejected, int spooled) implements WebhookAnswer {

    /** The sum of two receipts. */
    public Receipt plus(Receipt other) {
        return new Receipt(received + other.received, stored + other.stored, duplicates + other.duplicates, rejected + other.rejected,
                spooled + other.spooled);
    }

    @Override
    public int status() {
        return 200;
    }

    @Override
    public String mediaType() {
        return "application/json";
    }
}
