package org.mailevents.cause;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.route.BrokenFile;

/** Shows how mistakes in {@code bounce-rules.json} are reported, and in which order the rules apply. */
class RuleReaderTest {

    private static final CauseTable TABLE = ShippedCauses.rules().table();
    private static final JsonSchema SCHEMA = JsonSchemaFactory.getInstance(VersionFlag.V7)
            .getSchema(text(Path.of("routes/bounce-rules.schema.json")));
    private static final String SMALL = """
            {
              "rules": [
                {
                  "cause": "recipient-filter",
                  "when": {"to": ["docomo.ne.jp"], "command": ["DATA"], "words": ["unknown user"]},
                  "reason": "r",
                  "source": "s"
                },
                {
                  "cause": "unknown-user",
                  "or": "recipient-filter",
                  "when": {"to": ["docomo.ne.jp"], "words": ["unknown user"]},
                  "reason": "r",
                  "source": "s"
                },
                {
                  "cause": "spam",
                  "dead": false,
                  "when": {"reply": ["5xx"], "enhanced": ["5.7.X", "none"], "words": ["spam*"], "not": ["no spam"]},
                  "reason": "r",
                  "source": "s"
                }
              ]
            }
            """;

    @Test
    void theSchemaForEditorsAllowsTheFile() {
        String shipped = text(Path.of("routes/bounce-rules.json"));

        assertThat(shipped).contains("\"$schema\": \"bounce-rules.schema.json\"");
        assertThat(SCHEMA.validate(shipped, InputFormat.JSON)).isEmpty();
        assertThat(SCHEMA.validate(SMALL, InputFormat.JSON)).isEmpty();
    }

    @Test
    void everyRuleSaysWhyAndWhereThatIsWritten() {
        assertThat(ShippedCauses.rules().rules()).allSatisfy(rule -> {
            assertThat(rule.source()).startsWith("http");
            assertThat(rule.reason()).matches("(?s).*[.。]");
        });
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            # what is there | what is written instead | whether the schema refuses it too | the error, after the name of the file
            `"cause": "spam"`     | `"cause": "spamm"`    | no  | `:17: rules/2/cause: "spamm" is not a cause of bounce-causes.json`
            `"cause": "spam",`    | ``                    | yes | `:16: rules/2: "cause" is missing`
            `"or": "recipient-filter"` | `"or": "filter"` | no  | `:11: rules/1/or: "filter" is not a cause`
            `"dead": false`       | `"dead": "no"`        | yes | `:18: rules/2/dead: it must be true or false`
            `["DATA"]`            | `["data"]`            | yes | `:5: rules/0/when/command/0: "data": write one of CONNECT`
            `["5xx"]`             | `["5.7.1"]`           | yes | `:19: rules/2/when/reply/0: "5.7.1": write a reply code as`
            `"5.7.X"`             | `"5.7"`               | yes | `:19: rules/2/when/enhanced/0: "5.7": write an enhanced code as`
            `["spam*"]`           | `"spam*"`             | yes | `:19: rules/2/when/words: it must be a list`
            `["spam*"]`           | `["*"]`               | no  | `:19: rules/2/when/words/0: "*": write words`
            `["spam*"]`           | `["spam|junk"]`       | no  | `:19: rules/2/when/words/0: "spam|junk": words are plain text`
            `["spam*"]`           | `["spam.*"]`          | no  | `:19: rules/2/when/words/0: "spam.*": words are plain text`
            `["spam*"]`           | `["\\\\d+ spam"]`     | no  | `:19: rules/2/when/words/0: "\\\\d+ spam": words are plain text`
            `["spam*"]`           | `["(spam)?"]`         | no  | `:19: rules/2/when/words/0: "(spam)?": words are plain text`
            `["spam*"]`           | `["s*m"]`             | no  | `:19: rules/2/when/words/0: "s*m": words are plain text`
            `"words": ["spam*"]`  | `"word": ["spam*"]`   | yes | `:19: rules/2/when/word: unknown key`
            `"source": "s"`       | `"source": ""`        | yes | `:7: rules/0/source: it must be a text`
            `"rules": [`          | `"rule": [`           | yes | `:2: rule: unknown key`
            """)
    void aMistakeIsRefusedWithItsLine(String there, String instead, String schemaRefuses, String error) {
        String json = SMALL.replaceFirst(Pattern.quote(there), Matcher.quoteReplacement(
                instead == null ? "" : instead));

        assertThatThrownBy(() -> CauseRules.parse("bounce-rules.json", json, TABLE)).isInstanceOf(BrokenFile.class)
                .hasMessageStartingWith("bounce-rules.json" + error);
        if (schemaRefuses.equals("yes")) {
            assertThat(SCHEMA.validate(json, InputFormat.JSON)).isNotEmpty();
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            550 Unknown user a@docomo.ne.jp | a@docomo.ne.jp   | DATA        | recipient-filter | false
            550 Unknown user a@docomo.ne.jp | a@DOCOMO.NE.JP   | end of data | recipient-filter | false
            550 Unknown user a@docomo.ne.jp | a@docomo.ne.jp   |             | unknown-user     | false
            550 Unknown user a@docomo.ne.jp | a@xdocomo.ne.jp  | DATA        | policy           | false
            550 This is spammy              | a@example.com    |             | spam             | false
            550 5.1.1 This is spam          | a@example.com    |             | policy           | false
            450 This is spam                | a@example.com    |             | policy           | false
            550 This is no spam             | a@example.com    |             | policy           | false
            550 antispam                    | a@example.com    |             | policy           | false
            """)
    void theFirstRuleThatAppliesDecides(String reply, String to, String command, String cause, boolean dead) throws BrokenFile {
        CauseRules rules = CauseRules.parse("bounce-rules.json", SMALL, TABLE);

        Verdict verdict = rules.decide(new Bounce(reply, to, "4", command));

        assertThat(verdict.cause()).isEqualTo(cause);
        assertThat(verdict.dead()).isEqualTo(dead);
    }

