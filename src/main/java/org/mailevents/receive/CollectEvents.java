package org.mailevents.receive;

import java.util.ArrayList;
import java.util.List;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;
import org.apache.camel.Processor;
import org.mailevents.event.MailEvent;
import org.mailevents.event.Webhook;
import org.mailevents.settings.Settings;

/**
 * Puts a split webhook together again. Each event gets the variables {@code kind} and {@code audience} that its branch has set.
 *
 * <p>As {@code onPrepare} of the split, this class gives each branch its event as a variable. As {@code aggregationStrategy}, it reads the
 * event from that variable. So a step that replaces the body (a call to another system, a filter, a second split) does not change what is
 * stored. An error in a branch fails the webhook, and a branch that never completes fails the webhook too.
 */
public final class CollectEvents implements AggregationStrategy, Processor {

    /** The name of this bean in the routes. */
    public static final String NAME = "collectEvents";

    private static final String DECIDED = CollectEvents.class.getName();

    @Override
    public void process(Exchange branch) {
        branch.setVariable("event", branch.getMessage().getBody(MailEvent.class));
    }

    @Override
    public Exchange aggregate(Exchange collected, Exchange branch) {
        throw new UnsupportedOperationException("This strategy needs the exchange that was split");
    }

    @Override
    public Exchange aggregate(Exchange collected, Exchange branch, Exchange webhook) {
        MailEvent event = branch.getVariable("event", MailEvent.class);
        if (branch.getException() != null) {
            webhook.setException(branch.getException());
        } else if (event == null) {
            webhook.setException(new IllegalStateException("The split needs onPrepare: " + NAME));
        } else {
            decided(webhook).add(event.decided(kind(event, branch), audience(event, branch)));
        }
        return webhook;
    }

    @Override
    public void onCompletion(Exchange collected, Exchange webhook) {
        Webhook whole = webhook.getMessage().getBody(Webhook.class);
        List<MailEvent> decided = decided(webhook);
        webhook.removeProperty(DECIDED);
        if (webhook.getException() == null && decided.size() < whole.events().size()) {
            webhook.setException(new IllegalStateException("Only " + decided.size() + " of " + whole.events().size()
                    + " events came back from the split. Does the split have a timeout?"));
        }
        webhook.getMessage().setBody(whole.withEvents(decided));
    }

    /** The kind that the branch has set, or else the kind of the cause. */
    private static String kind(MailEvent event, Exchange branch) {
        String kind = branch.getVariable("kind", String.class);
        return kind == null ? event.kind() : kind;
    }

    /**
     * The audience that the branch has set, or null if the branch has decided nothing. A route may compute the name from text of strangers.
     * If the name is impossible, the recipients of {@code alert.to} get the alert.
     */
    private static String audience(MailEvent event, Exchange branch) {
        String audience = branch.getVariable("audience", String.class);
        if (audience == null || audience.isBlank() && event.eventType().equals(MailEvent.BOUNCES)) {
            return null;
        }
        return Settings.isAudience(audience) ? audience : "unnamed";
    }

    @SuppressWarnings("unchecked")
    private static List<MailEvent> decided(Exchange webhook) {
        List<MailEvent> decided = webhook.getProperty(DECIDED, List.class);
        if (decided == null) {
            decided = new ArrayList<>();
            webhook.setProperty(DECIDED, decided);
        }
        return decided;
    }
}
