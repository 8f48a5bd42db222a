package org.mailevents.route;

import org.mailevents.log.FailureText;

/** A mistake in a file of {@code routes/}. The message is one line with the file, the line number if it is known, and the reason. */
public final class BrokenFile extends Exception {

    private final String file;
    private final int line;
    private final String reason;

    /** A mistake of which nobody knows in which file it is. */
    public BrokenFile(String reason) {
        this("", 0, reason);
    }

    /** @param line the line number, from 1; 0 or less if it is not known */
    public BrokenFile(String file, int line, String reason) {
        super(file + (line > 0 ? ":" + line : "") + (file.isEmpty() ? "" : ": ") + FailureText.line(reason));
        this.file = file;
        this.line = line;
        this.reason = reason;
    }

    /** The text with a full stop at its end, unless it ends like a sentence already. */
    public static String sentence(String text) {
        return text.matches("(?s).*[.?!…]") ? text : text + ".";
    }

    /** The path of the file; empty if it is not known. */
    public String file() {
        return file;
    }

    /** The line number, from 1; 0 or less if it is not known. */
    public int line() {
        return line;
    }

    /** What is wrong, without the file and the line. */
    public String reason() {
        return reason;
    }
}
