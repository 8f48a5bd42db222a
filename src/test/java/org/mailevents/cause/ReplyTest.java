package org.mailevents.cause;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Shows what is read in a reply, and that no reply takes long, whatever it holds. */
class ReplyTest {

    private static final CauseRules RULES = ShippedCauses.rules();
    /** The best of several runs, in the time of the processor, because the machine also does other things. */
    private static final int RUNS = 20;

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            `550 5.1.1 <a@example.com>: User unknown` | 550 | 5.1.1 | | | `@ user unknown`
            `<a@b.example>: host mx.b.example[192.0.2.1] said: 550 No (in reply to RCPT TO command)` | 550 | | RCPT | mx.b.example | `no`
            `The host said: 550 No` | 550 | | | | `the host said no`
            `550 No (in reply to end of DATA command)` | 550 | | DATA | | `no`
            `Remote host said: 550 5.1.1 No` | 550 | 5.1.1 | | | `remote host said no`
            `192.0.2.1 is up. I sent it mail in vain. Remote host said: 450 No` | 450 | | | | `192.0.2.1 is up i sent it mail in vain \
            remote host said no`
            `host said:` | | | | | `host said`
            `host  said: 550 No` | 550 | | | | `no`
            `host said: 550 No, host mx.b.example said: 450 Later` | 550 | | | | `host said no host mx.b.example said 450 later`
            `550-5.1.1 The account 550-5.1.1 does 550 5.1.1 not exist` | 550 | 5.1.1 | | | `the account does not exist`
            `Sorry, no mailbox here. (#5.1.1)` | | 5.1.1 | | | `sorry no mailbox here`
            `４５０　４．２．２　Ｆｕｌｌ` | 450 | 4.2.2 | | | `full`
            `Empfänger ÉTÉ` | | | | | `empfanger ete`
            `Empfänger` | | | | | `empfanger`
            `ﾒｰﾙﾎﾞｯｸｽ` | | | | | `メールボックス`
            `554 Blocked, see <https://www.spamhaus.org/query?q=user-unknown>.` | 554 | | | | `blocked see https www.spamhaus.org`
            `The user doesn’t exist` | | | | | `the user doesnt exist`
            `192.0.2.1 does not like recipient. Remote host said: 550 No` | 550 | | RCPT | | `192.0.2.1 does not like recipient remote \
            host said no`
            `192.0.2.1 failed after I sent the message. Remote host said: 554 No` | 554 | | DATA | | `192.0.2.1 failed after i sent the \
            message remote host said no`
            `SMTP error from remote mail server after MAIL FROM:<a@b.example> SIZE=9: 550 No` | 550 | | MAIL | | `mail from @ size 9 no`
            `host mx [192.0.2.1] SMTP error from remote mail server after pipelined end of data: 550 No` | 550 | | DATA | | `pipelined \
            end of data no`
            `SMTP error from remote mail server after RCPT TO:<a@b.example>: host mx.b.example [192.0.2.1]: 450 No` | 450 | | RCPT | | \
            `rcpt to @ host mx.b.example 192.0.2.1 no`
            `>>> MAIL FROM:<a@b.example> >>> RCPT TO:<c@d.example> <<< 550 No` | 550 | | | | `mail from @ rcpt to @ no`
            `host mx.b.example[192.0.2.1] refused to talk to me: 554 No` | 554 | | CONNECT | mx.b.example | `no`
            `<a@b.example>: delivery temporarily suspended: host mx.b.example[192.0.2.1] refused to talk to me: 421 No` | 421 | | CONNECT \
            | mx.b.example | `no`
            `Rejected by the recipient domain. The error that the other server returned was: 550 550 5.1.1 No` | 550 | 5.1.1 | | | `no`
            `The response was: Not now` | | | | | `the response was not now`
            `connect to mx.example[192.0.2.10]:25: 1.2.3.4` | | | | | `connect to mx.example 192.0.2.10 25 1.2.3.4`
            """)
    void aReplyIsRead(String text, String code, String enhanced, String command, String host, String words) {
        Reply reply = Reply.of(text, "");

        assertThat(reply).isEqualTo(new Reply(orEmpty(code), orEmpty(enhanced), orEmpty(command), orEmpty(host), " " + words + " "));
    }

    private static String orEmpty(String text) {
        return text == null ? "" : text;
    }

    @Test
    void aKnownCommandIsNotReadInTheReply() {
        assertThat(Reply.of("550 No (in reply to RCPT TO command)", "DATA").command()).isEqualTo("DATA");
        assertThat(Reply.of("550 No", "end of DATA").command()).isEqualTo("DATA");
    }

    static Stream<String> hostileReplies() {
        int size = 1_000_000;
        Random random = new Random(7);
        StringBuilder anything = new StringBuilder();
        random.ints(size, 1, 0xFFFF).forEach(c -> anything.append((char) c));
        StringBuilder phrases = new StringBuilder();
        List<Rule> rules = RULES.rules();
        while (phrases.length() < size) {
            rules.get(random.nextInt(rules.size())).when().words().forEach(phrase -> phrases.append(phrase).append(' '));
        }
        return Stream.of("a".repeat(size), " ".repeat(size), "5".repeat(size), "550 ".repeat(size / 4), "5.1.1 ".repeat(size / 6),
                "user ".repeat(size / 5), "user unknow ".repeat(size / 12), "@".repeat(size), "(in reply to ".repeat(size / 13),
                "host a said:".repeat(size / 12), "SMTP error from remote mail server after ".repeat(size / 42),
                "://".repeat(size / 3), "ﾊﾞ".repeat(size / 2), "\uFF9E".repeat(size),
                "e\u0301\u0323".repeat(size / 3), "\u0323\u0301".repeat(size / 2), "\uD83D".repeat(size), "'".repeat(size),
                ".".repeat(size), "<".repeat(size), "存在し".repeat(size / 3), anything.toString(), phrases.toString());
    }

    @ParameterizedTest
    @MethodSource("hostileReplies")
    void noReplyTakesLongerThanFiveMilliseconds(String reply) {
        Bounce bounce = new Bounce(reply, "a".repeat(1_000) + "@docomo.ne.jp", "2", "");
        long best = Long.MAX_VALUE;
        for (int i = 0; i < RUNS; i++) {
            long start = cpuTime();
            RULES.decide(bounce);
            best = Math.min(best, cpuTime() - start);
        }

        assertThat(Duration.ofNanos(best)).isLessThan(Duration.ofMillis(5));
    }

    private static long cpuTime() {
        return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
    }

    @Test
    void tenThousandRepliesTakeLessThanTwoSeconds() {
        long best = Long.MAX_VALUE;
        for (int run = 0; run < 3; run++) {
            long start = cpuTime();
            for (int i = 0; i < 10_000; i++) {
                RULES.decide(new Bounce("host mx" + i + ".example.net[192.0.2.1] said: 550 5.1.1 <user" + i + "@example.net>: Recipient"
                        + " address rejected: this mailbox is not what it was (in reply to RCPT TO command)", "user" + i + "@example.net",
                        "2", ""));
            }
            best = Math.min(best, cpuTime() - start);
        }

        assertThat(Duration.ofNanos(best)).isLessThan(Duration.ofSeconds(2));
    }
}