    @Test
    void aWordOfNotDeadKeepsEachRuleFromMakingAnAddressDead() throws BrokenFile {
        String json = """
                {"notDead": ["sender*"], "rules": [
                {"cause": "unknown-user", "when": {"words": ["unknown user"]}, "reason": "r", "source": "s"},
                {"cause": "unknown-user", "dead": false, "when": {"words": ["unknown"]}, "reason": "r", "source": "s"},
                {"cause": "spam", "when": {"words": ["spam"]}, "reason": "r", "source": "s"}]}
                """;
        CauseRules rules = CauseRules.parse("bounce-rules.json", json, TABLE);

        assertThat(SCHEMA.validate(json, InputFormat.JSON)).isEmpty();
        assertThat(rules.decide(new Bounce("550 Unknown user", "", "", "")).dead()).isTrue();
        assertThat(rules.decide(new Bounce("550 Unknown user: the senders", "", "", "")).rule().number()).isEqualTo(2);
        assertThat(rules.decide(new Bounce("550 Spam of the sender", "", "", "")).cause()).isEqualTo("spam");
        assertThatThrownBy(() -> CauseRules.parse("bounce-rules.json", json.replace("sender*", "sender|from"), TABLE))
                .hasMessageStartingWith("bounce-rules.json:1: notDead/0: \"sender|from\": words are plain text");
    }

    @ParameterizedTest
    @ValueSource(strings = {"docs/causes.md", "docs/ja/causes.md"})
    void theExampleOfThePageIsARule(String page) throws BrokenFile {
        Matcher example = Pattern.compile("(?s)```json\n(.*?)```").matcher(text(Path.of(page)));
        assertThat(example.find()).isTrue();
        String json = "{\"rules\": [" + example.group(1) + "]}";

        Verdict verdict = CauseRules.parse("bounce-rules.json", json, TABLE).decide(new Bounce("host a.mx.example.net[192.0.2.1] said:"
                + " 550 5.1.1 <a@sub.example.co.jp>: Unknown user (in reply to RCPT TO command)", "a@sub.example.co.jp", "2", ""));

        assertThat(SCHEMA.validate(json, InputFormat.JSON)).isEmpty();
        assertThat(verdict.rule().number()).isEqualTo(1);
        assertThat(verdict.or()).isEqualTo("recipient-filter");
        assertThat(verdict.dead()).isFalse();
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
