package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.alert.Alert.Acknowledgement;
import org.mailevents.alert.Alert.Bounce;
import org.mailevents.alert.Alert.Count;
import org.mailevents.alert.Alert.Destination;
import org.mailevents.alert.Alert.Ending;
import org.mailevents.alert.Alert.Urgency;
import org.mailevents.cause.CauseRules;
import org.mailevents.cause.ShippedCauses;
import org.mailevents.cause.Verdict;
import org.mailevents.live.FolderWatch;
import org.mailevents.settings.Settings;

/** A mail begins with the facts: how many bounced, where, why, since when, what to do and who does it. The details follow. */
class MailFactsTest {

    private static final CauseRules RULES = ShippedCauses.rules();
    private static final Instant OPENED_AT = Instant.parse("2026-10-01T00:00:07Z");
    private static final UUID INCIDENT = UUID.fromString("7f3a91c2-0000-4000-8000-000000000001");
    private static final AnswerLinks ANSWERS = new AnswerLinks("https://events.example.com/answer?token=a",
            "https://events.example.com/answer?token=m", "https://events.example.com/answer?token=l");
    private static final Acknowledgement SATO = new Acknowledgement(OPENED_AT.plus(Duration.ofMinutes(74)), "sato@shop.example.com");
    private static final Urgency OF_DOCOMO = new Urgency("alert.destination-rate", "50 %", "docomo.ne.jp", 6_000, 6_200);

    /** Three destinations, each with its own cause. Each reply has an id of its own. */
    private static final List<Bounce> STORM = IntStream.range(0, 10_000).mapToObj(i -> i % 10 < 6
            ? bounce("user" + i + "@docomo.ne.jp", "4", "550 5.7.1 Message refused (queue 4bX" + i + ")")
            : i % 10 < 9 ? bounce("member" + i + "@example.net", "2", "550 5.1.1 <member" + i + "@example.net>: User unknown")
            : bounce("staff" + i + "@example.org", "5", "552 5.2.2 Mailbox full (id " + i + ")")).toList();
    private static final List<Destination> DESTINATIONS = List.of(new Destination("docomo.ne.jp", 6_000, 6_000, 6_200),
            new Destination("example.net", 3_000, 3_000, 4_000), new Destination("example.org", 1_000, 1_000, 0));

    private static TemplateSet templates;
    private static TemplateSet linkless;

    @BeforeAll
    static void readTemplates() throws Exception {
        templates = templates(Map.of("console.url", "https://events.example.com/", "alert.contact", "メール担当 <内線 1234>"));
        linkless = templates(Map.of());
    }

    private static TemplateSet templates(Map<String, String> own) throws Exception {
        CamelContext context = new DefaultCamelContext();
        context.getPropertiesComponent().setLocation("file:application.properties");
        own.forEach(context.getPropertiesComponent()::addOverrideProperty);
        Settings settings = new Settings(context);
        return new TemplateValidation(settings).validated(FolderWatch.ofTemplates(settings.routes()).first(), () -> RULES);
    }

