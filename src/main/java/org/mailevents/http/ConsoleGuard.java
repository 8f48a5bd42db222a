package org.mailevents.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;
import java.util.Optional;
import org.mailevents.event.Problem;
import org.mailevents.settings.Settings;

/**
 * Decides who may open the page and the API: callers with a user and password of {@code console.basic} or, without that setting, only a
 * browser on this machine. It guards all paths except the path of the webhook, including the paths of a team's own routes.
 */
public final class ConsoleGuard {

    /** The page may load only files of this server (Content Security Policy Level 3). */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
            + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static final Problem ONLY_LOCAL = new Problem(403, "Only a browser on the machine of Mail Events may open this, at"
            + " http://localhost and its port. To open it to others, set console.basic to a user and password (user:password).");

    private final Secrets secrets;

    public ConsoleGuard(Settings settings) {
        secrets = new Secrets(List.of(), settings.userPasswordPairs("console.basic"));
    }

    /**
     * Checks a request. It also sets the security headers of the answer, which every answer needs.
     *
     * @return the refusal, or empty if the caller may continue
     */
    public Optional<Problem> refuse(HttpServerRequest request) {
        HttpServerResponse response = request.response();
        response.putHeader("Content-Security-Policy", POLICY).putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("Referrer-Policy", "no-referrer").putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        if (fromAnotherSite(request)) {
            return Optional.of(new Problem(403, "This request came from a page of another web site."));
        }
        if (secrets.none()) {
            return LocalCaller.sent(request) ? Optional.empty() : Optional.of(ONLY_LOCAL);
        }
        if (secrets.acceptHeader(request.getHeader(HttpHeaders.AUTHORIZATION))) {
            return Optional.empty();
        }
        response.putHeader("WWW-Authenticate", Secrets.CHALLENGE);
        return Optional.of(new Problem(401, "Send a user and password of console.basic."));
    }

    /**
     * A browser sends a request for any web site, together with the password that it knows. A request that only reads is harmless, because
     * the browser does not show the answer to the other site.
     */
    private static boolean fromAnotherSite(HttpServerRequest request) {
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        boolean reads = request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD);
        return origin != null && !origin.endsWith("://" + host(request)) && !reads;
    }

    private static String host(HttpServerRequest request) {
        String host = request.getHeader(HttpHeaders.HOST);
        return host == null && request.authority() != null ? request.authority().toString() : host;
    }
}
