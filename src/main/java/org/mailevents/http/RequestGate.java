package org.mailevents.http;

import io.netty.handler.codec.http.HttpUtil;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.camel.CamelContext;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.PlatformHttpComponent;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.main.MainHttpServer;
import org.apache.camel.component.platform.http.spi.PlatformHttpConsumer;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpEngine;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpRouter;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpServer;
import org.apache.camel.support.LifecycleStrategySupport;
import org.mailevents.event.Problem;
import org.mailevents.event.WebhookBody;
import org.mailevents.log.FailureText;
import org.mailevents.metrics.Meters;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the HTTP server answers itself, before Camel sees a request: 400, 403, 404, 405, 408, 413 and 415, in the form of {@link Problem}.
 */
public final class RequestGate {

    /** The log of the route that takes webhooks. */
    private static final Logger LOG = LoggerFactory.getLogger("receive-webhook");

    private static final String ASCII = "api_key=&%+{}[]:,\"\\";

    /** Each has a thread and a connection for its query, and webhooks need of both too. */
    private static final int MOST_QUESTIONS = 8;

    private static final Problem ELSEWHERE = new Problem(403, "This request did not come straight from the machine of Mail Events. Without a secret, such requests"
            + " are refused. Set webhook.api-key or webhook.basic, and send it with each webhook.");
    /** Whatever web site somebody on this machine looks at can have the browser post here, and the browser says so (the Fetch standard, 3.1). */
    private static final Problem FROM_A_PAGE = new Problem(403, "This request came from a web page in a browser. Without a secret, such requests are refused."
            + " Set webhook.api-key or webhook.basic, and send it with each webhook.");
    private static final Problem NOT_NOW = new Problem(503, "The application is starting or stopping. Send the webhook again later.");

    private final CamelContext camel;
    private final String path;
    private final Secrets secrets;
    private final Bodies bodies;
    private final ConsoleGuard guard;
    private final Page page;
    private final Meters meters;
    private final AtomicBoolean installed = new AtomicBoolean();
    private final AtomicInteger questions = new AtomicInteger();

    /**
     * @param secrets of the webhook
     * @param bodies  takes what has passed
     * @param guard   of all that is not the webhook's
     */
    public RequestGate(CamelContext camel, String path, Secrets secrets, Bodies bodies, ConsoleGuard guard, Page page) {
        if (!path.startsWith("/")) {
            throw new IllegalArgumentException("Set webhook.path to a path that begins with /");
        }
        this.camel = camel;
        this.path = path;
        this.secrets = secrets;
        this.bodies = bodies;
        this.guard = guard;
        this.page = page;
        this.meters = Meters.of(camel);
    }

    /**
     * Camel's server only warns when it cannot listen, and the application would run without a door.
     *
     * @throws IllegalArgumentException when something else listens there
     */
    public static void requireFree(String host, int port) {
        try (ServerSocket socket = new ServerSocket()) {
            socket.bind(new InetSocketAddress(host, port));
        } catch (IOException e) {
            throw new IllegalArgumentException("Set camel.server.host and camel.server.port to where it can listen: "
                    + host + ":" + port + " cannot be had", e);
        }
    }

    /**
     * Before the routes are made: nobody gets an answer of the server's own.
     */
    public void prepare(int port) {
        String routerName = VertxPlatformHttpRouter.getRouterNameFromPort(port);
        // beside the server of the health check, Camel 4.17 does not know which one is meant
        VertxPlatformHttpEngine engine = new VertxPlatformHttpEngine() {
            @Override
            public int getServerPort() {
                return port;
            }

            @Override
            public PlatformHttpConsumer createConsumer(PlatformHttpEndpoint endpoint, Processor processor) {
                return endpoint.getPath().equals(path) ? new WebhookConsumer(endpoint, processor, getHandlers(), routerName)
                        : super.createConsumer(endpoint, processor);
            }
        };
        camel.getComponent("platform-http", PlatformHttpComponent.class).setEngine(engine);
        camel.hasService(MainHttpServer.class).setMaxBodySize(bodies.maxBody());
        // the server of the health check keeps a Vert.x of its own, so that webhooks cannot take all its threads
        Vertx vertx = Vertx.vertx();
        camel.hasServices(VertxPlatformHttpServer.class).stream().filter(server -> server.getConfigurationPort() == port).findFirst().orElseThrow()
                .setVertx(StrictHttpServer.in(vertx, this::refuse));
        camel.addLifecycleStrategy(new LifecycleStrategySupport() {
            @Override
            public void onThreadPoolAdd(CamelContext context, ThreadPoolExecutor pool, String id, String source, String route, String profile) {
                // the server makes a pool of threads when it has its router and does not listen yet
                VertxPlatformHttpRouter router = context.getRegistry().lookupByNameAndType(routerName, VertxPlatformHttpRouter.class);
                if (router != null && installed.compareAndSet(false, true)) {
                    install(router);
                }
            }

            /** Camel closes only a Vert.x that it has made itself. */
            @Override
            public void onContextStopped(CamelContext context) {
                vertx.close().toCompletionStage().toCompletableFuture().join();
            }
        });
    }

