package org.mailevents.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import org.mailevents.event.Problem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers a refused request with a {@link Problem}, and closes the connection, because the rest of its body is not read. */
final class ProblemResponse {

    /** The log of the route that takes webhooks. */
    private static final Logger LOG = LoggerFactory.getLogger("receive-webhook");

    private ProblemResponse() {
    }

    static void send(RoutingContext context, Problem problem) {
        send(context.request(), problem);
    }

    static void send(HttpServerRequest request, Problem problem) {
        LOG.info("Refused with {}: {}", problem.status(), problem.detail());
        LingeringClose.after(request, () -> request.response().setStatusCode(problem.status())
                .putHeader(HttpHeaders.CONTENT_TYPE, problem.mediaType()).end(Buffer.buffer(problem.json())));
    }

    /** Answers a webhook or a recipient, who may send the same request again later. */
    static void sendUnavailable(RoutingContext context, Problem problem) {
        context.response().putHeader(HttpHeaders.RETRY_AFTER, String.valueOf(Problem.RETRY_AFTER.toSeconds()));
        send(context, problem);
    }

    /** Answers a request of the page or the API, which will work in a moment. */
    static void sendBusy(RoutingContext context, String reason) {
        context.response().putHeader(HttpHeaders.RETRY_AFTER, "1");
        send(context, new Problem(503, reason + " Send the request again in a moment."));
    }
}
