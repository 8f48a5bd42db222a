package org.mailevents.privacy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The hash that replaces an address, and the places where it replaces the address. */
class RecipientHashTest {

    private static final String KEY = "0123456789abcdef0123456789abcdef";
    /** The first 32 digits of the command in docs/retention-and-privacy.md, with {@link #KEY} as the key. */
    private static final String TARO = "h-39a8e5a7a3b6d8219e9a085b303cb496@example.net";

    private final RecipientHash hash = RecipientHash.with(KEY);
    private final HiddenRecipients hidden = new HiddenRecipients(hash);

    @ParameterizedTest
    @ValueSource(strings = {"taro@example.net", " Taro@Example.NET ", "<taro@example.net>", "山田 太郎 <taro@example.net>"})
    void itIsTheOneThatOpensslMakes(String address) {
        assertThat(hash.of(address)).isEqualTo(TARO);
    }

    @ParameterizedTest
    @ValueSource(strings = {"taro@example.net", "\"taro yamada\"@example.net", "山田@例え.jp", "taro@[192.0.2.1]", "taro", "taro@", "@",
            "taro@example.net (Taro Yamada)", "taro@example.net, hanako@example.net", "Taro <taro>", "<>", "a\0b@example.net"})
    void whateverIsSentIsHashedAndTheHashOfThatIsItself(String address) {
        String hashed = hash.of(address);
        assertThat(hashed).matches("h-[0-9a-f]{32}(@\\S+)?").doesNotContainIgnoringCase("taro").doesNotContain("山田");
        assertThat(hash.of(hashed)).isEqualTo(hashed);
        assertThat(hash.of(hashed.toUpperCase())).isEqualTo(hashed);
    }

    @Test
    void anotherKeyAnotherDomainAndAnotherAddressMakeAnotherHash() {
        assertThat(List.of(hash.of("taro@example.net"), RecipientHash.with(KEY + "0").of("taro@example.net"), hash.of("taro@example.jp"),
                hash.of("jiro@example.net")).stream().map(hashed -> hashed.substring(0, 34)).distinct()).hasSize(4);
    }

