package org.mailevents.channel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.apache.camel.CamelExecutionException;
import org.apache.camel.http.base.HttpOperationFailedException;
import org.apache.camel.impl.DefaultCamelContext;
import org.apache.camel.support.DefaultExchange;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpRefusalTest {

    private static final Instant NOW = Instant.parse("2026-10-01T00:00:00Z");
    private static final Set<String> SECRETS = Set.of("t0ken", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");

    @ParameterizedTest
    @CsvSource({"301,true", "400,true", "401,true", "403,true", "404,true", "410,true", "413,true", "408,false", "425,false", "429,false",
        "500,false", "502,false", "503,false"})
    void whatIsWorthARetry(int status, boolean permanent) {
        assertThat(HttpRefusal.of(status, Map.of(), "", NOW).permanent()).isEqualTo(permanent);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "30                             | 2026-10-01T00:00:30Z",
        "Thu, 01 Oct 2026 00:05:00 GMT  | 2026-10-01T00:05:00Z",
        "86400                          | 2026-10-02T00:00:00Z",
        "0                              | ",
        "Wed, 30 Sep 2026 00:00:00 GMT  | ",
        "soon                           | ",
        "-5                             | ",
        "99999999999999999999           | "})
    void retryAfterIsSecondsOrADate(String retryAfter, Instant notBefore) {
        assertThat(HttpRefusal.of(429, Map.of("retry-after", retryAfter), "", NOW).notBefore()).isEqualTo(notBefore);
        assertThat(HttpRefusal.of(503, Map.of("Retry-After", retryAfter), "", NOW).notBefore()).isEqualTo(notBefore);
    }

    @Test
    void theTextHasTheAnswerButNeitherTheUrlNorAnAddress() {
        Exchange failure = new Exchange("https://hooks.example.com/services/T1/B2/secret?sig=secret2", 404,
                "<pre>Cannot POST /services/T1/B2/secret?sig=secret2\n or /services/T1/B2/secret</pre> ask admin@example.com");

        assertThat(failure.refusal().text()).isEqualTo("404 <pre>Cannot POST /… or /…</pre> ask <address>");
    }

    @ParameterizedTest
    @ValueSource(strings = {"<b>/run/c3JlY3JldA/x?v=1&amp;sig=Ab%2Bd_-xyz%3D</b>", "\\/run\\/c3JlY3JldA\\/x?sig=Ab%2bd_-xyz%3d",
        "no flow c3JlY3JldA", "the signature Ab+d_-xyz= is wrong", "C3JLY3JLDA", "X-Token: t0ken",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw is old"})
    void theTextHasNoPartOfTheUrlThatMayBeASecret(String body) {
        String url = "https://flow.example.com/run/c3JlY3JldA/x?v=1&sig=Ab%2Bd_-xyz%3D";

        assertThat(new Exchange(url, 404, body).refusal().text()).contains("…").doesNotContainIgnoringCase("c3JlY3JldA")
                .doesNotContainIgnoringCase("d_-xyz").doesNotContain("t0ken").doesNotContain("MfKQ");
        assertThat(new Exchange(url, 404, "Not found: the run was deleted").refusal().text())
                .isEqualTo("404 Not found: the run was deleted");
    }

    @Test
    void aLongAnswerIsCut() {
        assertThat(HttpRefusal.of(400, Map.of(), "x".repeat(10_000), NOW).text()).hasSizeLessThan(210).startsWith("400 xxx");
    }

    @Test
    void aServerThatDoesNotAnswerIsNoRefusal() {
        assertThat(HttpRefusal.of(new IOException("Connection refused"), Set.of(), NOW)).isEmpty();
        assertThat(HttpRefusal.of(null, Set.of(), NOW)).isEmpty();
    }

    /** A failure as Camel passes it on. */
    private record Exchange(String url, int status, String body) {

        HttpRefusal refusal() {
            return HttpRefusal.of(new CamelExecutionException("failed", new DefaultExchange(new DefaultCamelContext()),
                    new HttpOperationFailedException(url, status, "no", null, Map.of(), body)), SECRETS, NOW).orElseThrow();
        }
    }
}
