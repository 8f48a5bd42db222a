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
 * Reads the bodies of webhooks into memory, byte for byte and without a second copy. The bodies of all webhooks in progress share one
 * limit, from the head of a request until its answer. The BodyHandler of Vert.x limits only the single body, and copies it as it grows.
 */
public final class Bodies {

    /** In bytes. Larger bodies leave a fifth of the limit to smaller bodies, because nearly all bodies are smaller. */
    private static final long LARGE = 1_000_000;
    /** How long a body may take to arrive. Otherwise callers that stop in the middle of a body would hold the memory of all others. */
    public static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final int FIRST_SIZE = 4_096;

    private final long maxBody;
    private final long maxInFlight;
    private final Duration patience;
    private final boolean asTheyArrive;
    private final AtomicLong inFlight = new AtomicLong();

    /**
     * @param maxBody     the limit for one body, in bytes
     * @param maxInFlight the limit for the bodies of all webhooks in progress, in bytes
     * @param patience    how long a body may take to arrive
     */
    public Bodies(long maxBody, long maxInFlight, Duration patience) {
        this(maxBody, maxInFlight, patience, false);
    }

    private Bodies(long maxBody, long maxInFlight, Duration patience, boolean asTheyArrive) {
        this.asTheyArrive = asTheyArrive;
        this.maxInFlight = maxInFlight;
        this.patience = patience;
        this.maxBody = Math.min(Math.min(maxBody, limitForLarge()), Integer.MAX_VALUE);
    }

    /**
     * Bodies that reserve memory only for the bytes that have arrived, so that a caller who announces a body and does not send it takes
     * nothing from the others. Each part that arrives is copied, so this suits only small bodies.
     */
    static Bodies reservedAsTheyArrive(long maxBody, long maxInFlight, Duration patience) {
        return new Bodies(maxBody, maxInFlight, patience, true);
    }

    /** The size of the largest body that is accepted, in bytes. */
    long maxBody() {
        return maxBody;
    }

    /** Reads the body and calls the next handler. If that is not possible, the request fails with 400, 408, 413, 417 or 503. */
    void receive(RoutingContext context, boolean form, Charset charset) {
        new Received(context, form, charset).begin();
    }

    /** Hands over the body of a request that was read completely. From now on the caller must {@link Received#release} the body. */
    static Received take(RoutingContext context) {
        Received received = context.get(Received.class.getName());
        received.handedOver = true;
        return received;
    }

    private long limitForLarge() {
        return maxInFlight / 5 * 4;
    }

    private boolean reserve(long bytes, long total) {
        long limit = total > LARGE ? limitForLarge() : maxInFlight;
        long now = inFlight.get();
        while (now + bytes <= limit) {
            if (inFlight.compareAndSet(now, now + bytes)) {
                return true;
            }
            now = inFlight.get();
        }
        return false;
    }

    /** One body. Everything except {@link #release} runs on the event loop of its connection. */
    final class Received {

        private final RoutingContext context;
        private final boolean form;
        private final Charset charset;
        private final AtomicLong reserved = new AtomicLong();
        private byte[] bytes = new byte[0];
        private int length;
        private long timer;
        private boolean handedOver;

        private Received(RoutingContext context, boolean form, Charset charset) {
            this.context = context;
            this.form = form;
            this.charset = charset;
        }

        WebhookBody body() {
            return WebhookBody.of(form, charset, bytes, length);
        }

        /** Returns the memory of this body to the limit that all bodies share. */
        void release() {
            inFlight.addAndGet(-reserved.getAndSet(0));
        }

        private void begin() {
            HttpServerRequest request = context.request();
            long announced = contentLength(request);
            context.put(Received.class.getName(), this);
            context.addEndHandler(answered -> {
                if (!handedOver) {
                    release();
                }
            });
            if (announced > maxBody) {
                context.fail(413);
            } else if (announced > 0 && !asTheyArrive && !grow((int) announced)) {
                context.fail(503);
            } else if (!mayContinue(request)) {
                context.fail(417);
            } else if (request.isEnded()) {
                context.next();
            } else {
                timer = context.vertx().setTimer(patience.toMillis(), tooLate -> fail(408, null));
                request.handler(this::add).endHandler(read -> complete()).exceptionHandler(broken -> fail(400, broken)).resume();
            }
        }

        /** The Content-Length, or 0 if the request has none. */
        private static long contentLength(HttpServerRequest request) {
            String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
            return length != null && length.matches("\\d{1,18}") ? Long.parseLong(length) : 0;
        }

        /** Answers {@code Expect: 100-continue}. Any other expectation is refused (RFC 9110, 10.1.1). */
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
            // While a body is copied, both copies need memory. If the limit is too small for both, a second try does not help.
            long largest = Math.min(maxBody, limitForLarge() - bytes.length);
            if (needed > bytes.length && needed > largest) {
                fail(413, null);
            } else if (needed > bytes.length && !grow((int) Math.min(largest, sizeFor(needed)))) {
                fail(503, null);
            } else {
                more.getBytes(0, more.length(), bytes, length);
                length += more.length();
            }
        }

        /**
         * How much memory to reserve for a body without Content-Length. From a quarter of the largest body on, it is the size of the
         * largest body: a later copy would need too much memory for both copies.
         */
        private long sizeFor(int needed) {
            if (asTheyArrive) {
                return needed;
            }
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

        private void complete() {
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
