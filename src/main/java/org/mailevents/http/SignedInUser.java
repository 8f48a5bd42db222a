package org.mailevents.http;

import static org.apache.camel.component.platform.http.vertx.VertxPlatformHttpConstants.AUTHENTICATED_USER;

import io.vertx.ext.auth.User;
import io.vertx.ext.web.RoutingContext;
import java.util.Optional;
import org.apache.camel.Exchange;

/**
 * Hands the name of the user who has signed in from {@link ConsoleGuard} to the routes, as the user of Vert.x. Camel puts this user into a
 * header whose name begins with Camel, and takes no such name from a caller. Under any other name, a parameter of the query or a field of a
 * form would become a header too, and would name a user.
 */
public final class SignedInUser {

    private SignedInUser() {
    }

    /** The name, or empty if the request comes from this machine and no sign-in is set. */
    public static Optional<String> of(Exchange exchange) {
        return Optional.ofNullable(exchange.getMessage().getHeader(AUTHENTICATED_USER, User.class)).map(User::subject);
    }

    /** Camel reads only this user. The class UserContext, which Vert.x names instead, has no public way to set one. */
    @SuppressWarnings("deprecation")
    static void remember(RoutingContext context, String user) {
        context.setUser(User.fromName(user));
    }
}