    @Test
    void aStormIsToldBeforeItsDetails() throws Exception {
        // Given
        Alert storm = alert(IncidentPhase.OPENED, null, STORM, DESTINATIONS, OF_DOCOMO, null);

        // When
        MailWords japanese = templates.render(storm, "ja", ANSWERS, Long.MAX_VALUE);
        MailWords english = templates.render(storm, "en", ANSWERS, Long.MAX_VALUE);

        // Then
        assertThat(japanese.subject()).isEqualTo("【緊急】docomo.ne.jp ほか2：受信側のポリシーによる拒否ほか 10,000件（2026-10-01 09:00～）");
        assertThat(english.subject())
                .isEqualTo("[Urgent] docomo.ne.jp and 2 more: refused by policy and others, 10,000 bounces since 2026-10-01 09:00");
        assertThat(facts(japanese)).contains("docomo.ne.jp ほか2ドメイン宛ての10,000件が配信エラーになりました。",
                "緊急：docomo.ne.jp 宛てのメールの 96.8 %が配信エラーです（基準 alert.destination-rate：50 %）。配信中であれば一時停止し、",
                "docomo.ne.jp：6,000／6,200件（96.8\u00A0%）", "example.net：3,000／4,000件（75.0\u00A0%）", "example.org：1,000件",
                "受信側のポリシーによる拒否：6,000件", "宛先不明：3,000件", "容量オーバー：1,000件", "検知：2026-10-01 09:00 から",
                "対処：受信側のポリシーによる拒否：サーバーの応答を確認のうえ、", "対応します：" + ANSWERS.acknowledge(),
                "通知を停止：" + ANSWERS.mute(), "頻度を下げる：" + ANSWERS.lessOften(), "https://events.example.com/#incident=" + INCIDENT);
        assertThat(facts(english)).contains("10,000 mails to docomo.ne.jp and 2 more domains bounced.",
                "Urgent: 96.8 % of the mail to docomo.ne.jp bounced. The limit is 50 % (alert.destination-rate).",
                "If mail is going out, pause it",
                "docomo.ne.jp: 6,000 of 6,200 (96.8\u00A0%)", "example.net: 3,000 of 4,000 (75.0\u00A0%)", "example.org: 1,000\n",
                "Refused by policy: 6,000 bounces", "Unknown user: 3,000 bounces", "Mailbox full: 1,000 bounces",
                "When: since 2026-10-01 09:00", "To do: Refused by policy: See the reply of the server,",
                "I have it: " + ANSWERS.acknowledge(),
                "Mute: " + ANSWERS.mute(), "Less often: " + ANSWERS.lessOften(), "https://events.example.com/#incident=" + INCIDENT);
        assertThat(english.file()).isEqualTo("bounces-7f3a91c2-3.csv");
        assertThat(english.text()).contains("docomo.ne.jp × 6,000", "example.net × 3,000", "example.org × 1,000", "15. staff49@example.org")
                .doesNotContain("16. ");
        assertThat(english.csv().lines()).hasSize(10_001);
        // Gmail cuts a mail off after 102 KB
        assertThat(japanese.html().getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(40_000);
    }

    /** Alerts list their bounces in the order of their receipt, and their causes by frequency. */
    @Test
    void theSubjectNamesTheCauseThatTheMailNamesFirst() throws Exception {
        // Given
        Bounce unknown = bounce("hanako@example.net", "2", "550 5.1.1 User unknown");
        Bounce full = bounce("taro@example.net", "5", "552 5.2.2 Mailbox full");

        for (List<Bounce> bounces : List.of(List.of(unknown, full), List.of(full, unknown))) {
            Alert two = alert(IncidentPhase.OPENED, null, bounces, List.of(new Destination("example.net", 2, 2, 0)), null, null);

            // When
            MailWords mail = linkless.render(two, "en", null, Long.MAX_VALUE);

            // Then
            String first = Pattern.compile("To do: ([^:]+):").matcher(facts(mail)).results().findFirst().orElseThrow().group(1);
            assertThat(mail.subject()).containsIgnoringCase("example.net: " + first);
        }
    }

    @Test
    void aLoneBounceIsOneSentence() throws Exception {
        // Given
        Alert lone = alert(IncidentPhase.OPENED, null, List.of(bounce("hanako@example.net", "2", "550 5.1.1 User unknown")),
                List.of(new Destination("example.net", 1, 1, 0)), null, null);

        // When
        MailWords japanese = linkless.render(lone, "ja", null, Long.MAX_VALUE);
        MailWords english = linkless.render(lone, "en", null, Long.MAX_VALUE);

        // Then
        assertThat(japanese.subject()).isEqualTo("example.net：宛先不明 1件（2026-10-01 09:00）");
        assertThat(english.subject()).isEqualTo("example.net: unknown user, 1 bounce at 2026-10-01 09:00");
        assertThat(facts(japanese)).startsWith("配信エラー：example.net 宛てのメール1件が配信エラー（宛先不明）になりました。\n")
                .contains("宛先：hanako@example.net", "対処：入力誤りがないか確認してください。");
        assertThat(facts(english)).startsWith("Bounce: 1 mail to example.net bounced: unknown user.\n")
                .contains("Where: hanako@example.net", "When: 2026-10-01 09:00\n", "To do: Check the address for a typing error.");
        assertThat(english.text()).contains("If more mail bounces, you hear of it.").doesNotContain("usual", "over", "http");
        assertThat(english.html()).doesNotContain("<a ");
    }

    @Test
    void aCauseThatIsUncertainIsSaidToBe() throws Exception {
        // Given
        Alert docomo = alert(IncidentPhase.OPENED, null,
                List.of(bounce("hanako@docomo.ne.jp", "2", "550 Unknown user hanako@docomo.ne.jp")),
                List.of(new Destination("docomo.ne.jp", 1, 1, 0)), null, null);

        // Then
        assertThat(linkless.render(docomo, "ja", null, Long.MAX_VALUE)).satisfies(mail -> {
            assertThat(mail.subject()).startsWith("docomo.ne.jp：宛先不明の可能性 1件");
            assertThat(facts(mail)).contains("原因：宛先不明の可能性\n", "対処：応答からは、").doesNotContain("配信リストから外して");
        });
        assertThat(linkless.render(docomo, "en", null, Long.MAX_VALUE).subject())
                .startsWith("docomo.ne.jp: perhaps unknown user, 1 bounce");
    }

    @Test
    void anUpdateTellsWhatIsNewAndWhoHasIt() throws Exception {
        // Given
        Alert update = alert(IncidentPhase.UPDATE, null, STORM.subList(0, 300), List.of(new Destination("docomo.ne.jp", 6_000, 180, 240),
                new Destination("example.org", 1_000, 0, 10), new Destination("example.net", 900, 90, 0)), null, SATO);

        // When
        MailWords japanese = templates.render(update, "ja", ANSWERS, Long.MAX_VALUE);
        MailWords english = templates.render(update, "en", ANSWERS, Long.MAX_VALUE);

        // Then
        assertThat(facts(japanese)).startsWith("継続中：新たに300件が配信エラーになり、2026-10-01 09:00 からの累計は600件です。").contains(
                "担当：sato@shop.example.com（10:14 から）", "docomo.ne.jp：180／240件（75.0\u00A0%）", "example.net：90件", "その他のドメイン：30件",
                "検知：2026-10-01 09:00 ～ 10:35（1時間35分）").doesNotContain("example.org", "対応します");
        assertThat(facts(english)).startsWith("Still ongoing: 300 more mails bounced, 600 in all since 2026-10-01 09:00.").contains(
                "Owner: sato@shop.example.com, since 10:14", "docomo.ne.jp: 180 of 240 (75.0\u00A0%)", "example.net: 90\n",
                "other domains: 30\n")
                .doesNotContain("example.org", "I have it");
        assertThat(english.text()).contains("The next mail comes in a day, when it is over, or if it becomes urgent.");
        assertThat(english.html()).doesNotContain(ANSWERS.acknowledge()).contains(ANSWERS.mute());
    }

    @Test
    void anAllClearSaysHowItEnded() throws Exception {
        // Given
        Alert quiet = alert(IncidentPhase.CLOSED, Ending.QUIET, STORM, DESTINATIONS, null, null);
        Alert takenAgain = alert(IncidentPhase.CLOSED, Ending.TAKEN_AGAIN, STORM, DESTINATIONS, null, null);

        // Then
        assertThat(text(quiet, "ja")).startsWith("収束：docomo.ne.jp ほか2ドメイン宛ての配信エラー（計10,000件）は収束しました。その後46分、新たなエラーはありません。");
        assertThat(text(takenAgain, "ja"))
                .startsWith("収束：docomo.ne.jp ほか2ドメイン宛ての配信エラー（計10,000件）は収束しました。docomo.ne.jp は再びメールを受け取っています。");
        assertThat(text(quiet, "en")).startsWith("All clear: It is over: nothing more has bounced for 46 min. "
                + "Before that, 10,000 mails to docomo.ne.jp and 2 more domains bounced.");
        assertThat(text(takenAgain, "en")).startsWith("All clear: It is over: docomo.ne.jp takes mail again.");
        for (Alert alert : List.of(quiet, takenAgain)) {
            assertThat(text(alert, "ja")).doesNotContain("普段", "大幅", "緊急");
            assertThat(text(alert, "en")).doesNotContain("usual", "Urgent", "Compared").contains("When: 2026-10-01 09:00 – 10:35");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"ja", "en"})
    void anIncidentThatIsOverHasNothingToTakeCareOfOrToMute(String language) throws Exception {
        Alert over = alert(IncidentPhase.CLOSED, Ending.QUIET, STORM, DESTINATIONS, null, null);
        MailWords mail = templates.render(over, language, ANSWERS, Long.MAX_VALUE);
        for (String part : List.of(mail.text(), mail.html())) {
            assertThat(part).contains(ANSWERS.lessOften()).doesNotContain(ANSWERS.acknowledge(), ANSWERS.mute());
        }
    }

    @Test
    void anAnswerThatWasUndoneLeavesNobodyInCharge() throws Exception {
        Alert undone = alert(IncidentPhase.ACKNOWLEDGED, null, STORM, DESTINATIONS, null, null);
        assertThat(text(undone, "en")).startsWith("Open again: Nobody has it any more. You hear of further bounces again.");
        assertThat(text(undone, "ja")).startsWith("対応者なし：「対応します」の回答が取り消され、対応者がいません。");
        assertThat(templates.render(undone, "en", ANSWERS, Long.MAX_VALUE).html()).contains(ANSWERS.acknowledge());
    }

    @ParameterizedTest
    @ValueSource(strings = {"ja", "en"})
    void theFooterNamesWhomToAskAndNoFile(String language) throws Exception {
        // Given
        Alert alert = alert(IncidentPhase.OPENED, null, STORM.subList(0, 20), DESTINATIONS, null, null);
        Notice notice = new Notice(INCIDENT, "filling", Map.of("percent", 80L), OPENED_AT);
        String question = language.equals("ja") ? "お問い合わせ先：" : "Questions: ";

        // Then
        for (Mailing mailing : List.of(alert, notice)) {
            assertThat(templates.render(mailing, language, null, Long.MAX_VALUE).text().strip()).endsWith(question + "メール担当 <内線 1234>");
            assertThat(linkless.render(mailing, language, null, Long.MAX_VALUE).text()).doesNotContain(question);
        }
        assertThat(templates.render(alert, language, null, Long.MAX_VALUE)).satisfies(mail -> {
            assertThat(mail.html()).contains(question + "メール担当 &lt;内線 1234&gt;");
            assertThat(mail.text()).doesNotContain("application.properties");
        });
    }

    @ParameterizedTest
    @ValueSource(strings = {"ja", "en"})
    void onlyTheLinksOfTheMailAreLinks(String language) throws Exception {
        // Given
        Alert alert = alert(IncidentPhase.OPENED, null, STORM.subList(0, 20), DESTINATIONS, null, null);
        List<String> links = List.of(ANSWERS.acknowledge(), ANSWERS.mute(), ANSWERS.lessOften(),
                "https://events.example.com/#incident=" + INCIDENT);

        // When
        MailWords mail = templates.render(alert, language, ANSWERS, Long.MAX_VALUE);

        // Then
        assertThat(Pattern.compile("href=\"([^\"]*)\"").matcher(mail.html()).results().map(link -> link.group(1)))
                .containsExactlyElementsOf(links);
        assertThat(Pattern.compile("https?://\\S+").matcher(mail.text()).results().map(link -> link.group()))
                .containsExactlyElementsOf(links);
    }

    private static String text(Alert alert, String language) throws Exception {
        return linkless.render(alert, language, null, Long.MAX_VALUE).text();
    }

    /** The beginning of the text part, until the first heading. */
    private static String facts(MailWords mail) {
        return mail.text().split("\n[■*] ")[0];
    }

    private static Alert alert(IncidentPhase phase, Ending ending, List<Bounce> bounces, List<Destination> destinations, Urgency urgency,
            Acknowledgement acknowledged) {
        List<Count> causes = bounces.stream().collect(Collectors.groupingBy(Bounce::cause, Collectors.counting())).entrySet().stream()
                .map(cause -> new Count(cause.getKey(), (phase == IncidentPhase.UPDATE ? 2 : 1) * cause.getValue(), cause.getValue()))
                .sorted((one, other) -> Long.compare(other.count(), one.count())).toList();
        Instant lastBounceAt = OPENED_AT.plus(phase == IncidentPhase.OPENED ? Duration.ZERO : Duration.ofMinutes(95));
        Figures figures = bounces.size() == 1 ? null : new Figures(1, new Figures.Share(10_000, 14_000), new Figures.Share(10_100, 60_000),
                10_000, 0.8, true);
        return new Alert(INCIDENT, INCIDENT, 3, phase, ending, bounces.size() >= 10, "postmaster",
                lastBounceAt.plus(Duration.ofMinutes(46)), OPENED_AT, lastBounceAt, null, List.of(), causes, destinations, bounces,
                figures, urgency, acknowledged, List.of());
    }

    private static Bounce bounce(String recipient, String code, String reply) {
        Verdict verdict = RULES.decide(new org.mailevents.cause.Bounce(reply, recipient, code, ""));
        return new Bounce(recipient, code, verdict.cause(), verdict.dead(), "2026-10-01 09:00:07", "秋のお知らせ", "news@example.com",
                "<" + recipient + "@mta01.example.com>", "", "", reply, false);
    }
}
