package org.mailevents.http;

import io.vertx.core.http.HttpServerRequest;
import java.util.Optional;
import org.apache.camel.Exchange;

/** Hands the name of the user who has signed in from {@link ConsoleGuard} to the routes, as a header that no caller can send. */
public final class SignedInUser {

    private static final String HEADER = "Mail-Events-User";

    private SignedInUser() {
    }

    /** The name, or empty if the request comes from this machine and no sign-in is set. */
    public static Optional<String> of(Exchange exchange) {
        return Optional.ofNullable(exchange.getMessage().getHeader(HEADER, String.class));
    }

    /** Removes the header that a caller may have sent. */
    static void forget(HttpServerRequest request) {
        request.headers().remove(HEADER);
    }

    static void remember(HttpServerRequest request, String user) {
        request.headers().set(HEADER, user);
    }
}
