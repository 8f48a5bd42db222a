package org.mailevents.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/**
 * One of the examples in {@code docs/editing-routes.md}, saved the way a reader saves it.
 *
 * @param parts the new files of the example and its additions to existing files, in the order of the page
 */
public record TeamEdit(List<Part> parts) {

    private static final Pattern PART = Pattern.compile("(?m)^`(routes/[\\w./-]+)`[^\n]*\n\n```yaml\n((?s:.*?))```$");
    private static final String LAST_STEP = "        - to:\n            uri: direct:store-events\n";

    /** @param path the path, seen from the folder of the project */
    public record Part(String path, String yaml) {
    }

    /** The example whose heading has this number. */
    public static TeamEdit number(int number) {
        return in("docs/editing-routes.md", number);
    }

    public static TeamEdit in(String page, int number) {
        try {
            String section = Files.readString(Path.of(page)).split("(?m)^## " + number + "\\. ")[1].split("(?m)^## ")[0];
            return new TeamEdit(PART.matcher(section).results().map(part -> new Part(part.group(1), part.group(2))).toList());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The same example with one word replaced, for instance with the folder of a reader. */
    public TeamEdit with(String word, String other) {
        return new TeamEdit(parts.stream().map(part -> new Part(part.path, part.yaml.replace(word, other))).toList());
    }

    /**
     * Saves the files of the example.
     *
     * @param folder the folder that holds {@code routes/}
     */
    public void saveIn(Path folder) {
        for (Part part : parts) {
            try {
                Path file = folder.resolve(part.path);
                Files.writeString(file, Files.exists(file) ? into(Files.readString(file), part.yaml) : part.yaml);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /**
     * A step of the route goes to the end of the file. A step of the split goes to the end of the split, before the last step of the route.
     */
    private static String into(String file, String step) {
        if (step.startsWith("        - ")) {
            return file + step;
        }
        if (!file.endsWith(LAST_STEP)) {
            throw new IllegalStateException("The last step is not the one that the page names");
        }
        return file.substring(0, file.length() - LAST_STEP.length()) + step + LAST_STEP;
    }
}
