package org.mailevents.cause;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A reply of a mail server in the form that the rules read. RFC 5321 describes its codes (4.2), RFC 3463 and RFC 5248 the enhanced codes.
 * The form {@code host mx.example[192.0.2.1] said: … (in reply to RCPT TO command)} is that of Postfix, and many senders use it.
 *
 * <p>Everything here takes a time that grows with the length of the reply and with nothing else, because anybody can write a reply.
 *
 * @param code     the reply code, such as {@code 550}, or empty
 * @param enhanced the enhanced status code, such as {@code 5.1.1}, or empty
 * @param command  the command that was answered, in capitals, such as {@code RCPT} or {@code DATA}; empty if nobody knows it
 * @param host     the mail server that answered, in lower case, or empty
 * @param words    the words in the form of {@link Words}, with {@code @} instead of each address and without the codes
 */
public record Reply(String code, String enhanced, String command, String host, String words) {

    /** How many characters are read. A usual reply has some hundred. */
    private static final int MAX_LENGTH = 4_096;
    /** The reply code stands at the beginning. Later, three digits may be any number. */
    private static final int TOKENS_BEFORE_CODE = 8;
    private static final String IN_REPLY_TO = "(in reply to ";
    private static final String HOST = "host ";
    private static final String SAID = " said:";

    static Reply of(String text, String command) {
        String all = text.length() <= 2 * MAX_LENGTH ? text : text.substring(0, MAX_LENGTH) + text.substring(text.length() - MAX_LENGTH);
        String shortened = all;
        String answered = command(command);
        int end = all.lastIndexOf(IN_REPLY_TO);
        if (end >= 0) {
            answered = answered.isEmpty() ? command(all.substring(end + IN_REPLY_TO.length())) : answered;
            shortened = all.substring(0, end);
        }
        String host = "";
        int said = shortened.indexOf(SAID);
        int named = said < 0 ? -1 : shortened.lastIndexOf(HOST, said - HOST.length());
        if (named >= 0) {
            host = host(shortened.substring(named + HOST.length(), said));
            shortened = shortened.substring(said + SAID.length());
        }
        return parsed(Words.of(shortened.substring(0, Math.min(MAX_LENGTH, shortened.length()))), answered, host);
    }

    private static Reply parsed(String words, String command, String host) {
        String code = "";
        String enhanced = "";
        List<String> kept = new ArrayList<>();
        String[] tokens = words.strip().split(" ");
        for (int i = 0; i < tokens.length; i++) {
            String token = tokens[i];
            if (isCode(token) && (code.isEmpty() && i < TOKENS_BEFORE_CODE || token.equals(code))) {
                code = token; // a reply of several lines repeats it
            } else if (isEnhanced(token)) {
                enhanced = enhanced.isEmpty() ? token : enhanced;
            } else {
                kept.add(token.indexOf('@') >= 0 ? "@" : token);
            }
        }
        return new Reply(code, enhanced, command, host, " " + String.join(" ", kept) + " ");
    }

    /** Whether the server only puts the sender off. Then no address is dead yet (RFC 5321, 4.2.1). */
    public boolean isTemporary() {
        return code.isEmpty() ? enhanced.startsWith("4") : code.startsWith("4");
    }

    /** The name of a command in any usual form: {@code rcpt to}, {@code end of DATA command}. */
    private static String command(String text) {
        for (String word : text.substring(0, Math.min(40, text.length())).toUpperCase(Locale.ROOT).split("[^A-Z]+", 6)) {
            if (List.of("RCPT", "DATA", "MAIL", "EHLO", "HELO", "STARTTLS", "AUTH", "BDAT", "CONNECT").contains(word)) {
                return word.equals("BDAT") ? "DATA" : word;
            }
        }
        return "";
    }

    private static String host(String text) {
        String name = text.substring(0, Math.min(300, text.length())).strip();
        int address = name.indexOf('[');
        return (address < 0 ? name : name.substring(0, address)).toLowerCase(Locale.ROOT);
    }

    private static boolean isCode(String token) {
        return token.length() == 3 && (token.charAt(0) == '4' || token.charAt(0) == '5') && token.charAt(1) <= '9' && token.charAt(2) <= '9'
                && token.charAt(1) >= '0' && token.charAt(2) >= '0';
    }

    /** For example 5.1.1, but no IP address, which has four parts. */
    private static boolean isEnhanced(String token) {
        int length = token.length();
        if (length < 5 || length > 9 || "245".indexOf(token.charAt(0)) < 0 || token.charAt(1) != '.') {
            return false;
        }
        int dots = 0;
        int digits = 0;
        for (int i = 1; i < length; i++) {
            char c = token.charAt(i);
            if (c == '.') {
                dots++;
                if (i > 1 && digits == 0) {
                    return false;
                }
                digits = 0;
            } else if (c >= '0' && c <= '9' && digits < 3) {
                digits++;
            } else {
                return false;
            }
        }
        return dots == 2 && digits > 0;
    }
}
