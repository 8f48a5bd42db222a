package org.mailevents.event;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Finds the address in what a person has typed or pasted to ask for it. People copy it from a mail, a link or a form with full-width
 * letters. What is stored stays as it was sent, so a search asks for this address and for the text itself.
 */
public final class AskedAddress {

    /** The name of this bean in the routes. */
    public static final String NAME = "askedAddress";

    private static final Pattern IN_ANGLE_BRACKETS = Pattern.compile("[^<]*<([^<>]+)>", Pattern.DOTALL);
    /** A link (RFC 6068). Headers such as the subject may follow the address. */
    private static final Pattern LINK = Pattern.compile("(?i)mailto:([^?]+).*", Pattern.DOTALL);
    private static final Pattern INVALID_ESCAPE = Pattern.compile("%(?![0-9A-Fa-f]{2})");

    /**
     * @param asked such as {@code "Name" <a@b>}, {@code mailto:a@b} or {@code ａ＠ｂ}; may be null
     * @return the address. The case stays, because the database ignores it
     */
    public String of(String asked) {
        if (asked == null) {
            return null;
        }
        // An input method for Japanese types these signs instead of a dot.
        String text = Normalizer.normalize(asked, Normalizer.Form.NFKC).replace('。', '.').strip();
        Matcher bracketed = IN_ANGLE_BRACKETS.matcher(text);
        String bare = bracketed.matches() ? bracketed.group(1).strip() : text;
        Matcher link = LINK.matcher(bare);
        return link.matches() ? decoded(link.group(1)).strip() : bare;
    }

    private static String decoded(String text) {
        return URLDecoder.decode(INVALID_ESCAPE.matcher(text).replaceAll("%25").replace("+", "%2B"), StandardCharsets.UTF_8);
    }
}
