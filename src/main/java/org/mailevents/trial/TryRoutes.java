package org.mailevents.trial;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.console.ApiAnswer;
import org.mailevents.database.Database;
import org.mailevents.database.JdbiFactory;
import org.mailevents.event.Problem;
import org.mailevents.live.ActiveRoutes;
import org.mailevents.live.DraftReview;
import org.mailevents.metrics.Meters;
import org.mailevents.privacy.RecipientHash;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The steps of {@code routes/api-try.camel.yaml} and {@code routes/api-drafts.camel.yaml}. */
public final class TryRoutes extends RouteBuilder {

    private static final Logger LOG = LoggerFactory.getLogger("try-routes");
    /** How much longer than {@link Trial#LIMIT} a single event or the start of the routes may take. */
    private static final Duration GRACE = Duration.ofSeconds(15);

    private final ObjectMapper json = new ObjectMapper();
    /** One trial at a time, so that trials take no more than their share of the processors, however many people ask. */
    private final Semaphore free = new Semaphore(1);
    private Trial trial;
    private ExecutorService thread;

    @Override
    public void configure() {
        Jdbi jdbi = JdbiFactory.create(mandatoryFindSingleByType(getContext(), Database.class));
        Meters meters = mandatoryFindSingleByType(getContext(), Meters.class);
        trial = new Trial(getContext(), jdbi, mandatoryFindSingleByType(getContext(), ActiveRoutes.class),
                mandatoryFindSingleByType(getContext(), RecipientHash.class), TimeSource.of(getContext()),
                meters::answeredWebhooks, Trial.MAX_EXAMPLES, Trial.LIMIT);
        thread = getContext().getExecutorServiceManager().newCachedThreadPool(this, "try-routes");

        // @formatter:off
        from("direct:try-routes").routeId("try-routes")
            .description("Tells what drafts of routes would change, and answers with JSON or text")
            .errorHandler(noErrorHandler())
            .process(this::tryRoutes);

        from("direct:list-drafts").routeId("list-drafts")
            .description("Lists the drafts of routes")
            .errorHandler(noErrorHandler())
            .process(exchange -> exchange.getMessage().setBody(drafts()));
        // @formatter:on
    }

    /**
     * @param name     the name of the file
     * @param path     its path
     * @param replaces whether a file of that name is active, so that the draft is an edit and not a new file
     */
    record Draft(String name, String path, boolean replaces) {
    }

    private List<Draft> drafts() {
        Path routes = new Settings(getContext()).routes();
        Map<String, String> active = mandatoryFindSingleByType(getContext(), ActiveRoutes.class).withTests();
        return DraftReview.read(Trial.drafts(routes)).keySet().stream().map(path -> {
            String name = Path.of(path).getFileName().toString();
            return new Draft(name, path, active.containsKey(DraftReview.target(routes, path).toString()));
        }).toList();
    }

    private void tryRoutes(Exchange exchange) throws Exception {
        String type = exchange.getMessage().getHeader(Exchange.CONTENT_TYPE, "", String.class);
        String body = exchange.getMessage().getBody(String.class);
        if (body != null && !body.isBlank() && !type.matches("(?i)application/json(?:\\s*;.*)?")) {
            ApiAnswer.problem(exchange, new Problem(415, "Send the request as application/json."));
            return;
        }
        TryRequest request = TryRequest.of(body == null ? "" : body);
        if (!free.tryAcquire()) {
            ApiAnswer.problem(exchange, new Problem(409,
                    "Another trial is running, and only one runs at a time. Try again when it has ended."));
            return;
        }
        Future<TryResult> running = thread.submit(() -> {
            try {
                return trial.run(request);
            } finally {
                free.release();
            }
        });
        try {
            answer(exchange, running.get(Trial.LIMIT.plus(GRACE).toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            running.cancel(true);
            ApiAnswer.problem(exchange, new Problem(422, "Not tried: an event takes too long in the routes. Does a loop never end?"));
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Trial.BrokenDrafts broken) {
                ApiAnswer.problem(exchange, new Problem(422, broken.getMessage()));
            } else {
                throw e.getCause() instanceof Exception cause ? cause : e;
            }
        }
    }

    private void answer(Exchange exchange, TryResult result) throws JsonProcessingException {
        LOG.info("Tried {} on {} events in {} s: {} events would change", String.join(", ", result.files()), result.events(),
                result.seconds(), result.changed());
        boolean text = exchange.getMessage().getHeader("Accept", "", String.class).startsWith("text/plain");
        ApiAnswer.put(exchange, 200, text ? "text/plain; charset=utf-8" : "application/json",
                text ? TryText.of(result) : json.writeValueAsString(result));
    }
}
