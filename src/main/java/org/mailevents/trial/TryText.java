package org.mailevents.trial;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.mailevents.settings.Settings;
import org.mailevents.trial.TryResult.Change;
import org.mailevents.trial.TryResult.Example;

/** Writes a {@link TryResult} as text: first all changes, one a line, then the events as examples. */
final class TryText {

    private static final int MAX_STATUSES = 5;

    private TryText() {
    }

    static String of(TryResult result) {
        List<String> lines = new ArrayList<>();
        lines.add("Tried " + String.join(", ", result.files()) + " on " + events(result.events()) + range(result) + ", in "
                + result.seconds() + " s. Nothing was stored, mailed or sent.");
        result.changes().forEach(change -> lines.add(sentence(change)));
        if (result.changed() == 0) {
            lines.add("Nothing changes.");
        } else {
            lines.add(events(result.events() - result.changed()) + " of " + number(result.events()) + " stay as they are.");
        }
        if (result.mails() != null && !result.mails().audiences().isEmpty()) {
            lines.add(mails(result.mails()));
        }
        if (result.stopped() != null) {
            lines.add("Not all events were run: " + result.stopped() + ".");
        }
        lines.addAll(caveats(result));
        result.changes().stream().filter(change -> !change.examples().isEmpty()).forEach(change -> addExamples(change, lines));
        return lines.stream().map(line -> line + "\n").collect(Collectors.joining());
    }

    private static String range(TryResult result) {
        return result.newest() == null ? "" : ", received from " + result.oldest() + " to " + result.newest();
    }

    private static Stream<String> counted(int events, String what) {
        return events == 0 ? Stream.empty() : Stream.of(events(events) + " " + what);
    }

    private static List<String> caveats(TryResult result) {
        return Stream.of(
                counted(result.differByThemselves(), "differ from run to run, because a route uses the time or chance. What differs by"
                        + " itself is not counted as a change."),
                counted(result.notKnown(), "may change, depending on the answer of another system, which was not asked."),
                counted(result.notComparable(), "could not be compared in full, because the routes read personal data that was removed or"
                        + " is hashed in these rows."),
                result.failedTests().stream().map(test -> "A test fails. The drafts are not activated before it passes: " + test),
                result.warnings().stream().map(warning -> "Please check: " + warning),
                result.rejected().stream().map(reason -> "An element of the payload is no event: " + reason)).flatMap(lines -> lines)
                .toList();
    }

    private static String sentence(Change change) {
        String who = events(change.events()) + statuses(change.statuses());
        return switch (change.what()) {
            case "audience" -> who + ": the audience changes from " + audience(change.before()) + " to " + audience(change.after())
                    + at(change);
            case "kind" -> who + ": the kind changes from " + name(change.before()) + " to " + name(change.after()) + at(change);
            case "fails" -> who + ": fails at " + change.at() + ": " + oneLine(change.after());
            case "fails-no-more" -> who + ": no longer fails at " + change.at() + ": " + oneLine(change.before());
            case "more-calls" -> who + ": " + messages(change) + " would be sent to " + change.endpoint() + at(change);
            case "fewer-calls" -> who + ": " + messages(change) + " would no longer be sent to " + change.endpoint() + at(change);
            default -> who + ": " + messages(change) + " to " + change.endpoint() + " would be different" + at(change);
        };
    }

    /** For instance {@code (status 4 × 200, 7 × 14)}. */
    private static String statuses(Map<String, Integer> statuses) {
        String most = statuses.entrySet().stream().limit(MAX_STATUSES)
                .map(status -> oneLine(status.getKey()) + " × " + number(status.getValue())).collect(Collectors.joining(", "));
        return " (status " + most + (statuses.size() > MAX_STATUSES ? " and others" : "") + ")";
    }

    private static String at(Change change) {
        if (change.at() == null) {
            return "";
        }
        return ", at " + change.at() + (change.branch() == null ? ""
                : change.branch().equals("otherwise") ? ", in the branch otherwise (line " + change.branchLine() + ")"
                : ", in the branch " + change.branch() + " (line " + change.branchLine() + ")");
    }

    private static String mails(TryResult.Mails mails) {
        return "Alert mails an hour, by the settings alert.*: " + rate(mails.all().before(), mails) + " → "
                + rate(mails.all().after(), mails) + " (" + number(mails.all().before()) + " → " + number(mails.all().after())
                + " mails in " + String.format(Locale.ROOT, "%.1f", mails.hours()) + " hours)"
                + mails.audiences().entrySet().stream().map(audience -> "; " + audience.getKey() + " "
                        + number(audience.getValue().before()) + " → " + number(audience.getValue().after())).collect(Collectors.joining())
                + ".";
    }

    private static String rate(int count, TryResult.Mails mails) {
        return String.format(Locale.ROOT, "%.1f", count / mails.hours());
    }

    private static void addExamples(Change change, List<String> lines) {
        lines.add("");
        lines.add(sentence(change));
        for (Example example : change.examples()) {
            lines.add("  " + example.eventId() + " " + name(example.messageId()) + " to " + name(example.recipient()) + ", "
                    + oneLine(example.eventType()) + " " + name(example.status())
                    + (example.reason() == null ? "" : " (" + oneLine(example.reason()) + ")")
                    + ": " + name(example.before()) + " → " + name(example.after()));
        }
        if (change.events() > change.examples().size()) {
            lines.add("  and " + events(change.events() - change.examples().size()) + " more");
        }
    }

    private static String events(int count) {
        return number(count) + (count == 1 ? " event" : " events");
    }

    private static String messages(Change change) {
        return number(change.messages()) + (change.messages() == 1 ? " message" : " messages");
    }

    private static String number(int count) {
        return String.format(Locale.ROOT, "%,d", count);
    }

    private static String audience(String name) {
        return name == null ? "nobody" : name.equals(Settings.MUTED) ? name + " (muted)" : name;
    }

    private static String name(String text) {
        return text == null ? "none" : oneLine(text);
    }

    /** No text of a stranger may move the cursor of a terminal or begin a line of its own. */
    private static String oneLine(String text) {
        return text.replaceAll("[\\p{Cntrl}\\p{Cf}\\u2028\\u2029]+", " ");
    }
}
