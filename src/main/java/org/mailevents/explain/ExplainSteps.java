package org.mailevents.explain;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.database.Database;
import org.mailevents.database.JdbiFactory;
import org.mailevents.live.ActiveRoutes;

/**
 * The steps behind {@code routes/api-decision.camel.yaml}. All questions run one after the other in one thread, because each runs events
 * through routes, and webhooks need the processor more.
 */
public final class ExplainSteps extends RouteBuilder {

    private static final Pattern EVENT_ID = Pattern.compile("[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}");
    /** A loop in a route may never end. */
    private static final int LONGEST_SECONDS = 20;

    private ExecutorService thread;

    @Override
    public void configure() {
        Jdbi jdbi = JdbiFactory.create(mandatoryFindSingleByType(getContext(), Database.class));
        ActiveRoutes active = mandatoryFindSingleByType(getContext(), ActiveRoutes.class);
        Decisions decisions = new Decisions(getContext(), jdbi, active);
        thread = getContext().getExecutorServiceManager().newSingleThreadExecutor(this, "explain");

        // @formatter:off
        from("direct:explain-decision").routeId("explain-decision")
            .description("Explains why an event has its kind and its audience; the header eventId names the event")
            .errorHandler(noErrorHandler())
            .process(exchange -> {
                UUID eventId = eventId(exchange);
                answer(exchange, () -> decisions.explain(eventId).orElse(null));
            });
        // @formatter:on
    }

    private void answer(Exchange exchange, Callable<Object> question) throws Exception {
        try {
            exchange.getMessage().setBody(thread.submit(question).get(LONGEST_SECONDS, TimeUnit.SECONDS));
        } catch (ExecutionException e) {
            throw e.getCause() instanceof Exception cause ? cause : e;
        }
    }

    private static UUID eventId(Exchange exchange) {
        String id = exchange.getMessage().getHeader("eventId", "", String.class);
        if (!EVENT_ID.matcher(id).matches()) {
            throw new IllegalArgumentException("Ask for the id of an event, which has 36 characters. The history of an address or a message"
                    + " shows it.");
        }
        return UUID.fromString(id);
    }
}
