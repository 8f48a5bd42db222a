package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.main.Main;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.Application;
import org.mailevents.support.InProcess;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox.Mail;
import org.mailevents.support.Payload;
import org.mailevents.support.SimulatedClock;
import org.mailevents.support.SmtpServer;
import org.mailevents.support.SmtpServer.Taken;
import org.mailevents.support.TestDatabase;
import org.mailevents.support.TestSettings;

/** What digests say, to whom and when. The test moves the clock, so weeks take seconds. */
@Execution(ExecutionMode.CONCURRENT)
class DigestTest {

    private static final ZoneId TOKYO = ZoneId.of("Asia/Tokyo");
    /** A Thursday, 12:00 in Tokyo. */
    private static final Instant START = Instant.parse("2026-10-01T03:00:00Z");
    private static final DateTimeFormatter CREATED = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");
    private static final String DIGESTS = "SELECT what, audience, about FROM alert_mail WHERE what IN ('digest', 'no-digest')"
            + " ORDER BY made_at, audience, about";

    private final SimulatedClock clock = new SimulatedClock(START);
    private final AtomicReference<String> reply = new AtomicReference<>("250 ok");
    private final SmtpServer server = new SmtpServer(address -> reply.get(), () -> { });
    private TestDatabase database = TestDatabase.h2InMemory();
    private InProcess application;

    @AfterEach
    void stop() {
        application.close();
        server.close();
    }

    private InProcess start(Map<String, String> settings) {
        Main main = Application.configured();
        main.bind("clock", (Clock) clock);
        application = TestSettings.of(database).with("alert.endpoint", server.endpoint(), "alert.to", "all@example.com").with(settings)
                .startInProcess(main);
        return application;
    }

    private ObjectNode bounce(String code, String address) {
        return Payload.bounce(code).put("to", address).put("created", CREATED.format(clock.instant().atZone(TOKYO)));
    }

    private ObjectNode delivery(String status, String address) {
        return Payload.delivery(status).put("to", address).put("created", CREATED.format(clock.instant().atZone(TOKYO)));
    }

    private Stream<ObjectNode> unknownUsers(int count, String domain) {
        return IntStream.range(0, count).mapToObj(i -> bounce("2", UUID.randomUUID() + "@" + domain));
    }

    private void post(String eventType, Stream<ObjectNode> elements) {
        JsonNode[] all = elements.toArray(JsonNode[]::new);
        assertReceipt(application.post(MailEvents.JSON, Payload.json(eventType, all)), all.length, all.length, 0, 0);
    }

    private void moveTo(String local) {
        clock.moveTo(ZonedDateTime.parse(local).toInstant());
    }

    private List<Taken> digests() {
        return server.taken.stream().filter(taken -> taken.mail().subject().contains("まとめ")).toList();
    }

    private Mail digest(int number) {
        await().until(() -> digests().size() >= number);
        assertThat(digests()).hasSize(number);
        return digests().get(number - 1).mail();
    }

    /** The plan and the time of each digest and of each time without one. */
    private List<String> rows(int count) {
        await().until(() -> database.rows(DIGESTS).size() >= count);
        return database.rows(DIGESTS).stream().map(row -> row.get("what") + " " + row.get("audience") + " " + row.get("about")).toList();
    }

    /** A row of alert_answer, as the answer to a mail writes it. */
    private void wantsLess(String audience, String recipient, String frequency, Instant undoneAt) {
        database.execute("INSERT INTO alert_answer (answer_id, what, audience, recipient, frequency, answered_at, undone_at)"
                + " VALUES (?, 'less-often', ?, ?, ?, ?, ?)", UUID.randomUUID(), audience, recipient, frequency,
                OffsetDateTime.ofInstant(clock.instant(), ZoneOffset.UTC),
                undoneAt == null ? null : OffsetDateTime.ofInstant(undoneAt, ZoneOffset.UTC));
    }

