package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.apache.camel.CamelContext;
import org.apache.camel.impl.DefaultCamelContext;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.mailevents.alert.Alert.Bounce;
import org.mailevents.cause.CauseRules;
import org.mailevents.cause.CauseTable;
import org.mailevents.cause.CauseTable.Texts;
import org.mailevents.cause.ShippedCauses;
import org.mailevents.cause.Verdict;
import org.mailevents.live.FolderWatch;
import org.mailevents.settings.Settings;

/** What a mail says of bounces with equal replies: what the vendor says, what the server says, what is concluded, and how sure that is. */
class MailBlocksTest {

    private static final CauseRules RULES = ShippedCauses.rules();
    private static TemplateSet templates;

    @BeforeAll
    static void readTemplates() throws Exception {
        templates = templates(RULES);
    }

    private static TemplateSet templates(CauseRules rules) throws Exception {
        CamelContext context = new DefaultCamelContext();
        context.getPropertiesComponent().setLocation("file:application.properties");
        Settings settings = new Settings(context);
        return new TemplateValidation(settings).validated(FolderWatch.ofTemplates(settings.routes()).first(), () -> rules);
    }

    @Test
    void aReplyWithTwoMeaningsNamesBothAndHowToFindOut() throws Exception {
        // Given
        Bounce docomo = bounce("hanako@docomo.ne.jp", "2", "", "550 Unknown user hanako@docomo.ne.jp");

        // Then
        assertThat(docomo.dead()).isFalse();
        assertThat(text("ja", docomo)).contains("コード 2（ユーザ不明）", "「宛先不明」か「受信者の受信拒否設定」か", "メール以外の方法で受信者にご確認ください", "30日間に3回")
                .doesNotContain("判定の根拠");
        assertThat(text("en", docomo)).contains("Vendor's code: 2 (Unknown user)", "“Unknown user” or “Recipient's own filter”",
                "ask the recipient by other means than mail", "Three such replies over 30 days");
    }

    /** Whoever follows a mail must not lose a good address, whatever the first of the two meanings is. */
    @Test
    void noMailSaysToRemoveAnAddressWhileTheCauseIsUncertain() throws Exception {
        CauseTable table = RULES.table();
        for (String cause : table.causes().keySet()) {
            String or = cause.equals("recipient-filter") ? "unknown-user" : "recipient-filter";
            CauseRules rules = CauseRules.parse("rules.json", """
                    {"rules": [{"cause": "%s", "or": "%s", "when": {"words": ["two meanings"]}, "reason": "a test", "source": "a test"}]}
                    """.formatted(cause, or), table);
            Verdict verdict = rules.decide(new org.mailevents.cause.Bounce("550 two meanings", "a@example.com", "2", ""));
            Bounce uncertain = new Bounce("a@example.com", "2", verdict.cause(), verdict.dead(), "", "", "", "<1@example.com>", "", "",
                    "550 two meanings", false);
            Bounce certain = new Bounce("b@example.com", "8", cause.equals("too-large") ? "content" : "too-large", false, "", "", "",
                    "<2@example.com>", "", "", "552 too large", false);
            for (String language : List.of("ja", "en")) {
                for (List<Bounce> bounces : List.of(List.of(uncertain), List.of(uncertain, uncertain, certain))) {
                    Texts texts = table.texts(cause, language);
                    MailWords mail = templates(rules).render(Samples.alert("postmaster", IncidentPhase.OPENED, bounces, null, null),
                            language, null, Long.MAX_VALUE);
                    for (String text : List.of(mail.text(), mail.html().replace("&#39;", "'"))) {
                        assertThat(text).as(cause).contains(table.sureness("ambiguous", cause, or, language))
                                .doesNotContain(texts.action(), texts.text(), texts.again());
                    }
                    assertThat(mail.subject()).as(cause).contains(language.equals("ja") ? texts.name() + "の可能性" : "perhaps ");
                    assertThat(mail.csv() == null ? "" : mail.csv()).doesNotContain("はい", "yes");
                }
            }
        }
    }

