package org.mailevents.privacy;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The address of a recipient in one spelling, to be found and hidden in other texts of the same event.
 *
 * @param local       the local part as it is spelled in the text
 * @param domain      null when the recipient has no at sign
 * @param hashedLocal what replaces the local part
 */
record KnownRecipient(String local, String domain, String hashedLocal) {

    /** What can stand for the at sign: {@code =} in VERP, {@code %} in source routes, {@code %40} in URLs, and the others on web pages. */
    private static final List<String> AT_SIGNS = List.of("@", "=", "%40", "%", "＠", "&#64;", "\\u0040");

    /**
     * A reply code or an enhanced status code (RFC 3463). Such a number does not count as a name, although an address may begin with it.
     */
    private static final Pattern CODE = Pattern.compile("\\d{1,3}(?:\\.\\d{1,3}){0,2}");

    /**
     * RFC 5321 allows 64 bytes. A longer local part is not an address, and is not searched for: the search would take its length times the
     * length of the text.
     */
    private static final int MAX_LOCAL = 256;
    private static final int NOT_HERE = -1;

    /** The recipient in each spelling: as it is, and as in a URL. */
    static Stream<KnownRecipient> spellings(String address, String hash) {
        String bare = RecipientHash.bare(address);
        int at = bare.lastIndexOf('@');
        String hashedLocal = hash.split("@", 2)[0];
        String local = at < 0 ? bare : bare.substring(0, at);
        return Stream.of(local, URLEncoder.encode(local, StandardCharsets.UTF_8)).distinct()
                .map(spelled -> new KnownRecipient(spelled, at < 0 ? null : bare.substring(at + 1), hashedLocal));
    }

    /** The text, with the local part replaced wherever the domain follows it. */
    String hideAddress(String text) {
        return replace(text, at -> {
            int end = at + local.length();
            return isDomainBehind(text, end) && (text.charAt(end) != '@' || at == 0 || !isPartOfLocal(text.charAt(at - 1)))
                    ? domain.length() : NOT_HERE;
        });
    }

    /** The text, with the local part replaced wherever it is a word. */
    String hideWord(String text) {
        return !mayBeAWord() ? text : replace(text, at -> {
            int end = at + local.length();
            return (at == 0 || !isWordCharacter(text.charAt(at - 1))) && (end == text.length() || !isWordCharacter(text.charAt(end)))
                    ? 0 : NOT_HERE;
        });
    }

    /** Whether the local part, as a word of a text, is taken for this recipient. */
    boolean mayBeAWord() {
        return local.length() >= 2 && !CODE.matcher(local).matches();
    }

    /**
     * @param decide gets the index of a local part in the text. It returns {@link #NOT_HERE} to leave the local part, or else how many
     *               characters behind the local part the search skips
     */
    private String replace(String text, IntUnaryOperator decide) {
        int at = find(text, 0);
        if (at < 0) {
            return text;
        }
        StringBuilder hidden = new StringBuilder();
        int copied = 0;
        while (at >= 0) {
            int behind = decide.applyAsInt(at);
            if (behind != NOT_HERE) {
                hidden.append(text, copied, at).append(hashedLocal);
                copied = at + local.length();
            }
            at = find(text, behind == NOT_HERE ? at + 1 : copied + behind);
        }
        return hidden.append(text, copied, text.length()).toString();
    }

    private int find(String text, int from) {
        if (local.isEmpty() || local.length() > MAX_LOCAL) {
            return -1;
        }
        for (int i = from; i <= text.length() - local.length(); i++) {
            if (text.regionMatches(true, i, local, 0, local.length())) {
                return i;
            }
        }
        return -1;
    }

    private boolean isDomainBehind(String text, int end) {
        if (domain != null) {
            for (String sign : AT_SIGNS) {
                if (text.startsWith(sign, end) && text.regionMatches(true, end + sign.length(), domain, 0, domain.length())) {
                    return true;
                }
            }
        }
        return false;
    }

    private static boolean isPartOfLocal(char c) {
        return isWordCharacter(c) || "._+-".indexOf(c) >= 0;
    }

    private static boolean isWordCharacter(char c) {
        return c < 0x80 && Character.isLetterOrDigit(c);
    }
}
