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
import org.apache.camel.model.ModelCamelContext;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.database.Database;
import org.mailevents.database.JdbiFactory;
import org.mailevents.live.ActiveRoutes;
import org.mailevents.log.FailingRoutes;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;

/**
 * The steps behind {@code routes/api-decision.camel.yaml} and {@code routes/api-routes.camel.yaml}. All questions run one after the other
 * in one thread, because each runs events through routes, and webhooks need the processor more.
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
        RouteViews views = new RouteViews((ModelCamelContext) getContext(), jdbi, active,
                mandatoryFindSingleByType(getContext(), FailingRoutes.class),
                new Settings(getContext()).routes().resolve("drafts"), TimeSource.of(getContext()));
        thread = getContext().getExecutorServiceManager().newSingleThreadExecutor(this, "explain");

        // @formatter:off
        from("direct:explain-decision").routeId("explain-decision")
            .description("Explains why an event has its kind and its audience; the header eventId names the event")
            .errorHandler(noErrorHandler())
            .process(exchange -> {
                UUID eventId = eventId(exchange);
                answer(exchange, () -> decisions.explain(eventId).orElse(null));
            });

        from("direct:draw-routes").routeId("draw-routes")
            .description("Reads the routes as they run, and counts the events of the last day in their branches")
            .errorHandler(noErrorHandler())
            .process(exchange -> answer(exchange, views::view));
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
