package org.mailevents.aside;

import java.util.Optional;
import org.apache.camel.Exchange;
import org.mailevents.answer.PageTokens;
import org.mailevents.event.Problem;
import org.mailevents.http.SignedInUser;

/**
 * Decides who may send again what was set aside: a user who has signed in, with a token that an answer of the API has given to this user.
 *
 * @param tokens makes and reads the tokens
 */
record Permission(PageTokens tokens) {

    private static final Problem NOBODY = new Problem(403, "Only a user who has signed in may send again what was set aside. Set"
            + " console.basic to a user and password, or console.proxy-user-header.");
    private static final Problem NO_TOKEN = new Problem(403, "Send the token of GET /api/aside in the header X-Token. The token is missing,"
            + " older than two hours, or that of another user.");

    /** A new token for the caller; empty if the caller has not signed in. */
    Optional<String> token(Exchange exchange) {
        return SignedInUser.of(exchange).map(tokens::create);
    }

    /** @return the refusal, or empty if the caller may act */
    Optional<Problem> refuse(Exchange exchange) {
        Optional<String> user = SignedInUser.of(exchange);
        if (user.isEmpty()) {
            return Optional.of(NOBODY);
        }
        String token = exchange.getMessage().getHeader("X-Token", "", String.class);
        return tokens.accept(token, user.get()) ? Optional.empty() : Optional.of(NO_TOKEN);
    }

    /** The caller's name for the log. Of an address only what stands before the at sign, because no address belongs in a log. */
    static String name(Exchange exchange) {
        return SignedInUser.of(exchange).map(name -> name.replaceFirst("@.*", "")).orElse("nobody");
    }
}
