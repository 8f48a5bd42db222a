package org.mailevents.route;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.mailevents.log.FailureText;

/**
 * Something in a route file that is probably a mistake, but does not stop the file from being activated.
 *
 * @param file the path of the file
 * @param line the line number, from 1; 0 or less if it is not known
 * @param text what is probably wrong, and what to change
 */
public record RouteWarning(String file, int line, String text) {

    /** One warning for the tests of each file whose result is not known. */
    public static List<RouteWarning> ofUndecided(List<BrokenFile> tests) {
        Map<String, List<BrokenFile>> files = tests.stream()
                .collect(Collectors.groupingBy(BrokenFile::file, TreeMap::new, Collectors.toList()));
        return files.values().stream().map(RouteWarning::ofFile).toList();
    }

    private static RouteWarning ofFile(List<BrokenFile> undecided) {
        BrokenFile first = undecided.get(0);
        String others = undecided.stream().skip(1).map(test -> String.valueOf(test.line())).collect(Collectors.joining(", "));
        String reason = first.reason().replaceAll(" on the exchange: Exchange\\[[^]]*]", ""); // each run has another one
        return new RouteWarning(first.file(), first.line(),
                reason + (others.isEmpty() ? "" : " The tests in these lines are undecided as well: " + others));
    }

    /** The file and the line. */
    public String place() {
        return file + (line > 0 ? ":" + line : "");
    }

    /** One line for the log, which begins as the message of a {@link BrokenFile} does. */
    @Override
    public String toString() {
        return place() + ": " + FailureText.line(text);
    }
}
