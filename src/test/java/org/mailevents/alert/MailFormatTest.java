package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.Application;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.Rfc5322;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;
import org.mailevents.support.TimedAlerts;

/**
 * The transmitted mails, read by a strict reader: two incidents with hostile contents, from the first mail to the all-clear, and the
 * notices around them. Each mail exists in both languages.
 */
@Execution(ExecutionMode.CONCURRENT)
class MailFormatTest {

    /** Texts that a stranger may write, and that have a meaning in mail, HTML, FreeMarker or a spreadsheet. */
    private static final List<String> HOSTILE_TEXTS = List.of(
            "line one\r\nBcc: victim@example.com\r\n\r\nbody\u0085\u2028next\tcell\u000B",
            "<script src=\"http://evil.example/x.js\"></script><img src=x onerror=alert(1)></td></table>"
                    + "<a href='http://evil.example/'>click</a><!--",
            "${alert.total} <#assign x=1> [=x] &amp; &lt;b&gt;",
            "=?UTF-8?B?44GT44KM?= =?ISO-2022-JP?B?",
            "\"quoted\", 'single', comma, semi; 日本語 🎉👨‍👩‍👧 ｶﾅ",
            "=cmd|'/C calc'!A0",
            "＝ＳＵＭ（１）",
            ".",
            "🎉".repeat(700),
            "とても長い件名です。".repeat(60),
            "x".repeat(1_300));
    private static final List<String> HOSTILE_ADDRESSES = List.of(
            "o'hara+tag@example.net", "\"quoted \\\"at\\\" @, <b>\"@example.net", "<script>alert(1)</script>@example.org",
            "=1+1@example.com", "+819012345678@example.com",
            "-dash@example.com", "@at", "a,b;c@example.com", "日本語@例え.テスト", "🎉@example.net", "l".repeat(300)
            + "@example.net", "no-at-sign", "A.Mixed@EXAMPLE.net");
    /** Every code of the vendor and one unknown code. The codes 2 and 5 occur more often. */
    private static final List<String> CODES = List.of("1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "99", "42");
    /** The replies that say the same as these codes. All other bounces are refused by policy. */
    private static final Map<String, String> REPLIES = Map.of("1", "550 5.1.2 Host unknown ", "2", "550 5.1.1 User unknown ",
            "5", "552 5.2.2 Mailbox full ", "9", "501 5.1.3 Bad recipient address syntax ");
    private static final Duration DAY = Duration.ofDays(1);

    private static final List<ObjectNode> FIRST = hostile();
    private static final List<ObjectNode> MORE = new ArrayList<>();
    private static final Map<String, TimedAlerts> RUNS = new HashMap<>();
    private static final Map<String, List<Rfc5322>> MAILS = new ConcurrentHashMap<>();

    /** Sends the same webhooks at the same times to an application that mails in Japanese and to one that mails in English. */
    @BeforeAll
    static void run() {
        for (String language : List.of("ja", "en")) {
            RUNS.put(language, new TimedAlerts(Application.configured(), Map.of("alert.language", language, "alert.silence", "1d",
                    "alert.from", "Mail Events <mail-events@alerts.shop.example.com>", "alert.fallback", "chief@elsewhere.example.org",
                    "alert.to", IntStream.range(0, 8).mapToObj(i -> "watch" + i + "@ops.example.com")
                    .reduce((one, two) -> one + ", " + two).orElseThrow())));
        }
        IntStream.range(0, 51).forEach(i -> MORE.add(bounce("2", i)));
        IntStream.range(0, 50).forEach(i -> MORE.add(bounce("5", i)));
        ObjectNode own = Payload.bounce("2").put("to", "watch0@ops.example.com").put("reason", HOSTILE_TEXTS.get(0));
        ObjectNode hostileOwn = Payload.bounce("2").put("to", "x\r\nBcc: victim@example.com =?UTF-8?B?44GT?= " + "z".repeat(200))
                .put("apiData", "mail-events-alert");
        ObjectNode delivery = Payload.delivery("queued");
        JsonNode[] deliveries = IntStream.range(0, 150).mapToObj(i -> Payload.delivery("succeeded")).toArray(JsonNode[]::new);
        RUNS.values()
                .forEach(run -> run.database()
                .execute("INSERT INTO mail_event (event_id, event_type, recipient, received_at) VALUES (?, 'bounces', ?, ?)",
                UUID.randomUUID(), "known@example.net", run.now().minus(DAY).atOffset(ZoneOffset.UTC)));
        step(Duration.ZERO, "bounces", FIRST.toArray(JsonNode[]::new));
        step(Duration.ofSeconds(10), 2);
        step(Duration.ofMinutes(20), "deliveries", deliveries);
        step(Duration.ofSeconds(1), "bounces", MORE.toArray(JsonNode[]::new));
        step(Duration.ZERO, 4);
        step(Duration.ofMinutes(46), 6);
        step(Duration.ofSeconds(1), "bounces", own);
        step(Duration.ofSeconds(10), 7);
        // The fallback is mailed once an hour.
        step(Duration.ofMinutes(61), "bounces", hostileOwn);
        step(Duration.ofSeconds(10), 8);
        step(DAY, 9);
        step(Duration.ofSeconds(1), "deliveries", delivery);
        step(Duration.ofSeconds(1), 10);
    }

    @AfterAll
    static void stop() {
        RUNS.values().forEach(TimedAlerts::close);
    }

    private static void step(Duration time, String eventType, JsonNode... elements) {
        RUNS.values().forEach(run -> {
            run.pass(time);
            run.post(eventType, elements);
        });
    }

    private static void step(Duration time, int mails) {
        RUNS.values().forEach(run -> run.pass(time));
        RUNS.values().forEach(run -> run.mailed(mails));
    }

    private static List<ObjectNode> hostile() {
        List<ObjectNode> bounces = new ArrayList<>();
        for (int i = 0; i < HOSTILE_ADDRESSES.size(); i++) {
            String text = HOSTILE_TEXTS.get(i % HOSTILE_TEXTS.size());
            bounces.add(bounce(CODES.get(i), i).put("to", HOSTILE_ADDRESSES.get(i)).put("from", text).put("apiData", text));
        }
        ObjectNode bare = Payload.bounce("2").put("to", "bare@example.net");
        bare.remove(List.of("reason", "created", "subject", "apiData", "from", "returnPath"));
        bounces.add(bare);
        bounces.add(Payload.bounce("4").put("to", "known@example.net").put("reason", "552 5.2.2 Over quota"));
        return bounces;
    }

    /** A bounce with one of the hostile texts. Its address contains its number. */
    private static ObjectNode bounce(String code, int number) {
        String text = HOSTILE_TEXTS.get(number % HOSTILE_TEXTS.size());
        return Payload.bounce(code).put("to", "=-+@".charAt(number % 4) + "member" + number + "." + code + "@example" + number % 3 + ".net")
                .put("subject", text).put("reason", REPLIES.getOrDefault(code, "550 5.7.1 ") + text);
    }

    @ParameterizedTest
    @ValueSource(strings = {"ja", "en"})
    void everyMailIsDatedAndSaysThatItIsAutomatic(String language) {
        // Given
        Instant end = RUNS.get(language).now();

        // Then
        assertThat(mails(language)).hasSize(10).allSatisfy(mail -> {
            assertThat(mail.date().toInstant()).isBetween(end.minus(DAY).minus(Duration.ofHours(3)), end);
            assertThat(mail.header("From")).isEqualTo("Mail Events <mail-events@alerts.shop.example.com>");
            assertThat(mail.header("Message-ID")).endsWith("@alerts.shop.example.com>");
            assertThat(mail.header("Auto-Submitted")).isEqualTo("auto-generated");
            assertThat(mail.header("Precedence")).isEqualTo("bulk");
            assertThat(mail.header("X-Auto-Response-Suppress")).isEqualTo("All");
        });
        assertThat(mails(language)).extracting(mail -> mail.header("Message-ID")).doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ja", "en"})
    void aMailHasTextAndHtmlAndItsListOnlyWhereItIsLong(String language) {
        // Given
        String alternative = "multipart/alternative(text/plain, text/html)";
        String withList = "multipart/mixed(" + alternative + ", text/csv)";

        // Then
        assertThat(incident(language, "list-owner")).extracting(Rfc5322::structure).containsExactly(alternative, withList, withList);
        assertThat(incident(language, "postmaster")).as("the update tells 50").extracting(Rfc5322::structure)
                .containsExactly(alternative, alternative, withList);
        assertThat(notices(language)).extracting(Rfc5322::structure).containsOnly("text/plain").hasSize(4);
    }

    @Test
    void theSubjectTellsWhereWhyHowManyAndSinceWhen() {
        // Given
        String openedAt = time(mails("ja").get(0).date().toInstant().minusSeconds(10));
        String japanese = "example.net ほか2：未送信ほか " + of(FIRST, "1|2|9|10|11").size() + "件（" + openedAt + "～）";
        String english = "example.com and 4 more: refused by policy and others, 9 bounces since " + openedAt;

        // Then
        assertThat(incident("ja", "list-owner")).extracting(Rfc5322::subject).containsExactly(japanese, "Re: " + japanese,
                "Re: " + japanese);
        assertThat(incident("en", "postmaster")).extracting(Rfc5322::subject).containsExactly(english, "Re: " + english, "Re: " + english);
        assertThat(notices("en")).extracting(Rfc5322::subject).anySatisfy(subject ->
                assertThat(subject).isEqualTo("[Mail Events] Alerts do not reach x bcc: victim@example.com =?utf-8?b?44gt?= "
                        + "z".repeat(200)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ja", "en"})
    void theMailsOfAnIncidentAreOneThread(String language) {
        for (String audience : List.of("list-owner", "postmaster")) {
            // Given
            List<Rfc5322> mails = incident(language, audience);
            List<String> ids = mails.stream().map(mail -> mail.header("Message-ID")).toList();

            // Then
            assertThat(mails.get(0).has("In-Reply-To")).isFalse();
            assertThat(mails.get(0).has("References")).isFalse();
            assertThat(mails.get(1).messageIds("In-Reply-To")).containsExactly(ids.get(0));
            assertThat(mails.get(1).messageIds("References")).containsExactly(ids.get(0));
            assertThat(mails.get(2).messageIds("In-Reply-To")).containsExactly(ids.get(1));
            assertThat(mails.get(2).messageIds("References")).containsExactly(ids.get(0), ids.get(1));
        }
        assertThat(notices(language)).noneMatch(mail -> mail.has("In-Reply-To") || mail.has("References"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"ja", "en"})
    void whereMostMailBouncesTheMailIsUrgent(String language) {
        // Then
        for (String audience : List.of("list-owner", "postmaster")) {
            List<Rfc5322> mails = incident(language, audience);
            assertThat(mails.get(0).has("Importance")).isFalse();
            assertThat(mails.get(0).has("X-Priority")).isFalse();
            assertThat(mails.get(1).header("Importance")).isEqualTo("high");
            assertThat(mails.get(1).header("X-Priority")).isEqualTo("1");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ja", "en"})
    void textAndHtmlTellTheSame(String language) {
        // Then
        assertThat(alerts(language)).hasSize(6).allSatisfy(mail -> assertThat(squeezed(visible(mail.html())))
                .isEqualTo(squeezed(mail.text())));
    }

    @Test
    void aMailTellsWhatHappenedAndHowOften() {
        // Given
        long first = of(FIRST, "1|2|9|10|11").size();

        // Then
        assertThat(incident("ja", "postmaster").get(0).text()).containsSubsequence("known@example.net", "以前にもエラーになったアドレスです。",
                "552 5.2.2 Over quota", "5.2.2（", "の示す原因が異なります。", "以前にもエラー 1件");
        assertThat(incident("en", "postmaster").get(0).text()).containsSubsequence("known@example.net", "This address has bounced before.",
                "552 5.2.2 Over quota", "5.2.2 (", "say different things.", "1 had bounced before");
        assertThat(incident("ja", "list-owner").get(1).text()).contains("新たに51件が配信エラーになり", "累計は" + (51 + first) + "件です");
        assertThat(incident("en", "list-owner").get(1).text()).contains("51 more mails bounced, " + (51 + first) + " in all since ");
        assertThat(incident("ja", "list-owner").get(2).text()).contains("計" + (51 + first) + "件", "検知：", "20分");
        assertThat(incident("en", "list-owner").get(2).text()).contains((51 + first) + " mails to ", "When: ", "20 min");
    }

    @Test
    void bothLanguagesTellTheSameFacts() {
        // Then
        for (String audience : List.of("list-owner", "postmaster")) {
            for (int i = 0; i < 3; i++) {
                assertThat(facts(incident("en", audience).get(i).text())).isEqualTo(facts(incident("ja", audience).get(i).text()));
            }
        }
        assertThat(notices("en").stream().map(notice -> facts(notice.text())).toList())
                .containsExactlyInAnyOrderElementsOf(notices("ja").stream().map(notice -> facts(notice.text())).toList());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ja", "en"})
    void everyAddressIsThereAsItCame(String language) {
        // Given
        List<String> listed = addresses(MORE, "5");

        // Then
        assertThat(incident(language, "postmaster").get(1)).satisfies(mail -> {
            assertThat(mail.text().lines().filter(line -> line.matches("\\d+\\. .*")).map(line -> line.replaceFirst("\\d+\\. ", "")))
                    .containsExactlyInAnyOrderElementsOf(listed);
            assertThat(visible(mail.html())).contains(listed);
        });
        List<Rfc5322> firsts = List.of(incident(language, "list-owner").get(0), incident(language, "postmaster").get(0));
        assertThat(HOSTILE_ADDRESSES).allSatisfy(address -> {
            assertThat(firsts).anySatisfy(mail -> assertThat(mail.text()).contains(". " + address + "\r\n"));
            assertThat(firsts).anySatisfy(mail -> assertThat(visible(mail.html())).contains(". " + address + "\n"));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"ja", "en"})
    void theHtmlLoadsNothingLinksNowhereAndIsWellFormed(String language) {
        // Given
        Set<String> harmless = Set.of("html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "th", "h1", "h2", "h3",
                "p", "b", "span", "br");
        Set<String> attributes = Set.of("lang", "charset", "name", "content", "id", "class", "style", "role", "aria-roledescription",
                "width", "cellpadding",
                "cellspacing", "border", "align", "valign", "scope");

        // Then
        assertThat(alerts(language)).allSatisfy(mail -> {
            String html = mail.html();
            assertThat(html).startsWith("<!DOCTYPE html>");
            Deque<String> open = new ArrayDeque<>();
            Set<String> used = new HashSet<>();
            for (Matcher tag = TAG.matcher(html); tag.find();) {
                assertThat(harmless).contains(tag.group(2));
                Matcher attribute = Pattern.compile("([a-z-]+)=\"([^\"]*)\"").matcher(tag.group(3));
                while (attribute.find()) {
                    used.add(attribute.group(1));
                    assertThat(attribute.group(2)).doesNotContain("url(", "://", "javascript:");
                }
                if (tag.group(1).isEmpty() && !List.of("meta", "br").contains(tag.group(2))) {
                    open.push(tag.group(2));
                } else if (!tag.group(1).isEmpty()) {
                    assertThat(open.pop()).isEqualTo(tag.group(2));
                }
            }
            assertThat(open).isEmpty();
            assertThat(attributes).containsAll(used);
            assertThat(TAG.matcher(html.replaceAll("<!DOCTYPE html>|<!--\\[if mso\\]>|<!\\[endif\\]-->", "")).replaceAll(""))
                    .doesNotContain("<", ">");
            assertThat(STYLE.matcher(html).results().map(style -> style.group(1)).toList())
                    .noneMatch(style -> style.matches("(?s).*(url\\(|@import|://|<).*"));
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"ja", "en"})
    void theListOpensInASpreadsheet(String language) {
        // Given
        Rfc5322.Part update = incident(language, "list-owner").get(1).find("text/csv").orElseThrow();
        Rfc5322.Part all = incident(language, "list-owner").get(2).find("text/csv").orElseThrow();
        List<String> expected = addresses(MORE, "2");

        // When
        List<List<String>> rows = csv(update.text());

        // Then
        assertThat(Arrays.copyOf(update.content(), 3)).as("the byte order mark, without which Excel does not read UTF-8")
                .containsExactly((byte) 0xEF, (byte) 0xBB, (byte) 0xBF);
        assertThat(update.header("content-disposition")).hasValueSatisfying(value ->
                assertThat(value).matches("attachment; filename=bounces-[0-9a-f]{8}-2\\.csv"));
        assertThat(rows.get(0)).isEqualTo(language.equals("ja")
                ? List.of("発生日時", "宛先", "コード", "原因", "拡張コード", "拡張コードの意味", "サーバーの応答", "以前にもバウンス", "件名", "差出人", "Message-ID", "apiData",
                        "コードの名称", "原因ID", "配信不能のアドレス")
                : List.of("Bounced at", "Recipient", "Code", "Cause", "Enhanced code", "Its meaning", "Server's reply", "Bounced before",
                "Subject", "Sender",
                        "Message-ID", "apiData", "Name of the code", "Cause ID", "Dead address"));
        assertThat(rows).allSatisfy(row -> assertThat(row).hasSize(15)
                .allSatisfy(cell -> assertThat(cell).doesNotContainPattern("^[=+@＝＋－＠\\-]|[\\r\\n\\t]")));
        assertThat(rows.stream().skip(1).map(row -> row.get(1)))
                .containsExactlyInAnyOrderElementsOf(expected.stream().map(address -> "'" + address).toList());
        assertThat(rows.stream().map(row -> row.get(8))).contains("\"quoted\", 'single', comma, semi; 日本語 🎉👨‍👩‍👧 ｶﾅ", "'=cmd|'/C calc'!A0",
                "'＝ＳＵＭ（１）");
        assertThat(csv(all.text()).stream().skip(1).map(row -> row.get(1))).hasSize(51 + of(FIRST, "1|2|9|10|11").size())
                .contains("日本語@例え.テスト", "🎉@example.net", "\"quoted \\\"at\\\" @, <b>\"@example.net").doesNotHaveDuplicates();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ja", "en"})
    void anEmlFileIsAMailToo(String language) throws IOException {
        // Given
        Path folder = OwnProcess.folder().resolve("outbox");
        TestSettings settings = TestSettings.of(TestDatabase.h2(), Mailbox.folder(folder)).with("alert.language", language,
                "alert.to", "one@example.com, two@example.com");
        Instant before = Instant.now().truncatedTo(ChronoUnit.SECONDS);
        try (InProcess application = settings.startInProcess()) {

            // When
            application.post(MailEvents.JSON, Payload.json("bounces", MORE.toArray(JsonNode[]::new)));

            // Then
            await("two mails for each of two recipients").until(() -> Files.exists(folder) && emls(folder).size() == 4);
            for (Path eml : emls(folder)) {
                Rfc5322 mail = Rfc5322.read(Files.readAllBytes(eml));
                assertThat(mail.date().toInstant()).isBetween(before, Instant.now());
                assertThat(squeezed(visible(mail.html()))).isEqualTo(squeezed(mail.text()));
            }
        }
    }

    private static List<Path> emls(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".eml") && !file.getFileName().toString().startsWith(".")).toList();
        }
    }

    @Test
    void aTeamNamesAudiencesAndPeopleAsItLikes() throws IOException {
        // Given
        String odd = "A.b_C-9" + "x".repeat(93);
        List<String> audiences = List.of(odd, ".", "..", "-", "_", "0", "operators", "fallback", "size", "list-owner");
        Path routes = OwnProcess.folder("routes").resolve("routes");
        Path bounces = routes.resolve("route-bounces.camel.yaml");
        Files.writeString(bounces, Files.readString(bounces).replace("constant:\n                                expression: list-owner",
                "simple:\n                                expression: ${body.apiData}"));
        Map<String, String> settings = Map.of("camel.main.routesIncludePattern", "file:" + routes
                + "/*.camel.yaml", "alert.from", "配信エラー通知 <noreply@shop.example.com>",
                "alert.to", "監視担当（夜間も対応する運用チームの代表アドレスです）🎉 <watch@example.com>,\"Doe, J.\" <doe@example.com>, plain@example.com",
                "alert.to." + odd, "odd@example.com", "alert.to._", "underscore@example.com", "alert.language."
                + odd, "en", "alert.language..", "en");
        try (TimedAlerts run = new TimedAlerts(Application.configured(), settings)) {

            // When
            run.post("bounces", Stream.concat(audiences.stream(), Stream.of("no audience; 名前"))
                    .map(audience -> Payload.bounce("2").put("apiData", audience))
                    .toArray(JsonNode[]::new));
            run.pass(Duration.ofSeconds(10));
            List<Rfc5322> mails = run.mailed(11).mails();

            // Then
            assertThat(mails).extracting(Rfc5322::subject)
                    .anyMatch(subject -> subject.matches("example\\.net: unknown user, 1 bounce at .{16} \\(" + odd + "\\)"))
                    .anyMatch(subject -> subject.matches("example\\.net: unknown user, 1 bounce at .{16} \\(\\.\\)"))
                    .anyMatch(subject -> subject.matches("example\\.net：宛先不明 1件（\\.\\. .{16}）"))
                    .anyMatch(subject -> subject.matches("example\\.net：宛先不明 1件（unnamed .{16}）"));
            assertThat(mails).extracting(Rfc5322::text)
                    .anyMatch(text -> text.contains("This mail is for the audience " + odd + "."))
                    .anyMatch(text -> text.contains("This mail is for the audience .."))
                    .anyMatch(text -> text.contains("\r\n..へのお知らせです。"))
                    .anyMatch(text -> text.contains("unnamedへのお知らせです。"));
            assertThat(mails).noneMatch(mail -> mail.has("References"));
            assertThat(mails).extracting(Rfc5322::from).containsOnly("配信エラー通知 <noreply@shop.example.com>");
            assertThat(mails).extracting(Rfc5322::to).containsOnly("odd@example.com", "underscore@example.com",
                    "監視担当（夜間も対応する運用チームの代表アドレスです）🎉 <watch@example.com>, \"Doe, J.\" <doe@example.com>, plain@example.com");
            assertThat(run.recipients()).containsOnly(List.of("odd@example.com"), List.of("underscore@example.com"),
                    List.of("doe@example.com", "plain@example.com", "watch@example.com"));
        }
    }

    private static final Pattern TAG = Pattern.compile("<(/?)([a-z][a-z0-9]*)((?:\\s+[a-z-]+=\"[^\"<>]*\")*)>");
    private static final Pattern STYLE = Pattern.compile("(?s)<style>(.*?)</style>");
    /** Numbers that belong to the wording, and the random beginning of an incident's id. */
    private static final Pattern WORDING = Pattern.compile("bounces-[0-9a-f]{8}|"
            + "直近1時間|直近24時間|過去1週間|1時間あたり|1分未満|Last 24 hours|\\(no|Microsoft 365");
    /** Facts: numbers, and texts with a dot or an @ such as addresses, domains and names of settings. */
    private static final Pattern FACT = Pattern.compile("(?<!\\w)(?:\\d+(?:[-:.]\\d+)*|[\\w.+=-]++@[\\w.-]+|[A-Za-z]\\w*+(?:\\.\\w+)+)");

    private static List<Rfc5322> mails(String language) {
        return MAILS.computeIfAbsent(language, read -> RUNS.get(read).mails());
    }

    /** The mails of one incident, in the order in which they were sent. */
    private static List<Rfc5322> incident(String language, String audience) {
        String whom = Map.of("ja list-owner", "配信リストご担当者様へのお知らせです。", "ja postmaster", "メール管理者様へのお知らせです。",
                "en list-owner", "This mail is for whoever keeps the list.", "en postmaster", "This mail is for the postmaster.")
                .get(language + " " + audience);
        return alerts(language).stream().filter(mail -> mail.text().contains(whom)).toList();
    }

    private static List<Rfc5322> alerts(String language) {
        return mails(language).stream().filter(mail -> !mail.subject().contains("Mail Events")).toList();
    }

    private static List<Rfc5322> notices(String language) {
        return mails(language).stream().filter(mail -> mail.subject().contains("Mail Events")).toList();
    }

    private static List<ObjectNode> of(List<ObjectNode> bounces, String codes) {
        return bounces.stream().filter(bounce -> bounce.get("status").asText().matches(codes)).toList();
    }

    private static List<String> addresses(List<ObjectNode> bounces, String codes) {
        return of(bounces, codes).stream().map(bounce -> bounce.get("to").asText()).toList();
    }

    /** The time in the format of the mails. */
    private static String time(Instant instant) {
        return instant.atOffset(ZoneOffset.ofHours(9)).toLocalDateTime().truncatedTo(ChronoUnit.MINUTES).toString().replace('T', ' ');
    }

    private static List<String> facts(String text) {
        return FACT.matcher(WORDING.matcher(text).replaceAll("")).results().map(fact -> fact.group()).sorted().toList();
    }

    /** What a reader of the HTML sees. */
    private static String visible(String html) {
        return html.replaceAll("(?s)<head>.*</head>|<!.*?>", "").replaceAll("<[^>]*>", "").replace("&lt;", "<").replace("&gt;", ">")
                .replace("&quot;", "\"")
                .replace("&#39;", "'").replace("&amp;", "&").replaceAll("\\s*\\R", "\n");
    }

    /** The text without the spaces and signs that are only layout. */
    private static String squeezed(String text) {
        return text.replaceAll("[\\s\\p{Z}:：■*!-]", "");
    }

    /** Reads CSV strictly by RFC 4180. */
    private static List<List<String>> csv(String text) {
        assertThat(text).startsWith("\uFEFF").endsWith("\"\r\n");
        Pattern cell = Pattern.compile("\\G\"((?:[^\"]|\"\")*+)\"(,|\r\n)");
        List<List<String>> rows = new ArrayList<>(List.of(new ArrayList<>()));
        Matcher matcher = cell.matcher(text).region(1, text.length());
        int end = 1;
        for (; matcher.find(); end = matcher.end()) {
            rows.get(rows.size() - 1).add(matcher.group(1).replace("\"\"", "\""));
            if (!matcher.group(2).equals(",")) {
                rows.add(new ArrayList<>());
            }
        }
        assertThat(end).isEqualTo(text.length());
        return rows.subList(0, rows.size() - 1);
    }
}
