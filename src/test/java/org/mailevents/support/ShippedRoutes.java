package org.mailevents.support;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The route files of {@code routes/} as text, for a test that edits them without writing a file. */
public final class ShippedRoutes {

    /** The condition of route-bounces for an address that is dead. */
    public static final String DEAD = "${body.dead}";
    /** The condition of route-bounces for mail that the destination refuses. The codes 4 and 7 without a reply of their own meet it. */
    public static final String REFUSED = "${body.cause} regex 'authentication|reputation|policy|relay|spam|content'";

    private ShippedRoutes() {
    }

    /** The text of each file, by its path, for instance {@code routes/route-bounces.camel.yaml}. */
    public static Map<String, String> files() {
        Map<String, String> files = new TreeMap<>();
        try (Stream<Path> paths = Files.list(Path.of("routes"))) {
            for (Path path : paths.filter(path -> path.toString().endsWith(".camel.yaml")).toList()) {
                files.put(path.toString(), Files.readString(path));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return files;
    }

    /**
     * A step for each event of route-bounces, before its branches.
     *
     * @param yaml the text of route-bounces
     * @param step the step, without an indentation
     */
    public static String withFirstStep(String yaml, String step) {
        String choice = "              - choice:\n";
        assertThat(yaml).contains(choice);
        return yaml.replace(choice, step.indent(14) + choice);
    }

    /** route-bounces with a step that sets the kind of each bounce. */
    public static String withKind(String yaml, String kind) {
        return withFirstStep(yaml, "- setVariable:\n    name: kind\n    expression:\n      constant:\n        expression: " + kind);
    }

    /** Replaces a text of a file, which must be there. */
    public static void edit(Map<String, String> files, String file, String before, String after) {
        assertThat(files.get(file)).contains(before);
        files.put(file, files.get(file).replace(before, after));
    }
}
