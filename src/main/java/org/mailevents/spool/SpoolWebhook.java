package org.mailevents.spool;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.support.AsyncProcessorSupport;
import org.mailevents.event.Receipt;
import org.mailevents.event.Webhook;

/**
 * Spools a webhook that could not be stored, for whatever reason, until it is stored. If there is a {@link SharedLog}, the webhook waits in
 * the log. Otherwise, or if the log does not take it, the webhook waits in the folder until {@link ReplaySpool} has stored it.
 */
public final class SpoolWebhook extends RouteBuilder {

    /** Threads that run the rest of the route for the webhooks of the log. Some of them write a webhook to the disk. */
    private static final int ANSWERERS = 8;

    private Spool spool;
    private Executor answerers;

    @Override
    public void configure() {
        spool = mandatoryFindSingleByType(getContext(), Spool.class);
        answerers = spool.log().isEmpty() ? Runnable::run
                : getContext().getExecutorServiceManager().newFixedThreadPool(this, "spool-webhook", ANSWERERS);

        // @formatter:off
        from("direct:spool-webhook").routeId("spool-webhook")
            .description("Writes a webhook that could not be stored into the spool; all of its events count as spooled")
            .errorHandler(noErrorHandler())
            // A log that takes every webhook has just refused this one.
            .filter(exchange -> spool.log().isPresent() && !spool.takesEvery())
                .to("direct:append-webhook")
            .end()
            .filter(body().isInstanceOf(Webhook.class))
                .process(this::write)
            .end();

        from("direct:append-webhook").routeId("append-webhook")
            .description("Appends a webhook to the log; its receipt is then in the body, or still the webhook if no log takes it")
            .errorHandler(noErrorHandler())
            .process(new AppendWebhook());

        from("direct:set-webhook-aside").routeId("set-webhook-aside")
            .description("Writes a large body that is not a webhook into failed/, with the reason beside it; it counts as rejected")
            .errorHandler(noErrorHandler())
            .process(this::writeFailed);
        // @formatter:on
    }

    private void write(Exchange exchange) throws IOException {
        Webhook webhook = exchange.getMessage().getBody(Webhook.class);
        spool.write(webhook.receivedAt(), webhook.copy().get());
        exchange.getMessage().setBody(spooled(webhook));
    }

    private static Receipt spooled(Webhook webhook) {
        return new Receipt(webhook.received(), 0, 0, 0, webhook.received());
    }

    private void writeFailed(Exchange exchange) throws IOException {
        Webhook webhook = exchange.getMessage().getBody(Webhook.class);
        spool.writeFailed(webhook.receivedAt(), webhook.copy().get(), webhook.problem().detail());
        exchange.getMessage().setBody(new Receipt(webhook.received(), 0, 0, webhook.received(), 0));
    }

    /** No thread waits for the log: an answerer continues the route when the log has the webhook. */
    private final class AppendWebhook extends AsyncProcessorSupport {

        @Override
        public boolean process(Exchange exchange, AsyncCallback callback) {
            Webhook webhook = exchange.getMessage().getBody(Webhook.class);
            if (spool.log().isEmpty()) {
                callback.done(true);
                return true;
            }
            CompletableFuture<Void> appended = spool.log().get().append(webhook);
            appended.whenCompleteAsync((nothing, failure) -> {
                if (failure == null) {
                    exchange.getMessage().setBody(spooled(webhook));
                }
                callback.done(false);
            }, answerers);
            return false;
        }
    }
}
