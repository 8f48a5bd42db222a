package org.mailevents.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertProblem;
import static org.mailevents.support.Answers.assertReceipt;
import static org.mailevents.support.Answers.assertSpooled;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.AsyncCallback;
import org.apache.camel.Exchange;
import org.apache.camel.main.Main;
import org.apache.camel.spi.InterceptStrategy;
import org.apache.camel.support.processor.DelegateAsyncProcessor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.Application;
import org.mailevents.event.MailEvent;
import org.mailevents.event.Webhook;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.Rfc5322;
import org.mailevents.support.SmtpServer;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;
import org.mailevents.support.TimedAlerts;
import org.mailevents.support.Where;

/** Hashed recipients cannot be recognised, and the personal data of a person is removed on time and on request. */
@Execution(ExecutionMode.CONCURRENT)
class PrivacyTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration DAY = Duration.ofDays(1);
    private static final String KEY = "5e884898da28047151d0e56f8dc62927";
    private static final List<String> TABLES = List.of("mail_event", "rejected_event", "alert_incident", "alert_mail", "alert_delivery",
            "message_status", "undeliverable_recipient", "privacy_progress", "privacy_remainder");
    private static final DateTimeFormatter SPOOLED = DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

    private final Path spool = OwnProcess.folder().resolve("spool");

    @ParameterizedTest
    @EnumSource
    void noAddressOfARecipientIsKeptOrMailed(Where where) {
        try (TimedAlerts run = run(where, Map.of("privacy.hash-recipients", KEY))) {
            // Given
            List<ObjectNode> bounces = IntStream.range(0, 60).mapToObj(i -> quoting(Payload.bounce(i % 2 == 0 ? "2" : "1"))).toList();
            List<ObjectNode> deliveries = Stream.of("queued", "deferred", "succeeded", "failed")
                    .map(status -> quoting(Payload.delivery(status))).toList();
            ObjectNode rejected = quoting(Payload.delivery("failed")).put("messageId", "");
            ObjectNode unreadable = Payload.delivery("failed");
            ObjectNode unreadableForm = Payload.delivery("failed");
            ObjectNode version1 = quoting(Payload.delivery("queued"));
            version1.set("envelopeTo", version1.remove("to"));
            ObjectNode block = Payload.delivery("2");
            String blocked = block.remove("to").asText();
            block.put("email", blocked).put("note", "of " + blocked).putArray("all").add(blocked);

            // When
            run.post("bounces", bounces.toArray(JsonNode[]::new));
            run.post("deliveries", deliveries.toArray(JsonNode[]::new));
            run.post("deliveries", version1);
            run.post("blocks", block);
            assertReceipt(run.application().post(MailEvents.JSON, Payload.json("deliveries", rejected)), 1, 0, 0, 1);
            assertProblem(run.application().post(MailEvents.JSON, Payload.json("deliveries", unreadable) + "}"), 400);
            assertProblem(run.application().post(MailEvents.FORM,
                    "event=" + URLEncoder.encode("{" + unreadableForm, StandardCharsets.UTF_8)), 400);
            run.pass(Duration.ofSeconds(10));
            run.mailed(1).pass(Duration.ofMinutes(46));

            // Then
            List<Rfc5322> mails = run.mailed(2).mails();
            List<String> addresses = Stream.of(bounces, deliveries, List.of(rejected, unreadable, unreadableForm)).flatMap(List::stream)
                    .map(PrivacyTest::address).toList();
            for (String text : List.of(everything(run), said(mails.get(0)), said(mails.get(1)), run.application().log())) {
                assertThat(addresses).noneMatch(address -> text.toLowerCase().contains(address));
                assertThat(text.toLowerCase()).doesNotContain(blocked, version1.get("envelopeTo").asText());
            }
            RecipientHash hash = hash(run);
            assertThat(bounces).allSatisfy(bounce -> {
                String hashed = hash.of(address(bounce).toUpperCase());
                assertThat(hashed).endsWith("@example.net");
                assertThat(said(mails.get(0))).contains(hashed);
                assertThat(run.database().row("SELECT * FROM undeliverable_recipient WHERE recipient = ?", hashed))
                        .containsEntry("bounces", "1");
                assertThat(run.database().row("SELECT status FROM message_status WHERE recipient = ?", hashed))
                        .containsEntry("status", "bounced");
                assertThat(run.database().row("SELECT return_path FROM mail_event WHERE recipient = ?", hashed))
                        .containsEntry("return_path", "bounce+" + hashed.replace('@', '=') + "@return.pro.smtps.jp");
            });
            assertThat(said(mails.get(0))).contains("example.net").contains("60件").contains("初めてエラー 60件");
            assertThat(run.database().rows("SELECT payload FROM rejected_event")).hasSize(3).extracting(row -> row.get("payload"))
                    .satisfiesExactlyInAnyOrder(
                            payload -> assertThat(payload).contains(hash.of(address(rejected))),
                            payload -> assertThat(payload).contains(hash.of(address(unreadable))),
                            payload -> assertThat(payload).contains(
                                    URLEncoder.encode(hash.of(address(unreadableForm)), StandardCharsets.UTF_8)));
            assertThat(run.database().row("SELECT extra FROM mail_event WHERE event_type = 'blocks'").get("extra"))
                    .contains(hash.of(blocked));

            // When
            run.pass(HOUR);
            run.post("bounces", Payload.bounce("2").put("to", address(bounces.get(0))));
            run.pass(Duration.ofSeconds(10));

            // Then
            assertThat(run.mailed(3).mails().get(2).text()).contains("以前にもエラーになったアドレスです").contains(hash.of(address(bounces.get(0))));
        }
    }

    @ParameterizedTest
    @EnumSource
    void aHashedEventThatComesAgainIsTheSameRow(Where where) throws IOException {
        try (TimedAlerts run = run(where, Map.of("privacy.hash-recipients", KEY))) {
            // Given
            ObjectNode bounce = quoting(Payload.bounce("2"));
            ObjectNode other = quoting(Payload.bounce("2"));
            ObjectNode rejected = Payload.bounce("2").put("messageId", "");
            run.post("bounces", bounce);

            // When
            assertReceipt(run.application().post(MailEvents.JSON, Payload.json("bounces", bounce)), 1, 0, 1, 0);
            assertReceipt(run.application().post(MailEvents.FORM, Payload.form("bounces", other, bounce)), 2, 1, 1, 0);
            run.database().execute("ALTER TABLE rejected_event RENAME TO elsewhere");
            assertSpooled(run.application().post(MailEvents.JSON, Payload.json("bounces", bounce, rejected)), 2);
            String spooled = Files.readString(spooled().get(0));
            run.database().execute("ALTER TABLE elsewhere RENAME TO rejected_event");
            Files.writeString(spool.resolve("by-hand.json"), Payload.json("bounces", bounce, other, rejected));
            // Then
            assertThat(spooled).contains(hash(run).of(address(bounce))).doesNotContain(address(bounce), address(rejected));
            await().until(() -> spooled().isEmpty());
            assertThat(run.database().rows("SELECT recipient FROM mail_event")).extracting(row -> row.get("recipient"))
                    .containsExactlyInAnyOrder(hash(run).of(address(bounce)), hash(run).of(address(other)));
            assertThat(run.database().row("SELECT payload FROM rejected_event").get("payload")).contains(hash(run).of(address(rejected)));

            // When
            assertReceipt(run.application().post(MailEvents.JSON, spooled), 2, 0, 1, 1);

            // Then
            assertThat(run.database().rows("SELECT 1 FROM rejected_event")).hasSize(1);
        }
    }

    @Test
    void whereNothingIsHashedAnAddressIsItself() {
        try (TimedAlerts run = run(Where.H2, Map.of())) {
            // Given
            ObjectNode bounce = quoting(Payload.bounce("2"));

            // When
            run.post("bounces", bounce);

            // Then
            assertThat(hash(run).of(address(bounce))).isEqualTo(address(bounce));
            assertThat(run.database().row("SELECT * FROM mail_event")).containsEntry("recipient", address(bounce))
                    .containsEntry("reason", bounce.get("reason").asText()).containsEntry("return_path", bounce.get("returnPath").asText());
            assertThat(run.application().context().getRoute("remove-personal-data")).isNull();
        }
    }

    @Test
    void theBounceOfAnAlertIsKnownByTheHashOfItsRecipient() {
        try (TimedAlerts run = run(Where.H2, Map.of("privacy.hash-recipients", KEY, "alert.to", "Ops@alerts.example.org", "alert.fallback",
                "chief@elsewhere.example.net", "privacy.retention-days", "1"))) {
            // Given
            run.post("bounces", Payload.bounce("2").put("to", "ops@alerts.example.org"));

            // When
            run.pass(Duration.ofSeconds(10));

            // Then
            Rfc5322 notice = run.mailed(1).mails().get(0);
            assertThat(run.recipients()).containsExactly(List.of("chief@elsewhere.example.net"));
            assertThat(notice.subject()).contains("ops@alerts.example.org");
            assertThat(run.database().row("SELECT about FROM alert_mail")).containsEntry("about", hash(run).of("ops@alerts.example.org"));

            // When
            run.pass(Duration.ofDays(32));

            // Then
            await().until(() -> run.database().row("SELECT about FROM alert_mail").get("about") == null);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "0123456789abcde"})
    void aShortKeyStopsTheStart(String key) {
        assertThatThrownBy(() -> run(Where.H2, Map.of("privacy.hash-recipients", key)).close())
                .hasStackTraceContaining("Set privacy.hash-recipients to a secret key").hasStackTraceContaining("openssl rand -hex 32");
    }

    @Test
    void whatIsNoNumberOfDaysStopsTheStart() {
        assertThatThrownBy(() -> run(Where.H2, Map.of("privacy.retention-days", "0")).close())
                .hasStackTraceContaining("Set privacy.retention-days to a whole number from 1 to 999999999: '0' is not one");
    }

    @ParameterizedTest
    @EnumSource
    void oldRowsLoseWhatTellsOfAPersonAndStillCount(Where where) {
        try (TimedAlerts run = run(where, Map.of("privacy.retention-days", "30"))) {
            // Given
            List<ObjectNode> old = new ArrayList<>();
            for (String status : List.of("queued", "deferred", "succeeded", "failed")) {
                IntStream.range(0, 300).forEach(i -> old.add(quoting(Payload.delivery(status))));
            }
            ObjectNode bounce = quoting(Payload.bounce("2"));
            run.post("deliveries", old.toArray(JsonNode[]::new));
            run.post("bounces", bounce);
            old.add(bounce);
            run.application().post(MailEvents.JSON, Payload.json("deliveries", quoting(Payload.delivery("failed")).put("messageId", "")));
            run.pass(Duration.ofSeconds(10));
            run.mailed(1).pass(HOUR);
            run.mailed(2).pass(DAY);
            ObjectNode young = quoting(Payload.bounce("2"));
            run.post("bounces", young);
            run.pass(Duration.ofSeconds(10));
            run.mailed(3).pass(HOUR);
            // the second bounce of a week is nothing unusual, so its incident ends without a mail
            await().until(() -> rows(run, "alert_incident WHERE closed_at IS NULL") == 0);
            String counts = "SELECT event_type, status, kind, audience, COUNT(*) AS n FROM mail_event"
                    + " GROUP BY event_type, status, kind, audience ORDER BY 1, 2";
            List<Map<String, String>> before = run.database().rows(counts);

            // When
            run.pass(Duration.ofDays(29).minus(Duration.ofMinutes(30)));

            // Then
            await().until(() -> rows(run, "mail_event WHERE recipient IS NOT NULL") == 1);
            await().until(() -> rows(run, "rejected_event") == 0);
            await().until(() -> rows(run, "alert_incident WHERE subject IS NULL") == 1);
            assertThat(run.database().rows(counts)).isEqualTo(before);
            assertThat(run.database().row("SELECT * FROM mail_event WHERE recipient IS NOT NULL"))
                    .containsEntry("recipient", address(young))
                    .containsEntry("subject", young.get("subject").asText());
            String everything = everything(run);
            assertThat(old).noneMatch(element -> personal(element).stream().anyMatch(everything::contains));
            assertThat(run.database().row("SELECT recipient, message_id FROM message_status")).containsEntry("recipient", address(young));
            assertThat(run.database().row("SELECT recipient, bounces FROM undeliverable_recipient"))
                    .containsEntry("recipient", address(young));
            await().until(() -> run.application().log().contains(
                    "Removed personal data older than 30 days (privacy.retention-days) from 1201 events, and deleted 1 rejected events"));

            // When
            JsonNode[] again = old.stream().limit(1_200).toArray(JsonNode[]::new);

            // Then
            assertReceipt(run.application().post(MailEvents.JSON, Payload.json("deliveries", again)), 1_200, 0, 1_200, 0);
            assertReceipt(run.application().post(MailEvents.JSON, Payload.json("bounces", bounce)), 1, 0, 1, 0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void aBounceKeepsItUntilAllItsMailsWereSent(Where where) {
        AtomicBoolean down = new AtomicBoolean(true);
        try (SmtpServer server = new SmtpServer(address -> down.get() ? "451 later" : "250 ok", () -> { });
                TimedAlerts run = run(where, Map.of("privacy.retention-days", "1", "alert.endpoint", server.endpoint()))) {
            // Given
            ObjectNode bounce = Payload.bounce("2");
            run.post("bounces", bounce);
            run.pass(Duration.ofSeconds(10));
            await().until(() -> rows(run, "mail_event WHERE alert_state = 'claimed'") == 1);
            run.post("deliveries", Payload.delivery("succeeded"));

            // When
            run.pass(Duration.ofDays(2));

            // Then
            await().until(() -> rows(run, "mail_event WHERE recipient IS NULL") == 1);
            assertThat(run.database().row("SELECT recipient FROM mail_event WHERE alert_state = 'claimed'"))
                    .containsEntry("recipient", address(bounce));

            // When
            down.set(false);
            run.pass(HOUR);
            await().until(() -> server.taken.size() == 1 && rows(run, "alert_mail WHERE sent_at IS NULL") == 0);
            run.pass(HOUR);
            await().until(() -> server.taken.size() == 2 && rows(run, "alert_mail WHERE sent_at IS NULL") == 0);
            run.pass(Duration.ofHours(6));

            // Then
            await().until(() -> rows(run, "mail_event WHERE recipient IS NULL") == 2);
            await().until(() -> rows(run, "privacy_remainder") == 0);
            assertThat(server.taken).allSatisfy(taken -> assertThat(taken.mail().text()).contains(address(bounce)));
        }
    }

    @ParameterizedTest
    @EnumSource
    void whatIsCleanIsNotReadAgainButWhatComesLateIs(Where where) throws IOException {
        try (TimedAlerts run = run(where, Map.of("privacy.retention-days", "1"))) {
            // Given
            run.post("deliveries", Payload.delivery("succeeded"));
            run.pass(Duration.ofDays(2));
            await().until(() -> rows(run, "mail_event WHERE recipient IS NULL") == 1);
            await().until(() -> rows(run, "privacy_progress WHERE removed_until > TIMESTAMP WITH TIME ZONE '1971-01-01 00:00:00+00'") == 1);
            run.database().execute("UPDATE mail_event SET subject = 'put there later'");
            run.post("deliveries", Payload.delivery("succeeded"));
            run.pass(Duration.ofDays(2));

            // When
            Instant longAgo = run.now().minus(Duration.ofDays(3)).plusSeconds(1);
            Files.writeString(spool.resolve(SPOOLED.format(longAgo) + "-" + UUID.randomUUID() + ".json"),
                    Payload.json("deliveries", Payload.delivery("failed"), Payload.delivery("failed").put("messageId", "")));

            // Then
            await().until(() -> spooled().isEmpty());
            await().until(() -> rows(run, "mail_event WHERE recipient IS NULL") == 3);
            await().until(() -> rows(run, "privacy_remainder") == 0 && rows(run, "rejected_event") == 0);
            assertThat(rows(run, "mail_event WHERE status = 'failed'")).isEqualTo(1);
            assertThat(run.database().row("SELECT subject FROM mail_event WHERE subject IS NOT NULL"))
                    .containsEntry("subject", "put there later");
        }
    }

    /** The statements are those of docs/retention-and-privacy.md. */
    @ParameterizedTest
    @EnumSource
    void onePersonIsForgottenOnRequest(Where where) throws IOException {
        for (String key : List.of("", KEY)) {
            try (TimedAlerts run = run(where, Map.of("privacy.hash-recipients", key))) {
                // Given
                ObjectNode theirs = quoting(Payload.bounce("2"));
                ObjectNode others = quoting(Payload.bounce("2"));
                run.post("bounces", theirs, others);
                run.application().post(MailEvents.JSON,
                        Payload.json("bounces", quoting(Payload.bounce("2").put("to", address(theirs))).put("messageId", "")));
                run.pass(Duration.ofSeconds(10));
                run.mailed(1).pass(HOUR);
                run.mailed(2);
                String stored = hash(run).of(address(theirs));
                // a notice about two unreachable recipients, with one address a line
                run.database().execute("INSERT INTO alert_mail (mail_id, audience, what, about, message_id, made_at, sent_at) VALUES ('"
                        + UUID.randomUUID() + "', 'operators', 'unreachable', CONCAT('other@example.org', CHR(10), '" + stored
                        + "'), '<notice@example.org>', CURRENT_TIMESTAMP, CURRENT_TIMESTAMP)");
                assertThat(everything(run)).contains(stored);

                // When
                Stream.of(section("docs/retention-and-privacy.md", "remove one person").replace("taro@example.net", stored).split(";"))
                        .map(String::strip)
                        .filter(statement -> !statement.isEmpty()).forEach(run.database()::execute);

                // Then
                assertThat(everything(run))
                        .doesNotContain(stored, stored.split("@")[0], theirs.get("subject").asText(), theirs.get("apiData").asText())
                        .contains(hash(run).of(address(others)));
                assertThat(rows(run, "mail_event")).isEqualTo(2);
                assertThat(section("docs/ja/retention-and-privacy.md", "remove one person"))
                        .isEqualTo(section("docs/retention-and-privacy.md", "remove one person"));
            }
        }
    }

    /** The block of SQL that begins with this comment. */
    private static String section(String file, String comment) throws IOException {
        String page = Files.readString(Path.of(file));
        int start = page.indexOf("```sql\n-- " + comment);
        assertThat(start).as(comment + " in " + file).isPositive();
        int first = page.indexOf('\n', start + 8) + 1;
        return page.substring(first, page.indexOf("```", first));
    }

    @ParameterizedTest
    @EnumSource
    void noPersonalDataReachesTheLog(Where where) throws IOException {
        Main main = Application.configured();
        // The step fails in route-webhook and the routes after it, but not in the route that spools the webhook.
        main.bind("step", (InterceptStrategy) (context, definition, target, next) -> !definition.getShortName().equals("choice") ? target
                : new DelegateAsyncProcessor(target) {
            @Override
            public boolean process(Exchange exchange, AsyncCallback callback) {
                if (exchange.getMessage().getBody() instanceof Webhook webhook) {
                    webhook.events().stream().filter(event -> "failing".equals(event.createdText())).map(MailEvent::recipient)
                            .forEach(address -> exchange.setException(new IllegalStateException(
                                    "the CRM knows no " + address + ", <" + address + ">, to=" + address)));
                }
                if (exchange.getException() == null) {
                    return super.process(exchange, callback);
                }
                callback.done(true);
                return true;
            }
        });
        AtomicBoolean refusing = new AtomicBoolean(true);
        List<ObjectNode> elements = new ArrayList<>();
        TestDatabase database = where == Where.H2 ? TestDatabase.h2() : TestDatabase.postgres();
        UnaryOperator<String> replies = address ->
                refusing.get() ? "550 5.1.1 <" + address + "> knows no " + address(elements.get(0)) : "250 ok";
        try (SmtpServer server = new SmtpServer(replies, () -> { })) {
            TestSettings settings = TestSettings.of(database)
                    .with("spool.directory", spool, "spool.attempts", "2", "alert.first-delay", "100ms", "alert.updates", "100ms",
                    "alert.max-per-day", "100000", "alert.endpoint", server.endpoint(), "alert.to", "secret-operator@example.org",
                    "alert.from", "secret-sender@example.org", "privacy.retention-days", "1", "retention.days", "2");
            try (InProcess application = settings.startInProcess(main)) {
                // Given
                for (String code : List.of("1", "2", "99", "42")) {
                    elements.add(quoting(Payload.bounce(code)));
                }
                elements.add(quoting(Payload.bounce("2")).put("to", "secret-operator@example.org"));
                for (String status : List.of("queued", "succeeded", "deferred", "failed")) {
                    elements.add(quoting(Payload.delivery(status)));
                }
                ObjectNode hostile = quoting(Payload.delivery("succeeded"));
                hostile.put("to", "\r\n2026-10-01 ERROR ${body} {} %s " + address(hostile))
                        .put("subject", hostile.get("subject").asText() + "\r\nERROR \u001b[31m");
                elements.add(hostile);
                elements.add(quoting(Payload.delivery("failed")).put("messageId", ""));
                elements.add(quoting(Payload.delivery("failed")).put("subject", "\0" + UUID.randomUUID()));
                ObjectNode refused = quoting(Payload.delivery("failed")).put("server_composition", "pro");
                refused.put("subject", "refused " + refused.get("subject").asText());
                elements.add(refused);
                ObjectNode failing = quoting(Payload.delivery("2")).put("created", "failing");
                elements.add(failing);
                database.execute("ALTER TABLE mail_event ADD CONSTRAINT no_refused CHECK (subject NOT LIKE 'refused%')");

                // When
                for (ObjectNode element : elements) {
                    String type = element == failing ? "blocks" : element.get("status").asText().matches("\\d+") ? "bounces" : "deliveries";
                    assertThat(application.post(MailEvents.JSON, Payload.json(type, element)).statusCode()).isEqualTo(200);
                    assertThat(application.post(MailEvents.FORM, Payload.form(type, element)).statusCode()).isEqualTo(200);
                    assertProblem(application.post(MailEvents.JSON, Payload.json(type, element) + address(element)), 400);
                    assertProblem(application.post(MailEvents.JSON,
                            "{\"event_type\":\"" + address(element).strip().replaceAll("\\s+", " ") + "\",\"event\":1}"), 400);
                }
                database.execute("ALTER TABLE rejected_event RENAME TO elsewhere");
                assertSpooled(application.post(MailEvents.JSON, Payload.json("deliveries", elements.get(10))), 1);
                database.execute("ALTER TABLE elsewhere RENAME TO rejected_event");
                await().until(() -> application.log().contains(" to failed/: ") && spooled().isEmpty());
                await().until(() -> application.log().contains("SMTPAddressFailedException")
                        || application.log().contains("SendFailedException"));
                refusing.set(false);
                await().until(() -> !server.taken.isEmpty());
                await().until(() -> application.log().contains("Alerts do not reach"));

                // Then
                assertThat(application.log()).contains("the CRM knows no <address>").contains("received", "stored", "<address>");
                for (ObjectNode element : elements) {
                    personal(element).forEach(value -> assertThat(application.log()).doesNotContainIgnoringCase(value));
                }
                assertThat(application.log()).doesNotContain("secret-operator@", "secret-sender@");
            }
        }
    }

    /** The element with its recipient in every field in which recipients occur, and with values that no other element has. */
    private static ObjectNode quoting(ObjectNode element) {
        String address = address(element);
        String unique = UUID.randomUUID().toString();
        return element.put("reason", "550 5.1.1 <" + address.toUpperCase() + ">: no such user, nor " + address
                        + " (http://mx.example.net/?to=" + address.replace("@", "%40") + ")")
                .put("returnPath", "bounce+" + address.replace('@', '=') + "@return.pro.smtps.jp")
                .put("subject", "To " + address + " " + unique)
                .put("apiData", "campaign 7 " + unique + " " + address).put("later", "for " + address);
    }

    /** The values of an element that identify a person. */
    private static List<String> personal(ObjectNode element) {
        String address = address(element);
        return List.of(address.substring(address.lastIndexOf(' ') + 1), element.get("subject").asText().strip(),
                element.get("apiData").asText(), element.get("apiData").asText().split(" ")[2]);
    }

    private static String address(ObjectNode element) {
        return element.get("to").asText();
    }

    private static RecipientHash hash(TimedAlerts run) {
        return run.application().context().getRegistry().lookupByNameAndType("recipientHash", RecipientHash.class);
    }

    /** The text of all rows of all tables. */
    private static String everything(TimedAlerts run) {
        StringBuilder text = new StringBuilder();
        TABLES.forEach(table -> text.append(run.database().rows("SELECT * FROM " + table)));
        return text.toString();
    }

    /** Everything that a reader can see of a mail. */
    private static String said(Rfc5322 mail) {
        return mail.subject() + mail.text() + mail.html() + mail.find("text/csv").map(Rfc5322.Part::text).orElse("");
    }

    private static int rows(TimedAlerts run, String table) {
        return Integer.parseInt(run.database().row("SELECT COUNT(*) AS n FROM " + table).get("n"));
    }

    private TimedAlerts run(Where where, Map<String, String> more) {
        Map<String, String> settings = new HashMap<>(more);
        settings.put("spool.directory", spool.toString());
        // each incident ends with an all-clear, and a day has any number of mails
        settings.putAll(Map.of("alert.all-clear-from", "1", "alert.max-per-day", "1000"));
        return where.run(settings);
    }

    private List<Path> spooled() {
        try (Stream<Path> files = Files.list(spool)) {
            return files.filter(file -> file.toString().matches(".*\\.(json|form|tmp)")).toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
