package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mailevents.support.AnsweredAlerts.ONE;
import static org.mailevents.support.AnsweredAlerts.TWO;
import static org.mailevents.support.AnsweredAlerts.undoForm;

import java.net.URI;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.mailevents.answer.Act;
import org.mailevents.support.AnsweredAlerts;

/** A link of a mail opens the page of one answer to whoever has the link, and nothing else. */
@Execution(ExecutionMode.CONCURRENT)
class AnswerLinkTest {

    @AutoClose
    private AnsweredAlerts run;

    @Test
    void programsThatOpenEveryLinkChangeNothing() {
        // Given
        run = new AnsweredAlerts(Map.of());
        run.firstMail();
        List<List<Map<String, String>>> before = run.state();

        // When
        for (Act act : Act.values()) {
            URI uri = run.application().uri("/answer?token=" + run.token(act, ONE));
            assertThat(run.application().send(HttpRequest.newBuilder(uri)).body()).contains("<form", "If you press the button");
            assertThat(run.application().send(HttpRequest.newBuilder(uri).method("HEAD", BodyPublishers.noBody())).body()).isEmpty();
            assertThat(run.application().send(HttpRequest.newBuilder(uri).POST(BodyPublishers.noBody())).statusCode()).as("no form")
                    .isEqualTo(404);
            assertThat(run.application().send(HttpRequest.newBuilder(uri).PUT(BodyPublishers.noBody())).statusCode()).isEqualTo(405);
        }

        // Then
        assertThat(run.state()).isEqualTo(before);
    }

    @Test
    void aForgedExpiredOrForeignLinkChangesNothing() {
        // Given
        run = new AnsweredAlerts(Map.of());
        run.firstMail();
        String token = run.token(Act.ACKNOWLEDGE, ONE);
        HttpResponse<String> done = run.answer(run.token(Act.LESS_OFTEN, ONE), "frequency=daily");
        List<List<Map<String, String>>> before = run.state();

        // When
        Stream.of(token.substring(1), token.replace(token.charAt(20), token.charAt(20) == 'A' ? 'B' : 'A'), "", "%F0", token + "A",
                run.token(Act.ACKNOWLEDGE, UUID.randomUUID())).forEach(forged -> {
                    HttpResponse<String> page = run.send("version=0-0&token=" + forged);
                    assertThat(page.statusCode()).isEqualTo(404);
                    assertThat(page.body()).contains("This link is not valid").doesNotContain("<form", ONE);
                });
        String foreign = undoForm(done).replaceAll("token=[^&]*", "token=" + run.token(Act.LESS_OFTEN, TWO));
        assertThat(run.send(foreign).body()).as("another recipient's answer").doesNotContain("Undone");
        assertThat(run.send(foreign.replaceAll("token=[^&]*", "token=" + run.token(Act.MUTE, ONE))).body()).doesNotContain("Undone");
        run.pass(Duration.ofDays(31));
        assertThat(run.send("version=0-0&token=" + token).statusCode()).as("expired").isEqualTo(404);

        // Then
        assertThat(run.database().rows("SELECT * FROM alert_answer ORDER BY 1")).isEqualTo(before.get(0));
        assertThat(run.database().rows("SELECT 1 FROM alert_incident WHERE acknowledged_at IS NOT NULL")).isEmpty();
    }

    @Test
    void aLinkOpensNothingElse() {
        run = new AnsweredAlerts(Map.of());
        run.firstMail();
        String query = "?token=" + run.token(Act.ACKNOWLEDGE, ONE);
        for (String path : List.of("/", "/answer/", "//answer", "/%61nswer", "/answer/x", "/answer/../api/incidents", "/api/incidents",
                "/api/summary", "/console.js")) {
            HttpResponse<String> answer = run.application().send(HttpRequest.newBuilder(run.application().uri(path + query)));
            assertThat(answer.statusCode()).as(path).isIn(401, 400);
        }
    }

    @Test
    void thePageIsSafeAndIsNotKept() {
        run = new AnsweredAlerts(Map.of());
        run.firstMail();
        for (HttpResponse<String> page : List.of(run.page(run.token(Act.ACKNOWLEDGE, ONE)), run.page("forged"),
                run.send("x".repeat(5_000)))) {
            Map<String, List<String>> headers = page.headers().map();
            assertThat(headers.get("cache-control")).containsExactly("no-store");
            assertThat(headers.get("referrer-policy")).containsExactly("no-referrer");
            assertThat(headers.get("x-robots-tag")).containsExactly("noindex, nofollow");
            assertThat(headers.get("x-content-type-options")).containsExactly("nosniff");
            assertThat(headers.get("content-security-policy")).singleElement().asString().startsWith("default-src 'none'")
                    .doesNotContain("unsafe-inline");
            assertThat(page.body()).doesNotContain("<script", "http://", "src=");
        }
        assertThat(run.page("forged").headers().firstValue("content-security-policy").orElseThrow()).doesNotContain("script-src");
        assertThat(run.send("x".repeat(5_000)).statusCode()).isEqualTo(413);
    }

    @Test
    void withoutTheAddressOfThePageNobodyAnswers() {
        run = new AnsweredAlerts(Map.of("console.url", ""));
        run.firstMail();
        assertThat(run.page("any").statusCode()).as("the path is like any other").isEqualTo(401);
        assertThat(run.send("token=any").statusCode()).isEqualTo(404);
        assertThat(run.mails()).noneMatch(mail -> mail.has("List-Unsubscribe"));
    }

    @ParameterizedTest
    @EnumSource
    void theLogHasNeitherAnAddressNorALink(Act act) {
        run = new AnsweredAlerts(Map.of());
        run.firstMail();
        String token = run.token(act, ONE);
        HttpResponse<String> done = run.answer(token, "pair=unknown-user%40example.net", "period=week", "frequency=daily");
        run.undo(done);
        assertThat(run.application().log()).contains("A recipient of list-owner has answered incident", act.toString())
                .doesNotContain(ONE, token.substring(0, 30));
    }
}
