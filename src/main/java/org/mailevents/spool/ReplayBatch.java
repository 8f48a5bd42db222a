package org.mailevents.spool;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.mailevents.event.Receipt;
import org.mailevents.event.Webhook;
import org.mailevents.parse.WebhookPieces;

/**
 * Spooled webhooks of one event type that are stored as one webhook, because a webhook may hold any number of events. So a backlog needs
 * far fewer commits than the webhooks did when they arrived. A webhook that does not fit into memory is a batch of its own, in pieces.
 *
 * @param <T> where a webhook was read from: a file of the folder, or a record of the log
 */
public final class ReplayBatch<T> {

    private static final int MAX_EVENTS = 1_000;
    /** In characters. */
    private static final int MAX_LENGTH = 1_000_000;

    private final Map<T, Webhook> webhooks = new LinkedHashMap<>();
    private int events;
    private int length;
    /** The remaining pieces of a webhook that has several. */
    private WebhookPieces rest;
    private boolean begun;
    private Receipt receipt = new Receipt(0, 0, 0, 0, 0);

    /** Private, because the Camel CLI creates an object of every class that it can, and it must not create one of this class. */
    private ReplayBatch() {
    }

    /** A batch to which webhooks can be added. */
    public static <T> ReplayBatch<T> empty() {
        return new ReplayBatch<>();
    }

    /**
     * Adds a webhook if it fits. It does not fit if it has another event type, is unreadable, or would make the batch too large.
     *
     * @return false if the webhook belongs into another batch
     */
    public boolean add(T source, WebhookPieces pieces) {
        Webhook webhook = pieces.next();
        boolean isLong = pieces.hasNext();
        boolean fits = webhooks.isEmpty() || !isLong && fits(webhook);
        if (!isLong || !fits) {
            pieces.close();
        }
        if (!fits) {
            return false;
        }
        webhooks.put(source, webhook);
        events += webhook.received();
        length += webhook.length();
        rest = isLong ? pieces : null;
        return true;
    }

    private boolean fits(Webhook webhook) {
        Webhook first = webhooks.values().iterator().next();
        return rest == null && first.problem() == null && webhook.problem() == null && first.eventType().equals(webhook.eventType())
                && events + webhook.received() <= MAX_EVENTS && length + webhook.length() <= MAX_LENGTH;
    }

    /** Whether no webhook was added. */
    public boolean isEmpty() {
        return webhooks.isEmpty();
    }

    /** Where the webhooks were read from, in the order in which they were added. */
    public Set<T> sources() {
        return webhooks.keySet();
    }

    /** Whether {@link #next} has something to store. */
    public boolean hasNext() {
        return !begun && !isEmpty() || rest != null && rest.hasNext();
    }

    /** All webhooks as one, or the next piece of the only webhook. */
    public Webhook next() {
        if (begun) {
            return rest.next();
        }
        begun = true;
        return webhooks.size() == 1 ? webhooks.values().iterator().next() : Webhook.of(webhooks.values());
    }

    /** @param ofPiece the receipt of what {@link #next} returned last */
    public void addReceipt(Receipt ofPiece) {
        receipt = receipt.plus(ofPiece);
    }

    /** The receipt for all pieces so far. */
    public Receipt receipt() {
        return receipt;
    }

    /** Closes a webhook of which pieces remain. */
    public void close() {
        if (rest != null) {
            rest.close();
        }
    }
}
