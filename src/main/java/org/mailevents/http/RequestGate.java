package org.mailevents.http;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import io.netty.handler.codec.http.HttpUtil;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.mailevents.event.Problem;
import org.mailevents.event.WebhookBody;
import org.mailevents.log.FailureText;
import org.mailevents.metrics.Meters;
import org.mailevents.settings.Settings;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Checks each request before Camel sees it. It refuses a request with 400, 401, 403, 404, 405, 408, 413, 415 or 503, in the form of
 * {@link Problem}. Otherwise it reads the body of a webhook, serves a file of the page, or passes the request on to the routes of the API
 * and of the team.
 */
public final class RequestGate {

    /** The paths of the API that take a POST. */
    private static final Set<String> POSTED = Set.of("/api/try", "/api/explain", "/api/reconcile", "/api/aside/rejected",
            "/api/aside/failed");
    /** The path of a single rejected event, which is read and sent again. */
    private static final Pattern REJECTED = Pattern.compile("/api/aside/rejected/[^/]+");
    /** The path of a single quarantined webhook, which is tried again. */
    private static final Pattern FAILED = Pattern.compile("/api/aside/failed/[^/]+");
    /** The log of the route that takes webhooks. */
    private static final Logger LOG = LoggerFactory.getLogger("receive-webhook");

    /** Characters that every accepted charset must encode as ASCII does: they separate the fields of a body and spell the secret's name. */
    private static final String ASCII = "api_key=&%+{}[]:,\"\\";

