package org.mailevents.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.SubmissionPublisher;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.MailEvents;

/** Request bodies are held in a limited memory, and then released. The test uses HTTP and no other part of the application. */
class BodiesTest {

    private static final HttpClient HTTP_1 = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** The size limit of a body in most tests. The memory has room for three such bodies and a smaller one. */
    private static final int MAX_BODY = 6_000;
    private static final int ROOM = 20_000;

    private final Vertx vertx = Vertx.vertx();
    private final int port = MailEvents.freePort();
    private final List<Socket> sockets = new ArrayList<>();
    private final Queue<Bodies.Received> kept = new ConcurrentLinkedQueue<>();
    private final BlockingQueue<Waiting> waiting = new LinkedBlockingQueue<>();
    private final CompletableFuture<Void> hungUp = new CompletableFuture<>();

    /** A body that was accepted and whose request is not yet answered. */
    private record Waiting(RoutingContext context, Bodies.Received body) {
    }

    @AfterEach
    void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void aBodyWithContentLengthArrivesByteForByte() {
        // Given
        serve(1_000_000, 2_000_000);
        byte[] body = bytes(300_000);

        // When
        HttpResponse<byte[]> answer = post("/echo", body);

        // Then
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(body);
    }

    @Test
    void aBodyInChunksOfOneByteArrivesByteForByte() throws IOException {
        // Given
        serve(1_000_000, 2_000_000);
        byte[] body = bytes(20_000);
        Socket socket = begin("/echo", "Transfer-Encoding: chunked");

        // When
        for (int i = 0; i < body.length; i++) {
            chunk(socket, body, i, 1);
        }
        write(socket, "0\r\n\r\n");

        // Then
        assertThat(status(socket)).isEqualTo(200);
        assertThat(socket.getInputStream().readNBytes(body.length)).isEqualTo(body);
    }

