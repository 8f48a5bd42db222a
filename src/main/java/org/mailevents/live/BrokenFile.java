package org.mailevents.live;

import org.mailevents.log.FailureText;

/** A file in {@code routes/} that cannot be used, told in one line: the file, the line where it is known, and the reason. */
public final class BrokenFile extends Exception {

    private final String file;

    /** @param line from 1 on, or less where it is not known */
    public BrokenFile(String file, int line, String reason) {
        super(file + (line > 0 ? ":" + line : "") + ": " + FailureText.line(reason));
        this.file = file;
    }

    public String file() {
        return file;
    }
}
