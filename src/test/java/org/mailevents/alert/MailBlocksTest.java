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
        CamelContext context = new DefaultCamelContext();
        context.getPropertiesComponent().setLocation("file:application.properties");
        Settings settings = new Settings(context);
        templates = new TemplateValidation(settings)
                .validated(FolderWatch.ofTemplates(settings.routes()).first(), () -> RULES);
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
