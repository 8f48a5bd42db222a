package org.mailevents.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;

/** The headers that tell a browser to be careful with an answer. Every answer of this server has them, errors included. */
final class SecurityHeaders {

    /**
     * The page may load only files of this server (Content Security Policy Level 3). The browser itself sends no form of the page, because
     * the script sends the requests: otherwise an address that somebody searches for would get into the log of a proxy.
     */
    private static final String PAGE = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self';"
            + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private SecurityHeaders() {
    }

    /** Sets the headers. A route may replace any of them for its own answer. */
    static void set(HttpServerResponse response) {
        response.putHeader("Content-Security-Policy", PAGE).putHeader("X-Content-Type-Options", "nosniff")
                .putHeader("X-Frame-Options", "DENY").putHeader("Cross-Origin-Resource-Policy", "same-origin")
                .putHeader("Referrer-Policy", "no-referrer").putHeader(HttpHeaders.CACHE_CONTROL, "no-store");
    }
}
