package org.mailevents.cause;

import java.text.Normalizer;

/**
 * One form for all spellings of the same words: lower case, without marks, with one space between two words and one at each end. The
 * phrases of the rules and the replies are brought into this form, so that {@code User-unknown.} and {@code user unknown} are the same. A
 * dot or an at sign within a word stays, because domains, codes and addresses contain it. Full-width letters become usual ones, and
 * half-width katakana become full-width ones, as with NFKC. A word ends where Japanese or Chinese begins or ends, because these do not
 * write a space beside an address or a word such as {@code SPF}. Of a web address, only its host stays.
 */
final class Words {

    /** The first character of the scripts that write no spaces between words. */
    static final char UNSPACED = 0x2E80;
    /** For each letter and digit of ASCII and the at sign, how it is written in the words; for all other characters zero. */
    private static final char[] ASCII = new char[128];
    private static final char FIRST_MARKED = 0x00C0;
    /** For each Latin letter with a mark, such as an umlaut, the letter without it. */
    private static final char[] UNMARKED = new char[0x0250 - FIRST_MARKED];

    static {
        for (char c = 0; c < ASCII.length; c++) {
            ASCII[c] = c == '@' || Character.isLetterOrDigit(c) ? Character.toLowerCase(c) : 0;
        }
        for (int i = 0; i < UNMARKED.length; i++) {
            UNMARKED[i] = Normalizer.normalize(String.valueOf((char) (FIRST_MARKED + i)), Normalizer.Form.NFD).charAt(0);
        }
    }

    private final String text;
    private final char[] words;
    private int length;

    private Words(String text) {
        this.text = text;
        this.words = new char[2 * text.length() + 2];
        words[length++] = ' ';
    }

    static String of(String text) {
        return new Words(katakana(text)).read();
    }

    private String read() {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c >= '\uFF01' && c <= '\uFF5E') {
                c -= 0xFEE0;
            } else if (c >= FIRST_MARKED && c < FIRST_MARKED + UNMARKED.length) {
                c = UNMARKED[c - FIRST_MARKED];
            }
            if (c < ASCII.length && ASCII[c] != 0) {
                append(ASCII[c]);
            } else if (c == ':' && text.startsWith("://", i)) {
                i = endOfUrl(i + 3);
            } else if (Character.isLetterOrDigit(c) || Character.isSurrogate(c)) {
                append(Character.toLowerCase(c));
            } else if (c == '.' && words[length - 1] == '.') {
                end(); // an ellipsis
            } else if (c == '.' && words[length - 1] != ' ') {
                append(c);
            } else if (c != '.' && c != '\'' && c != '\u2019' && !isMark(c)) { // doesn't and doesnt are the same
                end();
            }
        }
        end();
        return new String(words, 0, length);
    }

    /** Keeps only the host of a web address: its path says nothing, and could contain any word. */
    private int endOfUrl(int start) {
        end();
        int i = start;
        while (i < text.length() && text.charAt(i) < UNSPACED
                && (Character.isLetterOrDigit(text.charAt(i)) || ".-".indexOf(text.charAt(i)) >= 0)) {
            char c = text.charAt(i++);
            append(c == '-' ? ' ' : c < ASCII.length && ASCII[c] != 0 ? ASCII[c] : c);
        }
        end();
        while (i < text.length() && text.charAt(i) > ' ' && text.charAt(i) < UNSPACED && "<>\"".indexOf(text.charAt(i)) < 0) {
            i++;
        }
        return i - 1;
    }

    private void append(char c) {
        if (words[length - 1] != ' ' && (words[length - 1] >= UNSPACED) != (c >= UNSPACED)) {
            end();
        }
        words[length++] = c;
    }

    /** Ends a word. Dots at its end belong to the sentence. */
    private void end() {
        while (length > 1 && words[length - 1] == '.') {
            length--;
        }
        if (words[length - 1] != ' ') {
            words[length++] = ' ';
        }
    }

    /** A mark that stands for itself behind its letter, as some systems write an umlaut. */
    private static boolean isMark(char c) {
        return c >= '\u0300' && c <= '\u036F';
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