    @Test
    void aBodyArrivesByteForByteOverHttp2() {
        // Given
        serve(4_000_000, 10_000_000);
        HttpClient http2 = http2();
        byte[] body = bytes(3_000_000);

        for (String connection : List.of("one that is upgraded", "one that is there")) {
            // When
            HttpResponse<byte[]> answer = send(http2, request("/echo").POST(BodyPublishers.ofByteArray(body)));

            // Then
            assertThat(answer.version()).as(connection).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(answer.statusCode()).as(connection).isEqualTo(200);
            assertThat(answer.body()).as(connection).isEqualTo(body);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 0\r\n\r\n", "Accept: */*\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"})
    void noBodyIsAnEmptyOne(String rest) throws IOException {
        // Given
        serve(MAX_BODY, ROOM);
        Socket socket = connect();

        // When
        write(socket, "POST /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + rest);

        // Then
        assertThat(status(socket)).isEqualTo(200);
        assertThat(socket.getInputStream().readAllBytes()).isEmpty();
    }

    @Test
    void whatIsBeyondTheRoomIsRefusedUntilThereIsRoomAgain() {
        // Given
        serve(MAX_BODY, ROOM);

        // When
        List<Integer> statuses = List.of(keep(6_000), keep(6_000), keep(6_000), keep(2_001), keep(2_000), keep(1), keep(0));
        release();

        // Then
        assertThat(statuses).containsExactly(200, 200, 200, 503, 200, 503, 200);
        assertThat(isEmpty()).isTrue();
    }

    @Test
    void largeBodiesLeaveAFifthOfTheRoomToSmallOnes() {
        // Given
        serve(10_000_000, 10_000_000);

        // When
        List<Integer> statuses = List.of(keep(8_000_001), keep(8_000_000), keep(1_000_001), keep(1_000_000), keep(1_000_000), keep(1));

        // Then
        assertThat(statuses).containsExactly(413, 200, 503, 200, 200, 503);
    }

    /** With the default settings, and with the heap of the systemd unit and of the image. */
    @Test
    void theLargestBodyArrivesWithoutContentLengthToo() throws IOException {
        // Given
        serve(10 * 1_024 * 1_024, 22_400_000);
        byte[] body = bytes(10 * 1_024 * 1_024);
        Socket socket = begin("/echo", "Transfer-Encoding: chunked");

        // When
        for (int i = 0; i < body.length; i += 8_192) {
            chunk(socket, body, i, 8_192);
        }
        write(socket, "0\r\n\r\n");

        // Then
        assertThat(status(socket)).isEqualTo(200);
        assertThat(socket.getInputStream().readNBytes(body.length)).isEqualTo(body);
    }

    /** With another status, the vendor would send the webhook again without end, and each time it would be refused. */
    @Test
    void whatCannotBeTakenEvenIntoAnEmptyRoomIsTooLarge() throws IOException {
        // Given
        serve(ROOM, ROOM);
        Socket socket = begin("/keep", "Transfer-Encoding: chunked");

        // When
        for (int i = 0; i < ROOM; i += 1_000) {
            chunk(socket, bytes(1_000), 0, 1_000);
        }

        // Then
        assertThat(status(socket)).isEqualTo(413);
        await().until(this::isEmpty);
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 6001", "Content-Length: 6001\r\nExpect: 100-continue", "Content-Length: 999999999999999999"})
    void aBodyThatSaysItIsTooLargeIsRefusedBeforeItIsRead(String headers) throws IOException {
        // Given
        serve(MAX_BODY, ROOM);

        // When
        Socket socket = begin("/keep", headers);

        // Then
        assertThat(status(socket)).isEqualTo(413);
        await().until(this::isEmpty);
    }

    @Test
    void aBodyThatBecomesTooLargeIsRefusedAndItsRoomIsFree() throws IOException {
        // Given
        serve(MAX_BODY, ROOM);
        Socket socket = begin("/keep", "Transfer-Encoding: chunked");

        // When
        chunk(socket, bytes(MAX_BODY), 0, MAX_BODY);
        chunk(socket, bytes(1), 0, 1);

        // Then
        assertThat(status(socket)).isEqualTo(413);
        await().until(this::isEmpty);

        // The bytes behind the refused body use no memory of the limit.
        chunk(socket, bytes(MAX_BODY), 0, MAX_BODY);
        write(socket, "0\r\n\r\n" + head("/echo", "Content-Length: 1") + "x");
        assertThat(status(socket)).isEqualTo(200);
        assertThat(isEmpty()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Content-Length: 6000\r\n\r\nthe beginning", "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n"})
    void whenItsCallerHangsUpInTheMiddleTheRoomIsFree(String rest) throws IOException {
        // Given
        serve(MAX_BODY, ROOM);
        Socket socket = connect();
        write(socket, "POST /keep HTTP/1.1\r\nHost: localhost\r\n" + rest);
        await().until(() -> !isEmpty());

        // When
        socket.close();

        // Then
        await().until(this::isEmpty);
    }

    @Test
    void whenItsCallerHangsUpInTheMiddleOverHttp2TheRoomIsFree() {
        // Given
        serve(MAX_BODY, ROOM);
        HttpClient http2 = http2();
        send(http2, request("/echo"));
        try (SubmissionPublisher<ByteBuffer> body = new SubmissionPublisher<>()) {
            CompletableFuture<HttpResponse<byte[]>> answer = http2.sendAsync(request("/keep")
                    .POST(BodyPublishers.fromPublisher(body, 6_000)).build(),
                    BodyHandlers.ofByteArray());
            body.submit(ByteBuffer.wrap(bytes(100)));
            await().until(() -> !isEmpty());

            // When
            answer.cancel(true);

            // Then
            await().until(this::isEmpty);
        }
    }

    @Test
    void whenItsCallerHangsUpAfterItsEndTheRoomIsItsTakersStill() throws Exception {
        // Given
        serve(MAX_BODY, ROOM);
        Socket socket = begin("/wait", "Content-Length: 6000");
        socket.getOutputStream().write(bytes(6_000));
        Waiting taken = waiting.take();

        // When
        socket.close();

        // Then
        hungUp.join();
        assertThat(isEmpty()).isFalse();
        taken.body().release();
        assertThat(isEmpty()).isTrue();
    }

    @Test
    void whenNobodyHasTakenItTheRoomIsFreeOnceItIsAnswered() {
        // Given
        serve(MAX_BODY, ROOM);

        // When
        HttpResponse<byte[]> answer = post("/untaken", bytes(MAX_BODY));

        // Then
        assertThat(answer.statusCode()).isEqualTo(204);
        await().until(this::isEmpty);
    }

    @Test
    void whoExpectsTo100ContinueGetsIt() throws IOException {
        // Given
        serve(MAX_BODY, ROOM);
        byte[] body = bytes(MAX_BODY);
        Socket socket = begin("/echo", "Content-Length: 6000\r\nExpect: 100-Continue");
        assertThat(status(socket)).isEqualTo(100);

        // When
        socket.getOutputStream().write(body);

        // Then
        assertThat(status(socket)).isEqualTo(200);
        assertThat(socket.getInputStream().readNBytes(body.length)).isEqualTo(body);
    }

    @Test
    void bodiesThatAreOnlyAnnouncedTakeNothingFromOthers() throws IOException {
        // Given
        serve(Bodies.reservedAsTheyArrive(MAX_BODY, ROOM, Bodies.PATIENCE));
        List<Socket> unfinished = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            Socket socket = begin("/echo", "Content-Length: 6000");
            write(socket, "x");
            unfinished.add(socket);
        }

        // When
        HttpResponse<byte[]> answer = post("/echo", bytes(3_000));

        // Then
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo(bytes(3_000));
        write(unfinished.get(0), "x".repeat(5_999));
        assertThat(status(unfinished.get(0))).isEqualTo(200);
        assertThat(post("/echo", bytes(MAX_BODY + 1)).statusCode()).isEqualTo(413);
    }

    @Test
    void whoExpectsSomethingElseIsRefused() throws IOException {
        // Given
        serve(MAX_BODY, ROOM);

        // When
        Socket socket = begin("/keep", "Content-Length: 6000\r\nExpect: miracles");

        // Then
        assertThat(status(socket)).isEqualTo(417);
        await().until(this::isEmpty);
    }

    @Test
    void aBodyThatIsNotThereInTimeIsRefusedHoweverOftenAByteComes() throws Exception {
        // Given
        serve(MAX_BODY, ROOM, Duration.ofMillis(200));
        Socket inTime = begin("/wait", "Content-Length: 1");
        write(inTime, "x");
        Waiting taken = waiting.take();
        Socket late = begin("/keep", "Content-Length: 6000");

        // When
        await().pollInterval(Duration.ofMillis(20)).until(() -> {
            write(late, "x");
            return late.getInputStream().available() > 0;
        });

        // Then
        assertThat(status(late)).isEqualTo(408);
        taken.body().release();
        await().until(this::isEmpty);

        // The other request arrived in time, so its processing may take longer.
        taken.context().end();
        assertThat(status(inTime)).isEqualTo(200);
    }

    private void serve(long maxBody, long room) {
        serve(maxBody, room, Bodies.PATIENCE);
    }

    private void serve(long maxBody, long room, Duration patience) {
        serve(new Bodies(maxBody, room, patience));
    }

    private void serve(Bodies bodies) {
        Router router = Router.router(vertx);
        router.route().failureHandler(context -> context.response().setStatusCode(context.statusCode()).end());
        router.route().handler(context -> bodies.receive(context, false, StandardCharsets.UTF_8));
        router.route("/echo").handler(BodiesTest::echo);
        router.route("/keep").handler(context -> {
            kept.add(Bodies.take(context));
            context.end();
        });
        router.route("/wait").handler(context -> {
            context.addEndHandler(ended -> hungUp.complete(null));
            waiting.add(new Waiting(context, Bodies.take(context)));
        });
        router.route("/untaken").handler(context -> context.response().setStatusCode(204).end());
        vertx.createHttpServer().requestHandler(router).listen(port, "127.0.0.1").toCompletionStage().toCompletableFuture().join();
    }

    private static void echo(RoutingContext context) {
        Bodies.Received received = Bodies.take(context);
        try {
            byte[] body = received.body().open().readAllBytes();
            received.release();
            context.end(Buffer.buffer(body));
        } catch (IOException e) {
            context.fail(e);
        }
    }

    /** Posts a body that stays in memory after its answer. @return the status of the answer */
    private int keep(int size) {
        return post("/keep", bytes(size)).statusCode();
    }

    private void release() {
        kept.forEach(Bodies.Received::release);
        kept.clear();
    }

    /** Whether the whole room is free. */
    private boolean isEmpty() {
        boolean empty = IntStream.of(6_000, 6_000, 6_000, 2_000).allMatch(size -> keep(size) == 200);
        release();
        return empty;
    }

    /** All byte values, in an order in which a mixed-up byte is noticed. */
    private static byte[] bytes(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private HttpResponse<byte[]> post(String path, byte[] body) {
        return send(HTTP_1, request(path).POST(BodyPublishers.ofByteArray(body)));
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).timeout(Duration.ofSeconds(60));
    }

    private static HttpClient http2() {
        return HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build();
    }

    private static HttpResponse<byte[]> send(HttpClient client, HttpRequest.Builder request) {
        try {
            return client.send(request.build(), BodyHandlers.ofByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket("127.0.0.1", port);
        sockets.add(socket);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(30_000);
        return socket;
    }

    /** Begins a request without a byte of its body. */
    private Socket begin(String path, String headers) throws IOException {
        Socket socket = connect();
        write(socket, head(path, headers));
        return socket;
    }

    private static String head(String path, String headers) {
        return "POST " + path + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n\r\n";
    }

    private static void write(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    private static void chunk(Socket socket, byte[] body, int from, int length) throws IOException {
        ByteArrayOutputStream chunk = new ByteArrayOutputStream();
        chunk.writeBytes((Integer.toHexString(length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
        chunk.write(body, from, length);
        chunk.writeBytes(new byte[] {'\r', '\n'});
        socket.getOutputStream().write(chunk.toByteArray());
    }

    /** Reads the status of the next answer. The body of the answer is not read. */
    private static int status(Socket socket) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.indexOf("\r\n\r\n") < 0) {
            int next = socket.getInputStream().read();
            if (next < 0) {
                throw new EOFException("Hung up after: " + head);
            }
            head.append((char) next);
        }
        return Integer.parseInt(head.substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length()));
    }
}
