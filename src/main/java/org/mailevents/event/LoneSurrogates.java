package org.mailevents.event;

import java.util.regex.Pattern;

/**
 * Halves of surrogate pairs: JSON can escape them (RFC 8259, section 8.2), UTF-8 cannot write them, and Java would quietly
 * make question marks of them.
 */
public final class LoneSurrogates {

    private static final Pattern LONE = Pattern.compile("[\\x{D800}-\\x{DFFF}]");

    private LoneSurrogates() {
    }

    /** Whether there is one. */
    public static boolean in(String text) {
        // this looks at every character that comes in, and takes a tenth of a pattern's time
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

    /** JSON text with each of them escaped again. They stand inside strings only, so it remains the same JSON. */
    public static String escape(String json) {
        return LONE.matcher(json).replaceAll(half -> String.format("\\\\u%04X", (int) half.group().charAt(0)));
    }
}
