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

    /** Replaces a text of a file, which must be there. */
    public static void edit(Map<String, String> files, String file, String before, String after) {
        assertThat(files.get(file)).contains(before);
        files.put(file, files.get(file).replace(before, after));
    }
}
