package org.mailevents.cases;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Payload;

/**
 * A proxy signs the users in. It connects from an address of its own, and the tests connect from another one. Nobody else can name a user.
 */
public interface SignInCases extends Cases {

    String HEADER = "X-Forwarded-User";
    /** An address of this machine from which nothing connects by itself. */
    String ADDRESS = "127.0.0.9";
    Map<String, String> PROXY = Map.of("console.proxy-user-header", HEADER, "console.proxy-address", "192.0.2.0/24, " + ADDRESS);

    /** A request from the proxy. @return the answer with its headers */
    default String throughProxy(String method, String path, String body, String... headers) {
        return application().exchangeFrom(ADDRESS, request(method, path, body, headers));
    }

    /** A request as a proxy sends it. */
    static String request(String method, String path, String body, String... headers) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        return method + " " + path + " HTTP/1.1\r\nHost: mail-events.example.com\r\nConnection: close\r\n"
                + String.join("", List.of(headers).stream().map(header -> header + "\r\n").toList())
                + (body.isEmpty() ? "" : "Content-Type: application/json\r\n") + "Content-Length: " + bytes.length + "\r\n\r\n"
                + new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static String user(String name) {
        return HEADER + ": " + name;
    }

    @Test
    default void whoIsSignedInAtTheProxyOpensThePageAndActs() {
        assertThat(throughProxy("GET", "/", "", user("taro"))).startsWith("HTTP/1.1 200").contains("<html");
        assertThat(throughProxy("GET", "/api/aside", "", user("taro"))).startsWith("HTTP/1.1 200")
                .contains("\"mayAct\":true").doesNotContain("\"token\":null");
        assertThat(throughProxy("GET", "/api/aside", "", user("taro"), "X-Forwarded-For: 198.51.100.7")).startsWith("HTTP/1.1 200");
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/console.js", "/api/summary", "/api/aside", "/nothing"})
    default void aRequestThroughTheProxyWithoutAUserIsRefused(String path) {
        assertThat(throughProxy("GET", path, "")).startsWith("HTTP/1.1 403").contains("console.proxy-address", HEADER)
                .doesNotContain("WWW-Authenticate");
        assertThat(throughProxy("GET", path, "", "Authorization: Basic dGFybzpzZWNyZXQ=")).startsWith("HTTP/1.1 403");
        assertThat(throughProxy("GET", path, "", "Mail-Events-User: taro")).startsWith("HTTP/1.1 403");
    }

    /** A proxy that adds its header behind that of the caller, or that joins both, would let the caller choose a name. */
    @ParameterizedTest
    @ValueSource(strings = {"", " ", "boss, taro", "taro,"})
    default void aNameThatCanBeReadInTwoWaysIsRefused(String name) {
        assertThat(throughProxy("GET", "/api/aside", "", user(name))).startsWith("HTTP/1.1 403");
        assertThat(throughProxy("GET", "/api/aside", "", user("boss"), user("taro"))).startsWith("HTTP/1.1 403");
        assertThat(throughProxy("GET", "/api/aside", "", user("a".repeat(201)))).startsWith("HTTP/1.1 403");
    }

    /** This machine may look without a sign-in, because console.basic is empty here. */
    @ParameterizedTest
    @CsvSource({"X-Forwarded-User,taro", "x-forwarded-user,taro", "Mail-Events-User,taro", "mail-events-user,taro"})
    default void nobodyElseCanNameAUser(String header, String name) {
        assertThat(application().exchange(request("GET", "/api/aside", "", header + ": " + name).replace("mail-events.example.com",
                "localhost"))).startsWith("HTTP/1.1 200").contains("\"mayAct\":false", "\"token\":null");
        for (String from : List.of(ADDRESS, "192.0.2.1")) {
            assertThat(application().exchange(request("GET", "/api/aside", "", header + ": " + name, "X-Forwarded-For: " + from,
                    "X-Real-IP: " + from, "Forwarded: for=" + from))).startsWith("HTTP/1.1 403").contains("console.basic");
        }
    }

    /** Camel makes headers of the parameters of a query and of the fields of a form too. */
    @ParameterizedTest
    @ValueSource(strings = {"Mail-Events-User", HEADER, "CamelVertxPlatformHttpAuthenticatedUser"})
    default void aParameterNamesNoUser(String name) {
        String list = request("GET", "/api/aside?" + name + "=taro", "");
        String act = "POST /api/aside/failed HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nX-Token: x\r\n"
                + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: " + (name.length() + 5) + "\r\n\r\n" + name + "=taro";

        assertThat(application().exchange(list.replace("mail-events.example.com", "localhost"))).startsWith("HTTP/1.1 200")
                .contains("\"mayAct\":false", "\"token\":null");
        assertThat(application().exchange(act)).startsWith("HTTP/1.1 403").contains("console.basic");
        assertThat(throughProxy("GET", "/api/aside?" + name + "=boss", "", user("taro"))).startsWith("HTTP/1.1 200")
                .contains("\"mayAct\":true");
        assertThat(application().exchangeFrom(ADDRESS, list)).startsWith("HTTP/1.1 403");
    }

    @Test
    default void webhooksPassTheProxyWithoutASignIn() {
        // Given
        ObjectNode delivery = Payload.delivery("queued");

        // When
        String answer = application().exchangeFrom(ADDRESS, request("POST", MailEvents.PATH, Payload.json("deliveries", delivery))
                .replace("mail-events.example.com", "localhost"));

        // Then
        assertThat(answer).startsWith("HTTP/1.1 200");
        stored(delivery);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"GET | /", "GET | /console.js", "GET | /api/summary", "GET | /api/summary?hours=x",
        "GET | /api/causes", "GET | /nothing", "POST | /nothing", "POST | /api/summary", "GET | /api/try", "POST | /api/aside/rejected",
        "GET | /%zz", "GET | /#x", "GET | /webhooks/customers-mail-cloud", "POST | /webhooks/customers-mail-cloud",
        "GET | /api/suppressions.csv"})
    default void everyAnswerTellsTheBrowserToBeCareful(String method, String path) {
        for (String answer : List.of(throughProxy(method, path, "", user("taro")), throughProxy(method, path, ""))) {
            assertThat(answer.split("\r\n\r\n")[0].toLowerCase(Locale.ROOT).lines()).contains(
                    "x-content-type-options: nosniff", "x-frame-options: deny", "referrer-policy: no-referrer", "cache-control: no-store")
                    .anySatisfy(line -> assertThat(line).startsWith("content-security-policy: default-src 'none'; ")
                            .contains("frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'").doesNotContain("unsafe"));
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"Origin: https://evil.example", "Origin: null", "Sec-Fetch-Site: cross-site",
        "Sec-Fetch-Site: same-site", "Sec-Fetch-Site:"})
    default void aPageOfAnotherSiteCanDoNothingInTheNameOfAUser(String header) {
        assertThat(throughProxy("POST", "/api/explain", "{\"reply\": \"550 5.1.1\"}", user("taro"), header)).startsWith("HTTP/1.1 403")
                .contains("another web site");
    }

    /** A proxy may replace the Host. */
    @ParameterizedTest
    @ValueSource(strings = {"Origin: https://mail-events.example.com", "Sec-Fetch-Site: same-origin\r\nOrigin: https://other.example.com",
        "Sec-Fetch-Site: none"})
    default void thePageItselfMayPost(String headers) {
        assertThat(throughProxy("POST", "/api/explain", "{\"reply\": \"550 5.1.1\"}", user("taro"), headers)).startsWith("HTTP/1.1 200");
    }
}
