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
 * Who may look: whoever shows a user and password of {@code console.basic}; without that setting only a browser on this machine. It stands before the
 * page, the API, and all other paths but the webhook's, those of a team's own routes among them.
 */
public final class ConsoleGuard {

    /** What the page may load: only what comes from here (CSP level 3). */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none';"
            + " form-action 'none'; frame-ancestors 'none'";

    private final Secrets secrets;

    public ConsoleGuard(Settings settings) {
        secrets = new Secrets(List.of(), settings.userPasswordPairs("console.basic"));
    }

    /**
     * Also sets what a browser has to know of every answer.
     *
     * @return why the caller may not look, if so
     */
    public Optional<Problem> refuse(HttpServerRequest request) {
        HttpServerResponse response = request.response();
        response.putHeader("Content-Security-Policy", POLICY).putHeader("X-Content-Type-Options", "nosniff").putHeader("Referrer-Policy", "no-referrer")
                .putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
        if (fromAnotherSite(request)) {
            return Optional.of(new Problem(403, "A page of another web site has sent this."));
        }
        if (secrets.none()) {
            return LocalCaller.sent(request) ? Optional.empty() : Optional.of(new Problem(403, "Only a browser on the machine of Mail Events may look"
                    + " here, at http://localhost and its port. To let others in, set console.basic to a user and password (user:password)."));
        }
        if (secrets.acceptHeader(request.getHeader(HttpHeaders.AUTHORIZATION))) {
            return Optional.empty();
        }
        response.putHeader("WWW-Authenticate", Secrets.CHALLENGE);
        return Optional.of(new Problem(401, "Show a user and password of console.basic."));
    }

    /** A browser asks for every site, with the password that it knows; what only reads is not shown to another site. */
    private static boolean fromAnotherSite(HttpServerRequest request) {
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        return origin != null && !origin.endsWith("://" + host(request)) && !request.method().equals(HttpMethod.GET) && !request.method().equals(HttpMethod.HEAD);
    }

    private static String host(HttpServerRequest request) {
        return request.getHeader(HttpHeaders.HOST) == null && request.authority() != null ? request.authority().toString() : request.getHeader(HttpHeaders.HOST);
    }
}
