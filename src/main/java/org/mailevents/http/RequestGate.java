package org.mailevents.http;

import static org.apache.camel.support.CamelContextHelper.mandatoryFindSingleByType;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.apache.camel.CamelContext;
import org.mailevents.event.Problem;
import org.mailevents.metrics.Meters;
import org.mailevents.settings.Settings;

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

    /** How long a request to the API waits while an edit replaces API routes. The edit itself takes less. */
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);
    private static final long PAUSE_STEP_MILLIS = 10;

    private final String path;
    private final Bodies bodies;
    private final ConsoleGuard guard;
    private final Page page;
    private final Meters meters;
    private final ApiRequests apiRequests;
    private final AnswerRequests answers;
    private final WebhookRequests webhooks;
    private Router router;

    /**
     * @param path    the path of the webhook
     * @param secrets the secrets of the webhook
     * @param bodies  reads the bodies of the webhooks that are not refused
     * @param guard   decides about the requests to all other paths
     * @param page    the files of the page
     */
    public RequestGate(CamelContext camel, String path, Secrets secrets, Bodies bodies, ConsoleGuard guard, Page page) {
        this.path = path;
        this.bodies = bodies;
        this.guard = guard;
        this.page = page;
        this.answers = new AnswerRequests(new Settings(camel));
        this.meters = mandatoryFindSingleByType(camel, Meters.class);
        this.webhooks = new WebhookRequests(camel, path, secrets, bodies, meters);
        this.apiRequests = mandatoryFindSingleByType(camel, ApiRequests.class);
    }

    /** Puts this gate before the first and behind the last route of the server's router. */
    void install(Router router) {
        this.router = router;
        router.route(path).order(-1).failureHandler(webhooks::answerFailure);
        router.route(AnswerRequests.PATH).order(-1).failureHandler(this::answerFailedAnswer);
        router.route("/api/*").order(-1).failureHandler(this::answerTooLarge);
        router.route().order(-1).handler(this::check);
        router.route().last().handler(this::answerUnrouted);
    }

    private void check(RoutingContext context) {
        SecurityHeaders.set(context.response());
        if (webhooks.include(context)) {
            webhooks.receive(context);
        } else if (answers.include(context)) {
            answers.receive(context);
        } else {
            checkVisitor(context);
        }
    }

    private void answerFailedAnswer(RoutingContext context) {
        if (!context.response().headWritten()) {
            ProblemResponse.send(context, AnswerRequests.problem(context.statusCode()));
        }
    }

    /** Camel answers every other failure of the API itself. */
    private void answerTooLarge(RoutingContext context) {
        if (context.statusCode() == 413 && !context.response().headWritten()) {
            ProblemResponse.send(context, new Problem(413, "Send a smaller request: this server takes bodies up to " + bodies.maxBody()
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
            ProblemResponse.send(context, mistaken ? notFound() : refusal.get());
        }
    }

    private void admit(RoutingContext context) {
        if (context.response().closed()) {
            return; // The caller hung up during the pause of an edit. Vert.x ends no such response, so it would keep its place for ever.
        }
        if (webhooks.havePath(context.normalizedPath())) {
            ProblemResponse.send(context, notFound());
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
                case REFUSE -> ProblemResponse.sendBusy(context,
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
                ProblemResponse.sendBusy(context, "The routes of the API are being replaced.");
            }
        });
    }

    /** Answers a request that no route has taken. */
    private void answerUnrouted(RoutingContext context) {
        HttpMethod method = context.request().method();
        Optional<Page.Resource> resource = page.at(context.normalizedPath());
        if (webhooks.havePath(context.request().path())) {
            webhooks.answerUnrouted(context);
        } else if (answers.include(context)) {
            ProblemResponse.sendUnavailable(context, AnswerRequests.problem(503));
        } else if (resource.isPresent() && (method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD))) {
            context.response().putHeader(HttpHeaders.CONTENT_TYPE, resource.get().mediaType()).end(Buffer.buffer(resource.get().bytes()));
        } else {
            if (isPosted(context.normalizedPath())) {
                boolean isRead = REJECTED.matcher(context.normalizedPath()).matches();
                context.response().putHeader(HttpHeaders.ALLOW, isRead ? "GET, POST" : "POST");
                ProblemResponse.send(context,
                        new Problem(405, isRead ? "Send the request with GET or POST." : "Send the request with POST."));
                return;
            }
            // A caller that posts uses a wrong path for the webhook.
            if (method.equals(HttpMethod.POST)) {
                meters.answered(404);
            }
            ProblemResponse.send(context, notFound());
        }
    }

    private static boolean isPosted(String path) {
        return POSTED.contains(path) || REJECTED.matcher(path).matches() || FAILED.matcher(path).matches();
    }

    private Problem notFound() {
        return new Problem(404, "Send webhooks to the path " + path + ". The page is at /.");
    }

    /** Answers a request that is not valid HTTP, before any router sees it. */
    void refuse(HttpServerRequest request, Problem problem) {
        SecurityHeaders.set(request.response());
        if (request.method().equals(HttpMethod.POST)) {
            meters.answered(problem.status());
        }
        ProblemResponse.send(request, problem);
    }
}
