package org.mailevents.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.mailevents.event.Problem;
import org.mailevents.settings.Settings;

/**
 * Decides who may open the page and the API: callers with a user and password of {@code console.basic}, callers whom the proxy of
 * {@code console.proxy-user-header} has signed in, or, without both settings, only a browser on this machine. It guards all paths except
 * those of the webhook and of the answers to alerts, including the paths of a team's own routes.
 */
public final class ConsoleGuard {

    /** What Sec-Fetch-Site says of this server's own page, and of a request without a page. */
    private static final Set<String> OWN = Set.of("same-origin", "none");
    private static final Problem ONLY_LOCAL = new Problem(403, "Only a browser on the machine of Mail Events may open this, at"
            + " http://localhost and its port. To open it to others, set console.basic to a user and password (user:password).");
    private static final Problem FROM_ANOTHER_SITE = new Problem(403, "This request came from a page of another web site. Send it from"
            + " the page of Mail Events.");

    private final Secrets secrets;
    private final ProxySignIn proxy;

    public ConsoleGuard(Settings settings) {
        secrets = new Secrets(List.of(), settings.userPasswordPairs("console.basic"));
        proxy = ProxySignIn.of(settings);
    }

    /**
     * Checks a request, and notes its {@link SignedInUser}.
     *
     * @return the refusal, or empty if the caller may continue
     */
    Optional<Problem> refuse(RoutingContext context) {
        HttpServerRequest request = context.request();
        if (fromAnotherSite(request)) {
            return Optional.of(FROM_ANOTHER_SITE);
        }
        if (proxy.sent(request)) {
            Optional<String> user = proxy.user(request);
            user.ifPresent(name -> SignedInUser.remember(context, name));
            return user.isPresent() ? Optional.empty() : Optional.of(new Problem(403, "This request came from the address of"
                    + " console.proxy-address and names no user. Let the proxy sign the user in, and send one name in the header "
                    + proxy.header() + "."));
        }
        proxy.removeFrom(request);
        if (secrets.none()) {
            return LocalCaller.sent(request) ? Optional.empty() : Optional.of(ONLY_LOCAL);
        }
        Optional<String> user = secrets.user(request.getHeader(HttpHeaders.AUTHORIZATION));
        user.ifPresent(name -> SignedInUser.remember(context, name));
        if (user.isPresent()) {
            return Optional.empty();
        }
        request.response().putHeader("WWW-Authenticate", Secrets.CHALLENGE);
        return Optional.of(new Problem(401, "Send a user and password of console.basic."));
    }

    /**
     * A browser sends a request for any web site, together with the password that it knows. A request that only reads is harmless, because
     * the browser does not show the answer to the other site. The browser itself says in Sec-Fetch-Site whether the page is another site's
     * (Fetch Metadata), and no script can change that. An old browser does not say it. Its Origin is compared with the Host.
     */
    private static boolean fromAnotherSite(HttpServerRequest request) {
        String origin = request.getHeader(HttpHeaders.ORIGIN);
        String site = request.getHeader("Sec-Fetch-Site");
        boolean reads = request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD);
        boolean other = site == null ? origin != null && !origin.endsWith("://" + host(request)) : !OWN.contains(site);
        return other && !reads;
    }

    private static String host(HttpServerRequest request) {
        String host = request.getHeader(HttpHeaders.HOST);
        return host == null && request.authority() != null ? request.authority().toString() : host;
    }
}