    /** How long a request to the API waits while an edit replaces API routes. The edit itself takes less. */
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);
    private static final long PAUSE_STEP_MILLIS = 10;

    private static final Problem REMOTE = new Problem(403, "This request did not come straight from the machine of Mail Events."
            + " Without a secret, such requests are refused. Set webhook.api-key or webhook.basic, and send it with each webhook.");
    /** Any web site that is open on this machine can make the browser post here, with the header Origin (Fetch standard, 3.1). */
    private static final Problem FROM_WEB_PAGE = new Problem(403, "This request came from a web page in a browser. Without a secret, such"
            + " requests are refused. Set webhook.api-key or webhook.basic, and send it with each webhook.");
    private static final Problem NOT_NOW = new Problem(503, "The application is starting or stopping. Send the webhook again later.");

    private final CamelContext camel;
    private final String path;
    private final Secrets secrets;
    private final Bodies bodies;
    private final ConsoleGuard guard;
    private final Page page;
    private final Meters meters;
    private final ApiRequests apiRequests;
    private final AnswerRequests answers;
    private Router router;

    /**
     * @param path    the path of the webhook
     * @param secrets the secrets of the webhook
     * @param bodies  reads the bodies of the webhooks that are not refused
     * @param guard   decides about the requests to all other paths
     * @param page    the files of the page
     */
    public RequestGate(CamelContext camel, String path, Secrets secrets, Bodies bodies, ConsoleGuard guard, Page page) {
        this.camel = camel;
        this.path = path;
        this.secrets = secrets;
        this.bodies = bodies;
        this.guard = guard;
        this.page = page;
        this.answers = new AnswerRequests(new Settings(camel));
        this.meters = mandatoryFindSingleByType(camel, Meters.class);
        this.apiRequests = mandatoryFindSingleByType(camel, ApiRequests.class);
    }

    /** Puts this gate before the first and behind the last route of the server's router. */
    void install(Router router) {
        this.router = router;
        router.route(path).order(-1).failureHandler(this::answerFailure);
        router.route(AnswerRequests.PATH).order(-1).failureHandler(this::answerFailedAnswer);
        router.route("/api/*").order(-1).failureHandler(this::answerTooLarge);
        router.route().order(-1).handler(this::check);
        router.route().last().handler(this::answerUnrouted);
    }

    private void check(RoutingContext context) {
        SecurityHeaders.set(context.response());
        // A proxy may have let the request pass because of its raw path. Vert.x routes it by the normalized path.
        if (isWebhook(context.request().path()) && isWebhook(context.normalizedPath())) {
            checkWebhook(context);
        } else if (answers.include(context)) {
            answers.receive(context);
        } else {
            checkVisitor(context);
        }
    }

    /** Vert.x also routes the path with a slash at its end to the webhook. */
    private boolean isWebhook(String requested) {
        return requested.equals(path) || requested.equals(path + "/");
    }

    private void checkWebhook(RoutingContext context) {
        String contentType = context.request().getHeader(HttpHeaders.CONTENT_TYPE);
        String mediaType = contentType == null ? "" : contentType.split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
        long start = System.nanoTime();
        context.addHeadersEndHandler(headers -> complete(context, start));
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
            answer(context, new Problem(415, "Send the webhook in UTF-8, or name a charset in the Content-Type that"
                    + " contains ASCII."));
        } else if (secrets.none() && context.request().headers().contains(HttpHeaders.ORIGIN)) {
            answer(context, FROM_WEB_PAGE);
        } else if (secrets.none() && !LocalCaller.sent(context.request())) {
            answer(context, REMOTE);
        } else {
            bodies.receive(context, mediaType.equals(WebhookBody.FORM), charset(contentType));
        }
    }

    private static boolean isCompressed(HttpServerRequest request) {
        String coding = request.getHeader(HttpHeaders.CONTENT_ENCODING);
        return coding != null && !coding.isBlank() && !coding.trim().equalsIgnoreCase("identity");
    }

    /**
     * The charset that a Content-Type names, or UTF-8 if it names none.
     *
     * @return null if the charset is unknown or does not contain ASCII: the readers of forms and secrets search the bytes for ASCII
     *         characters
     */
    private static Charset charset(String contentType) {
        CharSequence name = HttpUtil.getCharsetAsSequence(contentType);
        if (name == null) {
            return StandardCharsets.UTF_8;
        }
        try {
            Charset charset = Charset.forName(name.toString().replace("\"", "").trim());
            boolean ascii = charset.canEncode() && Arrays.equals(ASCII.getBytes(charset), ASCII.getBytes(StandardCharsets.US_ASCII));
            return ascii ? charset : null;
        } catch (IllegalArgumentException unknown) {
            return null;
        }
    }

    private void answerFailure(RoutingContext context) {
        if (context.response().headWritten()) {
            return; // The caller hung up after its answer.
        }
        switch (context.statusCode()) {
            case 408 -> answer(context, new Problem(408, "Send the whole request within a minute."));
            case 413 -> answer(context, new Problem(413, "Send fewer events in one webhook: this server takes bodies up to "
                    + bodies.maxBody() + " bytes (webhook.max-body, and four fifths of webhook.max-in-flight)."));
            case 503 -> unavailable(context, new Problem(503, "Too many webhooks are in progress (webhook.max-in-flight)."
                    + " Send this webhook again later."));
            // Vert.x gives the status 200 to a body that broke off.
            case 200, 400, 417 -> answer(context, new Problem(400, "The request could not be read to its end."));
            default -> {
                LOG.error("Answered 503: {}", FailureText.describe(context.failure()));
                unavailable(context, Problem.unavailable());
            }
        }
    }

    private void answerFailedAnswer(RoutingContext context) {
        if (!context.response().headWritten()) {
            answer(context, AnswerRequests.problem(context.statusCode()));
        }
    }

    /** Camel answers every other failure of the API itself. */
    private void answerTooLarge(RoutingContext context) {
        if (context.statusCode() == 413 && !context.response().headWritten()) {
            answer(context, new Problem(413, "Send a smaller request: this server takes bodies up to " + bodies.maxBody()
                    + " bytes (webhook.max-body, and four fifths of webhook.max-in-flight)."));
        } else {
            context.next();
        }
    }

    private void checkVisitor(RoutingContext context) {
        Optional<Problem> refusal = guard.refuse(context);
        if (refusal.isEmpty()) {
            admit(context);
        } else {
            // A caller that posts does not want to see the page. It uses a wrong path for the webhook, unless the API takes its POST.
            boolean mistaken = context.request().method().equals(HttpMethod.POST) && !isPosted(context.normalizedPath());
            answer(context, mistaken ? notFound() : refusal.get());
        }
    }

    private void admit(RoutingContext context) {
        if (context.response().closed()) {
            return; // The caller hung up during the pause of an edit. Vert.x ends no such response, so it would keep its place for ever.
        }
        if (isWebhook(context.normalizedPath())) {
            answer(context, notFound());
        } else if (page.at(context.normalizedPath()).isPresent()) {
            context.next();
        } else {
            switch (apiRequests.begin()) {
                case RUN -> {
                    context.addEndHandler(answered -> apiRequests.end());
                    context.next();
                }
                case WAIT -> {
                    context.request().pause();
                    passOnAfterPause(context, System.nanoTime());
                }
                case REFUSE -> unavailable(context,
                        "This server already answers " + ApiRequests.MAX + " requests of the page and the API.");
            }
        }
    }

    /**
     * Gives a request to the router again once the routes are replaced. The router would pass the old request context on to the routes that
     * existed before.
     *
     * @param start when the request began to wait, as a value of {@link System#nanoTime}
     */
    private void passOnAfterPause(RoutingContext context, long start) {
        context.vertx().setTimer(PAUSE_STEP_MILLIS, waited -> {
            if (context.response().closed()) {
                return;
            }
            if (!apiRequests.isPaused()) {
                context.request().resume();
                router.handle(context.request());
            } else if (System.nanoTime() - start < LONGEST_PAUSE.toNanos()) {
                passOnAfterPause(context, start);
            } else {
                context.request().resume();
                unavailable(context, "The routes of the API are being replaced.");
            }
        });
    }

    private static void unavailable(RoutingContext context, String reason) {
        context.response().putHeader(HttpHeaders.RETRY_AFTER, "1");
        answer(context, new Problem(503, reason + " Send the request again in a moment."));
    }

    /** Answers a request that no route has taken. */
    private void answerUnrouted(RoutingContext context) {
        HttpMethod method = context.request().method();
        Optional<Page.Resource> resource = page.at(context.normalizedPath());
        if (isWebhook(context.request().path())) {
            // The route of the webhook does not run while the application starts or stops.
            unavailable(context, NOT_NOW);
        } else if (answers.include(context)) {
            unavailable(context, AnswerRequests.problem(503));
        } else if (resource.isPresent() && (method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD))) {
            context.response().putHeader(HttpHeaders.CONTENT_TYPE, resource.get().mediaType()).end(Buffer.buffer(resource.get().bytes()));
        } else {
            if (isPosted(context.normalizedPath())) {
                boolean isRead = REJECTED.matcher(context.normalizedPath()).matches();
                context.response().putHeader(HttpHeaders.ALLOW, isRead ? "GET, POST" : "POST");
                answer(context, new Problem(405, isRead ? "Send the request with GET or POST." : "Send the request with POST."));
                return;
            }
            // A caller that posts uses a wrong path for the webhook.
            if (method.equals(HttpMethod.POST)) {
                meters.answered(404);
            }
            answer(context, notFound());
        }
    }

    private static boolean isPosted(String path) {
        return POSTED.contains(path) || REJECTED.matcher(path).matches() || FAILED.matcher(path).matches();
    }

    private Problem notFound() {
        return new Problem(404, "Send webhooks to the path " + path + ". The page is at /.");
    }

    /**
     * Counts an answer. It also adds Retry-After to a 503 that Camel itself gave, without this header, to a request that had passed this
     * gate when the stop began.
     *
     * @param start when the request came, as a value of {@link System#nanoTime}
     */
    private void complete(RoutingContext context, long start) {
        meters.answered(context.response().getStatusCode());
        meters.took(System.nanoTime() - start);
        if (context.response().getStatusCode() == 503) {
            context.response().putHeader(HttpHeaders.RETRY_AFTER, String.valueOf(Problem.RETRY_AFTER.toSeconds()));
        }
    }

    private static void unavailable(RoutingContext context, Problem problem) {
        context.response().putHeader(HttpHeaders.RETRY_AFTER, String.valueOf(Problem.RETRY_AFTER.toSeconds()));
        answer(context, problem);
    }

    /** Answers a request that is not valid HTTP, before any router sees it. */
    void refuse(HttpServerRequest request, Problem problem) {
        SecurityHeaders.set(request.response());
        if (request.method().equals(HttpMethod.POST)) {
            meters.answered(problem.status());
        }
        answer(request, problem);
    }

    private static void answer(RoutingContext context, Problem problem) {
        answer(context.request(), problem);
    }

    /** Answers and closes the connection, because the rest of a refused body is not read. */
    private static void answer(HttpServerRequest request, Problem problem) {
        LOG.info("Refused with {}: {}", problem.status(), problem.detail());
        LingeringClose.after(request, () -> request.response().setStatusCode(problem.status())
                .putHeader(HttpHeaders.CONTENT_TYPE, problem.mediaType()).end(Buffer.buffer(problem.json())));
    }
}