    /** Until the mails about everything that was posted are sent, and their incidents are over. */
    private void incidentsEnd() {
        clock.moveOn(Duration.ofSeconds(30));
        await().until(() -> database.rows("SELECT 1 FROM mail_event WHERE alert_state IN ('pending', 'claimed')").isEmpty());
        await().until(() -> database.rows("SELECT 1 FROM alert_mail WHERE sent_at IS NULL").isEmpty());
        clock.moveOn(Duration.ofHours(1));
        await().until(() -> database.rows("SELECT 1 FROM alert_incident WHERE open_for IS NOT NULL").isEmpty());
        await().until(() -> database.rows("SELECT 1 FROM alert_mail WHERE sent_at IS NULL").isEmpty());
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "postgres"})
    void aDigestTellsWhatBouncedWhatIsNewWhatGrowsAndWhatIsStillWrittenTo(String where) {
        // Given: four weeks, with a digest in each
        database = where.equals("h2") ? database : TestDatabase.postgres();
        start(Map.of("alert.digest.list-owner", "daily 09:00"));
        rows(1);
        post("bounces", Stream.of(bounce("2", "Neglected@dead.example"), bounce("2", "revived@dead.example")));
        for (int growing : List.of(2, 4, 9)) {
            post("bounces", Stream.concat(unknownUsers(growing, "growing.example"), unknownUsers(5, "steady.example")));
            int told = database.rows(DIGESTS).size();
            incidentsEnd();
            clock.moveOn(Duration.ofDays(7));
            rows(told + 1);
        }
        post("bounces", Stream.concat(unknownUsers(20, "growing.example"), unknownUsers(5, "steady.example")));

        // When
        ObjectNode ownDelivery = delivery("failed", "fresh@dead.example");
        post("bounces", Stream.of(bounce("1", "a@new.example"), bounce("1", "b@new.example"),
                bounce("2", "fresh@dead.example").put("messageId", ownDelivery.get("messageId").asText())));
        clock.moveOn(Duration.ofSeconds(1));
        post("deliveries", Stream.of(delivery("queued", "Neglected@dead.example"), delivery("queued", "Neglected@DEAD.example"),
                delivery("queued", "neglected@dead.example"), delivery("succeeded", "revived@dead.example"), ownDelivery,
                delivery("queued", "somebody@steady.example")));
        incidentsEnd();
        moveTo("2026-10-23T09:00:30+09:00[Asia/Tokyo]");

        // Then
        Mail mail = digest(4);
        assertThat(mail.to()).containsExactly("all@example.com");
        assertThat(mail.subject()).isEqualTo("【バウンスのまとめ】2026-10-23（金）：28件（growing.example ほか3）");
        assertThat(mail.text()).contains("この1日で、28件が配信エラーになりました（その前の1日は0件）。",
                "期間：2026-10-22 09:00 ～ 2026-10-23 09:00",
                "宛先：growing.example 20件、steady.example 5件、new.example 2件、dead.example 1件",
                "原因：宛先不明 26件、",
                "growing.example：宛先不明：2 → 4 → 9 → 20件", "毎週増え続けている配信エラーが1種類あります。",
                "過去4週間になかった配信エラーが1種類あります。", "new.example：", "配信不能のアドレス1件に、2通が送信されています。");
        assertThat(mail.text()).doesNotContain("インシデントが継続中", "まだお知らせしていない", "fresh@", "revived@");
        assertThat(mail.html()).contains("この1日で、28件が配信エラーになりました", "2 → 4 → 9 → 20件", "Neglected@dead.example");
        assertThat(mail.csv().lines().skip(1)).singleElement().asString()
                .startsWith("\"Neglected@dead.example\",\"2\",\"2026-10-22 15:01\",\"2026-10-01 12:00\",\"2026-10-01 12:00\",");
        assertThat(mail.header("In-Reply-To")).isNull();
        assertThat(mail.header("Importance")).isNull();
        assertThat(digests()).extracting(taken -> taken.mail().header("Message-ID")).doesNotHaveDuplicates();
        assertThat(database.rows("SELECT recipient FROM undeliverable_recipient")).extracting(row -> row.get("recipient"))
                .contains("Neglected@dead.example", "fresh@dead.example").doesNotContain("revived@dead.example");
    }

    @Test
    void nothingIsCalledNewIfTheWeeksBeforeAreDeleted() {
        // Given
        start(Map.of("alert.digest.list-owner", "daily 09:00", "privacy.retention-days", "14"));
        rows(1);
        post("bounces", Stream.of(bounce("2", "a@old.example")));
        incidentsEnd();
        moveTo("2026-10-02T09:00:30+09:00[Asia/Tokyo]");
        digest(1);

        // When
        post("bounces", Stream.of(bounce("2", "a@new.example")));
        incidentsEnd();
        moveTo("2026-10-03T09:00:30+09:00[Asia/Tokyo]");

        // Then
        assertThat(digest(2).text()).contains("この1日で、1件が配信エラーになりました。", "new.example").doesNotContain("過去4週間になかった");
    }

    @Test
    void anAcceptedMailWithoutAnEndIsToldOnce() {
        // Given
        start(Map.of("alert.digest.list-owner", "daily 09:00"));
        rows(1);
        post("deliveries", Stream.of(delivery("queued", "lost@example.net"), delivery("queued", "also@example.net")));
        clock.moveOn(Duration.ofHours(7));
        await().until(() -> database.rows("SELECT 1 FROM overdue_message").size() == 2);
        List.of("0", "1").forEach(days -> database.execute("INSERT INTO reconciled_day (mail_day, stored, vendor, repaired, missing,"
                + " looked_at, complete) SELECT DISTINCT CAST(LEFT(created_text, 10) AS date) + CAST(? AS integer), 2, 2, 0, 0,"
                + " CURRENT_TIMESTAMP, TRUE FROM mail_event", days));

        // When
        moveTo("2026-10-02T09:00:30+09:00[Asia/Tokyo]");

        // Then
        assertThat(digest(1).subject()).endsWith("：結果が届いていないメール 2通");
        assertThat(digest(1).text()).contains("受け付けられたのに配信の結果が届いていないメールが2通あります。うち2通は、Customers Mail Cloud にも結果がありません。");

        // When
        moveTo("2026-10-03T09:00:30+09:00[Asia/Tokyo]");

        // Then
        assertThat(rows(3).get(2)).startsWith("no-digest list-owner ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"h2", "postgres"})
    void theOperatorsHearOfEachDayThatWasComparedSinceTheLastDigest(String where) {
        // Given
        database = where.equals("h2") ? database : TestDatabase.postgres();
        start(Map.of("alert.digest.operators", "daily 09:00", "alert.digest.list-owner", "daily 09:00"));
        rows(2);
        String compared = "INSERT INTO reconciled_day (mail_day, stored, vendor, repaired, missing, looked_at, complete)"
                + " VALUES (CAST(? AS date), ?, ?, ?, ?, CAST(? AS timestamp with time zone), FALSE)";
        database.execute(compared, "2026-09-28", 100, 100, 100, 0, "2026-09-30 06:00:00+09");
        database.execute(compared, "2026-09-30", 4_000, 4_000, 0, 0, "2026-10-02 06:00:00+09");
        database.execute(compared, "2026-09-29", 3_002, 3_000, 0, 0, "2026-10-02 06:00:00+09");
        database.execute(compared, "2026-10-01", 4_228, 4_230, 137, 2, "2026-10-02 06:00:00+09");

        // When
        moveTo("2026-10-02T09:00:30+09:00[Asia/Tokyo]");

        // Then
        assertThat(digest(1).subject()).contains("照合 3日分 11,230件中11,228件");
        assertThat(digest(1).text()).contains("2026-10-01 は 4,230件中4,228件", "2026-09-30 は 4,000件中4,000件",
                "2026-09-29 は 3,002件（Customers Mail Cloud より2件多い）", "取得しました（2026-10-01 の137件）", "保存されていないイベントがあります（2026-10-01 の2件）")
                .doesNotContain("100件", "2026-09-28");
        assertThat(rows(4)).contains("digest operators audience 2026-10-01T00:00:00Z/2026-10-02T00:00:00Z",
                "no-digest list-owner audience 2026-10-01T00:00:00Z/2026-10-02T00:00:00Z");
    }

    @Test
    void aDigestNamesTheOpenIncidentAndWhatNoMailHasTold() {
        // Given
        start(Map.of("alert.digest.list-owner", "daily 09:00", "console.url", "https://events.example.com"));
        rows(1);
        moveTo("2026-10-02T08:40:00+09:00[Asia/Tokyo]");
        post("bounces", Stream.of(bounce("2", "told@example.net")));
        clock.moveOn(Duration.ofSeconds(20));
        await().until(() -> database.rows("SELECT 1 FROM mail_event WHERE alert_state = 'sent'").size() == 1);
        Map<String, String> incident = database.row("SELECT incident_id FROM alert_incident");
        moveTo("2026-10-02T08:59:00+09:00[Asia/Tokyo]");

        // When: the same address bounces again, which is no news
        post("bounces", Stream.of(bounce("2", "told@example.net")));
        moveTo("2026-10-02T09:00:30+09:00[Asia/Tokyo]");

        // Then
        assertThat(digest(1).text()).contains("インシデントが継続中です（2026-10-02 08:40 から1件）。",
                "まだお知らせしていない配信エラーが1件あります（2026-10-02 08:59 から）。",
                "https://events.example.com/#incident=" + incident.get("incident_id"));
    }

    @Test
    void whereNothingHappenedNobodyGetsADigest() {
        // Given
        start(Map.of("alert.digest.list-owner", "daily 09:00", "alert.digest.postmaster", "weekly fri 09:00"));
        rows(2);
        post("bounces", Stream.of(bounce("4", "other@example.net")));
        incidentsEnd();

        // When
        moveTo("2026-10-02T09:00:30+09:00[Asia/Tokyo]");

        // Then
        assertThat(digest(1).subject()).isEqualTo("【バウンスのまとめ】2026-10-02（金）：1件（example.net）");
        assertThat(digest(1).text()).contains("この1週間で、1件が配信エラーになりました（その前の1週間は0件）。");
        assertThat(rows(4)).containsExactlyInAnyOrder(
                "no-digest list-owner audience 2026-10-01T00:00:00Z/2026-10-01T00:00:00Z",
                "no-digest postmaster audience 2026-09-25T00:00:00Z/2026-09-25T00:00:00Z",
                "no-digest list-owner audience 2026-10-01T00:00:00Z/2026-10-02T00:00:00Z",
                "digest postmaster audience 2026-09-25T00:00:00Z/2026-10-02T00:00:00Z");
    }

    @Test
    void aDigestThatCannotCountSaysSo() {
        // Given
        database = TestDatabase.postgres();
        start(Map.of("alert.digest.list-owner", "daily 09:00", "alert.language", "en", "alert.contact", "mail team"));
        rows(1);

        // When
        database.execute("ALTER TABLE mail_event RENAME COLUMN cause TO renamed");
        moveTo("2026-10-02T09:00:30+09:00[Asia/Tokyo]");

        // Then
        await().until(() -> !server.taken.isEmpty());
        Mail mail = server.taken.get(0).mail();
        assertThat(mail.subject()).isEqualTo("[Bounce digest] Fri 2026-10-02: the bounces could not be counted");
        assertThat(mail.text()).contains("The bounces of the last day could not be counted.",
                "Questions: mail team", "! Counting the bounces took too long",
                "! Finding the dead addresses that still get mail took too long");
        assertThat(application.log()).contains("A digest is sent without some of its figures");
    }

    @Test
    void anOutageOfTwoDaysIsOneDigest() {
        // Given
        database = TestDatabase.h2();
        Map<String, String> settings = Map.of("alert.digest.list-owner", "daily 09:00");
        start(settings);
        rows(1);
        post("bounces", Stream.of(bounce("2", "a@example.net")));
        incidentsEnd();
        application.close();

        // When
        moveTo("2026-10-04T15:00:00+09:00[Asia/Tokyo]");
        start(settings);

        // Then
        assertThat(digest(1).text()).contains("期間：2026-10-01 09:00 ～ 2026-10-04 09:00", "この3日間で、1件");
        assertThat(rows(2)).hasSize(2);
    }

    @Test
    void aClockThatWasAheadLosesNoDigest() {
        // Given
        start(Map.of("alert.digest.list-owner", "daily 09:00"));
        rows(1);
        moveTo("2026-10-02T14:00:00+09:00[Asia/Tokyo]");
        rows(2);

        // When
        clock.moveOn(Duration.between(clock.instant(), START));
        await().until(() -> database.rows(DIGESTS).size() == 1);
        post("bounces", Stream.of(bounce("2", "a@example.net")));
        incidentsEnd();
        moveTo("2026-10-02T09:00:30+09:00[Asia/Tokyo]");

        // Then
        assertThat(digest(1).text()).contains("この1日で、1件");
    }

    @Test
    void severalProcessesMakeADigestOnce() {
        // Given
        database = TestDatabase.postgres();
        Map<String, String> settings = Map.of("alert.digest.list-owner", "daily 09:00", "alert.to", "one@example.com, two@example.com");
        InProcess first = start(settings);
        try (InProcess second = start(settings)) {
            rows(1);
            post("bounces", Stream.of(bounce("2", "a@example.net")));
            incidentsEnd();
            moveTo("2026-10-02T09:00:30+09:00[Asia/Tokyo]");
            rows(2);
            await().until(() -> digests().size() >= 2);

            // When: the next one is made, but not sent before both processes are gone
            post("bounces", Stream.of(bounce("2", "b@example.net")));
            incidentsEnd();
            reply.set("451 4.3.0 try again");
            moveTo("2026-10-03T09:00:30+09:00[Asia/Tokyo]");
            rows(3);
        }
        first.close();
        start(settings);
        reply.set("250 ok");
        clock.moveOn(Duration.ofMinutes(20));
        await().until(() -> digests().size() >= 4);

        // Then
        assertThat(rows(3)).hasSize(3);
        assertThat(digests()).extracting(taken -> taken.mail().subject().replaceAll("：.*", "") + taken.recipients())
                .containsExactlyInAnyOrder("【バウンスのまとめ】2026-10-02（金）[one@example.com]", "【バウンスのまとめ】2026-10-02（金）[two@example.com]",
                        "【バウンスのまとめ】2026-10-03（土）[one@example.com]", "【バウンスのまとめ】2026-10-03（土）[two@example.com]");
        assertThat(digests()).extracting(taken -> taken.mail().header("Message-ID")).containsOnly(
                digests().get(0).mail().header("Message-ID"), digests().get(3).mail().header("Message-ID"));
    }

    /** In New York, November 1 has 25 hours, and 01:30 twice. */
    @Test
    void theDayOnWhichClocksAreSetBackHasOneDigest() {
        moveTo("2026-10-31T12:00:00-04:00[America/New_York]");
        start(Map.of("alert.digest.list-owner", "daily 01:30", "alert.time-zone", "America/New_York"));
        rows(1);
        clock.moveTo(Instant.parse("2026-11-01T05:30:30Z"));
        rows(2);
        clock.moveTo(Instant.parse("2026-11-01T06:30:30Z"));
        post("bounces", Stream.of(bounce("2", "a@example.net")));
        incidentsEnd();
        clock.moveTo(Instant.parse("2026-11-02T06:30:30Z"));

        assertThat(digest(1).text()).contains("期間：2026-11-01 01:30 ～ 2026-11-02 01:30", "この1日で、1件");
        assertThat(rows(3)).containsExactly("no-digest list-owner audience 2026-10-31T05:30:00Z/2026-10-31T05:30:00Z",
                "no-digest list-owner audience 2026-10-31T05:30:00Z/2026-11-01T05:30:00Z",
                "digest list-owner audience 2026-11-01T05:30:00Z/2026-11-02T06:30:00Z");
    }

    @Test
    void whoWantsFewerMailsGetsADigestAsOftenAsChosen() {
        // Given
        start(Map.of("alert.to.list-owner", "a@example.com, B@example.com, c@example.com, d@example.com"));
        wantsLess("list-owner", "a@example.com", "daily", null);
        wantsLess("list-owner", "b@example.com", "weekly", null);
        wantsLess("list-owner", "c@example.com", "daily", clock.instant());
        wantsLess("list-owner", "left@example.com", "daily", null);
        post("bounces", Stream.of(bounce("2", "first@example.net")));
        incidentsEnd();

        // When
        moveTo("2026-10-02T09:00:30+09:00[Asia/Tokyo]");

        // Then
        digest(1);
        assertThat(digests().get(0).recipients()).containsExactly("a@example.com");

        // When
        post("bounces", Stream.of(bounce("2", "second@example.net")));
        incidentsEnd();
        moveTo("2026-10-05T09:00:30+09:00[Asia/Tokyo]");

        // Then
        digest(3);
        assertThat(digests().subList(1, 3)).extracting(taken -> taken.recipients()
                + taken.mail().text().replaceAll("(?s).*期間：|\r?\n.*", ""))
                .containsExactlyInAnyOrder("[a@example.com]2026-10-02 09:00 ～ 2026-10-05 09:00",
                        "[B@example.com]2026-09-28 09:00 ～ 2026-10-05 09:00");
    }

    @Test
    void theDigestOfAnAudienceLeavesOutWhoHasChosen() {
        // Given
        start(Map.of("alert.to.list-owner", "a@example.com, b@example.com", "alert.digest.list-owner", "daily 08:00"));
        rows(1);
        wantsLess("list-owner", "a@example.com", "weekly", null);
        post("bounces", Stream.of(bounce("2", "first@example.net")));
        incidentsEnd();

        // When
        moveTo("2026-10-02T09:00:30+09:00[Asia/Tokyo]");
        digest(1);
        moveTo("2026-10-05T09:00:30+09:00[Asia/Tokyo]");
        digest(2);

        // Then
        assertThat(digests()).extracting(Taken::recipients).containsExactly(List.of("b@example.com"), List.of("a@example.com"));
    }
}
