package org.mailevents.spool;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.io.IOException;
import org.apache.camel.Exchange;
import org.apache.camel.builder.RouteBuilder;
import org.mailevents.event.Receipt;
import org.mailevents.event.Webhook;

/** Spools a webhook that could not be stored, for whatever reason, until {@link ReplaySpool} has stored it. */
public final class SpoolWebhook extends RouteBuilder {

    private Spool spool;

    @Override
    public void configure() {
        spool = mandatoryFindSingleByType(getContext(), Spool.class);

        // @formatter:off
        from("direct:spool-webhook").routeId("spool-webhook")
            .description("Writes a webhook that could not be stored into the spool; all of its events count as spooled")
            .errorHandler(noErrorHandler())
            .process(this::write);

        from("direct:set-webhook-aside").routeId("set-webhook-aside")
            .description("Writes a large body that is not a webhook into failed/, with the reason beside it; it counts as rejected")
            .errorHandler(noErrorHandler())
            .process(this::writeFailed);
        // @formatter:on
    }

    private void write(Exchange exchange) throws IOException {
        Webhook webhook = exchange.getMessage().getBody(Webhook.class);
        spool.write(webhook.receivedAt(), webhook.copy().get());
        exchange.getMessage().setBody(new Receipt(webhook.received(), 0, 0, 0, webhook.received()));
    }

    private void writeFailed(Exchange exchange) throws IOException {
        Webhook webhook = exchange.getMessage().getBody(Webhook.class);
        spool.writeFailed(webhook.receivedAt(), webhook.copy().get(), webhook.problem().detail());
        exchange.getMessage().setBody(new Receipt(webhook.received(), 0, 0, webhook.received(), 0));
    }
}
