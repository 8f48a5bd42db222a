package org.mailevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mailevents.support.Answers.assertProblem;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;

/** The door with secrets: two keys and two users, so that they can be rotated. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SecretsTest {

    private final TestDatabase database = TestDatabase.h2();
    private final MailEvents application = new InProcess(Application.configured(), settings());

    private Map<String, String> settings() {
        Map<String, String> settings = new HashMap<>(database.settings());
        settings.putAll(Mailbox.folder().settings());
        settings.put("camel.server.host", "0.0.0.0"); // with a secret it may listen anywhere
        settings.put("webhook.api-key", "s3cret, n3xt");
        settings.put("webhook.basic", "hook:pass word,新:秘密:with colon");
        return settings;
    }

    @AfterAll
    void stop() {
        application.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"s3cret", "n3xt"})
    void eitherKeyOpensInBothContentTypes(String key) {
        assertReceipt(application.post(MailEvents.JSON, withKey(Payload.json("deliveries", Payload.delivery("queued")), key)), 1, 1, 0, 0);
        assertReceipt(application.post(MailEvents.FORM, "api_key=" + key + "&" + Payload.form("deliveries", Payload.delivery("queued"))),
                1, 1, 0, 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"hook:pass word", "新:秘密:with colon"})
    void eitherUserOpens(String user) {
        assertReceipt(application.post(MailEvents.FORM, Payload.form("deliveries", Payload.delivery("queued")), "Authorization", basic(user)),
                1, 1, 0, 0);
    }

    @Test
    void oneValidSecretIsEnough() {
        String body = Payload.json("deliveries", Payload.delivery("queued"));
        assertReceipt(application.post(MailEvents.JSON, withKey(body, "s3cret"), "Authorization", basic("hook:wrong")), 1, 1, 0, 0);
        assertReceipt(application.post(MailEvents.JSON, withKey(body, "wrong"), "Authorization", basic("hook:pass word")), 1, 0, 1, 0);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "wrong", "S3CRET", "s3cret ", "s3cre", "s3cret, n3xt", "hook:pass word", "null"})
    void aWrongKeyIsAnswered401AndStoresNothing(String key) {
        // Given
        ObjectNode delivery = Payload.delivery("queued");

        // When
        HttpResponse<String> answer = application.post(MailEvents.JSON, withKey(Payload.json("deliveries", delivery), key));

        // Then
        assertRefused(answer);
        assertThat(database.rows("SELECT 1 FROM mail_event WHERE recipient = ?", delivery.get("to").asText())).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"Basic", "Basic ", "Basic !!!", "Basic aG9vaw==", "Bearer s3cret", "Basic aG9vazpwYXNz", "aG9vazpwYXNzIHdvcmQ="})
    void aWrongHeaderIsAnswered401(String authorization) {
        assertRefused(application.post(MailEvents.JSON, Payload.json("deliveries", Payload.delivery("queued")), "Authorization", authorization));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{\"api_key\":\"wrong\"}", "{\"api_key\":[\"s3cret\"]}"})
    void whoeverShowsNoSecretLeavesNothingBehind(String body) {
        assertRefused(application.post(MailEvents.JSON, body));
        assertThat(database.rows("SELECT 1 FROM rejected_event WHERE payload = ?", body)).isEmpty();
    }

    @Test
    void noSecretIsKeptWithWhatCannotBeRead() {
        // When
        assertProblem(application.post(MailEvents.JSON, "{\"mark\":1,\"api_key\" : \"s3cret\"}"), 400);
        assertProblem(application.post(MailEvents.JSON, "{\"mark\":1, \"api_key\":\"another\\\"s3cret", "Authorization", basic("hook:pass word")), 400);
        assertProblem(application.post(MailEvents.FORM, "mark=1&api_key=n3xt&event=%7B"), 400);
        assertProblem(application.post(MailEvents.JSON, "{\"mark\":1,\"api_key\":\"s3cret" + "\\\\".repeat(1_000_000), "Authorization",
                basic("hook:pass word")), 400);
        assertReceipt(application.post(MailEvents.FORM, "api_key=n3xt&" + Payload.form("deliveries", Payload.delivery("queued").without("to"))),
                1, 0, 0, 1);

        assertProblem(application.post(MailEvents.JSON, "{\"mark\":2,\"api\\u005fkey\":\"s3cret\"}"), 400);
        assertProblem(application.post(MailEvents.JSON, "{\"mark\":3,\"api\\u005fkey\":\"s3cret\"", "Authorization", basic("hook:pass word")), 400);
        assertProblem(application.post(MailEvents.JSON, "{\"mark\":4,\"api_key\":[\"s3cret\"]}", "Authorization", basic("hook:pass word")), 400);
        assertProblem(application.post(MailEvents.FORM, "mark=5&api%5Fkey=s3cret&event="), 400);

        // Then
        assertThat(database.rows("SELECT payload FROM rejected_event WHERE payload LIKE '%mark%'")).hasSize(8);
        assertThat(database.rows("SELECT payload FROM rejected_event WHERE payload LIKE '%s3cret%' OR payload LIKE '%n3xt%'")).isEmpty();
    }

    private static void assertRefused(HttpResponse<String> answer) {
        assertThat(assertProblem(answer, 401)).contains("webhook.api-key", "webhook.basic").doesNotContain("s3cret");
        assertThat(answer.headers().firstValue("WWW-Authenticate")).hasValueSatisfying(challenge -> assertThat(challenge).startsWith("Basic realm="));
    }

    private static String withKey(String json, String key) {
        return json.replaceFirst("\\{", "{\"api_key\":\"" + key + "\",");
    }

    private static String basic(String user) {
        return "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8));
    }
}
