package org.mailevents.http;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.Set;
import org.apache.camel.CamelContext;
import org.mailevents.settings.Settings;

/**
 * The application that runs with the settings of this folder, as a command sees it. A command asks it over HTTP, because only one process
 * can open the file of an H2 database.
 */
public final class RunningApplication {

    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final Set<String> ANY_ADDRESS = Set.of("0.0.0.0", "::", "[::]");
    /** The user that a command names if the proxy of console.proxy-user-header is on this machine. */
    private static final String COMMAND = "command";
    private static final ObjectMapper JSON = new ObjectMapper();

    private final CamelContext context;
    private final Settings settings;

    /** @param context a context with the settings of the running application */
    public RunningApplication(CamelContext context) {
        this.context = context;
        this.settings = new Settings(context);
    }

    /** The address of a path, as this machine reaches it. */
    public URI uri(String path) {
        String host = settings.required("camel.server.host");
        String target = ANY_ADDRESS.contains(host) ? "127.0.0.1" : host;
        try {
            return new URI("http", null, target, settings.port("camel.server.port"), path, null, null);
        } catch (URISyntaxException e) {
            throw new IllegalArgumentException("Set camel.server.host to a host name or an IP address, and webhook.path to a path"
                    + " that begins with /", e);
        }
    }

    /**
     * Asks the API, with the first user of {@code console.basic}.
     *
     * @throws IllegalStateException if there is no answer or a problem; the message says what to change
     */
    public JsonNode ask(String path) throws InterruptedException {
        URI uri = uri(path);
        try {
            return JSON.readTree(send(HttpRequest.newBuilder(uri).header("Accept", "application/json")));
        } catch (JsonProcessingException e) {
            throw notMailEvents(uri, e);
        }
    }

    /**
     * Posts JSON to the API, with the first user of {@code console.basic}.
     *
     * @return the answer as text
     * @throws IllegalStateException as {@link #ask} does
     */
    public String post(String path, JsonNode body) throws InterruptedException {
        return send(HttpRequest.newBuilder(uri(path)).header("Accept", "text/plain").header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(body.toString())));
    }

    private String send(HttpRequest.Builder request) throws InterruptedException {
        if (Https.enabled(context)) {
            throw new IllegalStateException("This command needs plain HTTP. With camel.ssl.enabled = true, use the page.");
        }
        settings.userPasswordPairs("console.basic").stream().findFirst().ifPresent(pair -> request.header("Authorization",
                "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8))));
        URI uri = request.build().uri();
        ProxySignIn proxy = ProxySignIn.of(settings);
        if (proxy.isProxy(uri.getHost())) {
            // the application sees no difference between this command and a proxy on this machine
            request.header(proxy.header(), COMMAND);
        }
        try {
            HttpResponse<String> answer = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).connectTimeout(TIMEOUT).build()
                    .send(request.timeout(TIMEOUT).build(), BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IllegalStateException("Mail Events answered " + answer.statusCode() + ": "
                        + JSON.readTree(answer.body()).path("detail").asText());
            }
            return answer.body();
        } catch (ConnectException e) {
            throw new IllegalStateException("Start Mail Events first: no server answers at " + uri);
        } catch (JsonProcessingException e) {
            throw notMailEvents(uri, e);
        } catch (IOException e) {
            throw new IllegalStateException("Mail Events at " + uri + " did not answer: see its log", e);
        }
    }

    private static IllegalStateException notMailEvents(URI uri, Exception e) {
        return new IllegalStateException("The server at " + uri + " is not Mail Events: check camel.server.port", e);
    }
}
