package org.mailevents.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The strict reader must refuse broken mails: each case breaks a valid mail in one place. */
class Rfc5322Test {

    private static final String VALID = """
            Date: Sun, 22 Nov 2026 19:52:01 +0900 (JST)
            From: =?UTF-8?B?6YCa55+l?= <mail-events@example.com>
            To: postmaster@example.com, "Doe, J." <j@[192.0.2.1]>,
             =?utf-8?Q?J=C3=B6?= <o'hara@example.com>
            Message-ID: <2@example.com>
            In-Reply-To: <1@example.com>
            References: <0@example.com>
             <1@example.com>
            Subject: Re: =?UTF-8?B?44CQ44OQ?=
             =?UTF-8?Q?=E3=82=A6=E3=83=B3?= end
            MIME-Version: 1.0
            Content-Type: multipart/mixed; boundary="outer"

            --outer
            Content-Type: multipart/alternative;\s
            \tboundary="in ner"

            --in ner
            Content-Type: text/plain; charset=UTF-8
            Content-Transfer-Encoding: quoted-printable

            =E3=82=A6 soft=
             break
            line
            --in ner
            Content-Type: text/html; charset=utf-8

            <p>Hello</p>
            --in ner--

            --outer
            Content-Type: text/csv; charset=UTF-8
            Content-Transfer-Encoding: base64
            Content-Disposition: attachment; filename=a.csv

            77u/YQ0K
            --outer--
            """.replace("\n", "\r\n");

    @Test
    void aValidMailIsRead() {
        // When
        Rfc5322 mail = read(VALID);

        // Then
        assertThat(mail.subject()).isEqualTo("Re: 【バウン end");
        assertThat(mail.to()).isEqualTo("postmaster@example.com, \"Doe, J.\" <j@[192.0.2.1]>, Jö <o'hara@example.com>");
        assertThat(mail.messageIds("References")).containsExactly("<0@example.com>", "<1@example.com>");
        assertThat(mail.date()).isEqualTo("2026-11-22T10:52:01Z");
        assertThat(mail.structure()).isEqualTo("multipart/mixed(multipart/alternative(text/plain, text/html), text/csv)");
        assertThat(mail.text()).isEqualTo("ウ soft break\r\nline");
        assertThat(mail.html()).isEqualTo("<p>Hello</p>");
        assertThat(mail.find("text/csv").orElseThrow().text()).isEqualTo("\uFEFFa\r\n");
    }

    @Test
    void aSpaceWithinAnEncodedWordBelongsToTheSubject() {
        assertThat(read(VALID.replace("=?UTF-8?B?44CQ44OQ?=", "=?UTF-8?B?44CQ44OQIA==?=")).subject()).isEqualTo("Re: 【バ ウン end");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
        "<p>Hello         | <p>\\u0000            | NUL",
        "<p>Hello         | <p>\\u00e9            | 8 bits",
        "<p>Hello         | <p>\\nHello           | bare CR or LF",
        "<p>Hello         | <p>\\rHello           | bare CR or LF",
        "<p>Hello         | <p>%LONG%             | longer than 998",
        "Date:            | Dated:                | Date is there 0 times",
        "Message-ID:      | Date: x\\r\\nMessage-ID: | Date is there 2 times",
        "MIME-Version     | X-Version             | MIME-Version is there 0 times",
        "Sun, 22          | Mon, 22               | could not be parsed",
        "2026 19          | 26 19                 | Date is not as in",
        "<mail-events@example.com> | mail-events   | From is not one mailbox",
        "'\"Doe, J.\"'    | 'Doe, J.'             | To is no list",
        "<2@example.com>  | 2@example.com         | Message-ID is not",
        "<1@example.com>  | <1>                   | In-Reply-To holds what is not",
        "<1@example.com>  | <1@example.com>,      | In-Reply-To holds what is not",
        "MIME-Version     | Bcc: x@example.com\\r\\nMIME-Version | Bcc",
        "MIME-Version     | no field\\r\\nMIME-Version | no header field",
        "MIME-Version     | X: a\\r\\n \\r\\nMIME-Version | nothing but space",
        "' end'           | ' eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee' | an encoded word in a line longer than 76",
        "postmaster@example.com, | 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@example.com, bbbbbbbbbbbb@example.com,'"
            + " | could be folded",
        "=?UTF-8?B?44CQ44OQ?= | =?UTF-8?B?44CQ44M=?=   | splits a character",
        "=?UTF-8?B?44CQ44OQ?= | =?UTF-8?B?44CQ44O?=    | no base64",
        "=?UTF-8?B?44CQ44OQ?= | =?UTF-8?B?DQpCY2M6?=   | control character in the subject",
        "=?UTF-8?B?44CQ44OQ?= | =?ISO-2022-JP?B?GyRC?= | no encoded word",
        "=?UTF-8?B?44CQ44OQ?= | x=?UTF-8?B?44CQ44OQ?=  | no encoded word",
        "=?UTF-8?Q?=E3=82=A6=E3=83=B3?= | =?UTF-8?Q?=E3 =82?=   | no encoded word",
        "=?UTF-8?B?44CQ44OQ?= | \\r\\n =?UTF-8?B?44CQ44OQ44CQ44OQ44CQ44OQ44CQ44OQ44CQ44OQ44CQ44OQ44CQ44OQ44CQ44OQ?="
            + " | an encoded word in a line longer than 76",
        "--outer--        | --outer               | does not end",
        "77u/YQ0K         | 77u/YQ0               | no base64",
        "77u/YQ0K         | 77u/YQ==77u/          | no base64",
        "77u/YQ0K         | 77u/YQo=              | does not end with CRLF",
        "77u/YQ0K         | 77u/AGE=              | control character in a text",
        "=E3=82=A6 soft   | =E3=82 soft           | not in UTF-8",
        "=E3=82=A6 soft   | =e3=82=a6 soft        | not quoted-printable",
        "soft=            | 'soft '               | space at the end",
        "charset=utf-8    | charset=us-ascii      | not said to be in UTF-8",
        "base64           | 8bit                  | not transmitted as 7 bits"})
    void aMailThatIsBrokenInOnePlaceIsNot(String right, String wrong, String rule) {
        // Given
        String broken = VALID.replaceFirst(Pattern.quote(right), Matcher.quoteReplacement(
                wrong.replace("\\r", "\r").replace("\\n", "\n").replace("\\u0000", "\0").replace("\\u00e9", "\u00e9")
                .replace("%LONG%", "x".repeat(999))));
        assertThat(broken).isNotEqualTo(VALID);

        // Then
        assertThatThrownBy(() -> read(broken)).hasMessageContaining(rule);
    }

    private static Rfc5322 read(String mail) {
        return Rfc5322.read(mail.getBytes(StandardCharsets.ISO_8859_1));
    }
}
