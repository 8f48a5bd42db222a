package org.mailevents.receive;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import java.time.Clock;
import java.time.Instant;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.apache.camel.Exchange;
import org.apache.camel.StartupListener;
import org.apache.camel.builder.RouteBuilder;
import org.apache.camel.health.HealthCheckRegistry;
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
import org.mailevents.http.ServerSetup;
import org.mailevents.log.FailureLog;
import org.mailevents.log.FailureText;
import org.mailevents.metrics.Meters;
import org.mailevents.parse.WebhookPieces;
import org.mailevents.parse.WebhookReader;
import org.mailevents.privacy.RecipientHash;
import org.mailevents.settings.Settings;
import org.mailevents.settings.TimeSource;
import org.mailevents.spool.Spool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;

/**
 * The HTTP endpoint of the webhook. It checks the secret, reads the webhook, sends it through the routes and answers with the outcome for
 * its events. It is written in Java so that no edit of a YAML route can break it. It answers 200 only if it has a {@link Receipt}.
 */
public final class ReceiveWebhook extends RouteBuilder implements StartupListener {

    private static final String ID = "receive-webhook";

    static final Logger LOG = LoggerFactory.getLogger(ID);

    private static final Set<String> DOCUMENTED_TYPES = Set.of("deliveries", "bounces", "blocks");

    private Secrets secrets;
    private WebhookReader reader;
    private Clock clock;
    private Meters meters;
    private FailureLog failures;
    private Spool spool;

    /**
     * Checks what the endpoint needs and opens nothing: a start that is refused must not touch the database.
     *
     * @throws IllegalArgumentException if the endpoint could not be reached, for instance because its port or its path is in use
     * @throws IllegalStateException    if anybody on the network could send webhooks
     */
    public static void requireStartable(CamelContext context) {
        Settings settings = new Settings(context);
        String host = settings.required("camel.server.host");
        ServerSetup.requireWebhookPath(settings.urlPath("webhook.path"));
        secrets(settings).requireBeyondLoopback(host);
        if (Https.enabled(context)) {
            Https.requireKey(context);
        }
        ServerSetup.requireFree(host, settings.port("camel.server.port"));
    }

    private static Secrets secrets(Settings settings) {
        return new Secrets(settings.list("webhook.api-key"), settings.userPasswordPairs("webhook.basic"));
    }

    @Override
    public void configure() throws Exception {
        Settings settings = new Settings(getContext());
        secrets = secrets(settings);
        clock = TimeSource.of(getContext());
        meters = mandatoryFindSingleByType(getContext(), Meters.class);
        failures = mandatoryFindSingleByType(getContext(), FailureLog.class);
        spool = mandatoryFindSingleByType(getContext(), Spool.class);
        reader = new WebhookReader(mandatoryFindSingleByType(getContext(), EventReader.class),
                mandatoryFindSingleByType(getContext(), RecipientHash.class));
        long maxInFlight = settings.bytes("webhook.max-in-flight", Runtime.getRuntime().maxMemory() / 5);
        Bodies bodies = new Bodies(settings.bytes("webhook.max-body"), maxInFlight, Bodies.PATIENCE);
        String path = settings.required("webhook.path");
        RequestGate gate = new RequestGate(getContext(), path, secrets, bodies, new ConsoleGuard(settings), Page.load());
        new ServerSetup(getContext(), path, bodies, gate).prepare(settings.port("camel.server.port"));
        HealthCheckRegistry health = HealthCheckRegistry.get(getContext());
        if (health != null) {
            health.register(new EndpointReadiness(ID));
        }
        getContext().addStartupListener(this);

        // @formatter:off
        // The class Bodies reads the body before Camel's consumer sees the request.
        from("platform-http:{{webhook.path}}?useBodyHandler=false").routeId(ID)
            // This name keeps the global configuration on-error away from this route. It would turn an unforeseen error into a 500.
            .routeConfigurationId("none")
            .description("Takes a webhook over HTTP and answers with the outcome for its events")
            // It starts last, when everything that it leads to has started.
            .autoStartup(false)
            // An unforeseen error must become neither a 500 nor an acknowledgement.
            .onException(Throwable.class).handled(true).logExhausted(false).process(this::answerFailure).end()
            .process(this::readRequest)
            // Nearly every webhook has one piece.
            .loopDoWhile(WebhookProgress::hasPiece)
                .process(WebhookProgress::nextPiece)
                .doTry()
                    .process(WebhookProgress::requireDatabase)
                    .filter(exchange -> spool.takesEvery())
                        .to("direct:append-webhook")
                    .end()
                    .filter(body().isInstanceOf(Webhook.class))
                        .to("direct:take-webhook")
                    .end()
                .endDoTry()
                .doCatch(Throwable.class)
                    // The sender does not need to know of the failure once the spool has the events on disk.
                    .enrich("direct:spool-webhook", ReceiveWebhook::spoolOutcome, true)
                .end()
                .process(WebhookProgress::addAnswer)
            .end()
            .process(this::answer);

        from("direct:take-webhook").routeId("take-webhook")
            .description("Sends a webhook through the routes and returns the receipt for what was stored, or fails")
            .errorHandler(noErrorHandler())
            // `enrich` instead of `to`: the routes get a copy of the exchange, so no step can change the webhook here, and only a
            // Receipt counts as an answer.
            .choice()
                .when(exchange -> exchange.getMessage().getBody(Webhook.class).isForAFile())
                    .enrich("direct:set-webhook-aside", ReceiveWebhook::requireReceipt, true)
                .when(exchange -> !exchange.getMessage().getBody(Webhook.class).events().isEmpty())
                    .enrich("direct:route-webhook", ReceiveWebhook::requireReceipt, true)
                .otherwise()
                    .enrich("direct:store-events", ReceiveWebhook::requireReceipt, true)
            .end();
        // @formatter:on
    }

