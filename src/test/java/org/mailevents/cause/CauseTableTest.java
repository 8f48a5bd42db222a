package org.mailevents.cause;

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
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.route.BrokenFile;

/**
 * Compares {@code routes/bounce-causes.json} with the vendor's table of codes and with RFC 3463, and shows how mistakes in the file are
 * reported.
 */
class CauseTableTest {

    private static final Path FILE = Path.of("routes/bounce-causes.json");
    private static final String JSON = text(FILE);
    private static final JsonSchema SCHEMA = JsonSchemaFactory.getInstance(VersionFlag.V7)
            .getSchema(text(FILE.resolveSibling("bounce-causes.schema.json")));
    private static final CauseTable CAUSES = parsed(JSON);
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
              "causes": {
                "unknown": {
                  "kind": "unknown",
                  "dead": false,
                  "sendAgain": false,
                  "ja": {"name": "名", "text": "文", "action": "動", "again": "再"}
                }, "not-attempted": {"kind": "s", "dead": false, "sendAgain": true, \
            "ja": {"name": "未", "text": "文", "action": "動", "again": "再"}}
              },
              "codes": {
                "2": {"cause": "unknown", "ja": "二"},
                "unknown": {"cause": "unknown", "compare": false, "ja": "不"}
              },
              "enhanced": {
                "X.1.1": {
                  "ja": "意味",
                  "codes": ["2"]
                }
              },
              "sureness": {
                "reply": {"ja": "確"},
                "ambiguous": {"ja": "{cause}か{or}"},
                "code": {"ja": "符"},
                "none": {"ja": "無"}
              },
              "ambiguous": {"ja": {"name": "{cause}と{or}", "text": "文", "action": "動", "again": "再"}},
              "labels": {%s}
            }
            """.formatted(CauseTable.LABELS.stream().map("\"%s\": {\"ja\": \"札\"}"::formatted).collect(Collectors.joining(", ")));

    static Stream<String> causes() {
        return CAUSES.causes().keySet().stream();
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
        JAPANESE_NAMES.forEach((code, name) -> assertThat(CAUSES.codeName(code, "ja")).isEqualTo(name));
        ENGLISH_NAMES.forEach((code, name) -> assertThat(CAUSES.codeName(code, "en")).isEqualTo(name));
    }

    @Test
    void noTwoCausesAreExplainedTheSame() {
        assertThat(causes().map(cause -> CAUSES.texts(cause, "ja").text())).doesNotHaveDuplicates();
        assertThat(causes().map(cause -> CAUSES.texts(cause, "en").text())).doesNotHaveDuplicates();
    }

    @Test
    void aCodeAddedLaterIsUnknown() {
        assertThat(CAUSES.codeName("42", "ja")).isEqualTo("不明なコード");
        assertThat(CAUSES.codeName("", "en")).isEqualTo("Unknown code");
    }

    @ParameterizedTest
    @MethodSource("causes")
    void whetherToSendAgainBeginsWithTheSameYesOrNoInBothLanguages(String cause) {
        // When
        String japanese = CAUSES.texts(cause, "ja").again();
        String english = CAUSES.texts(cause, "en").again();

        // Then
        boolean yes = CAUSES.cause(cause).sendAgain();
        assertThat(yes).isEqualTo(CAUSES.cause(cause).kind().equals("temporary"));
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
        CauseTable causes = CauseTable.parse("bounce-causes.json", SMALL.replace("\"X.1.1\": {", """
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
        String codes = SMALL.replace("\"ambiguous\": {\"ja\": {", """
                "ambiguous" : {"fr" : {"name": "{cause} {or}", "text": "t", "action": "a", "again": "Non."}, "ja" : {""")
                .replace("\"ja\": {", """
                "fr": {"name": "n", "text": "t", "action": "a", "again": "Non."}, "ja": {""").replace("\"ja\": \"二\"", """
                "ja": "二", "fr": "deux\"""").replace("\"ja\": \"札\"", "\"ja\": \"札\", \"fr\": \"e\"")
                .replace("\"ja\": \"不\"", "\"ja\": \"不\", \"fr\": \"inconnu\"")
                .replace("\"reply\": {", "\"reply\": {\"fr\": \"dit\", ")
                .replace("\"ambiguous\": {", "\"ambiguous\": {\"fr\": \"{cause} ou {or}\", ")
                .replace("\"code\": {", "\"code\": {\"fr\": \"code\", ").replace("\"none\": {", "\"none\": {\"fr\": \"rien\", ");

        // When
        CauseTable half = CauseTable.parse("bounce-causes.json", codes);
        CauseTable all = CauseTable.parse("bounce-causes.json", codes.replace("\"ja\": \"意味\"", "\"fr\": \"sens\", \"ja\": \"意味\""));

        // Then
        assertThat(half.languages()).containsExactly("ja");
        assertThat(half.lacking("fr")).contains("enhanced/X.1.1");
        assertThat(all.languages()).containsExactlyInAnyOrder("ja", "fr");
        assertThat(all.lacking("fr")).isEmpty();
        assertThat(all.texts("unknown", "fr").again()).isEqualTo("Non.");
        assertThat(all.status("5.1.1", "fr")).isEqualTo("sens");
        assertThat(all.sureness("ambiguous", "unknown", "unknown", "fr")).isEqualTo("n ou n");
    }

    @Test
    void howSureAConclusionIsNamesBothCauses() {
        assertThat(CAUSES.sureness("ambiguous", "unknown-user", "recipient-filter", "ja"))
                .contains("「宛先不明」か「受信者の受信拒否設定」か", "30日間に3回").doesNotContain("{");
        assertThat(CAUSES.sureness("ambiguous", "unknown-user", "recipient-filter", "en"))
                .contains("“Unknown user” or “Recipient's own filter”", "by other means than mail", "30 days").doesNotContain("{");
        assertThat(CAUSES.sureness("code", "unknown-user", "", "en")).isEqualTo("Only the code of Customers Mail Cloud says so.");
    }

    /** Nobody knows yet whether the address is dead, so nobody should take it off the list. */
    @Test
    void theTextsOfAReplyWithTwoMeaningsSayHowToFindOut() {
        Map<String, CauseTable.Texts> texts = CAUSES.ambiguous("unknown-user", "recipient-filter");

        assertThat(texts).containsOnlyKeys("ja", "en");
        assertThat(texts.get("en").action()).contains("Keep the address", "“Unknown user”").doesNotContain("off the list", "{");
        assertThat(texts.get("ja").action()).contains("外さないでください", "「宛先不明」").doesNotContain("{");
        assertThat(texts.get("en").name()).isEqualTo("Unknown user, or Recipient's own filter");
    }

    /** The rows that it has decided keep its id. */
    @Test
    void aDeletedCauseIsNamedByItsId() {
        CauseTable.Texts unknown = CAUSES.texts("unknown", "en");

        assertThat(CAUSES.texts("greylisted", "en"))
                .isEqualTo(new CauseTable.Texts("greylisted", unknown.text(), unknown.action(), unknown.again()));
        assertThat(CAUSES.texts("", "en")).isEqualTo(unknown);
        assertThat(CAUSES.texts(null, "en")).isEqualTo(unknown);
    }

    @Test
    void aLanguageThatIsNotThereIsSaid() {
        assertThatThrownBy(() -> CAUSES.texts("unknown-user", "fr")).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("fr");
        assertThatThrownBy(() -> CAUSES.status("5.1.1", "fr")).isInstanceOf(IllegalArgumentException.class).hasMessageContaining("fr");
        assertThatThrownBy(() -> CAUSES.sureness("reply", "unknown-user", "", "fr")).hasMessageContaining("fr");
    }

    @Test
    void theSchemaForEditorsAllowsTheFile() {
        assertThat(JSON).contains("\"$schema\": \"bounce-causes.schema.json\"");
        assertThat(SCHEMA.validate(JSON, InputFormat.JSON)).isEmpty();
        assertThat(SCHEMA.validate(SMALL, InputFormat.JSON)).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            # what is there | what is written instead | whether the schema refuses it too | the error, after the name of the file
            `"ja": "意味",` | `"ja": "意味"` | no | `:17: Unexpected character`
            `"ja": "意味",` | `"ja": "意味", "ja": "x",` | no | `:16: Duplicate field 'ja'`
            `"codes": ["2"]` | `"codes": ["3"]` | no | `:17: enhanced/X.1.1/codes/0: "3": it is not a key of "codes"`
            `"codes": ["2"]` | `"codes": [2]` | yes | `:17: enhanced/X.1.1/codes/0: 2: it is not a key of "codes"`
            `"codes": ["2"]` | `"codes": "2"` | yes | `:17: enhanced/X.1.1/codes: it must be a list`
            `"codes": ["2"]` | `"cods": ["2"]` | yes | `:17: enhanced/X.1.1/cods: unknown key`
            `"X.1.1"` | `"5.1"` | yes | `:15: enhanced/5.1: an enhanced code is written`
            `"X.1.1"` | `"x.1.1"` | yes | `:15: enhanced/x.1.1: an enhanced code is written`
            `"X.1.1"` | `"3.1.1"` | yes | `:15: enhanced/3.1.1: an enhanced code is written`
            `"ja": "意味"` | `"jp": "意味"` | no | `:16: enhanced/X.1.1/jp: unknown key`
            `"ja": "意味"` | `"ja": ""` | yes | `:16: enhanced/X.1.1/ja: it must be a text`
            `"unknown": {"cause"` | `"unkown": {"cause"` | yes | `:12: codes/unkown: a bounce code is a number`
            `"unknown": {"cause"` | `"3": {"cause"` | yes | `:10: codes: "unknown" is missing`
            `"compare": false` | `"compare": "false"` | yes | `:12: codes/unknown/compare: it must be true or false`
            `"compare"` | `"compar"` | yes | `:12: codes/unknown/compar: unknown key`
            `"2": {"cause": "unknown"` | `"2": {"cause": "lost"` | no | `:11: codes/2/cause: "cause" must be a key of "causes"`
            `"2": {"cause": "unknown", ` | `"2": {` | yes | `:11: codes/2: "cause" must be a key of "causes"`
            `"enhanced": {` | `"more": {}, "enhanced": {` | yes | `:14: more: unknown key; the keys here are causes, ambiguous, sureness`
            `"name": "{cause}と` | `"name": "と` | no | `:26: ambiguous/ja/name: it must contain {cause} and {or}`
            `"labels": {` | `"labels": {"colour": {"ja": "色"}, ` | yes | `:27: labels/colour: unknown key; the keys here are cause, dead`
            `"none": {"ja": "無"}` | `"no": {"ja": "無"}` | yes | `:24: sureness/no: unknown key; the keys here are reply, ambiguous, code`
            `"none": {"ja": "無"}` | `"none": {"jp": "無"}` | no | `:24: sureness/none/jp: unknown key; it must be a language`
            `"none": {"ja": "無"}` | `"none": "無"` | yes | `:24: sureness/none: it must be an object`
            `か{or}` | `か他` | no | `:22: sureness/ambiguous/ja: it must contain {cause} and {or}`
            `"not-attempted"` | `"not-tried"` | no | `:2: causes: "not-attempted" is missing`
            `"kind": "unknown",` | `` | yes | `:3: causes/unknown: "kind" is missing`
            `"sendAgain": false` | `"sendAgain": "no"` | yes | `:6: causes/unknown/sendAgain: it must be true or false`
            """)
    void aMistakeIsRefusedWithItsLine(String there, String instead, String schemaRefuses, String error) {
        // Given
        String json = SMALL.replace(there, instead);

        // When
        BrokenFile broken = catchThrowableOfType(BrokenFile.class, () -> CauseTable.parse("bounce-causes.json", json));

        // Then
        assertThat(broken).hasMessageStartingWith("bounce-causes.json" + error);
        assertThat(broken.file()).isEqualTo("bounce-causes.json");
        // A JSON schema cannot express duplicate keys, the keys of another object or all languages.
        if (schemaRefuses.equals("yes")) {
            assertThat(SCHEMA.validate(json, InputFormat.JSON)).isNotEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"name", "text", "action", "again"})
    void aCauseNeedsAllItsTextsAndNoOther(String key) {
        assertThat(SCHEMA.validate(SMALL.replaceFirst("\"" + key + "\"", "\"" + key + "x\""), InputFormat.JSON)).isNotEmpty();
        assertThatThrownBy(() -> CauseTable.parse("bounce-causes.json", SMALL.replaceFirst("\"" + key + "\"", "\"" + key + "x\"")))
                .hasMessage("bounce-causes.json:7: causes/unknown/ja/" + key + "x: unknown key; the keys here are"
                        + " name, text, action, again");
        String without = SMALL.replaceFirst("(, )?\"" + key + "\": \"[^\"]*\"", "").replace("{, ", "{");
        assertThat(SCHEMA.validate(without, InputFormat.JSON)).isNotEmpty();
        assertThatThrownBy(() -> CauseTable.parse("bounce-causes.json", without))
                .hasMessage("bounce-causes.json:7: causes/unknown/ja: \"" + key + "\" is missing");
        assertThatThrownBy(() -> CauseTable.parse("bounce-causes.json",
                SMALL.replaceFirst("\"" + key + "\": \"[^\"]*\"", "\"" + key + "\": \" \"")))
                .hasMessage("bounce-causes.json:7: causes/unknown/ja/" + key + ": it must be a text that is not empty");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "[]", "{}", "null", "\"codes\"", "{\"causes\": {}, \"codes\": {}, \"enhanced\": {}}",
            "{\"codes\": []}", "{} {}"})
    void soIsWhatIsNoTableAtAll(String json) {
        assertThatThrownBy(() -> CauseTable.parse("bounce-causes.json", json)).isInstanceOf(BrokenFile.class)
                .hasMessageStartingWith("bounce-causes.json");
    }

    private static CauseTable parsed(String json) {
        try {
            return CauseTable.parse(FILE.toString(), json);
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
