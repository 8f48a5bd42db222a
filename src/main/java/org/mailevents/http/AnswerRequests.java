package org.mailevents.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import org.mailevents.event.Problem;
import org.mailevents.settings.Settings;

/**
 * The requests to the page on which the recipients of alerts answer. Everybody may open this page, and its route accepts only signed links.
 * So a request may hold no more than this page needs.
 */
final class AnswerRequests {

    /** The path of the page. Any other way to write this path needs the sign-in of the console. */
    static final String PATH = "/answer";

    private static final Set<HttpMethod> METHODS = Set.of(HttpMethod.GET, HttpMethod.HEAD, HttpMethod.POST);
    /** In bytes. A form of the page has some hundreds. */
    private static final int MAX_BODY = 4_096;
    /** Of all requests in progress, in bytes. */
    private static final int MAX_IN_FLIGHT = 1_000_000;

    /** How long a body may take to arrive. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final boolean open;
    private final Bodies bodies = Bodies.reservedAsTheyArrive(MAX_BODY, MAX_IN_FLIGHT, PATIENCE);

    /** @param settings without {@code console.url}, the page does not exist, and its path is like any other */
    AnswerRequests(Settings settings) {
        this.open = isOpen(settings);
    }

    static boolean isOpen(Settings settings) {
        return !settings.text("console.url").isEmpty();
    }

    boolean include(RoutingContext context) {
        return open && PATH.equals(context.request().path()) && PATH.equals(context.normalizedPath());
    }

    /** Reads the body, and passes the request on to the route, which has a policy of its own for its page. Otherwise the request fails. */
    void receive(RoutingContext context) {
        context.response().putHeader("X-Robots-Tag", "noindex, nofollow");
        if (METHODS.contains(context.request().method())) {
            // The route reads the form, because a program that unsubscribes may send the form in two ways (RFC 8058, 3.2).
            bodies.receive(context, true, StandardCharsets.UTF_8);
        } else {
            context.response().putHeader(HttpHeaders.ALLOW, "GET, HEAD, POST");
            context.fail(405);
        }
    }

    /** What a request is told that failed with this status. */
    static Problem problem(int status) {
        return switch (status) {
            case 405 -> new Problem(405, "Open this page with GET, and answer with POST.");
            case 408 -> new Problem(408, "Send the whole answer within " + PATIENCE.toSeconds() + " seconds.");
            case 413 -> new Problem(413, "Send a smaller answer: this page takes bodies up to " + MAX_BODY + " bytes.");
            // Vert.x gives the status 200 to a body that broke off.
            case 200, 400, 417 -> new Problem(400, "The answer could not be read to its end.");
            default -> new Problem(503, "This page cannot be shown now. Try again in a moment.");
        };
    }
}
