package org.mailevents.cause;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.mailevents.cause.Verdict.Sureness;
import org.slf4j.LoggerFactory;

/** Every reply has a cause, whatever it holds, and a mistake in the code that decides does not stop a webhook. */
class AnyReplyTest {

    private static final CauseRules RULES = ShippedCauses.rules();
    private static final List<String> PIECES = List.of("host ", " host", " said:", "said: ", "host said:", "(in reply to ", "RCPT TO",
            " command)", "end of DATA", "<", ">", "@", "a@docomo.ne.jp", "[192.0.2.1]", "550", "450 ", "5.1.1", "4.", "5.1.1.1", "550-",
            " ", ".", ":", "://", "https://", "'", "’", "user unknown", "spam", "存在しません", "ﾒｰﾙﾊﾞ", "\uFF9E", "５５０", "\r\n", "\t", "\0",
            "\u0007", "\uD83D", "\uDE00", "é", "e\u0301", "İ", "ß");

    @Provide
    static Arbitrary<String> replies() {
        return Arbitraries.oneOf(List.of(Arbitraries.of(PIECES), Arbitraries.integers().between(0, 999).map(String::valueOf),
                Arbitraries.strings().ofMaxLength(3), Arbitraries.of("x", "5", " ", "host ", " said:").map(piece -> piece.repeat(5_000))))
                .list().ofMaxSize(12).map(pieces -> String.join("", pieces));
    }

    /** {@code decided} has no guard, unlike {@code decide}. */
    @Property(tries = 5_000)
    void everyReplyHasACause(@ForAll("replies") String reply, @ForAll("replies") String other) {
        for (Bounce bounce : List.of(new Bounce(reply, "", "", ""), new Bounce(reply, "a@docomo.ne.jp", "2", "RCPT"),
                new Bounce(reply, other, other, other))) {
            assertThat(RULES.table().causes()).containsKey(RULES.decided(bounce).cause());
            assertThat(Explanation.of(RULES, bounce).text(RULES.table(), "ja")).isNotBlank();
        }
    }

    @Example
    void aMistakeGivesTheCauseUnknownAndOneLineInTheLog() {
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        ((Logger) LoggerFactory.getLogger("causes")).addAppender(log);
        CauseRules faulty = new CauseRules(new CauseTable(RULES.table().causes(), Map.of(), Map.of(), Map.of(), Map.of(),
                Map.of()), List.of());

        for (int i = 0; i < 3; i++) {
            Verdict verdict = faulty.decide(new Bounce("550 No", "taro@example.com", "2", ""));

            assertThat(verdict.cause()).isEqualTo("unknown");
            assertThat(verdict.dead()).isFalse();
            assertThat(verdict.sureness()).isEqualTo(Sureness.NONE);
        }
        assertThat(log.list).singleElement().asString().contains("NullPointerException", "CauseRules.java").doesNotContain("taro");
    }
}
