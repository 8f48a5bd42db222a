package org.mailevents.cause;

import java.text.Normalizer;

/**
 * One form for all spellings of the same words: lower case, without marks, with one space between two words and one at each end. The
 * phrases of the rules and the replies are brought into this form, so that {@code User-unknown.} and {@code user unknown} are the same. A
 * dot or an at sign within a word stays, because domains, codes and addresses contain it. Full-width letters become usual ones, and
 * half-width katakana become full-width ones, as with NFKC. Of a web address, only its host stays.
 */
final class Words {

    private Words() {
    }

    static String of(String text) {
        String wide = katakana(text);
        StringBuilder words = new StringBuilder(wide.length() + 2).append(' ');
        for (int i = 0; i < wide.length(); i++) {
            char c = wide.charAt(i);
            if (c >= '\uFF01' && c <= '\uFF5E') {
                c -= 0xFEE0;
            }
            if (c == ':' && wide.startsWith("://", i)) {
                i = endOfUrl(wide, words, i + 3);
                continue;
            }
            if (c == '\'' || c == '\u2019') {
                continue; // doesn't and doesnt are the same
            }
            if (c == '@' || Character.isLetterOrDigit(c) || Character.isSurrogate(c)) {
                words.append(c < 128 ? lower(c) : Character.toLowerCase(c));
            } else if (c != '.') {
                end(words);
            } else if (words.charAt(words.length() - 1) != ' ') {
                words.append(c);
            }
        }
        end(words);
        return words.toString();
    }

    /** Keeps only the host of a web address: its path says nothing, and could contain any word. */
    private static int endOfUrl(String text, StringBuilder words, int start) {
        end(words);
        int i = start;
        while (i < text.length() && (Character.isLetterOrDigit(text.charAt(i)) || ".-".indexOf(text.charAt(i)) >= 0)) {
            char c = text.charAt(i++);
            words.append(c == '-' ? ' ' : lower(c));
        }
        end(words);
        while (i < text.length() && text.charAt(i) > ' ' && "<>\"".indexOf(text.charAt(i)) < 0) {
            i++;
        }
        return i - 1;
    }

    private static char lower(char c) {
        return c >= 'A' && c <= 'Z' ? (char) (c + 32) : c;
    }

    /** Ends a word. Dots at its end belong to the sentence. */
    private static void end(StringBuilder words) {
        int length = words.length();
        while (length > 1 && words.charAt(length - 1) == '.') {
            length--;
        }
        words.setLength(length);
        if (words.charAt(length - 1) != ' ') {
            words.append(' ');
        }
    }

    private static boolean isHalfWidthKatakana(char c) {
        return c >= '\uFF61' && c <= '\uFF9F';
    }

    /** Only the katakana go through the normalizer, because it takes quadratic time for some texts. */
    private static String katakana(String text) {
        int i = 0;
        while (i < text.length() && !isHalfWidthKatakana(text.charAt(i))) {
            i++;
        }
        if (i == text.length()) {
            return text;
        }
        StringBuilder wide = new StringBuilder(text.length()).append(text, 0, i);
        while (i < text.length()) {
            int end = i;
            while (end < text.length() && isHalfWidthKatakana(text.charAt(end)) == isHalfWidthKatakana(text.charAt(i))) {
                end++;
            }
            String part = text.substring(i, end);
            wide.append(isHalfWidthKatakana(part.charAt(0)) ? Normalizer.normalize(part, Normalizer.Form.NFKC) : part);
            i = end;
        }
        return wide.toString();
    }
}
