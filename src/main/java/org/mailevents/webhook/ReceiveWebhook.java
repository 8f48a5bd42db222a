package org.mailevents.webhook;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.StartupListener;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.mailevents.event.EventReader;
import org.mailevents.event.LoneSurrogates;
import org.mailevents.event.RejectedEvent;
import org.mailevents.operate.Failure;
import org.mailevents.operate.Settings;
import org.mailevents.operate.StartUp;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The door: takes a webhook over HTTP, checks its secret, reads it, sends it through the routes and answers with what became of
 * its events. It is Java so that no edit of a YAML route can close it, and it answers 200 only with a {@link Receipt} in hand.
 */
public final class ReceiveWebhook extends RouteBuilder implements StartupListener {

    private static final String ID = "receive-webhook";

    static final Logger LOG = LoggerFactory.getLogger(ID);

    private static final Set<String> DOCUMENTED_TYPES = Set.of("deliveries", "bounces", "blocks");

    private Secrets secrets;
    private WebhookReader reader;
    private RequestGate gate;
    private String router;

    @Override
    public void configure() throws Exception {
        Settings settings = new Settings(getContext());
        secrets = new Secrets(settings.list("webhook.api-key"), settings.list("webhook.basic"));
        secrets.requireBeyondLoopback(settings.required("camel.server.host"));
        reader = new WebhookReader(new EventReader(settings.zone("webhook.time-zone")));
        gate = new RequestGate(settings.required("webhook.path"), settings.bytes("webhook.max-body"));
        int port = settings.port("camel.server.port");
        RequestGate.requireFree(settings.required("camel.server.host"), port);
        router = VertxPlatformHttpRouter.getRouterNameFromPort(port);

        bindToRegistry(CollectEvents.NAME, new CollectEvents());
        bindToRegistry(Failure.NAME, new Failure());

        gate.prepare(getContext(), port);
        getContext().addStartupListener(this);
        getContext().addStartupListener(new StartUp());

        // what nobody foresaw: it must neither become a 500 nor an acknowledgement
        onException(Throwable.class).handled(true).logExhausted(false).process(this::failed);

        // @formatter:off
        from("platform-http:{{webhook.path}}").routeId(ID)
            .description("Takes a webhook over HTTP and answers with what became of its events")
            // opened last, when all that it leads to has started
            .autoStartup(false)
            .process(this::enter)
            // enrich and not to: whatever a route does to its exchange, the answer is given here
            .choice()
                .when(simple("${body} is 'org.mailevents.webhook.Webhook' && ${body.events.size} > 0"))
                    .enrich("direct:route-webhook", this::receipt, true)
                .when(body().isInstanceOf(Webhook.class))
                    .enrich("direct:store-events", this::receipt, true)
            .end()
            .process(this::answer);
        // @formatter:on
    }

    @Override
    public void onCamelContextStarted(CamelContext context, boolean alreadyStarted) {
        // too early: Camel starts no single route before it has fully started
    }

    @Override
    public void onCamelContextFullyStarted(CamelContext context, boolean alreadyStarted) throws Exception {
        gate.install(VertxPlatformHttpRouter.lookup(context, router));
        context.getRouteController().startRoute(ID);
    }

    /** Leaves a {@link Webhook} or a {@link Problem} in the body, and nothing else of the request. */
    private void enter(Exchange exchange) {
        Instant receivedAt = Instant.now();
        String authorization = exchange.getMessage().getHeader("Authorization", String.class);
        // Headers of the caller end here, because the mail, file and SQL steps read headers.
        exchange.getMessage().removeHeaders("*");
        exchange.getMessage().setBody(read(authorization, RequestGate.body(), receivedAt));
    }

    private Object read(String authorization, RequestGate.Body body, Instant receivedAt) {
        if (!secrets.none() && !secrets.acceptHeader(authorization) && !secrets.acceptApiKey(WebhookReader.apiKey(body))) {
            return unauthorized();
        }
        String copy = Secrets.redact(body.text());
        try {
            ObjectNode fields = WebhookReader.open(body);
            fields.remove("api_key");
            copy = body.form() ? copy : LoneSurrogates.escape(fields.toString());
            return reader.read(fields, receivedAt);
        } catch (UnreadableWebhook e) {
            // PostgreSQL's text has no NUL
            RejectedEvent kept = new RejectedEvent(receivedAt, e.getMessage(), copy.replace("\0", "\\u0000"));
            return Webhook.unreadable(kept, new Problem(400, e.getMessage()));
        }
    }

    private static Problem unauthorized() {
        return new Problem(401, "Show a secret: one of webhook.api-key as api_key in the body, or one of webhook.basic in the Authorization"
                + " header.");
    }

    private Exchange receipt(Exchange exchange, Exchange routed) {
        Webhook webhook = exchange.getMessage().getBody(Webhook.class);
        Object outcome = routed.getMessage().getBody();
        if (routed.getException() == null && outcome instanceof Receipt receipt) {
            exchange.getMessage().setBody(webhook.problem() == null ? receipt : webhook.problem());
            log(webhook, receipt, exchange);
        } else {
            LOG.error("{}: not stored, answered 503: {}", label(webhook), routed.getException() != null
                    ? Failure.describe(routed.getException())
                    : "a route ended without direct:store-events");
            exchange.getMessage().setBody(Problem.unavailable());
        }
        return exchange;
    }

    private void answer(Exchange exchange) {
        Answer answer = exchange.getMessage().getBody(Answer.class);
        exchange.getMessage().removeHeaders("*");
        exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, answer.status());
        exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, answer.mediaType());
        if (answer.status() == 401) {
            exchange.getMessage().setHeader("WWW-Authenticate", Secrets.CHALLENGE);
            LOG.warn("Refused with 401: no secret, or a wrong one");
        } else if (answer.status() == 503) {
            exchange.getMessage().setHeader("Retry-After", Problem.RETRY_AFTER.toSeconds());
        }
        exchange.getMessage().setBody(answer.json());
    }

    private void failed(Exchange exchange) {
        LOG.error("Answered 503: {}", Failure.describe(exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class)));
        exchange.getMessage().setBody(Problem.unavailable());
        answer(exchange);
    }

    private static void log(Webhook webhook, Receipt receipt, Exchange exchange) {
        LOG.info("{}: {} received, {} stored, {} duplicates, {} rejected, {} spooled in {} ms", label(webhook), receipt.received(),
                receipt.stored(), receipt.duplicates(), receipt.rejected(), receipt.spooled(), exchange.getClock().elapsed());
    }

    /** Only documented words reach the log: a caller can write anything into event_type. */
    private static String label(Webhook webhook) {
        if (webhook.problem() != null) {
            return "unreadable (" + webhook.problem().status() + ")";
        }
        return DOCUMENTED_TYPES.contains(webhook.eventType()) ? webhook.eventType() : "another event_type";
    }
}
