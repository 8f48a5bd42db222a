package org.mailevents.console;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.mailevents.operate.Settings;
import org.mailevents.webhook.Problem;
import org.mailevents.webhook.Secrets;

/**
 * Who may look: whoever shows a user and password of {@code console.basic}; without that setting only a browser on this machine. It stands before the
 * page, the API, and all other paths but the webhook's, those of a team's own routes among them.
 */
public final class ConsoleGuard {

    /** Where a proxy on this machine says that it asks for somebody else (RFC 7239, RFC 9110 7.6.3, and what proxies did before these). */
    private static final List<String> PROXIED = List.of("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP");
    /** A web site may give its name the address 127.0.0.1; a browser then still says the name (DNS rebinding). */
    private static final Pattern THIS_MACHINE = Pattern.compile("(?:localhost|127(?:\\.\\d+){3}|\\[::1])(?::\\d+)?", Pattern.CASE_INSENSITIVE);
    /** What the page may load: only what comes from here (CSP level 3). */
    private static final String POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none';"
            + " form-action 'none'; frame-ancestors 'none'";

    private final Secrets secrets;

    public ConsoleGuard(Settings settings) {
        secrets = new Secrets(List.of(), Secrets.pairs(settings, "console.basic"));
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
            return fromHere(request) ? Optional.empty() : Optional.of(new Problem(403, "Only a browser on the machine of Mail Events may look"
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

    private static boolean fromHere(HttpServerRequest request) {
        String host = host(request);
        // no browser speaks HTTP/1.0; nginx before 1.30 does as a proxy, and says nothing of whom it asks for unless told to
        return request.version() != HttpVersion.HTTP_1_0 && loopback(request.remoteAddress().hostAddress()) && host != null && THIS_MACHINE.matcher(host).matches()
                && PROXIED.stream().noneMatch(request.headers()::contains);
    }

    private static boolean loopback(String address) {
        try {
            return address != null && InetAddress.getByName(address).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }
}
