package org.mailevents.live;

import org.mailevents.log.FailureText;

/**
 * Something in a route file that is probably a mistake, but does not stop the file from being activated.
 *
 * @param file the path of the file
 * @param line the line number, from 1; 0 or less if it is not known
 * @param text what is probably wrong, and what to change
 */
public record RouteWarning(String file, int line, String text) {

    /** The file and the line. */
    String place() {
        return file + (line > 0 ? ":" + line : "");
    }

    /** One line for the log, which begins as the message of a {@link BrokenFile} does. */
    @Override
    public String toString() {
        return place() + ": " + FailureText.line(text);
    }
}
