package org.mailevents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.mailevents.support.Archive;
import org.mailevents.support.Containerfile;
import org.mailevents.support.Kubernetes;
import org.mailevents.support.UnitFile;

/** The files for systemd, containers and Kubernetes match the application and each other. */
class OpsTest {

    private final UnitFile unit = UnitFile.read(Path.of("ops/mail-events.service"));
    private final Containerfile containerfile = Containerfile.read(Path.of("ops/Containerfile"));
    private final Kubernetes onePod = Kubernetes.read(Path.of("ops/kubernetes.yaml"));
    private final Kubernetes withKafka = Kubernetes.read(Path.of("ops/kubernetes-kafka.yaml"));
    private final Properties settings = new Properties();

    OpsTest() throws IOException {
        try (Reader file = Files.newBufferedReader(Path.of("application.properties"))) {
            settings.load(file);
        }
    }

    @Test
    void theUnitStartsTheJarOfItsFolderAndWritesOnlyItsData() {
        String folder = unit.value("WorkingDirectory");
        assertThat(unit.value("ExecStart")).isEqualTo("/usr/bin/java -jar " + folder + "/mail-events.jar");
        assertThat(unit.value("ReadWritePaths")).isEqualTo(folder + "/data");
        assertThat(unit.value("ProtectSystem")).isEqualTo("strict");
        assertThat(unit.values("MemoryDenyWriteExecute")).as("Java compiles while it runs").isEmpty();
        writtenBeside("database.url", "spool.directory", "alert.endpoint");
    }

    @Test
    void whoStopsItGivesItTheTimeThatItNeeds() {
        int stop = Integer.parseInt(settings.getProperty("camel.main.shutdownTimeout"));
        assertThat(Integer.parseInt(unit.value("TimeoutStopSec"))).isGreaterThanOrEqualTo(stop + 5);
        assertThat(unit.value("SuccessExitStatus")).isEqualTo("143");
        assertThat(onePod.<Integer>pod("terminationGracePeriodSeconds")).isGreaterThanOrEqualTo(stop + 5);
        int preStop = withKafka.container("lifecycle", "preStop", "sleep", "seconds");
        assertThat(withKafka.<Integer>pod("terminationGracePeriodSeconds")).isGreaterThanOrEqualTo(preStop + stop + 5);
    }

    @Test
    void withoutMemoryItEndsAndWhoRunsItStartsItAgain(@TempDir Path folder) throws Exception {
        // Given
        Path hungry = Files.writeString(folder.resolve("Hungry.java"),
                "class Hungry { public static void main(String... a) throws Exception {"
                + " new Thread(() -> { var all = new java.util.ArrayList<long[]>(); for (;;) { all.add(new long[100_000]); } }).start();"
                + " Thread.currentThread().join(); } }");
        ProcessBuilder builder = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin/java").toString(), hungry.toString())
                .redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD);
        builder.environment().putAll(unit.environment());

        // When
        Process process = builder.start();