    @Override
    public void onCamelContextStarted(CamelContext context, boolean alreadyStarted) {
        // This is too early: Camel starts a single route only after the context has fully started.
    }

    @Override
    public void onCamelContextFullyStarted(CamelContext context, boolean alreadyStarted) throws Exception {
        context.getRouteController().startRoute(ID);
    }

    /** Puts the {@link WebhookPieces} or a {@link Problem} into the body, and removes everything else of the request. */
    private void readRequest(Exchange exchange) {
        Instant receivedAt = clock.instant();
        String authorization = exchange.getMessage().getHeader("Authorization", String.class);
        // The caller's headers end here, because the mail, file and SQL steps read headers.
        exchange.getMessage().removeHeaders("*");
        exchange.getMessage().setBody(read(authorization, exchange.getMessage().getBody(WebhookBody.class), receivedAt));
        WebhookProgress.begin(exchange);
    }

    private Object read(String authorization, WebhookBody body, Instant receivedAt) {
        if (!secrets.none() && !secrets.acceptHeader(authorization) && !secrets.acceptApiKey(WebhookReader.apiKey(body))) {
            return unauthorized();
        }
        return reader.read(body, receivedAt);
    }

    private static Problem unauthorized() {
        return new Problem(401, "Send a secret: one of webhook.api-key as api_key in the body, or one of webhook.basic in the Authorization"
                + " header.");
    }

    private static Exchange requireReceipt(Exchange exchange, Exchange routed) {
        if (routed.getException() != null) {
            exchange.setException(routed.getException());
        } else if (routed.getMessage().getBody() instanceof Receipt receipt) {
            exchange.getMessage().setBody(receipt);
        } else {
            exchange.setException(new IllegalStateException("A route ended without direct:store-events"));
        }
        return exchange;
    }

    private static Exchange spoolOutcome(Exchange exchange, Exchange spooled) {
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
            Webhook webhook = WebhookProgress.lastPiece(exchange);
            log(webhook, receipt, exchange);
            meters.acknowledged(receipt.received(), receipt.stored(), receipt.duplicates(), receipt.rejected(), receipt.spooled());
            answer = webhook.problem() == null ? receipt : webhook.problem();
        }
        exchange.getMessage().removeHeaders("*");
        exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, answer.status());
        exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, answer.mediaType());
        if (answer.status() == 401) {
            exchange.getMessage().setHeader("WWW-Authenticate", Secrets.CHALLENGE);
            LOG.warn("Refused with 401: no secret or a wrong secret");
        } else if (answer.status() == 503) {
            exchange.getMessage().setHeader("Retry-After", Problem.RETRY_AFTER.toSeconds());
        }
        exchange.getMessage().setBody(answer.json());
    }

    private void answerFailure(Exchange exchange) {
        LOG.error("Answered 503: {}", FailureText.describe(exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class)));
        exchange.getMessage().setBody(Problem.unavailable());
        answer(exchange);
    }

    /** One line for each webhook. While a route or the database fails, the {@link FailureLog} speaks for the webhooks that are spooled. */
    private void log(Webhook webhook, Receipt receipt, Exchange exchange) {
        Throwable failure = exchange.getProperty(Exchange.EXCEPTION_CAUGHT, Throwable.class);
        if (receipt.spooled() > 0 && failure != null) {
            failures.reportOnce("take-webhook", failure);
        }
        LOG.atLevel(receipt.spooled() > 0 && failure != null ? Level.DEBUG : Level.INFO).log(
                "{}: {} received, {} stored, {} duplicates, {} rejected, {} spooled in {} ms", label(webhook), receipt.received(),
                receipt.stored(), receipt.duplicates(), receipt.rejected(), receipt.spooled(), exchange.getClock().elapsed());
    }

    /** Only documented types reach the log, because a caller can write any text into event_type. */
    private static String label(Webhook webhook) {
        if (webhook.problem() != null) {
            return "unreadable (" + webhook.problem().status() + ")";
        }
        return DOCUMENTED_TYPES.contains(webhook.eventType()) ? webhook.eventType() : "another event_type";
    }
}
