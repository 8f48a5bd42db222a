package org.mailevents.webhook;

import java.util.ArrayList;
import java.util.List;
import org.apache.camel.AggregationStrategy;
import org.apache.camel.Exchange;
import org.mailevents.event.MailEvent;

/**
 * Puts a split webhook together again, each event with the variables {@code kind} and {@code audience} that its branch has set.
 * It takes the events from the webhook and not from the branches, so that a step which replaces the body (a call to another
 * system, a filter, a stop) changes nothing of what is stored. An error in a branch is the webhook's error.
 */
public final class CollectEvents implements AggregationStrategy {

    /** The name under which the routes refer to it. */
    public static final String NAME = "collectEvents";

    private static final String DECIDED = CollectEvents.class.getName();

    @Override
    public Exchange aggregate(Exchange collected, Exchange branch) {
        throw new UnsupportedOperationException("needs the exchange that was split");
    }

    @Override
    public Exchange aggregate(Exchange collected, Exchange branch, Exchange webhook) {
        Exchange result = collected == null ? webhook : collected;
        if (branch.getException() != null && result.getException() == null) {
            result.setException(branch.getException());
        }
        List<MailEvent> decided = decided(result);
        int index = branch.getProperty(Exchange.SPLIT_INDEX, Integer.class);
        MailEvent event = decided.get(index);
        decided.set(index, event.decided(branch.getVariable("kind", String.class), branch.getVariable("audience", String.class)));
        return result;
    }

    @Override
    public void onCompletion(Exchange collected, Exchange webhook) {
        if (collected != null) {
            Webhook whole = collected.getMessage().getBody(Webhook.class);
            collected.getMessage().setBody(whole.withEvents(decided(collected)));
            collected.removeProperty(DECIDED);
        }
    }

    @SuppressWarnings("unchecked")
    private static List<MailEvent> decided(Exchange exchange) {
        List<MailEvent> decided = exchange.getProperty(DECIDED, List.class);
        if (decided == null) {
            decided = new ArrayList<>(exchange.getMessage().getBody(Webhook.class).events());
            exchange.setProperty(DECIDED, decided);
        }
        return decided;
    }
}