        // Then
        try {
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).as("It ends").isTrue();
        } finally {
            process.destroyForcibly();
        }
        assertThat(process.exitValue()).isNotZero();
        assertThat(unit.value("SuccessExitStatus").split(" ")).doesNotContain(String.valueOf(process.exitValue()));
        assertThat(unit.value("Restart")).isEqualTo("on-failure");
        assertThat(containerfile.environment()).containsAllEntriesOf(unit.environment());
        assertThat(List.of(onePod, withKafka)).allMatch(kubernetes -> kubernetes.<String>pod("restartPolicy").equals("Always"));
        for (String page : List.of("docs/deployment.md", "docs/ja/deployment.md")) {
            String text = Files.readString(Path.of(page));
            assertThat(text.lines().filter(line -> line.startsWith("podman run "))).isNotEmpty()
                    .allMatch(line -> line.contains(" --restart=on-failure "));
            assertThat(Pattern.compile("JDK_JAVA_OPTIONS=[^`]*").matcher(text).results().map(found -> found.group())).isNotEmpty()
                    .allMatch(options -> options.contains("-XX:+ExitOnOutOfMemoryError"));
        }
    }

    @ParameterizedTest
    @CsvSource({"README.md, 1", "README.ja.md, 1", "docs/deployment.md, 4", "docs/ja/deployment.md, 4"})
    void theCommandsThatRunItForGoodEndItWithoutMemory(Path page, int commands) throws IOException {
        assertThat(Pattern.compile("java [^`\n]*-XX:\\+ExitOnOutOfMemoryError -jar (target/)?mail-events\\.jar[`\n]")
                .matcher(Files.readString(page)).results()).hasSize(commands);
    }

    @Test
    void systemdUnderstandsEveryLineOfTheUnit(@TempDir Path folder) throws Exception {
        // Given
        assumeTrue(answers("systemd-analyze", "--version"),
                "There is no systemd-analyze here, so what systemd says of the unit is not known");
        Path installed = folder.resolve("mail-events.service");
        Files.writeString(installed, unit.in(folder).text().replace("/usr/bin/java", Path.of(System.getProperty("java.home"), "bin/java")
                .toString()));

        // When
        String complaints = output("systemd-analyze", "verify", installed.toString());

        // Then
        assertThat(complaints).isEmpty();
    }

    @Test
    void systemdFindsTheUnitWellConfined() throws Exception {
        assumeTrue(answers("systemd-analyze", "security", "--offline=true", "--help"),
                "Only systemd 250 and later judges how confined a unit is");
        String verdict = output("systemd-analyze", "security", "--offline=true", "--no-pager", "ops/mail-events.service");
        Matcher exposure = Pattern.compile("Overall exposure level for mail-events.service: ([\\d.]+)").matcher(verdict);
        assertThat(exposure.find()).as(verdict).isTrue();
        assertThat(Double.parseDouble(exposure.group(1))).as(verdict).isLessThanOrEqualTo(1.5);
    }

    @Test
    void theImageIsOfAFixedBaseAndRunsAsANumber() throws IOException {
        assertThat(containerfile.value("FROM")).matches("docker\\.io/library/eclipse-temurin:\\d+-jre");
        assertThat(containerfile.value("USER")).matches("[1-9]\\d*:[1-9]\\d*");
        assertThat(containerfile.value("EXPOSE")).isEqualTo(port("camel.server.port"));
        assertThat(containerfile.entrypoint()).containsExactly("java", "-jar", "mail-events.jar");
        assertThat(containerfile.environment()).containsAllEntriesOf(unit.environment()).containsEntry("CAMEL_SERVER_HOST", "0.0.0.0");
        String data = containerfile.value("WORKDIR") + "/data";
        assertThat(containerfile.value("VOLUME").split(" ")).containsExactly(data, containerfile.value("WORKDIR") + "/routes");
        assertThat(containerfile.value("RUN")).isEqualTo("mkdir data && chown " + containerfile.value("USER") + " data");
        writtenBeside("database.url", "spool.directory", "alert.endpoint");
    }

    @ParameterizedTest
    @MethodSource("manifests")
    void everyVariableIsASetting(Kubernetes kubernetes) {
        Set<String> variables = settings.stringPropertyNames().stream().map(key -> key.toUpperCase(Locale.ROOT).replaceAll("[.-]", "_"))
                .collect(Collectors.toSet());
        assertThat(kubernetes.<Map<String, String>>get("ConfigMap", "data").keySet()).isSubsetOf(variables)
                .noneMatch(variable -> variable.matches(".*(PASSWORD|API_KEY|BASIC).*"));
        Set<String> image = new HashSet<>(containerfile.environment().keySet());
        image.removeAll(Set.of("JDK_JAVA_OPTIONS", "MALLOC_ARENA_MAX"));
        assertThat(image).isSubsetOf(variables);
    }

    @ParameterizedTest
    @MethodSource("manifests")
    void thePodIsConfinedAndAsTheImageIs(Kubernetes kubernetes) {
        assertThat(kubernetes.<Map<String, Object>>container("securityContext")).containsEntry("allowPrivilegeEscalation", false)
                .containsEntry("readOnlyRootFilesystem", true).containsEntry("capabilities", Map.of("drop", List.of("ALL")));
        assertThat(kubernetes.<Map<String, Object>>pod("securityContext")).containsEntry("runAsNonRoot", true)
                .containsEntry("seccompProfile", Map.of("type", "RuntimeDefault"));
        Stream.of("runAsUser", "runAsGroup", "fsGroup").forEach(id ->
                assertThat(containerfile.value("USER").split(":")).contains(kubernetes.<Integer>pod("securityContext", id).toString()));
        assertThat(mounts(kubernetes)).containsOnlyKeys(Stream.concat(Stream.of("/tmp"),
                Stream.of(containerfile.value("VOLUME").split(" "))).toList());
        assertThat(mounts(kubernetes)).containsEntry("/app/data", "data");
    }

    /** Only this pod keeps its data, so there may be no second one. */
    @Test
    void withoutKafkaThereIsOnePodWithAVolume() {
        assertThat(onePod.<String>get("StatefulSet", "spec", "volumeClaimTemplates", 0, "metadata", "name")).isEqualTo("data");
        assertThat(onePod.<Integer>get("StatefulSet", "spec", "replicas")).isEqualTo(1);
        assertThat(onePod.<Object>get("StatefulSet", "spec", "serviceName")).isEqualTo(onePod.get("Service", "metadata", "name"));
    }

    @Test
    void withKafkaThereAreAsManyPodsAsTheLoadNeedsAndNoneKeepsAWebhook() {
        Map<String, String> data = withKafka.get("ConfigMap", "data");
        assertThat(data).containsEntry("SPOOL_KAFKA_MODE", "always").containsEntry("SPOOL_MAX_SIZE", "1B");
        assertThat(Integer.parseInt(data.get("SPOOL_KAFKA_CONSUMERS"))).isPositive();
        Map<String, Object> deployment = withKafka.get("Deployment", "spec");
        assertThat(deployment).as("the autoscaler sets their number").doesNotContainKey("replicas");
        Object name = withKafka.get("Deployment", "metadata", "name");
        assertThat(withKafka.<Object>get("HorizontalPodAutoscaler", "spec", "scaleTargetRef"))
                .isEqualTo(Map.of("apiVersion", "apps/v1", "kind", "Deployment", "name", name));
        assertThat(withKafka.<Integer>get("HorizontalPodAutoscaler", "spec", "minReplicas")).isGreaterThan(1);
        assertThat(withKafka.<String>get("HorizontalPodAutoscaler", "spec", "metrics", 0, "resource", "name")).isEqualTo("cpu");
        assertThat(withKafka.<String>container("resources", "requests", "cpu")).as("the autoscaler compares with it").isNotEmpty();
        assertThat(withKafka.<String>get("HorizontalPodAutoscaler", "spec", "metrics", 1, "external", "metric", "name"))
                .isEqualTo("mail_events_log_lag_webhooks");
        assertThat(withKafka.<Object>get("PodDisruptionBudget", "spec", "selector")).isEqualTo(deployment.get("selector"));
        assertThat(withKafka.<Integer>get("PodDisruptionBudget", "spec", "maxUnavailable")).isEqualTo(1);
    }

    @ParameterizedTest
    @MethodSource("manifests")
    void itsPortsAreThoseOfTheApplication(Kubernetes kubernetes) {
        Map<String, String> ports = kubernetes.<List<Map<String, Object>>>container("ports").stream()
                .collect(Collectors.toMap(port -> port.get("name").toString(), port -> port.get("containerPort").toString()));
        assertThat(ports).containsExactlyInAnyOrderEntriesOf(Map.of("webhooks", port("camel.server.port"), "management",
                port("camel.management.port")));
        assertThat(kubernetes.<String>get("Service", "spec", "ports", 0, "targetPort")).isEqualTo("webhooks");
        Stream.of("startupProbe", "livenessProbe", "readinessProbe").forEach(probe ->
                assertThat(kubernetes.<String>container(probe, "httpGet", "port")).isEqualTo("management"));
        assertThat(kubernetes.<String>get("ConfigMap", "data", "CAMEL_MANAGEMENT_HOST")).isEqualTo("0.0.0.0");
    }

    @ParameterizedTest
    @MethodSource("manifests")
    void itsVolumeOfRoutesHasEveryFileInItsFolder(Kubernetes kubernetes) throws IOException {
        int routes = kubernetes.<List<Map<String, Object>>>pod("volumes").stream().map(volume -> volume.get("name")).toList()
                .indexOf("routes");
        List<String> folders = List.of("templates", "channels");
        for (int i = 0; i < folders.size(); i++) {
            String folder = folders.get(i);
            List<Map<String, String>> items = kubernetes.pod("volumes", routes, "projected", "sources", i + 1, "configMap", "items");
            assertThat(items).allSatisfy(item -> assertThat(item.get("path")).isEqualTo(folder + "/" + item.get("key")));
            assertThat(items.stream().map(item -> item.get("key")))
                    .containsExactlyElementsOf(Archive.files(Path.of("routes", folder)));
        }
    }

    @ParameterizedTest
    @MethodSource("manifests")
    void everythingThatItNamesIsThere(Kubernetes kubernetes) {
        String labels = "app.kubernetes.io/name";
        Object name = kubernetes.get(kubernetes.workload(), "spec", "template", "metadata", "labels", labels);
        assertThat(kubernetes.<Object>get(kubernetes.workload(), "spec", "selector", "matchLabels", labels)).isEqualTo(name);
        assertThat(kubernetes.<Object>get("Service", "spec", "selector", labels)).isEqualTo(name);
        assertThat(kubernetes.<Object>container("envFrom", 0, "configMapRef", "name"))
                .isEqualTo(kubernetes.get("ConfigMap", "metadata", "name"));
        Set<Object> volumes = kubernetes.<List<Map<String, Object>>>pod("volumes").stream().map(volume -> volume.get("name"))
                .collect(Collectors.toSet());
        volumes.add("data");
        assertThat(mounts(kubernetes).values()).containsExactlyInAnyOrderElementsOf(volumes.stream().map(Object::toString).toList());
    }

    static Stream<Kubernetes> manifests() throws IOException {
        return Stream.of(Kubernetes.read(Path.of("ops/kubernetes.yaml")), Kubernetes.read(Path.of("ops/kubernetes-kafka.yaml")));
    }

    /** The volume of each mounted path. */
    private Map<String, String> mounts(Kubernetes kubernetes) {
        return kubernetes.<List<Map<String, Object>>>container("volumeMounts").stream()
                .collect(Collectors.toMap(mount -> mount.get("mountPath").toString(), mount -> mount.get("name").toString()));
    }

    /** By default, the application writes only into {@code data/} of its working folder. */
    private void writtenBeside(String... keys) {
        assertThat(keys).allSatisfy(key -> assertThat(settings.getProperty(key)).matches("(jdbc:h2:\\./|file:)?data/.*"));
    }

    private String port(String setting) {
        return settings.getProperty(setting).replaceFirst(".*:(\\d+)}}", "$1");
    }

    private static boolean answers(String... command) throws InterruptedException {
        try {
            Process process = new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (IOException e) {
            return false;
        }
    }

    private static String output(String... command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes()).strip();
    }
}
