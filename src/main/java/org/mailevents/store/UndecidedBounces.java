package org.mailevents.store;

import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.mailevents.event.MailEvent;
import org.mailevents.event.Webhook;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives the audience of {@code alert.undecided} to each bounce that the routes have sent here without one. So a mistake in a route that
 * decides cannot silently end an alert. The log names the route, once a minute and not for each bounce. The mistakes of the route that
 * mails are found before it is activated ({@code live.AlertFlow}).
 */
final class UndecidedBounces {

    private static final Logger LOG = LoggerFactory.getLogger("store-events");

    private static final Duration LOG_INTERVAL = Duration.ofMinutes(1);

    private final String audience;
    /** How many undecided bounces came from each route since the last log. */
    private final Map<String, Integer> unreported = new TreeMap<>();
    private long loggedAt = System.nanoTime() - LOG_INTERVAL.toNanos();

    /** @param audience the audience for undecided bounces */
    UndecidedBounces(String audience) {
        this.audience = audience;
    }

    /**
     * The same webhook, in which each bounce has an audience.
     *
     * @param sender the route that sent the webhook here, as the log names it
     */
    Webhook decide(Webhook webhook, String sender) {
        int undecided = (int) webhook.events().stream().filter(UndecidedBounces::isUndecided).count();
        if (undecided == 0) {
            return webhook;
        }
        synchronized (unreported) {
            unreported.merge(sender, undecided, Integer::sum);
        }
        return webhook.withEvents(webhook.events().stream()
                .map(event -> isUndecided(event) ? event.decided(event.kind(), audience) : event).toList());
    }

    /** Logs the routes that have sent undecided bounces, unless the last such log is less than a minute old. */
    void report() {
        synchronized (unreported) {
            if (!unreported.isEmpty() && System.nanoTime() - loggedAt >= LOG_INTERVAL.toNanos()) {
                loggedAt = System.nanoTime();
                unreported.forEach((sender, bounces) -> LOG.warn("Bounces without an audience: {} from {}. Their alerts go to {}"
                        + " (alert.undecided). Set the variable audience in each branch of that route, or set it to none to mute a bounce.",
                        bounces, sender, audience));
                unreported.clear();
            }
        }
    }

    private static boolean isUndecided(MailEvent event) {
        return event.audience() == null && event.eventType().equals(MailEvent.BOUNCES);
    }
}
