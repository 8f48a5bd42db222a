package org.mailevents.spool;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.mailevents.event.Receipt;
import org.mailevents.event.Webhook;
import org.mailevents.parse.WebhookPieces;

/**
 * Spooled webhooks of one type that are stored as one, since a webhook may hold any number of events: a backlog is worked off in
 * a fraction of the commits it took to come in. A file with more than fits into memory goes by itself, in pieces.
 */
final class ReplayBatch {

    private static final int MAX_EVENTS = 1_000;
    /** Characters. */
    private static final int MAX_LENGTH = 1_000_000;

    private final Map<Path, Webhook> webhooks = new LinkedHashMap<>();
    private int events;
    private int length;
    /** What is left of a file with many pieces. */
    private WebhookPieces rest;
    private boolean begun;
    private Receipt receipt = new Receipt(0, 0, 0, 0, 0);

    /** Private, because the Camel CLI makes an object of every class that it can make one of, and cannot of this. */
    private ReplayBatch() {
    }

    static ReplayBatch empty() {
        return new ReplayBatch();
    }

    /**
     * Adds a webhook, where it fits.
     *
     * @return false when it must go by itself or with others: it is of another type, cannot be read at all, or is too much
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

    /** All of them as one, or the next piece. */
    Webhook next() {
        if (begun) {
            return rest.next();
        }
        begun = true;
        Webhook next = webhooks.size() == 1 ? webhooks.values().iterator().next() : Webhook.of(webhooks.values());
        return next;
    }

    void add(Receipt ofPiece) {
        receipt = receipt.plus(ofPiece);
    }

    /** For all of it. */
    Receipt receipt() {
        return receipt;
    }

    void close() {
        if (rest != null) {
            rest.close();
        }
    }
}
