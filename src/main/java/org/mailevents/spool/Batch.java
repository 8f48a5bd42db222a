package org.mailevents.spool;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.mailevents.webhook.Webhook;

/**
 * Spooled webhooks of one type that go the way in as one, since a webhook may hold any number of events: a backlog is worked off in
 * a fraction of the commits it took to come in.
 */
final class Batch {

    private static final int MAX_EVENTS = 1_000;
    /** Characters. */
    private static final int MAX_LENGTH = 10_000_000;

    private final Map<Path, Webhook> webhooks = new LinkedHashMap<>();
    private int events;
    private int length;

    /** Private, because the Camel CLI makes an object of every class that it can make one of, and cannot of this. */
    private Batch() {
    }

    static Batch empty() {
        return new Batch();
    }

    /**
     * Adds a webhook, where it fits.
     *
     * @return false when it must go by itself or with others: it is of another type, cannot be read at all, or is too much
     */
    boolean add(Path file, Webhook webhook) {
        if (!webhooks.isEmpty() && !fits(webhook)) {
            return false;
        }
        webhooks.put(file, webhook);
        events += webhook.received();
        length += webhook.length();
        return true;
    }

    private boolean fits(Webhook webhook) {
        Webhook first = webhooks.values().iterator().next();
        return first.problem() == null && webhook.problem() == null && first.eventType().equals(webhook.eventType())
                && events + webhook.received() <= MAX_EVENTS && length + webhook.length() <= MAX_LENGTH;
    }

    boolean isEmpty() {
        return webhooks.isEmpty();
    }

    Set<Path> files() {
        return webhooks.keySet();
    }

    /** All of them as one. */
    Webhook webhook() {
        return webhooks.size() == 1 ? webhooks.values().iterator().next() : Webhook.of(webhooks.values());
    }
}
