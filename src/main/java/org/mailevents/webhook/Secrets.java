package org.mailevents.webhook;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.mailevents.operate.Settings;

/**
 * The secrets a caller may show: an {@code api_key} in the body, or a user and password in the header. One valid secret is
 * enough; several may be valid at a time, so that they can be rotated.
 *
 * @param apiKeys the values of {@code webhook.api-key}
 * @param basic   {@code user:password} pairs, as of {@code webhook.basic}
 */
public record Secrets(List<String> apiKeys, List<String> basic) {

    /** RFC 7617: the vendor may send its credentials only after this challenge. */
    public static final String CHALLENGE = "Basic realm=\"Mail Events\", charset=\"UTF-8\"";

    private static final Pattern JSON_KEY = Pattern.compile("\"" + spelled("\\\\u00") + "\"\\s*:\\s*");
    private static final Pattern FORM_KEY = Pattern.compile("(?:^|&)" + spelled("%") + "=([^&]*+)");

    /** @throws IllegalArgumentException where the setting holds something else than {@code user:password} pairs, as when a variable was empty */
    public static List<String> pairs(Settings settings, String key) {
        List<String> pairs = settings.list(key);
        if (!pairs.stream().allMatch(pair -> pair.contains(":") && !pair.endsWith(":"))) {
            throw new IllegalArgumentException("Set " + key + " to user:password pairs, comma-separated: one has no colon, or nothing behind it");
        }
        return pairs;
    }

    /** Without a secret anybody may enter. */
    public boolean none() {
        return apiKeys.isEmpty() && basic.isEmpty();
    }

    /** @throws IllegalStateException where anybody on the network could enter */
    void requireBeyondLoopback(String host) {
        if (none() && !loopback(host)) {
            throw new IllegalStateException("camel.server.host is " + host + ", which others can reach, and there is no secret: set"
                    + " webhook.api-key or webhook.basic, or listen on 127.0.0.1");
        }
    }

    boolean acceptApiKey(String apiKey) {
        return apiKey != null && contains(apiKeys, apiKey);
    }

    /** @param authorization the header, or null */
    public boolean acceptHeader(String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, "Basic ", 0, 6)) {
            return false;
        }
        try {
            byte[] credentials = Base64.getDecoder().decode(authorization.substring(6).trim());
            return contains(basic, new String(credentials, StandardCharsets.UTF_8));
        } catch (IllegalArgumentException notBase64) {
            return false;
        }
    }

    /** A body that could not be read, with stars instead of every key that it may hold. */
    static Body masked(Body.InMemory body) {
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

    /** Bytes as text, without a copy: a character each, in every charset that has those of ASCII. */
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
        return "api_key".chars().mapToObj(c -> "(?:" + (char) c + "|(?i:" + escape + Integer.toHexString(c) + "))").collect(Collectors.joining());
    }

    /** Where a JSON value ends: a string behind its closing quote, another before a comma or a brace, and a list or an object with the text. */
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

    private static boolean loopback(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException e) {
            return false;
        }
    }

    /** Every secret is compared, each in constant time (see {@link MessageDigest#isEqual}), so that time tells nothing. */
    private static boolean contains(List<String> secrets, String shown) {
        byte[] bytes = shown.getBytes(StandardCharsets.UTF_8);
        boolean found = false;
        for (String secret : secrets) {
            found |= MessageDigest.isEqual(secret.getBytes(StandardCharsets.UTF_8), bytes);
        }
        return found;
    }
}
