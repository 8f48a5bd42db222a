package org.mailevents.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.SocketFactory;

/** A running application, seen from outside: a test sends HTTP requests, and looks at the answers, the rows and the mails. */
public abstract class MailEvents implements AutoCloseable {

    public static final String PATH = "/webhooks/customers-mail-cloud";
    public static final String JSON = "application/json";
    public static final String FORM = "application/x-www-form-urlencoded";

    /** A webhook waits this long before it goes to the spool, so that a slow machine does not change what a test sees. */
    static final String PATIENT = "60s";

    private static final HttpClient HTTP = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** The ports that were given to a test. No port is given twice. */
    private static final Set<Integer> GIVEN = ConcurrentHashMap.newKeySet();

    /** Permits for the questions that the API answers at a time. */
    public final Semaphore questions = new Semaphore(8);
    public final int port;
    public final int healthPort;
    private final boolean https;

    /** @param settings the settings that differ from {@code application.properties}; they may have the ports */
    MailEvents(Map<String, String> settings) {
        port = port(settings, "camel.server.port");
        healthPort = port(settings, "camel.management.port");
        https = Boolean.parseBoolean(settings.get("camel.ssl.enabled"));
    }

    private static int port(Map<String, String> settings, String setting) {
        String port = settings.getOrDefault(setting, ""); // a test may set one that is refused
        return port.matches("\\d{1,5}") ? Integer.parseInt(port) : freePort();
    }

    @Override
    public abstract void close();

    /** The log so far. */
    public abstract String log();

    /** The folder of the spool. */
    public abstract Path spool();

    public URI uri(String path) {
        return URI.create((https ? "https" : "http") + "://127.0.0.1:" + port + path);
    }

    /** A connection to the HTTP endpoint, with TLS if the application uses TLS. */
    public Socket connect() {
        try {
            Socket socket = (https ? Certificate.context().getSocketFactory() : SocketFactory.getDefault()).createSocket("127.0.0.1", port);
            socket.setSoTimeout(30_000);
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends these bytes unchanged, which Java's HTTP client does not allow, and reads until the application closes the connection. */
    public String exchange(String request) {
        try (Socket socket = connect()) {
            return exchange(socket, request);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same over a connection from another address of this machine, such as 127.0.0.9. */
    public String exchangeFrom(String address, String request) {
        try (Socket socket = (https ? Certificate.context().getSocketFactory() : SocketFactory.getDefault())
                .createSocket("127.0.0.1", port, InetAddress.getByName(address), 0)) {
            return exchange(socket, request);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static String exchange(Socket socket, String request) throws IOException {
        socket.setSoTimeout(30_000);
        socket.getOutputStream().write(request.getBytes(StandardCharsets.ISO_8859_1));
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    public HttpResponse<String> post(String contentType, String body, String... headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(uri(PATH)).timeout(Duration.ofSeconds(60))
                .header("Content-Type", contentType).POST(BodyPublishers.ofString(body));
        return send(headers.length == 0 ? request : request.headers(headers));
    }

    /** Posts a payload file as the vendor posts it. */
    public HttpResponse<String> post(Payload payload) {
        return post(payload.contentType(), payload.text());
    }

    public HttpResponse<String> send(HttpRequest.Builder request) {
        try {
            return (https ? Certificate.http() : HTTP).send(request.build(), BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The health that a load balancer asks for. */
    public HttpResponse<String> health() {
        return observe("health");
    }

    /** {@code health}, {@code health/live}, {@code health/ready} or {@code metrics}. */
    public HttpResponse<String> observe(String what) {
        return send(HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + healthPort + "/observe/" + what)));
    }

    /** A port that nobody listens on now. It is below the range from which the system assigns ports. */
    public static int freePort() {
        for (;;) {
            int port = ThreadLocalRandom.current().nextInt(10_000, 32_000);
            try (ServerSocket socket = new ServerSocket(port)) {
                if (GIVEN.add(port)) {
                    return port;
                }
            } catch (IOException e) {
                // The port is in use. The loop tries another port.
            }
        }
    }
}
