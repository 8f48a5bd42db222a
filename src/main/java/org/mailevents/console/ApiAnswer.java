package org.mailevents.console;

import org.apache.camel.Exchange;
import org.mailevents.event.Problem;

/** Puts an answer of the API into an exchange. The headers of the request are removed, so that the answer does not return them. */
public final class ApiAnswer {

    private ApiAnswer() {
    }

    /** Answers with a problem, as {@code application/problem+json}. */
    public static void problem(Exchange exchange, Problem problem) {
        put(exchange, problem.status(), problem.mediaType(), problem.json());
    }

    /**
     * Answers with a text.
     *
     * @param status    the HTTP status
     * @param mediaType the media type of the body
     */
    public static void put(Exchange exchange, int status, String mediaType, String body) {
        exchange.getMessage().removeHeaders("*");
        exchange.getMessage().setHeader(Exchange.HTTP_RESPONSE_CODE, status);
        exchange.getMessage().setHeader(Exchange.CONTENT_TYPE, mediaType);
        exchange.getMessage().setBody(body);
    }
}
