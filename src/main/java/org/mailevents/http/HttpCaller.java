package org.mailevents.http;

import io.vertx.core.http.HttpServerResponse;
import java.util.function.BooleanSupplier;
import org.apache.camel.Exchange;
import org.apache.camel.component.platform.http.vertx.HttpMessage;

/** Tells an answer that is sent for a long time whether somebody still reads it. */
public final class HttpCaller {

    private HttpCaller() {
    }

    /** @param exchange with the message of the request */
    public static BooleanSupplier gone(Exchange exchange) {
        HttpServerResponse response = exchange.getMessage(HttpMessage.class).getResponse();
        return response::closed;
    }
}
