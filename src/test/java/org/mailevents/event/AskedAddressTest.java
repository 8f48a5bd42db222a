package org.mailevents.event;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What people type and paste when they ask for an address. */
class AskedAddressTest {

    private final AskedAddress askedAddress = new AskedAddress();

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', value = {
        "taro@example.net                           | taro@example.net",
        "Taro@Example.NET                           | Taro@Example.NET",
        "~  taro@example.net\u3000~                 | taro@example.net",
        "<taro@example.net>                         | taro@example.net",
        "< taro@example.net >                       | taro@example.net",
        "Taro <taro@example.net>                    | taro@example.net",
        "\"Yamada, Taro\" <taro@example.net>        | taro@example.net",
        "山田 太郎 ＜taro＠example．net＞           | taro@example.net",
        "mailto:taro@example.net                    | taro@example.net",
        "MAILTO:taro@example.net?subject=a@b        | taro@example.net",
        "<mailto:taro@example.net>                  | taro@example.net",
        "ｍａｉｌｔｏ：taro@example.net            | taro@example.net",
        "mailto:taro%2Bnews@example.net             | taro+news@example.net",
        "mailto:taro+news@example.net               | taro+news@example.net",
        "mailto:100%@example.net                    | 100%@example.net",
        "ｔａｒｏ１２＠ｅｘａｍｐｌｅ．ｎｅｔ      | taro12@example.net",
        "ＴＡＲＯ＠example。net                     | TARO@example.net",
        "\"a/b c\"+tag%'o@例え.example              | \"a/b c\"+tag%'o@例え.example",
        "h-0123456789abcdef0123456789abcdef@a.example | h-0123456789abcdef0123456789abcdef@a.example",
        "<1.2@mta01.example.com>                    | 1.2@mta01.example.com",
        "<>                                         | <>",
        "a <b> c                                    | a <b> c"})
    void theAddressIsFoundInIt(String asked, String address) {
        assertThat(askedAddress.of(asked)).isEqualTo(address);
    }

    @Test
    void nothingStaysNothing() {
        assertThat(askedAddress.of(null)).isNull();
        assertThat(askedAddress.of("")).isEmpty();
    }
}
