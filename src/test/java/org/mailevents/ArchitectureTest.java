package org.mailevents;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.core.domain.JavaModifier.ABSTRACT;
import static com.tngtech.archunit.core.domain.JavaModifier.PRIVATE;
import static com.tngtech.archunit.core.domain.JavaModifier.PUBLIC;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The packages depend on each other only as this test lists. A new dependency is a decision, so it begins here. */
class ArchitectureTest {

    private static final String ROOT = "org.mailevents";
    private static final JavaClasses CLASSES = new ClassFileImporter().importPath("target/classes");

    private static final Pattern PACKAGE_ROW =
            Pattern.compile("\\| \\[`(\\w+)`\\]\\(src/main/java/org/mailevents/\\w+\\) \\|[^|]*\\| ([^|]*) \\|");

    /** Each package, and the packages that it may use. */
    private static final String ARROWS = """
            alert     | answer cause channel database digest event live log metrics privacy route settings spool
            answer    | settings
            aside     | answer console database event http log metrics parse privacy settings spool
            camel     | log
            cause     | event route settings
            channel   | log route settings
            console   | cause database event http live log privacy settings spool store
            database  | event log metrics settings
            digest    | database log settings
            event     |
            explain   | database event live log rehearsal route settings store
            http      | event log metrics settings
            kafka     | camel database event log metrics parse privacy settings spool
            live      | camel cause event http log metrics rehearsal route settings
            log       |
            metrics   |
            parse     | event privacy
            privacy   |
            receive   | database event http log metrics parse privacy settings spool store
            reconcile | console database digest event http log metrics parse privacy settings spool
            rehearsal | camel event parse privacy route settings
            retention | database settings
            route     | camel log settings
            sample    | event http settings
            settings  |
            spool     | database event log metrics parse privacy settings store
            start     | alert camel cause channel database event http kafka live log metrics privacy receive reconcile \
            rehearsal route settings spool
            store     | camel database event live log metrics retention route settings
            trial     | alert console database event http live log metrics parse privacy rehearsal route settings store""";

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = ARROWS)
    void aPackageUsesOnlyThePackagesOfItsList(String name, String used) {
        String[] allowed = Stream.concat(Stream.of(name), used == null ? Stream.empty() : Stream.of(used.split(" ")))
                .map(other -> ROOT + "." + other + "..").toArray(String[]::new);

        classes().that().resideInAPackage(ROOT + "." + name + "..")
                .should().onlyDependOnClassesThat(resideOutsideOfPackage(ROOT + "..").or(resideInAnyPackage(allowed)))
                .check(CLASSES);
    }

    @Test
    void everyPackageHasAList() throws IOException {
        try (Stream<Path> folders = Files.list(Path.of("src/main/java/org/mailevents"))) {
            Set<String> packages = folders.filter(Files::isDirectory).map(folder -> folder.getFileName().toString())
                    .collect(Collectors.toSet());
            assertThat(ARROWS.lines().map(line -> line.split("\\|")[0].strip())).containsExactlyInAnyOrderElementsOf(packages);
        }
    }

    @Test
    void theArchitecturePageTellsTheSame() throws IOException {
        Map<String, String> told = Files.readAllLines(Path.of("ARCHITECTURE.md")).stream()
                .map(PACKAGE_ROW::matcher).filter(Matcher::matches).collect(Collectors.toMap(row -> row.group(1),
                        row -> row.group(2).startsWith("nothing") ? "" : row.group(2).split(";")[0]));

        assertThat(told).isEqualTo(ARROWS.lines().map(line -> line.split("\\|", -1))
                .collect(Collectors.toMap(line -> line[0].strip(), line -> line[1].strip().replace(" ", ", "))));
    }

    /**
     * The Camel CLI makes an object of every class at the top of a file that has a constructor without arguments. It stops with an error
     * if it may not call that constructor.
     */
    @Test
    void theCamelCliCanReadEveryClass() {
        assertThat(CLASSES.stream().filter(type -> type.isTopLevelClass() && !type.isInterface() && !type.getModifiers().contains(ABSTRACT)
                        && !type.getModifiers().contains(PUBLIC) && !type.getPackageName().equals(ROOT))
                .flatMap(type -> type.getConstructors().stream())
                .filter(constructor -> constructor.getRawParameterTypes().isEmpty() && !constructor.getModifiers().contains(PRIVATE)))
                .isEmpty();
    }

    @Test
    void noPackagesNeedEachOther() {
        slices().matching(ROOT + ".(*)..").should().beFreeOfCycles().check(CLASSES);
    }

    @ParameterizedTest
    @CsvSource({"cause", "event", "parse"})
    void whatAWebhookSaysIsUnderstoodWithoutCamelDatabaseAndServer(String name) {
        noClasses().that().resideInAPackage(ROOT + "." + name + "..")
                .should().dependOnClassesThat(resideInAnyPackage("org.apache.camel..", "java.sql..", "javax.sql..", "io.vertx..",
                "io.netty.."))
                .check(CLASSES);
    }

    @Test
    void onlyTheHttpServerKnowsVertx() {
        noClasses().that().resideOutsideOfPackages(ROOT + ".http..", ROOT + ".camel..", ROOT + ".receive..")
                .should().dependOnClassesThat(resideInAPackage("io.vertx..").or(resideInAPackage("io.netty..")))
                .check(CLASSES);
    }

    @Test
    void onlyThePackageOfTheLogKnowsKafka() {
        noClasses().that().resideOutsideOfPackage(ROOT + ".kafka..")
                .should().dependOnClassesThat(resideInAPackage("org.apache.kafka.."))
                .check(CLASSES);
    }
}