    private void install(Router router) {
        router.route(path).order(-1).failureHandler(this::failed);
        router.route().order(-1).handler(this::enter);
        router.route().last().handler(this::atLast);
    }

    private void enter(RoutingContext context) {
        // a proxy may have let the request pass for its raw path; Vert.x routes it by the path without dots
        if (isWebhook(context.request().path()) && isWebhook(context.normalizedPath())) {
            check(context);
        } else {
            guard(context);
        }
    }

    /** Vert.x takes both for the same. */
    private boolean isWebhook(String requested) {
        return requested.equals(path) || requested.equals(path + "/");
    }

    private void check(RoutingContext context) {
        String contentType = context.request().getHeader(HttpHeaders.CONTENT_TYPE);
        String mediaType = contentType == null ? "" : contentType.split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
        long since = System.nanoTime();
        context.addHeadersEndHandler(headers -> complete(context, since));
        if (camel.isStopping()) {
            unavailable(context, NOT_NOW);
        } else if (!context.request().method().equals(HttpMethod.POST)) {
            context.response().putHeader(HttpHeaders.ALLOW, "POST");
            answer(context, new Problem(405, "Send the webhook with POST."));
        } else if (!mediaType.equals(WebhookBody.JSON) && !mediaType.equals(WebhookBody.FORM)) {
            answer(context, new Problem(415, "Send the webhook as " + WebhookBody.FORM + " or " + WebhookBody.JSON + "."));
        } else if (isCompressed(context.request())) {
            context.response().putHeader(HttpHeaders.ACCEPT_ENCODING, "identity"); // RFC 9110, 15.5.16
            answer(context, new Problem(415, "Send the webhook without a Content-Encoding: this server takes no compressed bodies."));
        } else if (charset(contentType) == null) {
            answer(context, new Problem(415, "Send the webhook in UTF-8, or name another charset in the Content-Type that has ASCII in it."));
        } else if (secrets.none() && context.request().headers().contains(HttpHeaders.ORIGIN)) {
            answer(context, FROM_A_PAGE);
        } else if (secrets.none() && !LocalCaller.sent(context.request())) {
            answer(context, ELSEWHERE);
        } else {
            bodies.receive(context, mediaType.equals(WebhookBody.FORM), charset(contentType));
        }
    }

    private static boolean isCompressed(HttpServerRequest request) {
        String coding = request.getHeader(HttpHeaders.CONTENT_ENCODING);
        return coding != null && !coding.isBlank() && !coding.trim().equalsIgnoreCase("identity");
    }

    /** The charset that a Content-Type names, UTF-8 where it names none, or null where it cannot be used: in the bytes of a form, and for a secret, ASCII is looked for. */
    private static Charset charset(String contentType) {
        CharSequence name = HttpUtil.getCharsetAsSequence(contentType);
        if (name == null) {
            return StandardCharsets.UTF_8;
        }
        try {
            Charset charset = Charset.forName(name.toString().replace("\"", "").trim());
            return charset.canEncode() && Arrays.equals(ASCII.getBytes(charset), ASCII.getBytes(StandardCharsets.US_ASCII)) ? charset : null;
        } catch (IllegalArgumentException unknown) {
            return null;
        }
    }