    @Test
    void withoutAKeyEveryAddressIsItself() {
        RecipientHash off = RecipientHash.with("");
        ObjectNode element = element("Taro@example.net", "reason", "<Taro@example.net>");

        assertThat(off.of("Taro@example.net")).isEqualTo("Taro@example.net");
        assertThat(new HiddenRecipients(off).inElement(element)).isSameAs(element);
        assertThat(hash.of(null)).isNull();
        assertThat(hash.of(" ")).isEqualTo(" ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"true", "yes", "0123456789abcde"})
    void whatIsNoKeyIsToldAndNotQuoted(String key) {
        assertThatThrownBy(() -> RecipientHash.with(key)).hasMessageContaining("Set privacy.hash-recipients to a secret key")
                .hasMessageContaining("openssl rand -hex 32").hasMessageNotContaining("'" + key + "'");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            reason     | 550 5.1.1 <Taro@Example.net>: unknown         | 550 5.1.1 <H@Example.net>: unknown
            reason     | 550 5.1.1 <taro>... User unknown              | 550 5.1.1 <H>... User unknown
            reason     | 宛先taro@example.netは存在しません            | 宛先H@example.netは存在しません
            reason     | taroは存在しません                            | Hは存在しません
            reason     | see http://x.jp/?to=taro%40example.net&a=1    | see http://x.jp/?to=H%40example.net&a=1
            reason     | to=taro@example.net,taro＠example.net         | to=H@example.net,H＠example.net
            reason     | tarot and tarot.taroko                        | tarot and tarot.taroko
            returnPath | bounce+taro=example.net@return.pro.smtps.jp   | bounce+H=example.net@return.pro.smtps.jp
            returnPath | news@return.pro.smtps.jp                      | news@return.pro.smtps.jp
            from       | taro@example.net                              | H@example.net
            messageId  | <1.taro=example.net@mta01.example.com>        | <1.H=example.net@mta01.example.com>
            subject    | taro@example.net様                            | H@example.net様
            subject    | Dear taro                                     | Dear taro
            apiData    | user:TARO@example.net                         | user:H@example.net
            unknown    | taro@example.net                              | H@example.net
            taro@example.net | 1                                       | 1
            """)
    void theRecipientIsHiddenWhereverItStands(String key, String text, String expected) {
        JsonNode element = hidden.inElement(element("taro@example.net", key, text));

        assertThat(element.get("to").asText()).isEqualTo(TARO);
        assertThat(element.get(key.replace("taro@example.net", TARO)).asText()).isEqualTo(expected.replace("H", TARO.substring(0, 34)));
        assertThat(hidden.inElement(element)).isEqualTo(element);
    }

    @ParameterizedTest
    @ValueSource(strings = {"forwarded to jiro@example.jp", "x.taro@example.net", "bounce+taro@example.net", "jiro.taro@example.jp",
            "\"jiro taro\"@example.jp", "田中@example.jp", "'jiro@example.jp'", "jiro@[192.0.2.1]", "jiro@例え.jp", "jiro@a@b.jp",
            "\njiro@example.jp", "CORP\\jiro@example.jp", "CORP\\taro@example.jp",
            "http://x.jp/?to=jiro%40example.jp&a=1", "jiro＠example.jp", "jiro&#64;example.jp", "u%3Djiro%40example.jp", "田中＠例え.jp"})
    void otherAddressesInTextsAreHiddenToo(String reason) {
        JsonNode element = hidden.inElement(element("taro@example.net", "reason", reason));

        assertThat(element.get("reason").asText()).doesNotContain("taro", "jiro", "田中").containsPattern("h-[0-9a-f]{32}");
        assertThat(hidden.inElement(element)).isEqualTo(element);
    }

    @ParameterizedTest
    @CsvSource({"apiData,u=taro%2Bnews%40example.net", "returnPath,bounce+taro%2bnews=example.net@return.example",
            "subject,taro+news＠example.net", "reason,<taro%2Bnews>: unknown", "unknown,taro%2Bnews%40example.net"})
    void anAddressInAUrlIsTheSame(String key, String text) {
        String stored = hash.of("taro+news@example.net").split("@")[0];

        JsonNode element = hidden.inElement(element("taro+news@example.net", key, text));

        assertThat(element.get(key).asText()).contains(stored).doesNotContain("taro", "news");
        assertThat(hidden.inElement(element)).isEqualTo(element);
        assertThat(hidden.inText("see " + "taro%2Bnews%40example.net")).isEqualTo("see " + hash.of("taro+news@example.net"));
    }

    @Test
    void whateverAnUnknownTypeHoldsItHoldsNoAddress() throws Exception {
        JsonNode element = new ObjectMapper().readTree("""
                {"rcpt": ["taro@example.net", {"jiro@example.net": "saburo@example.net", "n": 1}], "to": {"address": "taro@example.net"},
                 "none": null,
                 "text": "{\\"a\\": \\"taro@example.net\\"}"}""");

        assertThat(hidden.inElement(element).toString()).isEqualTo(element.toString().replace("taro@example.net", TARO)
                .replace("jiro@example.net", hash.of("jiro@example.net")).replace("saburo@example.net", hash.of("saburo@example.net")));
    }

    @Test
    void aNumberInPlaceOfAnAddressIsHashedAndACodeInAReplyIsNot() {
        ObjectNode element = element("550@example.net", "reason", "550 5.1.1 no");
        assertThat(hidden.inElement(element).get("reason").asText()).isEqualTo("550 5.1.1 no");
        assertThat(hidden.inElement(element.put("to", 123)).get("to").asText()).matches("h-[0-9a-f]{32}");
    }

    @Test
    void brokenJsonKeepsItsShape() {
        assertThat(hidden.inBrokenJson(
                "{\"to\": \"taro\\u0040example.net\", \"r\": \"\\u003Ctaro@example.net\\u003E\\ntaro@example.net \\\\u0040 \\u0022"))
                .isEqualTo("{\"to\": \"TARO\", \"r\": \"<TARO>\\nTARO \\\\u0040 \\u0022".replace("TARO", TARO));
    }

    @Test
    void aHostileTextTakesNoLonger() {
        String long1 = "a".repeat(200_000);
        for (String text : List.of(long1, "@".repeat(200_000), "a@".repeat(100_000), "\"".repeat(200_000), "a@b.".repeat(50_000),
                "山".repeat(200_000), "taro".repeat(50_000), "h-".repeat(100_000) + "@x", "%41".repeat(60_000),
                "a%40".repeat(50_000), "%4".repeat(90_000), "a＠b.".repeat(50_000))) {
            assertTimeoutPreemptively(Duration.ofSeconds(20), () -> hidden.inElement(element("a@example.net", "reason", text)),
                    text.substring(0, 10));
        }
        assertThat(hidden.inElement(element(long1 + "@example.net", "reason", long1)).get("to").asText()).hasSize(46);
    }

    private static ObjectNode element(String to, String key, String text) {
        return JsonNodeFactory.instance.objectNode().put("to", to).put(key, text);
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            {"to":"taro@example.net","reason":"550 <taro>: unk            | {"to":"H@example.net","reason":"550 <H>: unk
            {"reason":"550 <Taro>: unknown","to":"taro@example.net        | {"reason":"550 <H>: unknown","to":"H@example.net
            {"to": "t\\u0061ro@example.net","reason":"550 \\u003ctaro\\u003e  | {"to": "H@example.net","reason":"550 <H>
            {"envelopeTo":"taro@example.net","reason":"a\\ntaro\\n       | {"envelopeTo":"H@example.net","reason":"a\\nH\\n
            {"to":"taro@example.net","reason":"taroは存在しません            | {"to":"H@example.net","reason":"Hは存在しません
            {"to":"taro@example.net","taro":"tarot taro-taro              | {"to":"H@example.net","taro":"tarot taro-taro
            {"to":"5.1.1@example.net","reason":"550 5.1.1                 | {"to":"C@example.net","reason":"550 5.1.1
            """)
    void theRecipientIsHiddenInTextThatIsCutOff(String text, String expected) {
        String broken = hidden.inBrokenJson(text);

        assertThat(broken).isEqualTo(expected.replace("H", TARO.substring(0, 34))
                .replace("C", hash.of("5.1.1@example.net").substring(0, 34)));
        assertThat(hidden.inBrokenJson(broken)).isEqualTo(broken);
    }
}
