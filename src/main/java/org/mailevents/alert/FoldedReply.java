package org.mailevents.alert;

/** Finds out whether two replies say the same, although each has its own address, time, host and queue id. */
final class FoldedReply {

    private static final String BETWEEN_WORDS = "<>()[]{}\"',;";

    private FoldedReply() {
    }

    /**
     * The reply with {@code @} for each address and {@code #} for each word with a digit. It takes a time that grows with the length of the
     * reply and with nothing else, because anybody can write a reply.
     *
     * @param recipient a reply may name only the part before the @
     */
    static String of(String reply, String recipient) {
        String text = recipient.isEmpty() ? reply : reply.replace(recipient, "@");
        String mailbox = recipient.substring(0, Math.max(0, recipient.lastIndexOf('@')));
        StringBuilder folded = new StringBuilder(text.length());
        int i = 0;
        while (i < text.length()) {
            int end = i;
            while (end < text.length() && isInWord(text.charAt(end))) {
                end++;
            }
            folded.append(folded(text.substring(i, end), mailbox));
            if (end < text.length()) {
                folded.append(text.charAt(end));
            }
            i = end + 1;
        }
        return folded.toString();
    }

    /** Japanese has no spaces between words, so a word is ASCII. */
    private static boolean isInWord(char c) {
        return c > ' ' && c < 127 && BETWEEN_WORDS.indexOf(c) < 0;
    }

    private static String folded(String word, String mailbox) {
        return word.indexOf('@') >= 0 || !word.isEmpty() && word.equalsIgnoreCase(mailbox) ? "@"
                : word.chars().anyMatch(c -> c >= '0' && c <= '9') ? "#" : word;
    }
}
