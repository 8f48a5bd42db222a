package org.mailevents.support;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** An HTTP server that keeps every request. */
public final class HttpReceiver implements AutoCloseable {

    private static final ObjectMapper JSON = new ObjectMapper();

    /** A request that the server answered with success. */
    public record Request(String method, String path, Headers headers, JsonNode json) {
    }

    public final List<Request> requests = new CopyOnWriteArrayList<>();

    private final int port = MailEvents.freePort();
    private HttpServer server;
    /** The status of the answers from now on. */
    public volatile int status = 200;

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
    }

    private void take(HttpExchange exchange) throws IOException {
        try (exchange) {
            JsonNode json = JSON.readTree(exchange.getRequestBody());
            if (status == 200) {
                requests.add(new Request(exchange.getRequestMethod(), exchange.getRequestURI()
                        .getPath(), exchange.getRequestHeaders(), json));
            }
            exchange.sendResponseHeaders(status, -1);
        }
    }
}
