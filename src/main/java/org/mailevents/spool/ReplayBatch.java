package org.mailevents.spool;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.mailevents.event.Receipt;
import org.mailevents.event.Webhook;
import org.mailevents.parse.WebhookPieces;

/**
 * Spooled webhooks of one event type that are stored as one webhook, because a webhook may hold any number of events. So a backlog needs
 * far fewer commits than the webhooks did when they arrived. A file that does not fit into memory is a batch of its own, in pieces.
 */
final class ReplayBatch {

    private static final int MAX_EVENTS = 1_000;
    /** In characters. */
    private static final int MAX_LENGTH = 1_000_000;

    private final Map<Path, Webhook> webhooks = new LinkedHashMap<>();
    private int events;
    private int length;
    /** The remaining pieces of a file that has several. */
    private WebhookPieces rest;
    private boolean begun;
    private Receipt receipt = new Receipt(0, 0, 0, 0, 0);

    /** Private, because the Camel CLI creates an object of every class that it can, and it must not create one of this class. */
    private ReplayBatch() {
    }

    static ReplayBatch empty() {
        return new ReplayBatch();
    }

    /**
     * Adds a webhook if it fits. It does not fit if it has another event type, is unreadable, or would make the batch too large.
     *
     * @return false if the webhook belongs into another batch
     */
    boolean add(Path file, WebhookPieces pieces) {
        Webhook webhook = pieces.next();
        boolean isLong = pieces.hasNext();
        boolean fits = webhooks.isEmpty() || !isLong && fits(webhook);
        if (!isLong || !fits) {
            pieces.close();
        }
        if (!fits) {
            return false;
        }
        webhooks.put(file, webhook);
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

    boolean isEmpty() {
        return webhooks.isEmpty();
    }

    Set<Path> files() {
        return webhooks.keySet();
    }

    boolean hasNext() {
        return !begun && !isEmpty() || rest != null && rest.hasNext();
    }

    /** All webhooks as one, or the next piece of the only file. */
    Webhook next() {
        if (begun) {
            return rest.next();
        }
        begun = true;
        return webhooks.size() == 1 ? webhooks.values().iterator().next() : Webhook.of(webhooks.values());
    }

    void addReceipt(Receipt ofPiece) {
        receipt = receipt.plus(ofPiece);
    }

    /** The receipt for all pieces so far. */
    Receipt receipt() {
        return receipt;
    }

    void close() {
        if (rest != null) {
            rest.close();
        }
    }
}
