package org.mailevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.mailevents.support.Archive;
import org.mailevents.support.Containerfile;
import org.mailevents.support.Kubernetes;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Markdown;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.Payload;
import org.mailevents.support.UnitFile;

/** The archive runs in an empty folder in the ways that its deployment page, its unit and its Containerfile describe. */
@Execution(ExecutionMode.CONCURRENT)
class ArchiveIT {

    private static final String COMMAND = "java -XX:+ExitOnOutOfMemoryError -jar mail-events.jar";
    private static final Map<String, String> QUICK = Map.of("alert.first-delay", "1s", "alert.endpoint", "file:data/outbox?tempPrefix=.");

    @TempDir
    Path temporary;

    @BeforeEach
    void anotherUserMayEnter() throws IOException {
        Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @Test
    void itHoldsWhatItNeedsAndNothingElse() throws IOException {
        // When
        Path archive = Archive.unpack(temporary);

        // Then
        List<String> expected = new ArrayList<>(List.of("Containerfile", "application.properties",
                "grafana-dashboard.json", "haproxy.cfg", "kubernetes-kafka.yaml", "kubernetes.yaml", "mail-events.jar",
                "mail-events.service", "nginx.conf", "prometheus-alerts.yaml"));
        Archive.files(Path.of("target/lib")).forEach(file -> expected.add("lib/" + file));
        try (Stream<Path> top = Files.list(Path.of(""))) {
            top.map(Path::toString).filter(file -> file.endsWith(".md") || file.equals("LICENSE")).forEach(expected::add);
        }
        Archive.files(Path.of("docs")).forEach(file -> expected.add("docs/" + file));
        Archive.files(Path.of("routes")).forEach(file -> expected.add("routes/" + file));
        List<String> files = new ArrayList<>(Archive.files(archive));
        files.remove("bom.json"); // Another test checks this file.
        assertThat(files).containsExactlyInAnyOrderElementsOf(expected);
        for (String readme : List.of("README.md", "README.ja.md")) {
            Matcher picture = Pattern.compile("!\\[[^]]*]\\(([^)]+)\\)").matcher(Files.readString(archive.resolve(readme)));
            assertThat(picture.results().map(found -> found.group(1))).isNotEmpty().isSubsetOf(files);
        }
        assertThat(Files.mismatch(archive.resolve("mail-events.jar"), Path.of("target/mail-events.jar"))).isEqualTo(-1);
    }

    /** Only ARCHITECTURE.md and CONTRIBUTING.md may link to the sources, which are not in the archive. */
    @Test
    void theLinksOfItsPagesLeadToItsFiles() throws IOException {
        Path archive = Archive.unpack(temporary);
        Set<String> aboutSources = Set.of("ARCHITECTURE.md", "CONTRIBUTING.md");
        assertThat(Markdown.in(archive).stream().filter(page -> !aboutSources.contains(page.file().getFileName().toString()))
                .flatMap(page -> page.brokenLinks().stream())
                .filter(broken -> !broken.matches(".*: (\\.\\./)*(src/|pom\\.xml |renovate\\.json ).*"))).isEmpty();
    }

    @Test
    void itRunsAsItsDeploymentPageSays() throws IOException {
        Path archive = Archive.unpack(temporary);
        assertThat(Files.readString(archive.resolve("docs/deployment.md"))).contains("\n" + COMMAND + "\n");
        works(OwnProcess.confined(archive, QUICK, List.of(COMMAND.split(" "))), archive, "");
    }

    @Test
    void itRunsAsItsUnitSays() throws IOException {
        // Given
        Path folder = Archive.unpack(temporary);
        UnitFile unit = UnitFile.read(folder.resolve("mail-events.service")).in(folder);
        Map<String, String> settings = new HashMap<>(QUICK);
        settings.putAll(unit.environment());

        // When
        OwnProcess service = OwnProcess.confined(folder, settings, List.of(unit.value("ExecStart").split(" ")));

        // Then
        works(service, folder, "");
        assertThat(service.ended()).isEqualTo(Integer.parseInt(unit.value("SuccessExitStatus")));
    }

    @Test
    void itRunsAsItsContainerfileAndItsManifestSay() throws IOException {
        // Given
        Path archive = Archive.unpack(temporary);
        Containerfile containerfile = Containerfile.read(archive.resolve("Containerfile"));
        Kubernetes kubernetes = Kubernetes.read(archive.resolve("kubernetes.yaml"));
        Path app = Files.createDirectories(temporary.resolve("image" + containerfile.value("WORKDIR")));
        containerfile.copies().forEach((from, to) -> Archive.copy(archive.resolve(from), temporary.resolve("image" + to)));
        Path routes = mounted(app.resolve("routes"));
        Map<String, String> settings = new HashMap<>(containerfile.environment());
        settings.putAll(kubernetes.get("ConfigMap", "data"));
        settings.put("ALERT_ENDPOINT", QUICK.get("alert.endpoint"));
        settings.put("ALERT_FIRST_DELAY", QUICK.get("alert.first-delay"));
        settings.put("WEBHOOK_API_KEY", "s3cret");

        // When
        OwnProcess container = OwnProcess.confined(app, settings, containerfile.entrypoint()).started();

        // Then
        for (String probe : List.of("startupProbe", "livenessProbe", "readinessProbe")) {
            URI uri = URI.create("http://127.0.0.1:" + container.healthPort + kubernetes.container(probe, "httpGet", "path"));
            assertThat(container.send(HttpRequest.newBuilder(uri)).statusCode()).as(probe).isEqualTo(200);
        }
        replaced(routes);
        await().until(() -> container.log().contains("Activated: routes/route-bounces.camel.yaml"));
        works(container, app, "api_key=s3cret&");
    }

    @Test
    void itsBillOfMaterialsNamesEveryLibraryOfTheJarAndNothingOfThisMachine() throws IOException {
        // Given
        Path archive = Archive.unpack(temporary);
        Path bom = archive.resolve("bom.json");
        assumeTrue(Files.exists(bom), "Maven makes no bill of materials when it is told to be offline (-o)");

        // When
        String text = Files.readString(bom);

        // Then
        Set<String> listed = new HashSet<>();
        for (JsonNode component : new ObjectMapper().readTree(text).path("components")) {
            listed.add(component.path("group").asText() + ":" + component.path("name").asText() + ":" + component.path("version").asText());
        }
        Set<String> packed = libraries(archive.resolve("mail-events.jar"));
        Matcher camel = Pattern.compile("<camel.version>(.+?)</camel.version>").matcher(Files.readString(Path.of("pom.xml")));
        assertThat(camel.find()).isTrue();
        assertThat(packed).contains("org.apache.camel:camel-core-engine:" + camel.group(1));
        assertThat(listed).containsAll(packed);
        assertThat(text).doesNotContain("file:", "localhost", "127.0.0.1", "repository_url", Path.of("").toAbsolutePath().toString(),
                System.getProperty("maven.repo.local"));
    }

    /** A webhook gets its receipt and an alert gets its file. The application writes nothing else, and it stops at SIGTERM. */
    private static void works(OwnProcess application, Path folder, String secret) throws IOException {
        try (application) {
            application.started();
            Set<String> before = new HashSet<>(Archive.files(folder));
            assertReceipt(application.post(MailEvents.FORM, secret + Payload.form("bounces", Payload.bounce("2"))), 1, 1, 0, 0);
            await().until(() -> Archive.files(folder).stream().anyMatch(file -> file.matches("data/outbox/[^.].*\\.eml")));
            assertThat(Archive.files(folder)).allMatch(file -> before.contains(file) || file.startsWith("data/"));
        }
        assertThat(application.ended()).as(application.log()).isEqualTo(143);
        assertThat(application.log()).doesNotContain("ERROR").doesNotContain("WARN").doesNotContain("\tat ");
    }

    /** Mounts the folder as Kubernetes mounts a ConfigMap. Its files are links into a folder that is itself a link. */
    private static Path mounted(Path routes) throws IOException {
        Path first = routes.resolveSibling("..first");
        Files.move(routes, first);
        Files.createDirectory(routes);
        Files.move(first, routes.resolve("..first"));
        Files.createSymbolicLink(routes.resolve("..data"), Path.of("..first"));
        try (var files = Files.list(routes.resolve("..first"))) {
            for (Path file : (Iterable<Path>) files::iterator) {
                Files.createSymbolicLink(routes.resolve(file.getFileName()), Path.of("..data").resolve(file.getFileName()));
            }
        }
        return routes;
    }

    /** Replaces the content as Kubernetes does. One new link replaces all files at once. */
    private static void replaced(Path routes) throws IOException {
        assertThat(routes.toFile().setWritable(true)).isTrue();
        Path second = Files.createDirectory(routes.resolve("..second"));
        try (var files = Files.walk(routes.resolve("..first"))) {
            for (Path file : (Iterable<Path>) files.skip(1)::iterator) {
                Path copy = second.resolve(routes.resolve("..first").relativize(file).toString());
                if (Files.isDirectory(file)) {
                    Files.createDirectory(copy);
                } else {
                    Files.writeString(copy, Files.readString(file) + (file.endsWith("route-bounces.camel.yaml") ? "# edited\n" : ""));
                }
            }
        }
        Path link = Files.createSymbolicLink(routes.resolve("..data_tmp"), Path.of("..second"));
        Files.move(link, routes.resolve("..data"), StandardCopyOption.ATOMIC_MOVE);
    }

    /** The group, name and version of each library whose jar contains a {@code pom.properties}. */
    private static Set<String> libraries(Path jar) throws IOException {
        Set<String> libraries = new HashSet<>();
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            for (ZipEntry entry : zip.stream().filter(file -> file.getName().matches("META-INF/maven/.*/pom\\.properties")).toList()) {
                Properties library = new Properties();
                try (InputStream content = zip.getInputStream(entry)) {
                    library.load(content);
                }
                libraries.add(library.getProperty("groupId") + ":" + library.getProperty("artifactId") + ":"
                        + library.getProperty("version"));
            }
        }
        // The libraries angus-mail, netty-common and jdbi3-core contain these.
        libraries.removeIf(library -> library.matches(
                "org\\.mailevents:.*|org\\.eclipse\\.angus:(?!angus-mail).*|org\\.jctools:.*|org\\.antlr:antlr4-runtime:.*"));
        return libraries;
    }
}
