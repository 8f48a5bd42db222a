package org.mailevents.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertProblem;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.net.URLEncoder;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.Mailbox.Mail;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;

/**
 * The rules for secrets, which hold however the application runs. Without a secret, a caller changes nothing and learns nothing. With a
 * secret, a caller can only add rows. Two keys and two users are valid, so that they can be rotated. The cases run one at a time, because
 * one of them breaks the table for a while.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class SecurityCases implements Cases {

    private static final String KEY = "s3cret-key";
    private static final String NEXT_KEY = "n3xt-key";
    private static final String USER = "hook:pass word";
    private static final String NEXT_USER = "新:秘密:with colon";
    /** Each secret, in plain text and in every form in which it is transmitted. */
    private static final List<String> SECRETS = Stream.of(KEY, NEXT_KEY, USER, NEXT_USER).flatMap(secret -> Stream.of(secret,
            secret.substring(secret.indexOf(':') + 1), basic(secret).substring(6), URLEncoder.encode(secret, StandardCharsets.UTF_8),
            new String(secret.getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1))).toList();

    /** SQL, HTML, the template and expression languages of Camel and FreeMarker, a path and a header. */
    private static final String HOSTILE =
            "'; DROP TABLE mail_event; -- :?status ? <img src=x onerror=alert(1)>\"' &amp; ${7*7} #{7*7} [=7*7]"
            + " <#assign x=7> ${body} ${properties:webhook.api-key} {{webhook.api-key}} ${sysenv.HOME} ../../../owned \\ \r\n"
            + "Bcc: victim@example.com";

    private final TestDatabase database;
    private final Mailbox mailbox;
    private final Path folder;
    private final MailEvents application;

    /** Starts an application that has its database and its mails in its folder. */
    protected SecurityCases(Path folder, Map<String, String> door, BiFunction<Path, Map<String, String>, MailEvents> start) {
        this(TestDatabase.h2(folder), Mailbox.folder(folder.resolve("data/outbox")), folder, door,
                settings -> start.apply(folder, settings));
    }

    /**
     * @param folder the folder that holds everything that the application writes
     * @param door   the settings of the HTTP endpoint
     * @param start  starts the application with these settings
     */
    protected SecurityCases(TestDatabase database, Mailbox mailbox, Path folder, Map<String, String> door, Function<Map<String, String>,
            MailEvents> start) {
        this.database = database;
        this.mailbox = mailbox;
        this.folder = folder;
        Map<String, String> settings = new HashMap<>(database.settings());
        settings.putAll(mailbox.settings());
        settings.putAll(door);
        settings.put("camel.server.host", "0.0.0.0"); // With a secret, the application may listen on every address.
        settings.put("webhook.api-key", KEY + ", " + NEXT_KEY);
        settings.put("webhook.basic", USER + "," + NEXT_USER);
        settings.put("spool.directory", folder.resolve("data/spool").toString());
        this.application = start.apply(settings);
    }

    @AfterAll
    void stop() {
        application.close();
        mailbox.stop().run();
        assertThat(application.log()).doesNotContain(SECRETS).doesNotContain("@example", "\tat ");
    }

    static Stream<Arguments> right() {
        return inBothContentTypes(new String[][] {{KEY, null}, {NEXT_KEY, null}, {null, basic(USER)}, {null, basic(NEXT_USER)},
            {null, basic(USER).replace("Basic", "bASIC")}, {KEY, basic("hook:wrong")}, {KEY, "Bearer " + NEXT_KEY},
            {"wrong", basic(NEXT_USER)}});
    }

    static Stream<Arguments> wrong() {
        return inBothContentTypes(Stream.concat(
                Stream.of(null, "", "wrong", KEY.toUpperCase(), KEY + " ", KEY.substring(1), KEY + "\\u0000", KEY + ", "
                + NEXT_KEY, USER, "null", "***")
                        .map(key -> new String[] {key, null}),
                Stream.of("", "Basic", "Basic ", "Basic !!!", "Basic aG9vaw==", "Bearer "
                + KEY, basic(KEY), basic("hook:"), basic("hook:pass"),
                        basic("HOOK:pass word"), basic(":pass word"), basic(USER + "," + NEXT_USER), basic(USER).substring(6), "Digest "
                        + basic(USER))
                        .map(header -> new String[] {null, header})).toArray(String[][]::new));
    }

    private static Stream<Arguments> inBothContentTypes(String[][] secrets) {
        return Stream.of(MailEvents.JSON, MailEvents.FORM).flatMap(type -> Stream.of(secrets)
                .map(secret -> Arguments.of(type, secret[0], secret[1])));
    }

    @ParameterizedTest
    @MethodSource("right")
    void anyOneValidSecretOpens(String contentType, String apiKey, String authorization) {
        // Given
        ObjectNode delivery = Payload.delivery("queued");

        // When
        HttpResponse<String> answer = post(contentType, apiKey, authorization, "deliveries", delivery);

        // Then
        assertReceipt(answer, 1, 1, 0, 0);
        assertThat(stored(delivery)).containsEntry("extra", null);
    }

    @ParameterizedTest
    @MethodSource("wrong")
    void withoutOneNothingHappensAndTheAnswerIsAChallenge(String contentType, String apiKey, String authorization) {
        // Given
        ObjectNode bad = Payload.delivery("queued").without("messageId");

        // When
        HttpResponse<String> answer = post(contentType, apiKey, authorization, "deliveries", bad);

        // Then
        assertRefused(answer);
        assertThat(database.rows("SELECT 1 FROM rejected_event WHERE payload LIKE ?", "%" + bad.get("to").asText() + "%")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "{", "[]", "{\"api_key\":[\"" + KEY + "\"]}", "{\"api_key\":{\"" + KEY
            + "\":1}}", "{\"event\":{\"api_key\":\"" + KEY + "\"}}",
        "[\"" + KEY + "\"]", "\"" + KEY + "\"", "{\"API_KEY\":\"" + KEY + "\"}", "api_key=" + KEY, "{\"api_key\":\"wrong\",\"api_key\":\""
        + KEY + "\"}"})
    void whatIsNoKeyAtTheTopOpensNothing(String body) {
        assertRefused(application.post(MailEvents.JSON, body));
        assertThat(database.rows("SELECT 1 FROM rejected_event WHERE payload = ?", body)).isEmpty();
    }

    @Test
    void ofTwoKeysInAFormTheFirstCountsAndNoneIsKept() {
        // Given
        ObjectNode delivery = Payload.delivery("queued");
        String body = Payload.form("deliveries", delivery);

        // When
        HttpResponse<String> refused = application.post(MailEvents.FORM, "api_key=wrong&" + body + "&api_key=" + KEY);
        HttpResponse<String> taken = application.post(MailEvents.FORM, "api_key=" + KEY + "&" + body + "&api_key=" + NEXT_KEY);

        // Then
        assertRefused(refused);
        assertReceipt(taken, 1, 1, 0, 0);
        assertThat(stored(delivery)).containsEntry("extra", null);
    }

    @Test
    void aSecretIsKeptNowhere() {
        // Given
        String mark = "mark-" + Payload.delivery("queued").get("to").asText();
        List<HttpResponse<String>> answers = new ArrayList<>();
        for (String type : List.of(MailEvents.JSON, MailEvents.FORM)) {
            // When: a webhook is stored, one is rejected, and one is not stored because the table is broken
            answers.add(post(type, KEY, basic(USER), "deliveries", Payload.delivery("failed").put("apiData", mark)));
            answers.add(post(type, NEXT_KEY, basic(NEXT_USER), "bounces", Payload.bounce("2").without("to")));
            database.execute("ALTER TABLE mail_event RENAME COLUMN audience TO nobody");
            try {
                answers.add(post(type, KEY, basic(USER), "deliveries", Payload.delivery("failed")));
                answers.add(post(type, NEXT_KEY, basic(NEXT_USER), "bounces", Payload.bounce("2"), Payload.bounce("2").without("to")));
                assertThat(written()).doesNotContain(SECRETS);
            } finally {
                database.execute("ALTER TABLE mail_event RENAME COLUMN nobody TO audience");
            }
            assertThat(answers).allSatisfy(answer -> assertThat(answer.statusCode()).isIn(200, 503));
        }
        for (String body : List.of("{\"mark\":1,\"api_key\" : \"" + KEY + "\"}", "{\"mark\":2, \"api_key\":\"another\\\"" + KEY,
                "{\"mark\":3,\"api_key\":\"" + KEY + "\\\\".repeat(1_000_000), "{\"mark\":4,\"api\\u005fkey\":\"" + KEY + "\"}",
                "{\"mark\":5,\"api\\u005Fkey\":\"" + KEY + "\"", "{\"mark\":6,\"api_key\":[\"" + KEY
                + "\"]}", "{\"mark\":7,\"api_key\":\n\"" + KEY + "\",}",
                "{\"mark\":8,\"api_key\":" + KEY + "}", "{\"mark\":9,\"api_key\":{\"a\":\"" + KEY + "\"}", "{\"mark\":10,\"api_key\":[1,\""
                + KEY + "\"",
                "{\"mark\":11,\"\\u0061pi_key\":\"" + KEY + "\"")) {
            assertProblem(send(request().headers("Content-Type", MailEvents.JSON, "Authorization", basic(USER))
                    .POST(BodyPublishers.ofString(body))), 400);
        }
        for (String body : List.of("mark=1&api_key=" + NEXT_KEY + "&event=%7B", "mark=2&api%5Fkey=" + NEXT_KEY, "mark=3&event=%zz&api_key="
                + NEXT_KEY,
                "mark=4&%61pi_key=" + NEXT_KEY + "&api_key=" + NEXT_KEY, "mark=5&event=%zz&%61%70i_key="
                + NEXT_KEY, "{\"mark\":6,\"api_key\":\"" + NEXT_KEY + "\"}")) {
            assertProblem(send(request().headers("Content-Type", MailEvents.FORM, "Authorization", basic(USER))
                    .POST(BodyPublishers.ofString(body))), 400);
        }
        assertProblem(send(HttpRequest.newBuilder(application.uri("/elsewhere?api_key=" + KEY)).header("Authorization", basic(USER))
                .GET()), 404);
        assertProblem(send(HttpRequest.newBuilder(application.uri(MailEvents.PATH + "?api_key=" + KEY))
                .header("Content-Type", "text/" + KEY)
                .POST(BodyPublishers.ofString(KEY))), 415);
        String bounced = Payload.bounce("2").get("to").asText();
        answers.add(post(MailEvents.FORM, KEY, null, "bounces", Payload.bounce("2").put("to", bounced)));
        await().until(() -> !mailbox.naming(bounced).isEmpty());

        // Then
        assertThat(answers).allSatisfy(answer -> assertThat(answer.body()).doesNotContain(SECRETS));
        assertThat(written()).contains("{\"mark\":1,\"api_key\" : \"" + "*".repeat(KEY.length()) + "\"}").doesNotContain(SECRETS);
        assertThat(database.url().startsWith("jdbc:h2:") ? onDisk() : mark).contains(mark);
    }

    @ParameterizedTest
    @CsvSource({"GET,application/json,0,405", "POST,application/xml,0,415", "POST,application/json,10485761,413",
            "POST,application/x-www-form-urlencoded,10485761,413"})
    void whatIsRefusedBeforeTheSecretTellsNothingEither(String method, String contentType, int size, int status) {
        assertProblem(send(request().header("Content-Type", contentType).method(method, BodyPublishers.ofString("x".repeat(size)))),
                status);
    }

    @ParameterizedTest
    @ValueSource(strings = {MailEvents.JSON, MailEvents.FORM})
    void headersAndQueryOfTheCallerReachNoStep(String contentType) {
        // Given
        ObjectNode bounce = Payload.bounce("2");
        HttpRequest.Builder request = HttpRequest.newBuilder(application.uri(MailEvents.PATH
                + "?CamelSqlQuery=x&Bcc=victim@example.com&To=x&CamelFileName=../owned"))
                .POST(BodyPublishers.ofString(body(contentType, KEY, "bounces", bounce)))
                .headers("Content-Type", contentType, "To", "victim@example.com", "Cc", "victim@example.com", "Bcc", "victim@example.com",
                        "Reply-To", "owned@example.com", "Subject", "owned", "From", "owned@example.com", "Message-ID",
                        "<owned@example.com>",
                        "CamelFileName", "../owned", "CamelOverruleFileName", "../owned", "CamelFileNameProduced", "owned",
                        "CamelJdbcParameters", "{}",
                        "CamelJdbcUpdateCount", "99", "CamelRetrieveGeneratedKeys", "true", "CamelSqlQuery", "DROP TABLE mail_event",
                        "CamelHttpUri", "http://owned.example.com", "CamelHttpPath", "/owned", "CamelHttpResponseCode", "599",
                        "CamelHttpResponseText", "owned", "CamelBeanMethodName", "owned", "CamelToEndpoint", "file:owned", "breadcrumbId",
                        "owned",
                        "recipient", "owned", "status", "owned", "kind", "owned", "audience", "owned", "event_id", "owned",
                        "X-HTTP-Method-Override", "DELETE", "X-Forwarded-For", "127.0.0.1");

        // When
        HttpResponse<String> answer = send(request);

        // Then
        assertReceipt(answer, 1, 1, 0, 0);
        assertThat(answer.headers().map().toString()).doesNotContain("owned", "victim");
        assertThat(stored(bounce)).containsEntry("status", "2").containsEntry("audience", "list-owner").containsEntry("extra", null);
        Mail mail = mailed(bounce);
        assertThat(mail.to()).containsExactly("postmaster@localhost");
        assertThat(mail.header("From")).isEqualTo("mail-events@localhost");
        assertThat(mail.subject() + mail.header("Message-ID") + mail.header("Reply-To")).doesNotContain("owned");
        assertThat(files()).noneMatch(file -> file.toString().contains("owned"));
    }

    @ParameterizedTest
    @ValueSource(strings = {MailEvents.JSON, MailEvents.FORM})
    void hostileTextInEveryFieldIsOnlyText(String contentType) {
        // Given
        ObjectNode bounce = Payload.bounce("2");
        bounce.put("to", bounce.get("to").asText() + HOSTILE).put("messageId", bounce.get("messageId").asText() + HOSTILE)
                .put("note", HOSTILE);
        List.of("status", "from", "returnPath", "subject", "apiData", "reason", "senderIp", "sourceIp")
                .forEach(key -> bounce.put(key, key + HOSTILE));

        // When
        HttpResponse<String> answer = post(contentType, KEY, null, "bounces", bounce);

        // Then
        assertReceipt(answer, 1, 1, 0, 0);
        Map<String, String> row = stored(bounce);
        Map.of("status", "status", "from", "sender", "returnPath", "return_path", "subject", "subject", "apiData", "api_data", "reason",
                "reason",
                "senderIp", "sender_ip", "sourceIp", "source_ip")
                .forEach((key, column) -> assertThat(row).containsEntry(column, key + HOSTILE));
        assertThat(row).containsEntry("kind", "unknown").containsEntry("audience", "postmaster");
        String line = HOSTILE.replace("\r\n", " ");
        Mail mail = mailed(bounce);
        assertThat(mail.text()).contains("subject" + line, "reason" + line, "status" + line, bounce.get("messageId").asText()
                .replace("\r\n", " "));
        assertThat(mail.html()).doesNotContain("<img", "&amp; $")
                .contains("&lt;img src=x onerror=alert(1)&gt;", "&amp;amp; ${7*7}", "{{webhook.api-key}}");
        assertThat(mail.to()).containsExactly("postmaster@localhost");
        assertThat(mail.header("Bcc")).isNull();
        assertThat(files()).noneMatch(file -> file.toString().contains("owned"));
    }

    @Test
    void whoeverSendsHalfAWebhookAndWaitsKeepsNobodyWaiting() throws IOException {
        // Given
        ObjectNode halved = Payload.delivery("queued");
        byte[] body = body(MailEvents.JSON, KEY, "deliveries", halved).getBytes(StandardCharsets.UTF_8);
        List<Socket> sockets = new ArrayList<>();
        try {
            for (int i = 0; i < 50; i++) { // The number exceeds the number of worker threads.
                sockets.add(application.connect());
                sockets.get(i).getOutputStream().write(("POST " + MailEvents.PATH + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: "
                        + MailEvents.JSON
                        + "\r\n" + (i % 2 == 0 ? "Content-Length: " + body.length + "\r\n\r\n" : "")).getBytes(StandardCharsets.US_ASCII));
                sockets.get(i).getOutputStream().write(body, 0, i % 2 == 0 ? body.length / 2 : 0);
            }

            // When
            HttpResponse<String> answer = post(MailEvents.JSON, KEY, null, "deliveries", Payload.delivery("queued"));
            Socket patient = sockets.get(0);
            patient.getOutputStream().write(body, body.length / 2, body.length - body.length / 2);

            // Then
            assertReceipt(answer, 1, 1, 0, 0);
            assertThat(new String(patient.getInputStream().readNBytes(15), StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 200 OK");
            stored(halved);
        } finally {
            for (Socket socket : sockets) {
                socket.close();
            }
        }
    }

    @Test
    void anEndlessHeaderIsRefused() throws IOException {
        try (Socket socket = application.connect()) {
            socket.getOutputStream().write(("POST " + MailEvents.PATH + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: "
                    + "x".repeat(10_000) + "\r\n\r\n")
                    .getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readNBytes(13), StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 431 ");
        }
    }

    /** Requests in which a proxy and this server may see different paths, hosts or ends of the request. */
    static Stream<Arguments> ambiguous() {
        String path = MailEvents.PATH;
        String post = "POST " + path + " HTTP/1.1\r\n";
        String here = "Host: localhost\r\n";
        String chunks = "\r\n0\r\n\r\n";
        return Stream.concat(
                Stream.of(path + "#/../../api/suppressions.csv", path + "#", "/#", "/api/summary#"
                + path, "/api/recipients/a#b", "/nothing#", "/?#", "#", "*", path + "?a#b",
                        "http://localhost" + path + "#/../../api/suppressions.csv", "http://localhost#"
                        + path, "api/summary", "http://localhost?/api/summary",
                        "ftp://localhost/api/summary", "http://elsewhere.example.com/api/summary", "http://localhost:1/api/summary",
                        "http://a@localhost/api/summary",
                        "/%", "/%zz", "/%4", "/%C3%28", "/%ED%A0%80", "/%00", path + "%00", path
                        + "/%00/../../../api/summary", "/api/recipients/%00", "/api/summary?hours=%00",
                        "/api/summary?hours=%zz", "/api/messages/%FF")
                        .map(target -> Arguments.of(target, "GET " + target + " HTTP/1.1\r\n" + here + "\r\n")),
                Stream.of(new String[][] {
                    {"two lengths", post + here + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n" + chunks},
                    {"two lengths, the other way round", post + here + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n" + chunks},
                    {"a length of 0", post + here + "Transfer-Encoding:chunked\r\nContent-Length:0\r\n" + chunks},
                    {"two lengths of one kind", post + here + "Content-Length: 5\r\nContent-Length: 6\r\n\r\nabcde"},
                    {"no number", post + here + "Content-Length: +5\r\n\r\nabcde"},
                    {"an encoding twice", post + here + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" + chunks},
                    {"two encodings", post + here + "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n" + chunks},
                    {"a list", post + here + "Transfer-Encoding: chunked, identity\r\n" + chunks},
                    {"the same in a list", post + here + "Transfer-Encoding: chunked, chunked\r\n" + chunks},
                    {"a compressed body", post + here + "Transfer-Encoding: gzip, chunked\r\n" + chunks},
                    {"an unknown encoding", post + here + "Transfer-Encoding: xchunked\r\n" + chunks},
                    {"an unknown encoding and a length", post + here + "Transfer-Encoding: identity\r\nContent-Length: 5\r\n\r\nabcde"},
                    {"a space before the colon", post + here + "Transfer-Encoding : chunked\r\n" + chunks},
                    {"a folded encoding", post + here + "Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n" + chunks},
                    {"chunks in HTTP/1.0", "POST " + path + " HTTP/1.0\r\n" + here + "Transfer-Encoding: chunked\r\n" + chunks},
                    {"no host", post + "Content-Length: 0\r\n\r\n"},
                    {"a host that is none", post + "Host: localhost/x\r\nContent-Length: 0\r\n\r\n"},
                    {"a body that breaks off", post + here
                    + "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nno number\r\n"},
                    {"two hosts", post + here + "Host: hooks.example.com\r\nContent-Length: 0\r\n\r\n"},
                    {"the same host twice", post + here + here + "Content-Length: 0\r\n\r\n"}}).map(Arguments::of));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("ambiguous")
    void whatCanBeReadInTwoWaysIsRefusedAndNothingBehindItIsRead(String name, String request) {
        // When
        String answer = application.exchange(request + "GET /api/openapi.yaml HTTP/1.1\r\nHost: localhost\r\n\r\n");

        // Then
        assertThat(answer).startsWith("HTTP/1.").contains(" 400 Bad Request\r\n", "application/problem+json", "\"status\":400",
                "connection: close")
                .containsOnlyOnce("HTTP/1.").doesNotContain("Exception");
    }

    /** While a request is processed, the requests behind it on the same connection have already been read. */
    @Test
    void whatStandsBehindARefusedRequestIsNotReadEither() {
        // Given
        ObjectNode first = Payload.delivery("queued");
        ObjectNode never = Payload.delivery("queued");

        // When
        String answer = application.exchange(raw(first) + "GET /# HTTP/1.1\r\nHost: localhost\r\n\r\n" + raw(never));

        // Then
        assertThat(answer).startsWith("HTTP/1.1 200 OK").contains("HTTP/1.1 400 Bad Request").doesNotContain("duplicates\":1");
        assertThat(answer.split("HTTP/1\\.1 ")).hasSize(3);
        stored(first);
        assertThat(database.rows("SELECT 1 FROM mail_event WHERE recipient = ?", never.get("to").asText())).isEmpty();
    }

    private static String raw(ObjectNode delivery) {
        String body = new String(body(MailEvents.JSON, KEY, "deliveries", delivery)
                .getBytes(StandardCharsets.UTF_8), StandardCharsets.ISO_8859_1);
        return "POST " + MailEvents.PATH + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + MailEvents.JSON + "\r\nContent-Length: "
                + body.length() + "\r\n\r\n" + body;
    }

    /**
     * Paths that equal the path of the webhook only before, or only after, their dots are removed. A proxy may forward such a path as that
     * of the webhook.
     */
    @ParameterizedTest
    @ValueSource(strings = {"WEBHOOK/../../api/suppressions.csv", "WEBHOOK/%2e%2e/%2E%2E/api/suppressions.csv",
            "/api/suppressions.csv/../..WEBHOOK", "/WEBHOOK", "/.WEBHOOK",
        "/x/..WEBHOOK", "/%77ebhooks/customers-mail-cloud", "WEBHOOK;x", "WEBHOOK\\..\\..\\api\\suppressions.csv",
        "WEBHOOK%23/../../api/suppressions.csv",
        "WEBHOOK/..%2f..%2fapi/suppressions.csv", "//api/suppressions.csv", "/./api/suppressions.csv",
        "http://hooks.example.com/api/suppressions.csv",
        "http://hooks.example.comWEBHOOK/../../api/suppressions.csv", "WEBHOOK//", "WEBHOOK/."})
    void onlyThePathOfTheWebhookItselfIsOpenThroughAProxy(String target) {
        // Given
        String request = " " + target.replace("WEBHOOK", MailEvents.PATH)
                + " HTTP/1.1\r\nHost: hooks.example.com\r\nX-Forwarded-For: 198.51.100.7\r\n";
        ObjectNode delivery = Payload.delivery("queued");

        // When
        String read = application.exchange("GET" + request + "\r\n");
        String posted = application.exchange(raw(delivery).replaceFirst("(?s)^POST.*?\r\n.*?\r\n", "POST" + request.replace("\\", "\\\\")));

        // Then
        assertThat(read).startsWith("HTTP/1.1 403").contains("application/problem+json", "console.basic");
        assertThat(posted).startsWith("HTTP/1.1 404").contains("application/problem+json");
        assertThat(database.rows("SELECT 1 FROM mail_event WHERE recipient = ?", delivery.get("to").asText())).isEmpty();
    }

    @Test
    void aRequestInAbsoluteFormIsTaken() {
        // Given
        ObjectNode delivery = Payload.delivery("queued");

        // When
        String answer = application.exchange(raw(delivery).replace("POST /", "POST http://LOCALHOST/")
                .replace("Content-Type", "Connection: close\r\nContent-Type"));

        // Then
        assertThat(answer).startsWith("HTTP/1.1 200 OK");
        stored(delivery);
    }

    @Override
    public MailEvents application() {
        return application;
    }

    @Override
    public TestDatabase database() {
        return database;
    }

    @Override
    public Mailbox mailbox() {
        return mailbox;
    }

    private HttpResponse<String> post(String contentType, String apiKey, String authorization, String eventType, ObjectNode... elements) {
        HttpRequest.Builder request = request().header("Content-Type", contentType)
                .POST(BodyPublishers.ofString(body(contentType, apiKey, eventType, elements)));
        return send(authorization == null ? request : request.header("Authorization", authorization));
    }

    private HttpRequest.Builder request() {
        return HttpRequest.newBuilder(application.uri(MailEvents.PATH)).timeout(Duration.ofSeconds(60));
    }

    /** Sends a request and checks that the answer reveals no secret and no internals. */
    private HttpResponse<String> send(HttpRequest.Builder request) {
        HttpResponse<String> answer = application.send(request);
        assertThat(answer.body() + answer.headers().map()).doesNotContain(SECRETS)
                .doesNotContain("Exception", "\tat ", "org.", "@", "SELECT", "INSERT");
        return answer;
    }

    private static String body(String contentType, String apiKey, String eventType, ObjectNode... elements) {
        if (contentType.equals(MailEvents.FORM)) {
            String form = Payload.form(eventType, elements);
            return apiKey == null ? form : form + "&api_key=" + URLEncoder.encode(apiKey.replace("\\u0000", "\0"), StandardCharsets.UTF_8);
        }
        String json = Payload.json(eventType, elements);
        return apiKey == null ? json : "{\"api_key\":\"" + apiKey + "\"," + json.substring(1);
    }

    private static void assertRefused(HttpResponse<String> answer) {
        assertThat(assertProblem(answer, 401)).contains("webhook.api-key", "webhook.basic");
        assertThat(answer.headers().allValues("WWW-Authenticate")).containsExactly("Basic realm=\"Mail Events\", charset=\"UTF-8\"");
    }

    private static String basic(String user) {
        return "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8));
    }

    private Mail mailed(ObjectNode bounce) {
        String address = bounce.get("to").asText().replace("\r\n", " ");
        await().until(() -> !mailbox.naming(address).isEmpty());
        return mailbox.naming(address).get(0);
    }

    /** Everything that the application has written: its log, its rows and its files. */
    private String written() {
        return application.log() + database.rows("SELECT * FROM mail_event") + database.rows("SELECT * FROM rejected_event") + onDisk();
    }

    private String onDisk() {
        StringBuilder text = new StringBuilder();
        for (Path file : files()) {
            try {
                text.append(Files.readString(file, StandardCharsets.ISO_8859_1));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return text.toString();
    }

    private List<Path> files() {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
