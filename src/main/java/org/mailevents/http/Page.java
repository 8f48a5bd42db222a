package org.mailevents.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The files of the page, held in memory and served by name. Camel's own server for static files would serve every file of the folder where
 * the application was started, including {@code application.properties} with its secrets.
 */
public final class Page {

    private static final String CHART = "META-INF/resources/webjars/chart.js/4.5.1/dist/chart.umd.min.js";

    private static final List<String> FILES = List.of("console.css", "icon.svg", "console.js", "views.js", "parts.js", "words.js",
            "causes.js", "overview.js", "words-overview.js", "health.js", "words-health.js",
            "events.js", "words-events.js",
            "message.js", "history.js", "words-message.js",
            "incidents.js", "words-incidents.js",
            "proof.js", "words-proof.js",
            "suppressions.js", "words-suppressions.js",
            "explain.js", "words-explain.js",
            "routes.js", "drafts.js", "words-routes.js",
            "aside.js", "words-aside.js");
    private static final Map<String, String> TYPES = Map.of("html", "text/html", "css", "text/css", "js", "text/javascript",
            "svg", "image/svg+xml");

    /**
     * A file of the page.
     *
     * @param mediaType the media type with its charset
     */
    public record Resource(String mediaType, byte[] bytes) {
    }

    private final Map<String, Resource> resources;

    private Page(Map<String, Resource> resources) {
        this.resources = resources;
    }

    /** @throws UncheckedIOException if a file is missing */
    public static Page load() {
        Map<String, Resource> resources = FILES.stream().collect(Collectors.toMap("/"::concat, name -> resource(name, Page::own)));
        resources.put("/", resource("index.html", Page::own));
        resources.put("/chart.js", resource(CHART, Page::packaged));
        return new Page(resources);
    }

    /** The file at a path, or empty if the path is not a file of the page. */
    public Optional<Resource> at(String path) {
        return Optional.ofNullable(resources.get(path));
    }

    private static Resource resource(String name, Function<String, byte[]> file) {
        return new Resource(TYPES.get(name.substring(name.lastIndexOf('.') + 1)) + ";charset=" + StandardCharsets.UTF_8, file.apply(name));
    }

    /** {@code camel run} has no resources on its class path, because it only compiles src/main/java. It reads the source folder. */
    private static byte[] own(String name) {
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
