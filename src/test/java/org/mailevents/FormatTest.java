package org.mailevents;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The files follow {@code .editorconfig}. */
class FormatTest {

    private static final Pattern FILES = Pattern.compile(".*\\.(java|yaml|yml|css|js|sql)|pom\\.xml|application\\.properties");
    private static final Pattern MAX_LENGTH = Pattern.compile("max_line_length = (\\d+)");

    /** The beginnings of lines that cannot be wrapped. */
    private static final Set<String> EXCEPTIONS = Set.of(
            "application.properties: camel.jbang.dependencies = "); // one value, which the Camel CLI splits at its commas

    @Test
    void noLineIsTooLong() throws IOException {
        // Given
        Matcher limit = MAX_LENGTH.matcher(Files.readString(Path.of(".editorconfig")));
        assertThat(limit.find()).isTrue();
        int max = Integer.parseInt(limit.group(1));

        // When
        List<String> tooLong = new ArrayList<>();
        for (Path file : files()) {
            for (String line : Files.readAllLines(file)) {
                if (line.codePointCount(0, line.length()) > max) {
                    tooLong.add(file + ": " + line);
                }
            }
        }

        // Then
        assertThat(tooLong).filteredOn(line -> EXCEPTIONS.stream().noneMatch(line::startsWith)).isEmpty();
        assertThat(EXCEPTIONS).allSatisfy(exception -> assertThat(tooLong).anyMatch(line -> line.startsWith(exception)));
    }

    private static List<Path> files() throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> top = Files.list(Path.of("")).filter(Files::isRegularFile)) {
            top.forEach(files::add);
        }
        for (String folder : List.of("ops", "routes", "src")) {
            try (Stream<Path> below = Files.walk(Path.of(folder)).filter(Files::isRegularFile)) {
                below.forEach(files::add);
            }
        }
        files.removeIf(file -> !FILES.matcher(file.getFileName().toString()).matches());
        return files;
    }
}
