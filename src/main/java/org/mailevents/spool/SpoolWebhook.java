package org.mailevents.spool;

import java.io.IOException;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.mailevents.event.Receipt;
import org.mailevents.event.Webhook;

/** Keeps a webhook that could not be stored, whatever the reason, until {@link ReplaySpool} has stored it. */
public final class SpoolWebhook extends RouteBuilder {

    private Spool spool;

    @Override
    public void configure() {
        spool = Spool.of(getContext());

        // @formatter:off
        from("direct:spool-webhook").routeId("spool-webhook")
            .description("Keeps a webhook that could not be stored in the spool; all of its events count as spooled")
            .errorHandler(noErrorHandler())
            .process(this::write);

        from("direct:set-webhook-aside").routeId("set-webhook-aside")
            .description("Keeps a large body that is no webhook as a file in failed/, with the reason beside it; it counts as rejected")
            .errorHandler(noErrorHandler())
            .process(this::setAside);
        // @formatter:on
    }

    private void write(Exchange exchange) throws IOException {
        Webhook webhook = exchange.getMessage().getBody(Webhook.class);
        spool.write(webhook.receivedAt(), webhook.copy().get());
        exchange.getMessage().setBody(new Receipt(webhook.received(), 0, 0, 0, webhook.received()));
    }

    private void setAside(Exchange exchange) throws IOException {
        Webhook webhook = exchange.getMessage().getBody(Webhook.class);
        spool.setAside(webhook.receivedAt(), webhook.copy().get(), webhook.problem().detail());
        exchange.getMessage().setBody(new Receipt(webhook.received(), 0, 0, webhook.received(), 0));
    }
}
