package org.mailevents.http;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import io.vertx.ext.web.impl.RoutingContextDecorator;
import io.vertx.ext.web.impl.RoutingContextInternal;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.List;
import org.apache.camel.Processor;
import org.apache.camel.component.platform.http.PlatformHttpEndpoint;
import org.apache.camel.component.platform.http.vertx.VertxPlatformHttpConsumer;

/**
 * Camel's HTTP consumer of all requests except webhooks and answers. When a caller hangs up in the middle of a file, this consumer lets
 * Camel read the file to its end.
 *
 * <p>Camel 4.18 sends a file with a {@code Pump}, which pauses while the caller reads too slowly. Vert.x never tells a pump that the caller
 * has hung up. So the exchange would stay in flight forever, and each stop of the application would take its full time.
 */
final class ApiConsumer extends VertxPlatformHttpConsumer {

    ApiConsumer(PlatformHttpEndpoint endpoint, Processor processor, List<Handler<RoutingContext>> handlers, String routerName) {
        super(endpoint, processor, handlers, routerName);
    }

    @Override
    protected void handleRequest(RoutingContext request) {
        Ending ending = new Ending(request.response());
        request.addEndHandler(ended -> ending.drain());
        HttpServerResponse response = (HttpServerResponse) Proxy.newProxyInstance(HttpServerResponse.class.getClassLoader(),
                new Class<?>[] {HttpServerResponse.class}, ending::invoke);
        super.handleRequest(new RoutingContextDecorator(request.currentRoute(), (RoutingContextInternal) request) {
            @Override
            public HttpServerResponse response() {
                return response;
            }
        });
    }

    /** A response that never keeps its writer waiting once it is closed. */
    private static final class Ending {

        private final HttpServerResponse response;
        private volatile Handler<Void> waiting = nobody -> { };

        Ending(HttpServerResponse response) {
            this.response = response;
        }

        /** Lets the writer go on, unless it has finished. */
        void drain() {
            if (!response.ended()) {
                waiting.handle(null);
            }
        }

        @SuppressWarnings("unchecked")
        Object invoke(Object proxy, Method method, Object[] arguments) throws Throwable {
            if (method.getName().equals("drainHandler")) {
                waiting = arguments[0] == null ? nobody -> { } : (Handler<Void>) arguments[0];
            } else if (method.getName().equals("writeQueueFull") && response.closed()) {
                return false;
            }
            try {
                return method.invoke(response, arguments);
            } catch (InvocationTargetException e) {
                throw e.getCause();
            }
        }
    }
}
