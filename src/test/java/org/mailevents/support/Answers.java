package org.mailevents.support;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;

/** Checks of the answers that a caller gets. */
public final class Answers {

    private static final ObjectMapper JSON = new ObjectMapper();

    private Answers() {
    }

    public static int number(HttpResponse<String> answer, String key) {
        try {
            return JSON.readTree(answer.body()).path(key).asInt();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Checks that all events of the webhook are in the spool, and that none is stored yet. */
    public static void assertSpooled(HttpResponse<String> answer, int received) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.body()).isEqualTo("{\"received\":" + received + ",\"stored\":0,\"duplicates\":0,\"rejected\":0,\"spooled\":"
                + received + "}");
    }

    public static void assertReceipt(HttpResponse<String> answer, int received, int stored, int duplicates, int rejected) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json");
        assertThat(answer.body()).isEqualTo("{\"received\":" + received + ",\"stored\":" + stored + ",\"duplicates\":" + duplicates
                + ",\"rejected\":" + rejected + ",\"spooled\":0}");
    }

    /** Checks that the answer is a problem (RFC 9457) with this status. @return the detail of the problem */
    public static String assertProblem(HttpResponse<String> answer, int status) {
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
        try {
            JsonNode problem = JSON.readTree(answer.body());
            assertThat(problem.path("status").asInt()).isEqualTo(status);
            assertThat(problem.path("title").asText()).isNotEmpty();
            assertThat(problem.path("detail").asText()).isNotEmpty().doesNotContain("Exception");
            return problem.path("detail").asText();
        } catch (Exception e) {
            throw new AssertionError(answer.body(), e);
        }
    }
}