    private void failed(RoutingContext context) {
        if (context.response().headWritten()) {
            return; // the caller hung up after its answer
        }
        switch (context.statusCode()) {
            case 408 -> answer(context, new Problem(408, "Send the whole request within a minute."));
            case 413 -> answer(context, new Problem(413, "Send fewer events in one webhook: this server takes bodies up to " + bodies.maxBody()
                    + " bytes (webhook.max-body, and four fifths of webhook.max-in-flight)."));
            case 503 -> unavailable(context, new Problem(503, "Too many webhooks are on their way at once (webhook.max-in-flight). Send this one again later."));
            // 200 is what Vert.x gives a body that broke off
            case 200, 400, 417 -> answer(context, new Problem(400, "The request could not be read to its end."));
            default -> {
                LOG.error("Answered 503: {}", FailureText.describe(context.failure()));
                unavailable(context, Problem.unavailable());
            }
        }
    }

    private void guard(RoutingContext context) {
        guard.refuse(context.request()).ifPresentOrElse(
                // who posts has not come to look, but mistaken the path of the webhook
                refusal -> answer(context, context.request().method().equals(HttpMethod.POST) ? notFound() : refusal), () -> admit(context));
    }

    private void admit(RoutingContext context) {
        if (isWebhook(context.normalizedPath())) {
            answer(context, notFound());
        } else if (page.at(context.normalizedPath()).isPresent()) {
            context.next();
        } else if (questions.incrementAndGet() > MOST_QUESTIONS) {
            questions.decrementAndGet();
            context.response().putHeader(HttpHeaders.RETRY_AFTER, "1");
            answer(context, new Problem(503, "Others are asking already, " + MOST_QUESTIONS + " questions at once. Ask again in a moment."));
        } else {
            context.addEndHandler(answered -> questions.decrementAndGet());
            context.next();
        }
    }

    /** What no route has taken. */
    private void atLast(RoutingContext context) {
        HttpMethod method = context.request().method();
        Optional<Page.Resource> resource = page.at(context.normalizedPath());
        if (isWebhook(context.request().path())) {
            // between this gate and its route, while the application starts or stops
            unavailable(context, NOT_NOW);
        } else if (resource.isPresent() && (method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD))) {
            context.response().putHeader(HttpHeaders.CONTENT_TYPE, resource.get().mediaType()).end(Buffer.buffer(resource.get().bytes()));
        } else {
            // who posts has mistaken the path of the webhook
            if (method.equals(HttpMethod.POST)) {
                meters.answered(404);
            }
            answer(context, notFound());
        }
    }

    private Problem notFound() {
        return new Problem(404, "Send webhooks to the path " + path + ". The page to look at is /.");
    }

    /** Whoever answers: Camel itself answers what had passed the gate when the stop began, and without saying when to come again. */
    private void complete(RoutingContext context, long since) {
        meters.answered(context.response().getStatusCode());
        meters.took(System.nanoTime() - since);
        if (context.response().getStatusCode() == 503) {
            context.response().putHeader(HttpHeaders.RETRY_AFTER, String.valueOf(Problem.RETRY_AFTER.toSeconds()));
        }
    }

    private static void unavailable(RoutingContext context, Problem problem) {
        context.response().putHeader(HttpHeaders.RETRY_AFTER, String.valueOf(Problem.RETRY_AFTER.toSeconds()));
        answer(context, problem);
    }

    private void refuse(HttpServerRequest request, Problem problem) {
        if (request.method().equals(HttpMethod.POST)) {
            meters.answered(problem.status());
        }
        answer(request, problem);
    }

    private static void answer(RoutingContext context, Problem problem) {
        answer(context.request(), problem);
    }

    /** Answers, and closes the connection: what the caller still sends of a refused body is not read. */
    private static void answer(HttpServerRequest request, Problem problem) {
        LOG.info("Refused with {}: {}", problem.status(), problem.detail());
        LingeringClose.after(request, () -> request.response().setStatusCode(problem.status()).putHeader(HttpHeaders.CONTENT_TYPE, problem.mediaType())
                .end(Buffer.buffer(problem.json())));
    }
}
