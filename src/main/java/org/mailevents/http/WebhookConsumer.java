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
 * Camel's HTTP consumer of webhooks and of answers. The {@link RequestGate} has read their bodies. No thread waits while a webhook waits
 * for its commit. Camel's own consumer holds a worker thread until the request is answered. Then no more webhooks than worker threads could
 * share one INSERT.
 *
 * <p>This class depends on protected methods of {@code VertxPlatformHttpConsumer} of Camel 4.18. It can go once Camel's consumer frees the
 * worker thread while an asynchronous route waits.
 */
final class WebhookConsumer extends VertxPlatformHttpConsumer {

    /** The header of an exchange with the address of the caller. */
    private static final String CALLER = "CamelHttpCaller";

    WebhookConsumer(PlatformHttpEndpoint endpoint, Processor processor, List<Handler<RoutingContext>> handlers, String routerName) {
        super(endpoint, processor, handlers, routerName);
    }

    @Override
    protected void handleRequest(RoutingContext request) {
        if (isSuspended()) {
            request.next(); // RequestGate then answers that the application is stopping
            return;
        }
        Exchange exchange = createExchange(false);
        exchange.setPattern(ExchangePattern.InOut);
        exchange.getMessage().setHeader("Authorization", request.request().getHeader(HttpHeaders.AUTHORIZATION));
        exchange.getMessage().setHeader(Exchange.HTTP_METHOD, request.request().method().name());
        exchange.getMessage().setHeader(Exchange.HTTP_QUERY, request.request().query());
        exchange.getMessage().setHeader(CALLER, LocalCaller.address(request.request()));
        Bodies.Received body = Bodies.take(request);
        exchange.getMessage().setBody(body.body());
        AtomicBoolean done = new AtomicBoolean();
        Context eventLoop = request.vertx().getOrCreateContext();
        // A step of the route may block, and the event loop must not.
        request.vertx().executeBlocking(() -> {
            createUoW(exchange);
            getAsyncProcessor().process(exchange, doneSync -> eventLoop.runOnContext(routed -> finish(request, exchange, body, done)));
            return null;
        }, false).onFailure(failure -> {
            // Camel does not catch every Error. An exchange that is never done would stay in memory forever.
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
            } else if (!request.response().closed()) { // It is closed if the caller hung up.
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
