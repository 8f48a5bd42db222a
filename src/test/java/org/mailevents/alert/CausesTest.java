package org.mailevents.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.networknt.schema.InputFormat;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.route.BrokenFile;

/**
 * Compares {@code routes/templates/causes.json} with the vendor's table of codes and with RFC 3463, and shows how mistakes in the file are
 * reported.
 */
class CausesTest {

    private static final Path FILE = Path.of("routes/templates/causes.json");
    private static final String JSON = text(FILE);
    private static final JsonSchema SCHEMA = JsonSchemaFactory.getInstance(VersionFlag.V7)
            .getSchema(text(FILE.resolveSibling("causes.schema.json")));
    private static final Causes CAUSES = parsed(JSON);
    /** The vendor publishes no Japanese name of code 11. */
    private static final Map<String, String> JAPANESE_NAMES = Map.ofEntries(Map.entry("1", "ホスト不明"), Map.entry("2", "ユーザ不明"),
            Map.entry("3", "再送タイムアウト"), Map.entry("4", "受信拒否"), Map.entry("5", "容量オーバー"), Map.entry("6", "転送エラー"),
            Map.entry("7", "受信サーバエラー"), Map.entry("8", "サイズオーバー"), Map.entry("9", "アドレス形式エラー"),
            Map.entry("10", "配信停止アドレス"), Map.entry("11", "購読解除アドレス"), Map.entry("99", "その他"));
    private static final Map<String, String> ENGLISH_NAMES = Map.ofEntries(Map.entry("1", "Unknown host"), Map.entry("2", "Unknown user"),
            Map.entry("3", "Retransmission timeout"), Map.entry("4", "Rejection"), Map.entry("5", "Overcapacity"),
            Map.entry("6", "Forward error"), Map.entry("7", "Receiving server error"), Map.entry("8", "Oversized"),
            Map.entry("9", "Address format error"), Map.entry("10", "Blocked address"), Map.entry("11", "Unsubscribed address"),
            Map.entry("99", "Others"));
    /** The smallest valid file. Each case adds one mistake to it. */
    private static final String SMALL = """
            {
              "codes": {
                "2": {
                  "ja": {"name": "名", "text": "文", "action": "動", "again": "再"}
                },
                "unknown": {
                  "compare": false,
                  "ja": {"name": "名", "text": "文", "action": "動", "again": "再"}
                }
              },
              "enhanced": {
                "X.1.1": {
                  "ja": "意味",
                  "codes": ["2"]
                }
              }
            }
            """;

    static Stream<String> codes() {
        return Stream.concat(JAPANESE_NAMES.keySet().stream(), Stream.of("a code added later"));
    }

    /** The highest detail of each subject in RFC 3463, section 3. The details begin with 0. */
    static Stream<String> rfc3463() {
        int[] last = {0, 8, 4, 5, 7, 5, 5, 7};
        return Stream.iterate(0, subject -> subject + 1).limit(last.length).flatMap(subject ->
                Stream.iterate(0, detail -> detail + 1).limit(last[subject] + 1).map(detail -> subject + "." + detail));
    }

    @Test
    void itIsWrittenInBothLanguages() {
        assertThat(CAUSES.languages()).containsExactlyInAnyOrder("ja", "en");
    }

    @Test
    void theNamesAreTheVendors() {
        JAPANESE_NAMES.forEach((code, name) -> assertThat(CAUSES.cause(code, "ja").name()).isEqualTo(name));
        ENGLISH_NAMES.forEach((code, name) -> assertThat(CAUSES.cause(code, "en").name()).isEqualTo(name));
    }

    @Test
    void noTwoCodesAreExplainedTheSame() {
        assertThat(codes().map(code -> CAUSES.cause(code, "ja").text())).doesNotHaveDuplicates();
        assertThat(codes().map(code -> CAUSES.cause(code, "en").text())).doesNotHaveDuplicates();
    }

