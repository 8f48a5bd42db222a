package org.mailevents.http;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import io.vertx.ext.web.RoutingContext;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.atomic.AtomicLong;
import org.mailevents.event.WebhookBody;

/**
 * Takes the bodies of webhooks into memory, each once, byte for byte. All bodies that are there at a time, each from its head until its webhook was
 * answered, may take only so much memory together, whoever has sent them. (The BodyHandler of Vert.x limits each of them only, and copies it as it grows.)
 */
public final class Bodies {

    /** Bytes. Larger bodies leave a fifth of the room to the others, which are nearly all. */
    private static final long LARGE = 1_000_000;
    /** For all of a body to arrive. Otherwise those who stop in the middle would keep the room of all others. */
    public static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int FIRST_SIZE = 4_096;

    private final long maxBody;
    private final long maxInFlight;
    private final Duration patience;
    private final AtomicLong inFlight = new AtomicLong();

    /**
     * @param maxBody     bytes of one body
     * @param maxInFlight bytes of all bodies that are there at a time
     * @param patience    for all of a body to arrive
     */
    public Bodies(long maxBody, long maxInFlight, Duration patience) {
        this.maxInFlight = maxInFlight;
        this.patience = patience;
        this.maxBody = Math.min(Math.min(maxBody, roomForLarge()), Integer.MAX_VALUE);
    }

    /** Bytes of the largest body that can be taken. */
    long maxBody() {
        return maxBody;
    }

    /** Goes on to the next handler once the body is there, or else fails the request with 400, 408, 413, 417 or 503. */
    void receive(RoutingContext context, boolean form, Charset charset) {
        new Received(context, form, charset).begin();
    }

    /** The body of a request that has passed. From now on it is its taker who releases it. */
    static Received take(RoutingContext context) {
        Received received = context.get(Received.class.getName());
        received.taken = true;
        return received;
    }

    private long roomForLarge() {
        return maxInFlight / 5 * 4;
    }

    private boolean reserve(long bytes, long total) {
        long room = total > LARGE ? roomForLarge() : maxInFlight;
        long now = inFlight.get();
        while (now + bytes <= room) {
            if (inFlight.compareAndSet(now, now + bytes)) {
                return true;
            }
            now = inFlight.get();
        }
        return false;
    }

    /** One body. All but {@link #release} happens on the event loop of its connection. */
    final class Received {

        private final RoutingContext context;
        private final boolean form;
        private final Charset charset;
        private final AtomicLong reserved = new AtomicLong();
        private byte[] bytes = new byte[0];
        private int length;
        private long timer;
        private boolean taken;

        private Received(RoutingContext context, boolean form, Charset charset) {
            this.context = context;
            this.form = form;
            this.charset = charset;
        }

        WebhookBody body() {
            return WebhookBody.of(form, charset, bytes, length);
        }

        /** Other bodies may use its memory from now on. */
        void release() {
            inFlight.addAndGet(-reserved.getAndSet(0));
        }

        private void begin() {
            HttpServerRequest request = context.request();
            long announced = announced(request);
            context.put(Received.class.getName(), this);
            context.addEndHandler(answered -> {
                if (!taken) {
                    release();
                }
            });
            if (announced > maxBody) {
                context.fail(413);
            } else if (announced > 0 && !grow((int) announced)) {
                context.fail(503);
            } else if (!mayContinue(request)) {
                context.fail(417);
            } else if (request.isEnded()) {
                context.next();
            } else {
                timer = context.vertx().setTimer(patience.toMillis(), late -> fail(408, null));
                request.handler(this::add).endHandler(all -> end()).exceptionHandler(broken -> fail(400, broken)).resume();
            }
        }

        /** Its Content-Length, or 0 where that is not known. */
        private static long announced(HttpServerRequest request) {
            String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
            return length != null && length.matches("\\d{1,18}") ? Long.parseLong(length) : 0;
        }

        /** RFC 9110, 10.1.1. */
        private static boolean mayContinue(HttpServerRequest request) {
            String expected = request.getHeader(HttpHeaders.EXPECT);
            boolean waits = "100-continue".equalsIgnoreCase(expected);
            if (waits && request.version() != HttpVersion.HTTP_1_0) {
                request.response().writeContinue();
            }
            return waits || expected == null;
        }

        private void add(Buffer more) {
            if (context.failed()) {
                return;
            }
            int needed = length + more.length();
            // While a body is copied, it is in memory twice. If even an empty room cannot hold both, it does not help to send the body again later.
            long most = Math.min(maxBody, roomForLarge() - bytes.length);
            if (needed > bytes.length && needed > most) {
                fail(413, null);
            } else if (needed > bytes.length && !grow((int) Math.min(most, sizeFor(needed)))) {
                fail(503, null);
            } else {
                more.getBytes(0, more.length(), bytes, length);
                length += more.length();
            }
        }

        /** A body without Content-Length gets room for the largest body once it is a quarter of that: if it were copied later, both copies would need too much room. */
        private long sizeFor(int needed) {
            return needed > maxBody / 4 ? maxBody : Math.max(FIRST_SIZE, 2L * needed);
        }

        private boolean grow(int size) {
            if (!reserve(size, size)) {
                return false;
            }
            int before = bytes.length;
            reserved.addAndGet(size);
            bytes = Arrays.copyOf(bytes, size);
            reserved.addAndGet(-before);
            inFlight.addAndGet(-before);
            return true;
        }

        private void end() {
            context.vertx().cancelTimer(timer);
            if (!context.failed()) {
                context.next();
            }
        }

        private void fail(int status, Throwable cause) {
            context.vertx().cancelTimer(timer);
            if (!context.failed()) {
                bytes = new byte[0];
                release();
                if (cause == null) {
                    context.fail(status);
                } else {
                    context.fail(status, cause);
                }
            }
        }
    }
}
