package org.mailevents.cause;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
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
                "Source: https://note.com/sendmagic/", "What to do: ");
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

    @Test
    void aMistakeInTheFileNamesItsLine() throws Exception {
        Path file = folder.resolve("replies.jsonl");
        Files.writeString(file, "{}\n550 User unknown\n");

        assertThatThrownBy(() -> explain("--json", "--file=" + file))
                .hasMessageStartingWith(file + ":2: write one JSON object in each line");
        assertThatThrownBy(() -> explain("--json", "--file=" + folder.resolve("absent"))).hasMessageContaining("does not exist");
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
        String english = Application.explain(folder, List.of("550 5.1.1 User unknown"));
        Files.writeString(folder.resolve("application.properties"), "");
        String japanese = Application.explain(folder, List.of("550 5.1.1 User unknown"));

        // Then
        assertThat(english).contains("Cause: unknown-user (Unknown user)");
        assertThat(japanese).as("the default of the jar").contains("Cause: unknown-user (宛先不明)");
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
        return ExplainCommand.run(RULES, () -> "en", List.of(arguments));
    }
}
