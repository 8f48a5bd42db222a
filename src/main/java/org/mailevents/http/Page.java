package org.mailevents.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The files of the page, held in memory. Only these are served, by name: what Camel's own server offers for static files also serves whatever lies
 * in the folder where it was started, {@code application.properties} with its secrets among it.
 */
public final class Page {

    private static final String CHART = "META-INF/resources/webjars/chart.js/4.5.1/dist/chart.umd.min.js";

    private static final Map<String, String> FILES = Map.of("/", "index.html", "/console.css", "console.css", "/console.js", "console.js",
            "/words.js", "words.js", "/icon.svg", "icon.svg");
    private static final Map<String, String> TYPES = Map.of("html", "text/html", "css", "text/css", "js", "text/javascript", "svg", "image/svg+xml");

    /** @param mediaType with its charset */
    public record Resource(String mediaType, byte[] bytes) {
    }

    private final Map<String, Resource> resources;

    private Page(Map<String, Resource> resources) {
        this.resources = resources;
    }

    /** @throws UncheckedIOException when one of them is missing */
    public static Page load() {
        Map<String, Resource> resources = FILES.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, entry -> resource(entry.getValue(), Page::ours)));
        resources.put("/chart.js", resource(CHART, Page::packaged));
        return new Page(resources);
    }

    /** What a path shows, if anything. */
    public Optional<Resource> at(String path) {
        return Optional.ofNullable(resources.get(path));
    }

    private static Resource resource(String name, Function<String, byte[]> file) {
        return new Resource(TYPES.get(name.substring(name.lastIndexOf('.') + 1)) + ";charset=" + StandardCharsets.UTF_8, file.apply(name));
    }

    /** `camel run` compiles src/main/java and knows no resources. */
    private static byte[] ours(String name) {
        Path source = Path.of("src/main/resources/console", name);
        boolean packaged = Page.class.getResource("/console/" + name) != null;
        try {
            return packaged || !Files.exists(source) ? packaged("console/" + name) : Files.readAllBytes(source);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] packaged(String name) {
        try (InputStream file = Page.class.getClassLoader().getResourceAsStream(name)) {
            if (file == null) {
                throw new IOException(name + " is not on the class path");
            }
            return file.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
