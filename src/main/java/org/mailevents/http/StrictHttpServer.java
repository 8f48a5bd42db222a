package org.mailevents.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.netty.handler.traffic.GlobalTrafficShapingHandler;
import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerImpl;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import io.vertx.core.impl.ContextInternal;
import io.vertx.core.impl.VertxInternal;
import io.vertx.core.impl.VertxWrapper;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.impl.SslChannelProvider;
import java.util.function.BiConsumer;
import org.mailevents.event.Problem;

/**
 * The server of Vert.x, which also refuses every request in which {@link RequestSyntax} finds a fault, before a router sees the request.
 *
 * <p>Vert.x 4.5 has no public way to do so. If a request has both Content-Length and Transfer-Encoding, Netty's decoder silently removes
 * Content-Length, and a proxy may then see two requests where this server sees one. If a path cannot be decoded, the router logs an
 * unhandled exception. So this class depends on Vert.x's own server class ({@code HttpServerImpl}), on {@code VertxHttpRequestDecoder} and
 * on the name of the decoder in the pipeline. It can go once Vert.x refuses such requests itself. SecurityCases show whether it does.
 */
final class StrictHttpServer extends HttpServerImpl {

    static final String DECODER = "httpDecoder";

    private final BiConsumer<HttpServerRequest, Problem> refusal;
    private final HttpServerOptions options;

    private StrictHttpServer(VertxInternal vertx, HttpServerOptions options, BiConsumer<HttpServerRequest, Problem> refusal) {
        super(vertx, options);
        this.options = options;
        this.refusal = refusal;
        invalidRequestHandler(request -> refusal.accept(request, invalid(request.decoderResult().cause())));
    }

    /**
     * Wraps a Vert.x so that it makes such servers.
     *
     * @param refusal         answers a request with a problem
     * @param beforeListening runs each time before a server is made, and therefore before it listens
     */
    static Vertx in(Vertx vertx, BiConsumer<HttpServerRequest, Problem> refusal, Runnable beforeListening) {
        return new VertxWrapper((VertxInternal) vertx) {
            @Override
            public HttpServer createHttpServer(HttpServerOptions options) {
                beforeListening.run();
                return new StrictHttpServer(delegate, options, refusal);
            }
        };
    }

    private static Problem invalid(Throwable cause) {
        if (cause instanceof TooLongHttpLineException) {
            return new Problem(414, "Send a shorter address.");
        }
        if (cause instanceof TooLongHttpHeaderException) {
            return new Problem(431, "Send fewer or shorter headers.");
        }
        return new Problem(400, cause instanceof Fault ? cause.getMessage() : "The request is not HTTP as RFC 9112 describes it.");
    }

    @Override
    public HttpServer requestHandler(Handler<HttpServerRequest> handler) {
        return super.requestHandler(request -> {
            if (!LingeringClose.isClosing(request)) {
                RequestSyntax.faultOfTarget(request)
                        .ifPresentOrElse(fault -> refusal.accept(request, new Problem(400, fault)), () -> handler.handle(request));
            }
        });
    }

    @Override
    protected BiConsumer<Channel, SslChannelProvider> childHandler(ContextInternal context, SocketAddress address,
            GlobalTrafficShapingHandler shaping) {
        return super.childHandler(context, address, shaping).andThen((channel, tls) -> channel.pipeline().addLast(new DecoderExchange()));
    }

    /**
     * Replaces the decoder of a connection, unless the connection speaks HTTP/2. Vert.x learns the version from the first bytes. It then
     * adds its handlers behind this handler and passes the bytes on.
     */
    private final class DecoderExchange extends ChannelInboundHandlerAdapter {
        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            if (context.pipeline().get(DECODER) != null) {
                context.pipeline().replace(DECODER, DECODER, new StrictDecoder(options));
            }
            context.pipeline().remove(this);
            context.fireChannelRead(message);
        }
    }

    private static final class StrictDecoder extends VertxHttpRequestDecoder {

        private StrictDecoder(HttpServerOptions options) {
            super(options);
        }

        /**
         * Netty calls this method as soon as it has read all headers. An exception makes the request invalid, and Netty reads nothing more
         * from the connection.
         */
        @Override
        protected boolean isContentAlwaysEmpty(HttpMessage message) {
            if (message instanceof HttpRequest request) {
                RequestSyntax.faultOfHeaders(request.protocolVersion(), request.uri(), request.headers()).ifPresent(fault -> {
                    throw new Fault(fault);
                });
            }
            return super.isContentAlwaysEmpty(message);
        }
    }

    private static final class Fault extends RuntimeException {

        private Fault(String message) {
            super(message, null, false, false);
        }
    }
}