    @Test
    void aCodeAddedLaterIsUnknown() {
        assertThat(CAUSES.cause("42", "ja").name()).isEqualTo("不明なコード");
        assertThat(CAUSES.cause("", "en").name()).isEqualTo("Unknown code");
    }

    @ParameterizedTest
    @MethodSource("codes")
    void whetherToSendAgainBeginsWithTheSameYesOrNoInBothLanguages(String code) {
        // When
        String japanese = CAUSES.cause(code, "ja").again();
        String english = CAUSES.cause(code, "en").again();

        // Then
        boolean yes = List.of("3", "5").contains(code); // the codes whose kind is temporary
        assertThat(japanese).startsWith(yes ? "はい。" : "いいえ。");
        assertThat(english).startsWith(yes ? "Yes. " : "No. ");
    }

    @ParameterizedTest
    @MethodSource("rfc3463")
    void everyStatusOfRfc3463HasItsMeaning(String status) {
        assertThat(JSON).contains("\"X." + status + "\": {");
        for (String enhancedCode : List.of("4." + status, "5." + status)) {
            assertThat(CAUSES.status(enhancedCode, "ja")).endsWith("。");
            assertThat(CAUSES.status(enhancedCode, "en")).endsWith(".");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.9", "1.10", "3.6", "5.6", "6.6", "6.7", "6.8", "6.9", "6.10", "7.8", "7.9", "7.10", "7.11", "7.12", "7.13",
            "7.14", "7.15", "7.16", "7.17", "7.18", "7.19", "7.20", "7.21", "7.22", "7.23", "7.24", "7.25", "7.26", "7.27", "7.28", "7.29",
            "7.30"})
    void soHasWhatTheRegistryAddedLater(String status) {
        assertThat(JSON).contains("\"X." + status + "\": {");
    }

