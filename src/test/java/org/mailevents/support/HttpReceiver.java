package org.mailevents.support;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Function;

/** An HTTP server that keeps every request. */
public final class HttpReceiver implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

    /** A request. */
    public record Request(String method, String path, String query, Headers headers, String body) {

        /** The body, which must be JSON. */
        public JsonNode json() {
            try {
                return JSON.readTree(body);
            } catch (JsonProcessingException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** An answer to a request. */
    public record Answer(int status, Map<String, String> headers, String body) {
    }

    /** The requests that the server answered with success. */
    public final List<Request> requests = new CopyOnWriteArrayList<>();
    /** The other requests. */
    public final List<Request> refused = new CopyOnWriteArrayList<>();

    private final int port = MailEvents.freePort();
    private ExecutorService threads;
    private HttpServer server;
    /** The status of the answers from now on. */
    public volatile int status = 200;
    /** Makes the answers from now on. It may take its time. */
    public volatile Function<Request, Answer> answers = request -> new Answer(status, Map.of(), "");

    public HttpReceiver() {
        open();
    }

    public String url(String path) {
        return "http://127.0.0.1:" + port + path;
    }

    /** Listens on the same port as before it was closed. */
    public void open() {
        try {
            server = HttpServer.create(new InetSocketAddress("127.0.0.1", port), 0);
            threads = Executors.newCachedThreadPool();
            server.setExecutor(threads);
            server.createContext("/", this::take);
            server.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Refuses connections from now on. */
    @Override
    public void close() {
        server.stop(0);
        threads.shutdownNow();
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange) {
            Request request = new Request(exchange.getRequestMethod(), exchange.getRequestURI().getRawPath(),
                    exchange.getRequestURI().getRawQuery(), exchange.getRequestHeaders(),
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            Answer answer = answers.apply(request);
            (answer.status() / 100 == 2 ? requests : refused).add(request);
            answer.headers().forEach(exchange.getResponseHeaders()::set);
            byte[] body = answer.body().getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(answer.status(), body.length == 0 ? -1 : body.length);
            exchange.getResponseBody().write(body);
        }
    }
}
