package org.mailevents.http;

import io.vertx.core.Context;
import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.camel.Exchange;
import org.apache.camel.ExchangePattern;
import org.apache.camel.Message;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpConsumer;

/**
 * The HTTP consumer of Camel, but for one thing: no thread waits while a webhook waits for its commit. Camel's keeps a worker thread
 * until a request is answered, so that an INSERT could be shared by no more webhooks than there are workers.
 */
final class WebhookConsumer extends VertxPlatformHttpConsumer {

    WebhookConsumer(PlatformHttpEndpoint endpoint, Processor processor, List<Handler<RoutingContext>> handlers, String routerName) {
        super(endpoint, processor, handlers, routerName);
    }

    @Override
    protected void handleRequest(RoutingContext request) {
        if (isSuspended()) {
            request.next(); // to whoever answers that the application is stopping
            return;
        }
        Exchange exchange = createExchange(false);
        exchange.setPattern(ExchangePattern.InOut);
        exchange.getMessage().setHeader("Authorization", request.request().getHeader(HttpHeaders.AUTHORIZATION));
        Bodies.Received body = Bodies.take(request);
        exchange.getMessage().setBody(body.body());
        AtomicBoolean done = new AtomicBoolean();
        Context eventLoop = request.vertx().getOrCreateContext();
        // a step may block, and the event loop must not
        request.vertx().executeBlocking(() -> {
            createUoW(exchange);
            getAsyncProcessor().process(exchange, doneSync -> eventLoop.runOnContext(routed -> finish(request, exchange, body, done)));
            return null;
        }, false).onFailure(failure -> {
            // an Error, which Camel does not catch everywhere: an exchange that is never done would stay in memory for ever
            exchange.setException(failure);
            finish(request, exchange, body, done);
        });
    }

    private void finish(RoutingContext request, Exchange exchange, Bodies.Received body, AtomicBoolean done) {
        if (!done.compareAndSet(false, true)) {
            return;
        }
        try {
            if (exchange.getException() != null) {
                request.fail(exchange.getException());
            } else if (!request.response().closed()) { // else the caller hung up
                answer(request.response(), exchange.getMessage());
            }
        } finally {
            body.release();
            doneUoW(exchange);
            releaseExchange(exchange, false);
        }
    }

    private static void answer(HttpServerResponse response, Message answer) {
        response.setStatusCode(answer.getHeader(Exchange.HTTP_RESPONSE_CODE, int.class));
        answer.removeHeader(Exchange.HTTP_RESPONSE_CODE);
        answer.getHeaders().forEach((name, value) -> response.putHeader(name, value.toString()));
        response.end(answer.getBody(String.class));
    }
}
