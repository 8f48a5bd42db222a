package org.mailevents;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.mailevents.support.Markdown;
import org.mailevents.support.Markdown.Block;

/** The documentation: short front pages, links that lead somewhere, and the same content in both languages. */
class DocumentsTest {

    private static final int LONGEST_README = 200;
    private static final Pattern CLASS = Pattern.compile("`((?!AbstractHealthCheck)[A-Z][a-z]+\\w*)`");

    @ParameterizedTest
    @ValueSource(strings = {"README.md", "README.ja.md"})
    void theReadmeIsShort(String readme) throws IOException {
        assertThat(Files.readAllLines(Path.of(readme)).size()).isLessThanOrEqualTo(LONGEST_README);
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyLinkLeadsToAFileAndEveryAnchorToAHeading(Path page) {
        assertThat(Markdown.read(page).brokenLinks()).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("english")
    void everyPageHasATwinInJapaneseWithTheSameSectionsAndCode(Path page) {
        // Given
        Path twin = twin(page);
        assertThat(twin).exists();

        // When
        Markdown english = Markdown.read(page);
        Markdown japanese = Markdown.read(twin);

        // Then
        assertThat(japanese.levels()).as("levels of the headings").isEqualTo(english.levels());
        assertThat(japanese.blocks()).extracting(Block::language).isEqualTo(english.blocks().stream().map(Block::language).toList());
        assertThat(commands(japanese)).isEqualTo(commands(english));
        boolean isReadme = page.getParent() == null;
        assertThat(english.links()).as("a link to the other language").contains(isReadme ? twin.toString() : "ja/" + page.getFileName());
        assertThat(japanese.links()).as("a link to the other language").contains(isReadme ? page.toString() : "../" + page.getFileName());
    }

    @Test
    void everyPageInJapaneseHasATwinInEnglish() throws IOException {
        try (Stream<Path> english = english()) {
            assertThat(Markdown.in(Path.of("docs/ja"))).extracting(Markdown::file).isSubsetOf(english.map(DocumentsTest::twin).toList());
        }
    }

    /** CONTRIBUTING.md has the words that are used instead. */
    @ParameterizedTest
    @MethodSource("japanese")
    void oneThingHasOneJapaneseWord(Path file) throws IOException {
        assertThat(Files.readString(file)).doesNotContain("格納", "退避", "管理画面", "隔離したイベント", "失敗した Webhook");
    }

    private static Stream<Path> japanese() throws IOException {
        List<Path> files = new ArrayList<>(List.of(Path.of("README.ja.md"), Path.of("routes/bounce-causes.json")));
        for (String folder : List.of("docs/ja", "src/main/resources/console", "routes/templates")) {
            try (Stream<Path> all = Files.list(Path.of(folder))) {
                files.addAll(all.filter(file -> file.toString().matches(".*\\.(?:md|js|html|ftlh?)")).toList());
            }
        }
        return files.stream();
    }

    /** Other tests run these examples. Some of those tests are skipped where a program is missing. */
    @ParameterizedTest
    @ValueSource(strings = {"docs/deployment.md", "docs/ja/deployment.md"})
    void theDeploymentPageHasTheExamplesThatOtherTestsRun(String page) {
        Markdown deployment = Markdown.read(Path.of(page));
        for (String proxy : List.of("nginx", "haproxy", "apache")) {
            assertThat(deployment.block(proxy, "/webhooks/customers-mail-cloud")).contains("/answer");
        }
        assertThat(deployment.block("nginx", "auth_request")).contains("X-Forwarded-User");
        assertThat(commands(deployment)).anyMatch(command -> command.startsWith("keytool "))
                .anyMatch(command -> command.startsWith("podman build "));
    }

    /** The table of seams also names classes of libraries, so only its first column is checked. */
    @Test
    void theArchitecturePageNamesClassesThatExist() throws IOException {
        // Given
        Set<String> classes;
        try (Stream<Path> files = Files.walk(Path.of("src"))) {
            classes = files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".java"))
                    .map(name -> name.replace(".java", "")).collect(Collectors.toSet());
        }
        List<String> lines = Files.readAllLines(Path.of("ARCHITECTURE.md"));
        int seams = lines.indexOf("## Camel seams");

        // When
        Stream<String> text = lines.subList(0, seams).stream();
        Stream<String> firstCells = lines.subList(seams, lines.size()).stream().filter(line -> line.startsWith("| `"))
                .map(line -> line.substring(0, line.indexOf(" |", 1)));
        List<String> named = Stream.concat(text, firstCells).flatMap(line -> CLASS.matcher(line).results().map(name -> name.group(1)))
                .toList();

        // Then
        assertThat(named).hasSizeGreaterThan(50).allSatisfy(name -> assertThat(name).isIn(classes));
    }

    @Test
    void anchorsAreThoseOfGitHub(@TempDir Path folder) throws IOException {
        // Given
        Path page = folder.resolve("page.md");
        Files.writeString(page, """
                # HTTPS で公開する
                ## What happened to the mail to …?
                ## 5. Keep `X-Forwarded-For`
                ## Again
                ## Again
                ```
                ## not a heading, and [no link](nowhere.md)
                ```
                [one](#https-で公開する) [two](#what-happened-to-the-mail-to-) [three](page.md#5-keep-x-forwarded-for) [four](#again-1)
                [five](https://example.com/nowhere) [six](#again-2) [seven](other.md)
                """);

        // When
        List<String> broken = Markdown.read(page).brokenLinks();

        // Then
        assertThat(broken).containsExactly(page + ": #again-2 leads to no heading", page + ": other.md leads to no file");
    }

    static Stream<Path> pages() throws IOException {
        return Stream.concat(top(), Stream.of("docs", "routes").flatMap(folder -> Markdown.in(Path.of(folder)).stream())
                .map(Markdown::file));
    }

    static Stream<Path> english() throws IOException {
        return Stream.concat(Stream.of(Path.of("README.md")),
                Markdown.in(Path.of("docs")).stream().map(Markdown::file).filter(file -> !file.startsWith("docs/ja")));
    }

    private static Path twin(Path page) {
        return page.getParent() == null ? Path.of("README.ja.md") : Path.of("docs/ja").resolve(page.getFileName());
    }

    private static Stream<Path> top() throws IOException {
        try (Stream<Path> files = Files.list(Path.of(""))) {
            return files.filter(file -> file.toString().endsWith(".md")).sorted().toList().stream();
        }
    }

    private static List<String> commands(Markdown page) {
        return page.blocks().stream().filter(block -> block.language().equals("sh")).map(Block::code).toList();
    }
}
