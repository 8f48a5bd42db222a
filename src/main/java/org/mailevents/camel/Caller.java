package org.mailevents.camel;

import io.vertx.core.http.HttpServerResponse;
import java.util.function.BooleanSupplier;
import org.apache.camel.Exchange;
import org.apache.camel.component.platform.http.vertx.HttpMessage;

/** Who has sent a request. */
public final class Caller {

    private Caller() {
    }

    /**
     * Whether the caller has closed the connection. A long answer ends then, because nobody reads the rest.
     *
     * @param exchange of an HTTP request, before its message is replaced
     */
    public static BooleanSupplier hasGone(Exchange exchange) {
        HttpServerResponse response = exchange.getMessage(HttpMessage.class).getResponse();
        return response::closed;
    }
}