    @Test
    void theSubjectNamesTheDestinationAndTheCauseThatBelongTogether() throws Exception {
        // Given: most bounces are at one domain for many causes, and most unknown addresses are at other domains
        List<Bounce> bounces = Stream.of(
                IntStream.range(0, 4).mapToObj(i -> bounce("a" + i + "@docomo.ne.jp", "5", "5.2.2", "552 5.2.2 Mailbox full")),
                IntStream.range(0, 3).mapToObj(i -> bounce("b" + i + "@docomo.ne.jp", "8", "5.3.4", "552 5.3.4 Message size exceeds")),
                IntStream.range(0, 6).mapToObj(i -> bounce("c" + i + "@" + i % 2 + ".example.net", "2", "5.1.1", "550 5.1.1 User unknown")))
                .flatMap(each -> each).toList();

        // Then
        assertThat(mail("ja", bounces).subject()).startsWith("docomo.ne.jp ほか2：容量オーバーほか 13件");
        assertThat(mail("en", bounces).subject()).startsWith("docomo.ne.jp and 2 more: mailbox full and others, 13 bounces");
    }

    @Test
    void aBlocklistIsNamedWithThePlaceToAskForRemoval() throws Exception {
        // Given
        Bounce listed = bounce("a@example.org", "4", "5.7.1", "550 5.7.1 Service unavailable; [192.0.2.25] blocked using zen.spamhaus.org");

        // Then
        assertThat(text("ja", listed)).contains("原因：送信元の評価による拒否。", "解除の申請先：https://check.spamhaus.org/");
        assertThat(text("en", listed)).contains("Why: Bad reputation. ", "Ask for removal: https://check.spamhaus.org/");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            2 | 5.2.2 | 552 5.2.2 Mailbox full     | The code of Customers Mail Cloud (2) and the server's reply say different things
            2 |       | 452 Mailbox full           | The code of Customers Mail Cloud (2) and the server's reply say different things
            4 | 5.2.2 | 550 5.2.2 zxcvb qwertz     | The code of Customers Mail Cloud (4) and the server's
            """)
    void aContradictionIsNamed(String code, String enhancedCode, String reply, String said) throws Exception {
        assertThat(text("en", bounce("a@example.com", code, enhancedCode == null ? "" : enhancedCode, reply))).contains("! " + said);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', nullValues = "-", textBlock = """
            2  | 550 5.1.1 User unknown | サーバーの応答に原因が示されています。
            2  | ''                     | Customers Mail Cloud のコードだけから判定しました。
            10 | ''                     | Customers Mail Cloud のコードだけから判定しました。
            2  | qwertz zxcvb           | Customers Mail Cloud のコードだけから判定しました。
            42 | qwertz zxcvb           | 応答からもコードからも、原因を特定できません。
            """)
    void itSaysHowSureTheCauseIs(String code, String reply, String said) throws Exception {
        assertThat(text("ja", bounce("a@example.com", code, "", reply))).contains("判定の根拠：" + said);
    }

    @Test
    void rulesThatHaveChangedSayNothingAboutAnOlderCause() throws Exception {
        // Given
        Bounce older = new Bounce("a@example.com", "2", "suspended", false, "", "", "", "", "", "5.1.1", "550 5.1.1 User unknown", false);

        // Then
        assertThat(text("ja", older)).contains("原因：利用停止中。", "コード 2（ユーザ不明）", "550 5.1.1 User unknown").doesNotContain("判定の根拠");
    }

    @Test
    void aThousandEqualRepliesAreOneBlockWithFiveExamples() throws Exception {
        // Given
        List<Bounce> bounces = IntStream.rangeClosed(1, 1_200).mapToObj(i -> bounce("member" + i + "@example.net", "2", "5.1.1",
                "host mx" + i % 7 + ".example.net[192.0.2." + i % 250 + "] said: 550 5.1.1 <member" + i + "@example.net>: User unknown"
                        + " (queue 4bXk" + i + ")")).toList();

        // When
        MailWords mail = mail("ja", bounces);

        // Then
        assertThat(mail.text()).containsOnlyOnce("× 1,200").containsOnlyOnce("<member1@example.net>: User unknown")
                .contains("5. member5@example.net", "同様のほか1,195件は、添付の一覧に掲載しています。").doesNotContain("member6@", "6. ");
        assertThat(mail.csv().lines().skip(1)).hasSize(1_200);
        assertThat(mail.csv()).endsWith("\"ユーザ不明\",\"unknown-user\",\"はい\"\n");
        assertThat(mail("en", bounces).html()).contains("example.net × 1,200", "1,195 more like these are in the attached list.");
    }

    @Test
    void everyReplyHasAnExampleBeforeOneHasMore() throws Exception {
        // Given
        List<Bounce> bounces = Stream.concat(IntStream.range(0, 100).mapToObj(i -> bounce("a" + i + "@example.net", "2", "5.1.1",
                "550 5.1.1 User unknown")), IntStream.range(0, 30).mapToObj(i -> bounce("b" + i + "@example.net", "5", "5.2.2",
                        "552 5.2.2 Mailbox full, " + (char) ('a' + i)))).toList();

        // When
        String text = mail("en", bounces).text();

        // Then
        assertThat(text).contains("example.net × 100").contains(IntStream.range(0, 30).mapToObj(i -> "b" + i + "@example.net").toList())
                .contains("All 130 bounces are in the attached");
    }

    @Test
    void moreRepliesThanFitAreCounted() throws Exception {
        // Given
        List<Bounce> bounces = IntStream.range(0, 60).mapToObj(i -> bounce("b" + i + "@example.net", "5", "5.2.2",
                "552 5.2.2 Mailbox full, " + (char) ('a' + i % 26) + (char) ('a' + i / 26))).toList();

        // Then
        assertThat(mail("en", bounces).text()).contains("50. b49@example.net",
                "10 bounces with other replies or destinations are in the attached list.")
                .doesNotContain("b50@");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            550 5.1.1 <hanako@example.net>... User unknown | 550 5.1.1 <taro@example.org>... User unknown | true
            550 mailbox hanako is disabled                 | 550 mailbox taro is disabled                 | true
            550 User unknown a1b2-c3.gsmtp                 | 550 User unknown d4e5f6.gsmtp                | true
            550 5.1.1 User unknown                         | 550 5.1.1 No such user                       | false
            550 宛先が存在しません（受付 12）                | 550 宛先が存在しません（受付 34）              | true
            550 宛先が存在しません（受付 12）                | 550 受信が拒否されました（受付 12）            | false
            """)
    void repliesAreTheSameApartFromAddressesAndIds(String one, String other, boolean same) {
        assertThat(FoldedReply.of(one, "hanako@example.net").equals(FoldedReply.of(other, "taro@example.org"))).isEqualTo(same);
    }

    private static Bounce bounce(String recipient, String code, String enhancedCode, String reply) {
        Verdict verdict = RULES.decide(new org.mailevents.cause.Bounce(reply, recipient, code, ""));
        return new Bounce(recipient, code, verdict.cause(), verdict.dead(), "2026-10-01 09:00:07", "秋のお知らせ", "news@example.com",
                "<1@mta01.example.com>", "", enhancedCode, reply, false);
    }

    private static String text(String language, Bounce bounce) throws Exception {
        return mail(language, List.of(bounce)).text();
    }

    private static MailWords mail(String language, List<Bounce> bounces) throws Exception {
        return templates.render(Samples.alert("postmaster", IncidentPhase.OPENED, bounces, null, null), language, null, Long.MAX_VALUE);
    }
}
