package org.mailevents.http;

import io.netty.handler.codec.http.HttpUtil;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import org.apache.camel.CamelContext;
import org.mailevents.event.Problem;
import org.mailevents.event.WebhookBody;
import org.mailevents.log.FailureText;
import org.mailevents.metrics.Meters;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The requests to the path of the webhook. It receives the body of each request that can be a webhook, and refuses the others. */
final class WebhookRequests {

    /** The log of the route that takes webhooks. */
    private static final Logger LOG = LoggerFactory.getLogger("receive-webhook");

    /** Characters that every accepted charset must encode as ASCII does: they separate the fields of a body and spell the secret's name. */
    private static final String ASCII = "api_key=&%+{}[]:,\"\\";

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
    private final Meters meters;

    WebhookRequests(CamelContext camel, String path, Secrets secrets, Bodies bodies, Meters meters) {
        this.camel = camel;
        this.path = path;
        this.secrets = secrets;
        this.bodies = bodies;
        this.meters = meters;
    }

    /** A proxy may have let the request pass because of its raw path. Vert.x routes it by the normalized path. */
    boolean include(RoutingContext context) {
        return havePath(context.request().path()) && havePath(context.normalizedPath());
    }

    /** Vert.x also routes the path with a slash at its end to the webhook. */
    boolean havePath(String requested) {
        return requested.equals(path) || requested.equals(path + "/");
    }

    /** Reads the body, and passes the request on to the route of webhooks. Otherwise it refuses the request. */
    void receive(RoutingContext context) {
        String contentType = context.request().getHeader(HttpHeaders.CONTENT_TYPE);
        String mediaType = contentType == null ? "" : contentType.split(";", 2)[0].trim().toLowerCase(Locale.ROOT);
        long start = System.nanoTime();
        context.addHeadersEndHandler(headers -> complete(context, start));
        if (camel.isStopping()) {
            ProblemResponse.sendUnavailable(context, NOT_NOW);
        } else if (!context.request().method().equals(HttpMethod.POST)) {
            context.response().putHeader(HttpHeaders.ALLOW, "POST");
            ProblemResponse.send(context, new Problem(405, "Send the webhook with POST."));
        } else if (!mediaType.equals(WebhookBody.JSON) && !mediaType.equals(WebhookBody.FORM)) {
            ProblemResponse.send(context, new Problem(415, "Send the webhook as " + WebhookBody.FORM + " or " + WebhookBody.JSON
                    + "."));
        } else if (isCompressed(context.request())) {
            context.response().putHeader(HttpHeaders.ACCEPT_ENCODING, "identity"); // RFC 9110, 15.5.16
            ProblemResponse.send(context, new Problem(415, "Send the webhook without a Content-Encoding: this server takes no compressed"
                    + " bodies."));
        } else if (charset(contentType) == null) {
            ProblemResponse.send(context, new Problem(415, "Send the webhook in UTF-8, or name a charset in the Content-Type that"
                    + " contains ASCII."));
        } else if (secrets.none() && context.request().headers().contains(HttpHeaders.ORIGIN)) {
            ProblemResponse.send(context, FROM_WEB_PAGE);
        } else if (secrets.none() && !LocalCaller.sent(context.request())) {
            ProblemResponse.send(context, REMOTE);
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

    /** Answers a request whose body could not be received. */
    void answerFailure(RoutingContext context) {
        if (context.response().headWritten()) {
            return; // The caller hung up after its answer.
        }
        switch (context.statusCode()) {
            case 408 -> ProblemResponse.send(context, new Problem(408, "Send the whole request within a minute."));
            case 413 -> ProblemResponse.send(context, new Problem(413, "Send fewer events in one webhook: this server takes bodies up to "
                    + bodies.maxBody() + " bytes (webhook.max-body, and four fifths of webhook.max-in-flight)."));
            case 503 -> ProblemResponse.sendUnavailable(context, new Problem(503, "Too many webhooks are in progress"
                    + " (webhook.max-in-flight). Send this webhook again later."));
            // Vert.x gives the status 200 to a body that broke off.
            case 200, 400, 417 -> ProblemResponse.send(context, new Problem(400, "The request could not be read to its end."));
            default -> {
                LOG.error("Answered 503: {}", FailureText.describe(context.failure()));
                ProblemResponse.sendUnavailable(context, Problem.unavailable());
            }
        }
    }

    /** Answers a request that no route has taken: the route of webhooks does not run while the application starts or stops. */
    void answerUnrouted(RoutingContext context) {
        ProblemResponse.sendUnavailable(context, NOT_NOW);
    }

    /**
     * Counts an answer. It also adds Retry-After to a 503 that Camel itself gave, without this header, to a request that had passed the
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
}
