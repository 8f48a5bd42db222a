package org.mailevents.parse;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.mailevents.event.WebhookBody;

/**
 * Removes the secret from a body that could not be read. A copy of such a body is kept, and the value of {@code api_key} may be anywhere in
 * the body, in JSON or in a form, with any of its characters escaped.
 */
final class SecretMask {

    private static final Pattern JSON_KEY = Pattern.compile("\"" + spelled("\\\\u00") + "\"\\s*:\\s*");
    private static final Pattern FORM_KEY = Pattern.compile("(?:^|&)" + spelled("%") + "=([^&]*+)");

    private SecretMask() {
    }

    /** Replaces every key that the body may hold by stars, in the array of the body itself. */
    static WebhookBody apply(WebhookBody.InMemory body) {
        CharSequence text = new Latin1(body.bytes(), 0, body.size());
        Matcher json = JSON_KEY.matcher(text);
        for (int from = 0; json.find(from); ) {
            int begin = json.end();
            from = endOfValue(text, begin);
            boolean quoted = begin + 1 < from && text.charAt(begin) == '"' && text.charAt(from - 1) == '"';
            Arrays.fill(body.bytes(), quoted ? begin + 1 : begin, quoted ? from - 1 : from, (byte) '*');
        }
        Matcher form = FORM_KEY.matcher(text);
        while (form.find()) {
            Arrays.fill(body.bytes(), form.start(1), form.end(1), (byte) '*');
        }
        return body;
    }

    /** Bytes as text, without a copy. Each byte is one character. That is right for ASCII characters in every accepted charset. */
    private record Latin1(byte[] bytes, int start, int end) implements CharSequence {

        @Override
        public int length() {
            return end - start;
        }

        @Override
        public char charAt(int index) {
            return (char) (bytes[start + index] & 0xFF);
        }

        @Override
        public CharSequence subSequence(int from, int to) {
            return new Latin1(bytes, start + from, start + to);
        }

        @Override
        public String toString() {
            return new String(bytes, start, length(), StandardCharsets.ISO_8859_1);
        }
    }

    /** A pattern of {@code api_key} in which each character may be escaped. */
    private static String spelled(String escape) {
        return "api_key".chars().mapToObj(c -> "(?:" + (char) c + "|(?i:" + escape + Integer.toHexString(c) + "))")
                .collect(Collectors.joining());
    }

    /**
     * The index at which a JSON value ends. A string ends after its closing quote. A number or a word ends before a comma or a brace. A
     * list or an object is taken to reach to the end of the text.
     */
    private static int endOfValue(CharSequence json, int start) {
        if (start < json.length() && "[{".indexOf(json.charAt(start)) >= 0) {
            return json.length();
        }
        boolean string = start < json.length() && json.charAt(start) == '"';
        int end = string ? start + 1 : start;
        while (end < json.length() && (string ? json.charAt(end) != '"' : ",}".indexOf(json.charAt(end)) < 0)) {
            end += string && json.charAt(end) == '\\' ? 2 : 1;
        }
        return Math.min(string ? end + 1 : end, json.length());
    }
}
