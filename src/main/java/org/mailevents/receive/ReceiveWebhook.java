package org.mailevents.receive;

import java.time.Clock;
import java.time.Instant;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.StartupListener;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.health.HealthCheckRegistry;
import org.apache.camel.util.ObjectHelper;
import org.mailevents.camel.CaughtErrors;
import org.mailevents.camel.RecordLanguage;
import org.mailevents.camel.Timers;
import org.mailevents.database.DatabaseAbsent;
import org.mailevents.event.CsvRow;
import org.mailevents.event.EventReader;
import org.mailevents.event.Problem;
import org.mailevents.event.Receipt;
import org.mailevents.event.Webhook;
import org.mailevents.event.WebhookAnswer;
import org.mailevents.event.WebhookBody;
import org.mailevents.http.Bodies;
import org.mailevents.http.ConsoleGuard;
import org.mailevents.http.EndpointReadiness;
import org.mailevents.http.Https;
import org.mailevents.http.Page;
import org.mailevents.http.RequestGate;
import org.mailevents.http.Secrets;
import org.mailevents.log.FailureText;
import org.mailevents.metrics.Meters;
import org.mailevents.parse.WebhookPieces;
import org.mailevents.parse.WebhookReader;
import org.mailevents.privacy.RecipientHash;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;
import org.mailevents.start.StartUp;
import org.mailevents.store.StoreBusy;
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
    private Clock clock;
    private Meters meters;

    @Override
    public void configure() throws Exception {
        Settings settings = new Settings(getContext());
        secrets = new Secrets(settings.list("webhook.api-key"), Secrets.pairs(settings, "webhook.basic"));
        secrets.requireBeyondLoopback(settings.required("camel.server.host"));
        clock = TimeSource.of(getContext());
        meters = Meters.of(getContext());
        reader = new WebhookReader(new EventReader(settings.zone("webhook.time-zone")), RecipientHash.bound(getContext()));
        Bodies bodies = new Bodies(settings.bytes("webhook.max-body"), settings.bytes("webhook.max-in-flight", Runtime.getRuntime().maxMemory() / 5),
                Bodies.PATIENCE);
        RequestGate gate = new RequestGate(getContext(), settings.required("webhook.path"), secrets, bodies, new ConsoleGuard(settings), Page.load());
        if (Https.enabled(getContext())) {
            Https.requireKey(getContext());
        }
        int port = settings.port("camel.server.port");
        RequestGate.requireFree(settings.required("camel.server.host"), port);

        RecordLanguage.use(getContext());
        CaughtErrors.use(getContext());
        bindToRegistry(CollectEvents.NAME, new CollectEvents());
        bindToRegistry(CsvRow.NAME, new CsvRow());
        bindToRegistry(FailureText.NAME, new FailureText());

        gate.prepare(port);
        HealthCheckRegistry health = HealthCheckRegistry.get(getContext());
        if (health != null) {
            health.register(new EndpointReadiness(ID));
        }
        Timers.of(getContext());
        getContext().addStartupListener(this);
        getContext().addStartupListener(new StartUp());

        // @formatter:off
        // Bodies reads the body, before the consumer sees the request
        from("platform-http:{{webhook.path}}?useBodyHandler=false").routeId(ID)
            // by naming one it goes without on-error, which would leave what nobody foresaw to the server: a 500
            .routeConfigurationId("none")
            .description("Takes a webhook over HTTP and answers with what became of its events")
            // opened last, when all that it leads to has started
            .autoStartup(false)
            // what nobody foresaw: it must neither become a 500 nor an acknowledgement
            .onException(Throwable.class).handled(true).logExhausted(false).process(this::failed).end()
            .process(this::enter)
            // nearly always once
            .loopDoWhile(ReceiveWebhook::hasPiece)
                .process(ReceiveWebhook::nextPiece)
                .doTry()
                    .process(ReceiveWebhook::requireStore)
                    .to("direct:take-webhook")
                .doCatch(Throwable.class)
                    // whatever failed: the sender need not know, once it is on disk
                    .enrich("direct:spool-webhook", ReceiveWebhook::spooled, true)
                .end()
                .process(ReceiveWebhook::addReceipt)
            .end()
            .process(this::answer);

        from("direct:take-webhook").routeId("take-webhook")
            .description("Sends a webhook through the routes; it comes back as the receipt for what was stored, or it fails")
            .errorHandler(noErrorHandler())
            // enrich and not to: whatever a route does to its exchange, the webhook stays, and only a receipt is taken for one
            .choice()
                .when(exchange -> exchange.getMessage().getBody(Webhook.class).isForAFile())
                    .enrich("direct:set-webhook-aside", ReceiveWebhook::receipt, true)
                .when(exchange -> !exchange.getMessage().getBody(Webhook.class).events().isEmpty())
                    .enrich("direct:route-webhook", ReceiveWebhook::receipt, true)
                .otherwise()
                    .enrich("direct:store-events", ReceiveWebhook::receipt, true)
            .end();
        // @formatter:on
    }

    @Override
    public void onCamelContextStarted(CamelContext context, boolean alreadyStarted) {
        // too early: Camel starts no single route before it has fully started
    }

    @Override
    public void onCamelContextFullyStarted(CamelContext context, boolean alreadyStarted) throws Exception {
        context.getRouteController().startRoute(ID);
    }

    /** Leaves {@link WebhookPieces} or a {@link Problem} in the body, and nothing else of the request. */
    private void enter(Exchange exchange) {
        Instant receivedAt = clock.instant();
        String authorization = exchange.getMessage().getHeader("Authorization", String.class);
        // Headers of the caller end here, because the mail, file and SQL steps read headers.
        exchange.getMessage().removeHeaders("*");
        exchange.getMessage().setBody(read(authorization, exchange.getMessage().getBody(WebhookBody.class), receivedAt));
        exchange.setVariable("progress", exchange.getMessage().getBody() instanceof WebhookPieces pieces ? new Progress(pieces) : null);
    }

    /** How far a webhook is that is taken piece by piece. */
    private static final class Progress {

        private final WebhookPieces pieces;
        private Webhook webhook;
        private WebhookAnswer answer = new Receipt(0, 0, 0, 0, 0);
        /** Why the database did not take a piece in time, if so. */
        private Exception noStore;

        Progress(WebhookPieces pieces) {
            this.pieces = pieces;
        }
    }

    private static Progress progress(Exchange exchange) {
        return exchange.getVariable("progress", Progress.class);
    }

    /** What could be kept nowhere ends it: its sender will send all of it again. */
    private static boolean hasPiece(Exchange exchange) {
        Progress progress = progress(exchange);
        return progress != null && progress.answer instanceof Receipt && progress.pieces.hasNext();
    }

    private static void nextPiece(Exchange exchange) {
        Progress progress = progress(exchange);
        progress.webhook = progress.pieces.next();
        exchange.getMessage().setBody(progress.webhook);
    }

    /** The pieces behind one that had to wait in vain do not wait again: the whole webhook is to be answered in time. */
    private static void requireStore(Exchange exchange) throws Exception {
        Exception noStore = progress(exchange).noStore;
        if (noStore != null) {
            throw noStore;
        }
    }

    private static void addReceipt(Exchange exchange) {
        Progress progress = progress(exchange);
        Exception failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Exception.class);
        if (ObjectHelper.getException(StoreBusy.class, failure) != null || ObjectHelper.getException(DatabaseAbsent.class, failure) != null) {
            progress.noStore = failure;
        }
        WebhookAnswer ofPiece = exchange.getMessage().getBody(WebhookAnswer.class);
        progress.answer = ofPiece instanceof Receipt receipt ? ((Receipt) progress.answer).plus(receipt) : ofPiece;
        exchange.getMessage().setBody(progress.answer);
    }

    private Object read(String authorization, WebhookBody body, Instant receivedAt) {
        if (!secrets.none() && !secrets.acceptHeader(authorization) && !secrets.acceptApiKey(WebhookReader.apiKey(body))) {
            return unauthorized();
        }
        return reader.read(body, receivedAt);
    }

    private static Problem unauthorized() {
        return new Problem(401, "Show a secret: one of webhook.api-key as api_key in the body, or one of webhook.basic in the Authorization"
                + " header.");
    }

    private static Exchange receipt(Exchange exchange, Exchange routed) {
        if (routed.getException() != null) {
            exchange.setException(routed.getException());
        } else if (routed.getMessage().getBody() instanceof Receipt receipt) {
            exchange.getMessage().setBody(receipt);
        } else {
            exchange.setException(new IllegalStateException("A route ended without direct:store-events"));
        }
        return exchange;
    }

    private static Exchange spooled(Exchange exchange, Exchange spooled) {
        if (spooled.getException() == null) {
            exchange.getMessage().setBody(spooled.getMessage().getBody());
        } else {
            LOG.error("Answered 503: {}", FailureText.describe(spooled.getException()));
            exchange.getMessage().setBody(Problem.unavailable());
        }
        return exchange;
    }

    private void answer(Exchange exchange) {
        WebhookAnswer answer = exchange.getMessage().getBody(WebhookAnswer.class);
        if (answer instanceof Receipt receipt) {
            Webhook webhook = progress(exchange).webhook;
            log(webhook, receipt, exchange);
            meters.acknowledged(receipt.received(), receipt.stored(), receipt.duplicates(), receipt.rejected(), receipt.spooled());
            answer = webhook.problem() == null ? receipt : webhook.problem();
        }
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
        LOG.error("Answered 503: {}", FailureText.describe(exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class)));
        exchange.getMessage().setBody(Problem.unavailable());
        answer(exchange);
    }

    private static void log(Webhook webhook, Receipt receipt, Exchange exchange) {
        LOG.info("{}: {} received, {} stored, {} duplicates, {} rejected, {} spooled in {} ms{}", label(webhook), receipt.received(),
                receipt.stored(), receipt.duplicates(), receipt.rejected(), receipt.spooled(), exchange.getClock().elapsed(),
                receipt.spooled() == 0 ? "" : ", because of " + FailureText.describe(exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class)));
    }

    /** Only documented words reach the log: a caller can write anything into event_type. */
    private static String label(Webhook webhook) {
        if (webhook.problem() != null) {
            return "unreadable (" + webhook.problem().status() + ")";
        }
        return DOCUMENTED_TYPES.contains(webhook.eventType()) ? webhook.eventType() : "another event_type";
    }
}
