package org.mailevents.webhook;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.handler.BodyHandler;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * What the HTTP server answers itself, before Camel sees a request: 404, 405, 413 and 415, in the form of {@link Problem}.
 * It also reads the body, because Vert.x would otherwise decode a form itself and refuse a field beyond 8,192 characters,
 * which is a webhook of some fifteen events.
 */
final class RequestGate {

    private static final String JSON = "application/json";
    private static final String FORM = "application/x-www-form-urlencoded";

    private static final String BODY = RequestGate.class.getName() + ".body";

    private final String path;
    private final long maxBody;

    /** @param maxBody bytes */
    RequestGate(String path, long maxBody) {
        this.path = path;
        this.maxBody = maxBody;
    }

    void install(Router router) {
        router.route(path).order(-3).handler(this::check).failureHandler(this::failed);
        router.route(path).order(-2).handler(BodyHandler.create(false).setBodyLimit(maxBody));
        router.route(path).order(-1).handler(RequestGate::handOver);
        router.route().last().handler(this::notFound);
    }

    /** What a request brought: UTF-8 text, as the vendor always sends it, whatever charset its header names. */
    record Body(boolean form, String text) {
    }

    /** The body of the request that the current thread works for. */
    static Body body() {
        return Vertx.currentContext().getLocal(BODY);
    }

    private void check(RoutingContext context) {
        String contentType = context.request().getHeader(HttpHeaders.CONTENT_TYPE);
        String mediaType = contentType == null ? "" : contentType.split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
        if (!context.request().method().equals(HttpMethod.POST)) {
            context.response().putHeader(HttpHeaders.ALLOW, "POST");
            answer(context, new Problem(405, "Send the webhook with POST."));
        } else if (!mediaType.equals(JSON) && !mediaType.equals(FORM)) {
            answer(context, new Problem(415, "Send the webhook as " + FORM + " or " + JSON + "."));
        } else {
            context.put(FORM, mediaType.equals(FORM));
            context.request().headers().set(HttpHeaders.CONTENT_TYPE, "application/octet-stream");
            context.next();
        }
    }

    private static void handOver(RoutingContext context) {
        Buffer body = context.body().buffer();
        String text = body == null ? "" : body.toString(StandardCharsets.UTF_8);
        Vertx.currentContext().putLocal(BODY, new Body(context.get(FORM), text));
        context.next();
    }

    private void failed(RoutingContext context) {
        if (context.response().headWritten()) {
            return; // the caller hung up after its answer
        }
        answer(context, context.statusCode() == 413
                ? new Problem(413, "Send fewer events in one webhook: this server takes bodies up to " + maxBody + " bytes (webhook.max-body).")
                : new Problem(400, "The request could not be read to its end."));
    }

    private void notFound(RoutingContext context) {
        if (context.request().path().equals(path)) {
            // between this gate and its route, while the application starts or stops
            context.response().putHeader(HttpHeaders.RETRY_AFTER, String.valueOf(Problem.RETRY_AFTER.toSeconds()));
            answer(context, new Problem(503, "The application is starting or stopping. Send the webhook again later."));
        } else {
            answer(context, new Problem(404, "Send webhooks to the path " + path + "."));
        }
    }

    private static void answer(RoutingContext context, Problem problem) {
        ReceiveWebhook.LOG.info("Refused with {}: {}", problem.status(), problem.detail());
        context.response().setStatusCode(problem.status())
                .putHeader(HttpHeaders.CONTENT_TYPE, problem.mediaType())
                // what the caller still sends of a refused body is not read
                .putHeader(HttpHeaders.CONNECTION, "close")
                .end(Buffer.buffer(problem.json()));
    }
}
