package org.mailevents.cause;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.Application;

/** The command {@code explain}. */
class ExplainCommandTest {

    private static final CauseRules RULES = ShippedCauses.rules();
    private static final ObjectMapper JSON = new ObjectMapper();

    @TempDir
    Path folder;

    @Test
    void aReplyIsExplainedAsText() throws Exception {
        String text = explain("550 Unknown user a@docomo.ne.jp", "--to", "a@docomo.ne.jp", "--code", "2");

        assertThat(text).contains("Cause: unknown-user (Unknown user)", "Dead: no", "Or: recipient-filter (Recipient's own filter)",
                "How sure: This may mean “Unknown user” or “Recipient's own filter”.", "other means than mail", "30 days",
                "Source: https://github.com/sisimai/", "What to do: Keep the address until you know").doesNotContain("off the list");
    }

    @Test
    void soItIsAsJson() throws Exception {
        JsonNode answer = JSON.readTree(explain("--json", "550 Unknown user a@docomo.ne.jp", "--to=a@docomo.ne.jp", "--command=RCPT"));

        assertThat(answer.get("cause").asText()).isEqualTo("unknown-user");
        assertThat(answer.get("dead").asBoolean()).isTrue();
        assertThat(answer.at("/rule/source").asText()).startsWith("https://");
        assertThat(answer.at("/texts/ja/name").asText()).isEqualTo("宛先不明");
        assertThat(answer.at("/read/replyCode").asText()).isEqualTo("550");
    }

    /** In any of the forms in which people paste an address, as in a search: read wrongly, it would make a living address dead. */
    @ParameterizedTest
    @ValueSource(strings = {"ａ＠ｄｏｃｏｍｏ．ｎｅ．ｊｐ", "a@docomo。ne。jp", "mailto:a@docomo.ne.jp?subject=x", "mailto:a%40docomo.ne.jp",
            "\"a\" <a@docomo.ne.jp>", "docomo.ne.jp"})
    void theRecipientIsReadInAnyForm(String to) throws Exception {
        String reply = "550 Unknown user";

        assertThat(explain(reply, "--to", to, "--command", "DATA")).contains("Cause: recipient-filter", "Dead: no");
        assertThat(RULES.decide(ExplainCommand.bounce(JSON.writeValueAsString(Map.of("reply", reply, "to", to, "command", "DATA")))).dead())
                .isFalse();
    }

    @Test
    void aContradictionIsNamed() throws Exception {
        assertThat(explain("552 5.2.2 Mailbox full", "--code=2")).contains("Note: the vendor's code means a different cause");
        assertThat(explain("550 5.7.26 SPF failed", "--code=4")).doesNotContain("Note:");
    }

    @Test
    void aFileIsAnsweredLineByLine() throws Exception {
        Path file = folder.resolve("replies.jsonl");
        Files.writeString(file, """
                {"reply": "550 5.1.1 User unknown", "to": "a@example.com", "code": "2", "command": "RCPT"}
                {"reply": "", "code": 11}
                {"to": "a@example.com"}
                """);

        List<String> lines = explain("--json", "--file", file.toString()).lines().toList();

        assertThat(lines).hasSize(3);
        assertThat(JSON.readTree(lines.get(0)).get("cause").asText()).isEqualTo("unknown-user");
        assertThat(JSON.readTree(lines.get(0)).get("dead").asBoolean()).isTrue();
        assertThat(JSON.readTree(lines.get(1)).get("cause").asText()).isEqualTo("not-attempted");
        assertThat(JSON.readTree(lines.get(2)).get("cause").asText()).isEqualTo("unknown");
    }

    /** A list of many replies need not be right in each line. */
    @Test
    void aMistakeInTheFileNamesItsLineAndTheOtherLinesAreAnswered() throws Exception {
        Path file = folder.resolve("replies.jsonl");
        Files.writeString(file, """
                550 User unknown
                {"repli": "550 5.1.1 User unknown"}

                {"reply": "550 5.1.1 User unknown", "code": "77", "source": {"page": "https://mail.example.com/"}}
                {"reply": ["550"]}
                []
                {"reply": "Remote host said: 550 5.1.1 User unknown"}
                """);

        ExplainCommand.Answer answer = ExplainCommand.run(RULES, () -> "en", List.of("--file", file.toString()));
        ExplainCommand.Answer json = ExplainCommand.run(RULES, () -> "en", List.of("--json", "--file", file.toString()));

        assertThat(answer.text()).isEqualTo("4: unknown-user, dead\n7: unknown-user, dead\n");
        assertThat(JSON.readTree(json.text()).get("line").asInt()).isEqualTo(4);
        assertThat(answer.mistakes()).isEqualTo(json.mistakes()).hasSize(4);
        assertThat(answer.mistakes().get(0)).startsWith(file + ":1: Send a JSON object, such as {").endsWith("in each line.");
        assertThat(answer.mistakes().get(1)).isEqualTo(file + ":2: The key \"repli\" is probably misspelt. Did you mean \"reply\"?");
        assertThat(answer.mistakes().get(2)).startsWith(file + ":5: The value of \"reply\" must be a text.");
        assertThat(answer.mistakes().get(3)).startsWith(file + ":6: Send a JSON object, such as {");
        assertThatThrownBy(() -> explain("--json", "--file=" + folder.resolve("absent"))).hasMessageContaining("does not exist");
        assertThat(explain("550 5.1.1 User unknown", "--code=77")).contains("unknown-user");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "--json", "550 a|b", "550 a|--what=x", "--to", "550 a|--to", "550 a|--file=x"})
    void whatCannotBeReadIsSaid(String arguments) {
        assertThatThrownBy(() -> explain(arguments.isEmpty() ? new String[0] : arguments.split("\\|")))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("The command is explain");
    }

    @Test
    void theSettingsOfAFolderAreReadWithoutAStartOfCamel() throws Exception {
        // Given
        Path routes = Files.createDirectory(folder.resolve("routes"));
        for (String file : List.of("bounce-causes.json", "bounce-rules.json")) {
            Files.copy(Path.of("routes", file), routes.resolve(file));
        }
        Files.writeString(folder.resolve("application.properties"), "alert.language = en");

        // When
        String english = Application.explain(folder, List.of("550 5.1.1 User unknown")).text();
        Files.writeString(folder.resolve("application.properties"), "");
        String japanese = Application.explain(folder, List.of("550 5.1.1 User unknown")).text();

        // Then
        assertThat(english).contains("Cause: unknown-user (Unknown user)");
        assertThat(japanese).as("the default of the jar").contains("原因: unknown-user (宛先不明)", "配信不能: はい", "対処: ")
                .doesNotContain("Cause", "Dead");
    }

    @Test
    void aMistakeInATableIsNamedWithItsFileAndLine() throws Exception {
        Path routes = Files.createDirectory(folder.resolve("routes"));
        Path table = routes.resolve("bounce-causes.json");

        assertThatThrownBy(() -> Application.explain(folder, List.of("550")))
                .hasMessage(table + ": the file is needed, but it does not exist");
        Files.writeString(table, "{\n  \"causes\": {,\n");
        assertThatThrownBy(() -> Application.explain(folder, List.of("550"))).hasMessageStartingWith(table + ":2: ");
    }

    private static String explain(String... arguments) throws Exception {
        return ExplainCommand.run(RULES, () -> "en", List.of(arguments)).text();
    }
}
