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
 * Closes a connection after a refusal so that the caller receives the answer (RFC 9112, 9.6). If a socket is closed while the caller still
 * sends, the connection is reset and the answer may be lost. So this class first closes only the sending side. It reads and discards what
 * the caller still sends, up to a limit.
 *
 * <p>Vert.x 4.5 sends the header {@code Connection: close} of an answer, but then keeps the connection, reads the whole body and answers
 * the next request. Without this class a refused caller could make the server read any number of bytes. Vert.x has no public way to reach
 * the channel of a connection, so this class depends on {@code ConnectionBase} and on the name of the decoder in the pipeline. It can go
 * once Vert.x closes the connection after such an answer. SecurityCases show whether it does.
 */
final class LingeringClose extends ChannelDuplexHandler {

    /** How many bytes are read and discarded. The last read may exceed this by as much again. */
    private static final int MOST_BYTES = 32 * 1024;
    private static final int MOST_SECONDS = 5;

    private int bytes;
    private boolean closing;

    private LingeringClose() {
    }

    /**
     * Makes an answer the last answer of its connection. From now on neither the body of the request nor a further request is read. An
     * HTTP/2 connection carries several requests at a time and stays open.
     *
     * @param answer writes the answer
     */
    static void after(HttpServerRequest request, Supplier<Future<Void>> answer) {
        if (request.version() == HttpVersion.HTTP_2) {
            answer.get(); // HTTP/2 forbids the header Connection (RFC 9113, 8.2.2).
            return;
        }
        request.response().putHeader(HttpHeaders.CONNECTION, "close");
        channel(request).pipeline().addBefore(StrictHttpServer.DECODER, null, new LingeringClose());
        answer.get().onComplete(written -> request.connection().close());
        // If a body breaks off, Vert.x would close the connection before it sends what it has written.
        channel(request).flush();
    }

    /** Whether the connection of this request already had its last answer. Such a request is not answered. */
    static boolean isClosing(HttpServerRequest request) {
        return request.version() != HttpVersion.HTTP_2 && channel(request).pipeline().get(LingeringClose.class) != null;
    }

    private static Channel channel(HttpServerRequest request) {
        return ((ConnectionBase) request.connection()).channel();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ByteBuf discarded = (ByteBuf) message;
        bytes += discarded.readableBytes();
        discarded.release();
        if (bytes >= MOST_BYTES) {
            context.channel().config().setAutoRead(false);
        }
    }

    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        Channel channel = context.channel();
        if (closing) {
            channel.closeFuture().addListener(closed -> promise.trySuccess());
            return;
        }
        closing = true;
        ScheduledFuture<?> timeout = context.executor().schedule(() -> context.close(), MOST_SECONDS, TimeUnit.SECONDS);
        channel.closeFuture().addListener(closed -> {
            timeout.cancel(false);
            promise.trySuccess();
        });
        DuplexChannel socket = (DuplexChannel) channel;
        SslHandler tls = context.pipeline().get(SslHandler.class);
        if (tls == null) {
            socket.shutdownOutput();
        } else {
            tls.closeOutbound().addListener(said -> socket.shutdownOutput());
        }
        // The body of the refused request was held back until now.
        channel.config().setAutoRead(bytes < MOST_BYTES);
    }
}
