package org.mailevents.event;

import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/**
 * The answer to a webhook whose events are on disk: {@code received = stored + duplicates + rejected + spooled}.
 *
 * @param received   elements that came in
 * @param stored     new rows
 * @param duplicates events that were stored before
 * @param rejected   elements set aside in {@code rejected_event}
 * @param spooled    events kept in the spool, to be stored later
 */
@JsonPropertyOrder({"received", "stored", "duplicates", "rejected", "spooled"})
public record Receipt(int received, int stored, int duplicates, int rejected, int spooled) implements WebhookAnswer {

    /** The receipt for both together. */
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
