package org.mailevents.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mailevents.support.HttpReceiver;
import org.mailevents.support.HttpReceiver.Answer;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;
import org.mailevents.support.Proxy;
import org.mailevents.support.Proxy.Kind;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/**
 * A real proxy with a block of docs/deployment.md forwards webhooks, and shows no address to anybody. {@code console.basic} names no user.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ProxyTest {

    private static final String API = "/api/suppressions.csv";
    private static final String PATH = MailEvents.PATH;

    /** Paths that a proxy may treat as the path of the webhook, and that Mail Events may treat as another path. */
    static final List<String> TARGETS = List.of(PATH + "#/../.." + API, PATH + "#x", PATH + "%23/../.." + API, PATH + "/../.." + API, PATH
            + "/%2e%2e/%2E%2E" + API,
            PATH + ";/../.." + API, PATH + ";x=1", PATH + "/..;/..;" + API, PATH + "/..%2f.." + API, PATH + "\\..\\.." + API, PATH
            + "%5c..%5c.." + API, PATH + "%00/../.." + API,
            PATH + "?/../.." + API, "/" + PATH + "/../.." + API, "/." + PATH + "/./../.." + API, API + "/../.." + PATH, API + "%2f..%2f.."
            + PATH, API + "?/../.." + PATH,
            API + "#/../.." + PATH, "//api/suppressions.csv", "/./api/suppressions.csv", "/%61pi/suppressions.csv", API, "/",
            "/api/summary",
            "http://hooks.example.com" + PATH + "#/../.." + API, "http://hooks.example.com" + API, "https://hooks.example.com#" + PATH
            + "/../.." + API,
            "http://localhost" + API, "http://127.0.0.1?" + API, "http://hooks.example.com?" + PATH + "/../.." + API);

    private final ObjectNode bounce = Payload.bounce("2");
    private final InProcess application = TestSettings.of(TestDatabase.h2()).with("webhook.api-key", "k").startInProcess();
    private final InProcess withoutSecret = TestSettings.of(TestDatabase.h2()).startInProcess();

    @AfterAll
    void stop() {
        application.close();
        withoutSecret.close();
    }

    @ParameterizedTest
    @EnumSource
    void webhooksPassAndNothingElseDoes(Kind kind) throws IOException {
        try (Proxy proxy = Proxy.start(kind, UnaryOperator.identity(), application)) {
            assertThat(proxy.exchange(webhook("k"))).startsWith("HTTP/1.1 200").contains("\"received\":1");
            assertThat(proxy.exchange(webhook("wrong"))).startsWith("HTTP/1.1 401");
            assertNothingIsShown(proxy);
        }
    }

    @ParameterizedTest
    @EnumSource
    void noAddressIsShownWhenTheWholeSiteIsPassedOn(Kind kind) throws IOException {
        try (Proxy proxy = Proxy.start(kind, kind::wholeSite, application)) {
            assertThat(proxy.exchange(webhook("k"))).startsWith("HTTP/1.1 200").contains("\"received\":1");
            assertThat(proxy.exchange(get(API))).startsWith("HTTP/1.1 403").contains("console.basic");
            assertNothingIsShown(proxy);
        }
    }

    /** An earlier version of the block set no header, so Mail Events could not see that the request came through nginx. */
    @Test
    void noAddressIsShownThroughOneLocationThatSendsNoHeader() throws IOException {
        try (Proxy proxy = Proxy.start(Kind.NGINX, block -> Proxy.replaced(block, "proxy_set_header X-Forwarded-For $remote_addr;",
                "proxy_http_version 1.1;"), application)) {
            assertThat(proxy.exchange(webhook("k"))).startsWith("HTTP/1.1 200").contains("\"received\":1");
            assertNothingIsShown(proxy);
        }
    }

    @ParameterizedTest
    @EnumSource
    void withoutASecretNoWebhookPasses(Kind kind) throws IOException {
        try (Proxy proxy = Proxy.start(kind, UnaryOperator.identity(), withoutSecret)) {
            assertThat(proxy.exchange(webhook("k"))).startsWith("HTTP/1.1 403")
                    .contains("application/problem+json", "webhook.api-key", "webhook.basic");
        }
    }

    @Test
    void whoSignsInAtNginxOpensThePageAndNobodyCanBorrowAName() throws IOException {
        // Given
        HttpReceiver service = new HttpReceiver();
        service.answers = request -> !request.path().equals("/oauth2/auth") ? new Answer(200, Map.of(), "Please sign in")
                : switch (String.valueOf(request.headers().getFirst("Cookie"))) {
                    case "session=taro" -> new Answer(202, Map.of("X-Auth-Request-User", "taro"), "");
                    case "session=nameless" -> new Answer(202, Map.of(), "");
                    default -> new Answer(401, Map.of(), "");
                };
        try (service; InProcess behind = TestSettings.of(TestDatabase.h2()).with("console.proxy-user-header", "X-Forwarded-User",
                "console.proxy-address", "127.0.0.1").startInProcess(); Proxy proxy = Proxy.signingIn(service, behind)) {
            // When, Then
            assertThat(proxy.exchange(get("/"))).contains("Please sign in").doesNotContain("console.js");
            assertThat(proxy.exchange(get("/", "X-Forwarded-User: taro"))).contains("Please sign in").doesNotContain("console.js");
            assertThat(proxy.exchange(get("/", "Cookie: session=taro"))).startsWith("HTTP/1.1 200").contains("console.js",
                    "Content-Security-Policy: default-src 'none'");
            assertThat(proxy.exchange(get("/api/aside", "Cookie: session=nameless", "X-Forwarded-User: taro")))
                    .startsWith("HTTP/1.1 403").contains("X-Forwarded-User");

            // When
            Files.writeString(behind.spool().resolve("failed/x.json"), Payload.json("deliveries"));
            String list = proxy.exchange(get("/api/aside", "Cookie: session=taro", "X-Forwarded-User: boss"));
            String token = list.replaceFirst("(?s).*\"token\":\"([^\"]+)\".*", "$1");
            String acted = proxy.exchange(get("/api/aside/failed/x.json", "Cookie: session=taro", "X-Forwarded-User: boss",
                    "Sec-Fetch-Site: same-origin", "Origin: https://mail-events.example.com", "X-Token: " + token, "Content-Length: 0")
                    .replaceFirst("GET", "POST"));

            // Then
            assertThat(acted).startsWith("HTTP/1.1 202").endsWith("{\"webhooks\":1}");
            assertThat(behind.log()).contains("taro has 1 webhook of failed/ tried again").doesNotContain("boss");
        }
    }

    private void assertNothingIsShown(Proxy proxy) throws IOException {
        for (String target : TARGETS) {
            assertThat(proxy.exchange(get(target))).as(target).doesNotStartWith("HTTP/1.1 200")
                    .doesNotContain(bounce.get("to").asText(), "recipient", "console.js", "hours");
        }
    }

    private static String get(String target, String... headers) {
        return "GET " + target + " HTTP/1.1\r\nHost: hooks.example.com\r\nConnection: close\r\n"
                + String.join("", Stream.of(headers).map(header -> header + "\r\n").toList()) + "\r\n";
    }

    private String webhook(String apiKey) {
        String body = Payload.json("bounces", bounce).replaceFirst("\\{", "{\"api_key\":\"" + apiKey + "\",");
        return "POST " + PATH
                + " HTTP/1.1\r\nHost: hooks.example.com\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: "
                + body.getBytes(StandardCharsets.UTF_8).length + "\r\n\r\n"
                + new String(body.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
    }
}
