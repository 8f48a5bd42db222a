package org.mailevents.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.ScheduledFuture;
import io.vertx.core.Future;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.net.impl.ConnectionBase;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Closes a connection after a refusal so that the caller gets the answer (RFC 9112, 9.6). If a socket is closed while the caller still sends, the
 * connection is reset and the answer may be lost. So only this side is closed first. What the caller still sends is read for a moment and thrown away.
 *
 * <p>Vert.x 4.5 sends the header {@code Connection: close} of an answer, but it keeps the connection, reads the whole body and answers the
 * next request. It has no public way to reach the connection's channel. This class can go once Vert.x closes the connection itself.
 */
final class LingeringClose extends ChannelDuplexHandler {

    /** The last read may take as much again. */
    private static final int MOST_BYTES = 32 * 1024;
    private static final int MOST_SECONDS = 2;

    private int bytes;
    private boolean begun;

    private LingeringClose() {
    }

    /**
     * Makes an answer the last one of its connection. From now on nothing is read of the request's body, nor any further request. HTTP/2 has several
     * requests at a time on a connection, and keeps it.
     *
     * @param answer writes the answer
     */
    static void after(HttpServerRequest request, Supplier<Future<Void>> answer) {
        if (request.version() == HttpVersion.HTTP_2) {
            answer.get(); // without the header, which HTTP/2 forbids (RFC 9113, 8.2.2)
            return;
        }
        request.response().putHeader(HttpHeaders.CONNECTION, "close");
        channel(request).pipeline().addBefore(StrictHttpServer.DECODER, null, new LingeringClose());
        answer.get().onComplete(written -> request.connection().close());
        // where a body breaks off, Vert.x closes the connection before it sends what it has written
        channel(request).flush();
    }

    /** Whether the last answer of a connection was given before this request, which is not answered then. */
    static boolean begunBefore(HttpServerRequest request) {
        return request.version() != HttpVersion.HTTP_2 && channel(request).pipeline().get(LingeringClose.class) != null;
    }

    private static Channel channel(HttpServerRequest request) {
        return ((ConnectionBase) request.connection()).channel();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf thrownAway = (ByteBuf) message;
        bytes += thrownAway.readableBytes();
        thrownAway.release();
        if (bytes >= MOST_BYTES) {
            context.channel().config().setAutoRead(false);
        }
    }

    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        Channel channel = context.channel();
        if (begun) {
            channel.closeFuture().addListener(closed -> promise.trySuccess());
            return;
        }
        begun = true;
        ScheduledFuture<?> end = context.executor().schedule(() -> context.close(), MOST_SECONDS, TimeUnit.SECONDS);
        channel.closeFuture().addListener(closed -> {
            end.cancel(false);
            promise.trySuccess();
        });
        DuplexChannel socket = (DuplexChannel) channel;
        SslHandler tls = context.pipeline().get(SslHandler.class);
        if (tls == null) {
            socket.shutdownOutput();
        } else {
            tls.closeOutbound().addListener(said -> socket.shutdownOutput());
        }
        // a body that nobody wants has been held back
        channel.config().setAutoRead(bytes < MOST_BYTES);
    }
}
