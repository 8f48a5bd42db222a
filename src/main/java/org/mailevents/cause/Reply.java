package org.mailevents.cause;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

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
    private static final Set<String> COMMANDS = Set.of("RCPT", "DATA", "MAIL", "EHLO", "HELO", "STARTTLS", "AUTH", "BDAT", "CONNECT");
    private static final Set<String> AFTER_RECIPIENT = Set.of("RCPT", "DATA");
    private static final String IN_REPLY_TO = "(in reply to ";
    private static final String HOST = "host ";
    private static final String SAID = " said:";
    private static final String REFUSED = " refused to talk to me:";
    private static final String SAID_WORD = " said ";
    /** What Postfix writes before the host if it has stopped trying it for a while. */
    private static final String SUSPENDED = "delivery temporarily suspended:";
    /** What Exim writes before the command and the reply. */
    private static final String EXIM = "SMTP error from remote mail server after ";
    /** What Gmail, Google Workspace, Exchange and others write before the reply. The sentence that stands before it is their own. */
    private static final List<String> QUOTES = List.of("The error that the other server returned was:",
            "The response from the remote server was:", "The response was:", "Remote Server returned '");
    /** How qmail, Sendmail, Yahoo and Postfix say which command was answered. Sendmail may send DATA early, so its DATA says nothing. */
    private static final Map<String, String> COMMAND_OF_SENTENCE = Map.of("does not like recipient", "RCPT", ">>> rcpt to:", "RCPT",
            "[rcpt_to]", "RCPT", "but sender was rejected", "MAIL", ">>> mail from:", "MAIL", "failed after i sent the message", "DATA",
            "but greeting failed", "CONNECT", "refused to talk to me:", "CONNECT");

    /** Stands for a reply that could not be read. */
    static final Reply UNREAD = new Reply("", "", "", "", " ");

    static Reply of(String text, String command) {
        String all = text.length() <= 2 * MAX_LENGTH ? text : text.substring(0, MAX_LENGTH) + text.substring(text.length() - MAX_LENGTH);
        String shortened = all;
        String answered = command(command);
        int end = all.contains(IN_REPLY_TO) ? all.lastIndexOf(IN_REPLY_TO) : -1; // to look forwards is much faster
        if (end >= 0) {
            answered = answered.isEmpty() ? command(all.substring(end + IN_REPLY_TO.length())) : answered;
            shortened = all.substring(0, end);
        } else if (all.contains(EXIM)) {
            shortened = all.substring(all.indexOf(EXIM) + EXIM.length());
            answered = answered.isEmpty() ? command(shortened) : answered;
        } else if (answered.isEmpty()) {
            answered = toldCommand(all);
        }
        String host = "";
        String saying = shortened.contains(SAID) ? SAID : REFUSED;
        int said = shortened.indexOf(saying);
        int named = said < 0 ? -1 : shortened.lastIndexOf(HOST, said - HOST.length()); // "Remote host said:" names no host
        if (named >= 0 && !isSentence(shortened.substring(0, named))) {
            host = host(shortened.substring(named + HOST.length(), said));
            shortened = shortened.substring(said + saying.length());
        } else {
            shortened = quoted(shortened);
        }
        return parsed(Words.of(shortened.substring(0, Math.min(MAX_LENGTH, shortened.length()))), answered, host);
    }

    /** The reply that a sentence of another program quotes, if it begins with a code as a reply does. */
    private static String quoted(String text) {
        for (String sentence : QUOTES) {
            int start = text.indexOf(sentence);
            String reply = start < 0 ? "" : text.substring(start + sentence.length()).strip();
            if (reply.startsWith("4") || reply.startsWith("5")) {
                return reply;
            }
        }
        return text;
    }

    /** Only an address may stand before the host. A sentence there is the reply itself, and quotes what a third server has said. */
    private static boolean isSentence(String text) {
        return text.replace(SUSPENDED, "").strip().indexOf(' ') >= 0;
    }

    /** The command that the program of the sender names in a sentence. Nobody knows it if the text names several. */
    private static String toldCommand(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        Set<String> told = new HashSet<>();
        COMMAND_OF_SENTENCE.forEach((sentence, command) -> {
            if (lower.contains(sentence)) {
                told.add(command);
            }
        });
        return told.size() == 1 ? told.iterator().next() : "";
    }

    private static Reply parsed(String words, String command, String host) {
        String code = "";
        String enhanced = "";
        StringBuilder kept = new StringBuilder(words.length());
        int copied = 0;
        int at = words.indexOf('@');
        int end;
        for (int start = 1, number = 0; start < words.length(); start = end + 1, number++) {
            end = words.indexOf(' ', start);
            boolean address = at >= 0 && at < end;
            if (address) {
                kept.append(words, copied, start).append("@ ");
                at = words.indexOf('@', end);
            } else if (isCode(words, start, end) && (code.isEmpty() ? mayBegin(words, start, number) : words.startsWith(code, start))) {
                code = words.substring(start, end); // a reply of several lines repeats it
                kept.append(words, copied, start);
            } else if (isEnhanced(words, start, end)) {
                enhanced = enhanced.isEmpty() ? words.substring(start, end) : enhanced;
                kept.append(words, copied, start);
            } else {
                continue;
            }
            copied = end + 1;
        }
        return new Reply(code, enhanced, command, host, kept.append(words, copied, words.length()).toString());
    }

    /** qmail writes a sentence and then {@code Remote host said:} before the reply. */
    private static boolean mayBegin(String words, int start, int number) {
        return number < TOKENS_BEFORE_CODE || words.startsWith(SAID_WORD, start - SAID_WORD.length());
    }

    /**
     * Whether the reply can say that the address of the recipient is dead. It cannot if the server only puts the sender off (RFC 5321,
     * 4.2.1), or if it answered before the sender had named the recipient.
     */
    public boolean canMeanDead() {
        return !(code.isEmpty() ? enhanced : code).startsWith("4") && (command.isEmpty() || AFTER_RECIPIENT.contains(command));
    }

    /** The name of a command in any usual form: {@code rcpt to}, {@code end of DATA command}. */
    private static String command(String text) {
        String words = text.substring(0, Math.min(40, text.length())).toUpperCase(Locale.ROOT);
        int start = 0;
        for (int i = 0; i <= words.length(); i++) {
            if (i == words.length() || words.charAt(i) < 'A' || words.charAt(i) > 'Z') {
                String word = words.substring(start, i);
                if (COMMANDS.contains(word)) {
                    return word.equals("BDAT") ? "DATA" : word;
                }
                start = i + 1;
            }
        }
        return "";
    }

    private static String host(String text) {
        String name = text.substring(0, Math.min(300, text.length())).strip();
        int address = name.indexOf('[');
        return (address < 0 ? name : name.substring(0, address)).toLowerCase(Locale.ROOT);
    }

    private static boolean isCode(String words, int start, int end) {
        return end - start == 3 && (words.charAt(start) == '4' || words.charAt(start) == '5')
                && isDigit(words.charAt(start + 1)) && isDigit(words.charAt(start + 2));
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    /** For example 5.1.1, but no IP address, which has four parts. */
    private static boolean isEnhanced(String words, int start, int end) {
        int length = end - start;
        if (length < 5 || length > 9 || "245".indexOf(words.charAt(start)) < 0 || words.charAt(start + 1) != '.') {
            return false;
        }
        int dots = 0;
        int digits = 0;
        for (int i = start + 1; i < end; i++) {
            char c = words.charAt(i);
            if (c == '.') {
                dots++;
                if (i > start + 1 && digits == 0) {
                    return false;
                }
                digits = 0;
            } else if (isDigit(c) && digits < 3) {
                digits++;
            } else {
                return false;
            }
        }
        return dots == 2 && digits > 0;
    }
}