    @Test
    void theMostExactMeaningIsTaken() throws BrokenFile {
        // Given
        Causes causes = Causes.parse("causes.json", SMALL.replace("\"X.1.1\": {", """
                "5.7.26": {"ja": "5.7.26"}, "X.7.26": {"ja": "X.7.26"}, "X.7": {"ja": "X.7"}, "4": {"ja": "4"}, "X.1.1": {"""));

        // When
        Stream<String> found = Stream.of("5.7.26", "4.7.26", "4.7.1", "4.2.2", "5.2.2", "5.1.1").map(code -> causes.status(code, "ja"));

        // Then
        assertThat(found).containsExactly("5.7.26", "X.7.26", "X.7", "4", "", "意味");
        assertThat(CAUSES.status("5.7.999", "en")).isEqualTo(CAUSES.status("5.7.0", "en"));
        assertThat(CAUSES.status("4.9.9", "en")).isEqualTo("A temporary error.");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "5.1", "5.1.1.1", "X.1.1", "6.1.1", "host unknown"})
    void whatIsNoEnhancedCodeMeansNothing(String text) {
        assertThat(CAUSES.status(text, "ja")).isEmpty();
        assertThat(CAUSES.disagree("2", text)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({
        "2, 5.2.2", "2, 4.2.2", "2, 5.7.1", "2, 5.7.26", "2, 5.3.4", "2, 4.4.1", "2, 4.7.99",
        "1, 5.1.8", "3, 5.1.1", "3, 5.7.1", "4, 5.2.2", "5, 5.1.1", "5, 5.3.4", "7, 5.1.1", "8, 5.1.1", "9, 5.7.1"})
    void aContradictionShows(String code, String enhancedCode) {
        assertThat(CAUSES.disagree(code, enhancedCode)).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "1, 5.1.2", "1, 5.4.4", "1, 5.1.10",
        "2, 5.1.1", "2, 5.2.1", "2, 5.1.10", "2, 5.4.1", "2, 5.0.0", "2, 5.5.0", "2, 4.9.9", "2, 5.9.9",
        "3, 4.4.1", "3, 4.4.7", "3, 5.4.7", "3, 4.2.2", "3, 4.7.1", "3, 4.1.1",
        "4, 5.7.1", "4, 5.7.26", "4, 5.7.999", "4, 5.1.1", "4, 5.2.1", "4, 4.7.0",
        "5, 5.2.2", "5, 4.3.1", "7, 5.3.5", "7, 5.4.6", "7, 5.7.0", "8, 5.3.4", "8, 5.2.3", "9, 5.1.3", "9, 5.6.7"})
    void whatGoesTogetherIsNone(String code, String enhancedCode) {
        assertThat(CAUSES.disagree(code, enhancedCode)).isFalse();
    }

    /** 6: another address failed, for any reason. 10 and 11: nothing was sent. 99 and higher codes: the code names no cause. */
    @ParameterizedTest
    @ValueSource(strings = {"6", "10", "11", "99", "42", ""})
    void someCodesCannotBeContradicted(String code) {
        assertThat(rfc3463()).noneMatch(status -> CAUSES.disagree(code, "4." + status) || CAUSES.disagree(code, "5." + status));
    }

    @Test
    void everyCodeThatCanBeContradictedAgreesWithSome() {
        for (String code : List.of("1", "2", "3", "4", "5", "7", "8", "9")) {
            assertThat(rfc3463()).as(code).anyMatch(status -> CAUSES.disagree(code, "5." + status));
            assertThat(JSON).containsPattern("\"codes\": \\[[^]]*\"" + code + "\"");
        }
    }

    @Test
    void aThirdLanguageIsThereOnceItIsEverywhere() throws BrokenFile {
        // Given
        String codes = SMALL.replace("\"ja\": {", """
                "fr": {"name": "n", "text": "t", "action": "a", "again": "Non."}, "ja": {""");

        // When
        Causes half = Causes.parse("causes.json", codes);
        Causes all = Causes.parse("causes.json", codes.replace("\"ja\": \"意味\"", "\"fr\": \"sens\", \"ja\": \"意味\""));

        // Then
        assertThat(half.languages()).containsExactly("ja");
        assertThat(half.lacking("fr")).contains("enhanced/X.1.1");
        assertThat(all.languages()).containsExactlyInAnyOrder("ja", "fr");
        assertThat(all.lacking("fr")).isEmpty();
        assertThat(all.cause("2", "fr").again()).isEqualTo("Non.");
        assertThat(all.status("5.1.1", "fr")).isEqualTo("sens");
    }

    @Test
    void aLanguageThatIsNotThereIsSaid() {
        assertThatThrownBy(() -> CAUSES.cause("2", "fr")).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("fr");
        assertThatThrownBy(() -> CAUSES.status("5.1.1", "fr")).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("fr");
    }

    @Test
    void theSchemaForEditorsAllowsTheFile() {
        assertThat(JSON).contains("\"$schema\": \"causes.schema.json\"");
        assertThat(SCHEMA.validate(JSON, InputFormat.JSON)).isEmpty();
        assertThat(SCHEMA.validate(SMALL, InputFormat.JSON)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            # what is there | what is written instead | whether the schema refuses it too | the error
            `"ja": "意味",`      | `"ja": "意味"`                   | no  | causes.json:14: Unexpected character
            `"ja": "意味",`      | `"ja": "意味", "ja": "x",`       | no  | causes.json:13: Duplicate field 'ja'
            `"codes": ["2"]`   | `"codes": ["3"]`               | no  | causes.json:14: enhanced/X.1.1/codes: "3" is not a key of "codes"
            `"codes": ["2"]`   | `"codes": [2]`                 | yes | causes.json:14: enhanced/X.1.1/codes: 2 is not a key of "codes"
            `"codes": ["2"]`   | `"codes": "2"`                 | yes | causes.json:14: enhanced/X.1.1/codes: it must be a list
            `"codes": ["2"]`   | `"cods": ["2"]`                | yes | causes.json:14: enhanced/X.1.1/cods: unknown key
            `"X.1.1"`          | `"5.1"`                        | yes | causes.json:12: enhanced/5.1: an enhanced code is written
            `"X.1.1"`          | `"x.1.1"`                      | yes | causes.json:12: enhanced/x.1.1: an enhanced code is written
            `"X.1.1"`          | `"3.1.1"`                      | yes | causes.json:12: enhanced/3.1.1: an enhanced code is written
            `"ja": "意味"`       | `"jp": "意味"`                   | no  | causes.json:13: enhanced/X.1.1/jp: unknown key
            `"ja": "意味"`       | `"ja": ""`                     | yes | causes.json:13: enhanced/X.1.1/ja: it must be a text
            `"unknown"`        | `"unkown"`                     | yes | causes.json:6: codes/unkown: a bounce code is a number
            `"unknown"`        | `"3"`                          | yes | causes.json:2: codes: "unknown" is missing
            `false`            | `"false"`                      | yes | causes.json:7: codes/unknown/compare: it must be true or false
            `"compare"`        | `"compar"`                     | yes | causes.json:7: codes/unknown/compar: unknown key
            `"enhanced": {`    | `"more": {}, "enhanced": {`    | yes | causes.json:11: more: unknown key; the keys here are codes, enhanced
            """)
    void aMistakeIsRefusedWithItsLine(String there, String instead, String schemaRefuses, String error) {
        // Given
        String json = SMALL.replace(there, instead);

        // When
        BrokenFile broken = catchThrowableOfType(BrokenFile.class, () -> Causes.parse("causes.json", json));

        // Then
        assertThat(broken).hasMessageStartingWith(error);
        assertThat(broken.file()).isEqualTo("causes.json");
        // A JSON schema cannot express duplicate keys, the keys of another object or all languages.
        if (schemaRefuses.equals("yes")) {
            assertThat(SCHEMA.validate(json, InputFormat.JSON)).isNotEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"name", "text", "action", "again"})
    void aCauseNeedsAllItsTextsAndNoOther(String key) {
        assertThat(SCHEMA.validate(SMALL.replaceFirst("\"" + key + "\"", "\"" + key + "x\""), InputFormat.JSON)).isNotEmpty();
        assertThatThrownBy(() -> Causes.parse("causes.json", SMALL.replaceFirst("\"" + key + "\"", "\"" + key + "x\"")))
                .hasMessage("causes.json:4: codes/2/ja/" + key + "x: unknown key; the keys here are name, text, action, again");
        String without = SMALL.replaceFirst("(, )?\"" + key + "\": \"[^\"]*\"", "").replace("{, ", "{");
        assertThat(SCHEMA.validate(without, InputFormat.JSON)).isNotEmpty();
        assertThatThrownBy(() -> Causes.parse("causes.json", without))
                .hasMessage("causes.json:4: codes/2/ja: \"" + key + "\" is missing");
        assertThatThrownBy(() -> Causes.parse("causes.json", SMALL.replaceFirst("\"" + key + "\": \"[^\"]*\"", "\"" + key + "\": \" \"")))
                .hasMessage("causes.json:4: codes/2/ja/" + key + ": it must be a text that is not empty");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "[]", "{}", "null", "\"codes\"", "{\"codes\": {}, \"enhanced\": {}}", "{\"codes\": []}", "{} {}"})
    void soIsWhatIsNoTableAtAll(String json) {
        assertThatThrownBy(() -> Causes.parse("causes.json", json)).isInstanceOf(BrokenFile.class).hasMessageStartingWith("causes.json");
    }

    private static Causes parsed(String json) {
        try {
            return Causes.parse(FILE.toString(), json);
        } catch (BrokenFile e) {
            throw new AssertionError(e);
        }
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
