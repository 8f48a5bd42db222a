package org.mailevents.support;

import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The application in its own process and its own folder, with its settings as environment variables. */
public final class OwnProcess extends MailEvents {

    private static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();

    /** From JDK 24 on, the JVM warns that Netty 4.1 uses Unsafe (JEP 498). Netty knows this (netty/netty#15296). */
    private static final List<String> UNWARNED = Runtime.version().feature() < 24 ? List.of()
            : List.of("--sun-misc-unsafe-memory-access=allow");

    /**
     * A process that lives for seconds needs half the CPU time without the second compiler, and a third of the CPU time if it also uses
     * {@link Classes#ARCHIVE}.
     */
    private static final List<String> SHORT_LIVED = Stream.concat(Stream.of(JAVA, "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"),
            UNWARNED.stream()).toList();

    /** Only the user of the tests may write into this folder. */
    private static final String TEMPORARY = "-Djava.io.tmpdir=" + TemporaryFolder.create("mail-events");

    /**
     * An archive of the classes of the jar as they are in memory (JEP 350). It has the classes that are needed from the start to the first
     * mail. A JVM that cannot use the archive reads the jar.
     */
    private static final class Classes {
        static final Path ARCHIVE = archiveOfClasses();
    }

    /** The folder with the tests of the routes. */
    public static final String ROUTE_TESTS = "routes/tests";

    private final Path log;
    private final Path spool;
    private final Process process;

    private OwnProcess(Path folder, Map<String, String> settings, List<String> command) {
        this(folder, folder, settings, command);
    }

    private OwnProcess(Path folder, Path logs, Map<String, String> settings, List<String> command) {
        super(settings);
        spool = folder.resolve(settings.getOrDefault("spool.directory", "data/spool"));
        try {
            log = Files.createTempFile(logs, "log", ".txt");
            ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            builder.environment().put(variable("camel.server.port"), String.valueOf(port));
            builder.environment().put(variable("camel.management.port"), String.valueOf(healthPort));
            builder.environment().put(variable("store.max-wait"), PATIENT);
            settings.forEach((key, value) -> builder.environment().put(variable(key), value));
            process = builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Runs {@code java -jar target/mail-events.jar} in a folder that holds the routes and the settings. */
    public static OwnProcess jar(Map<String, String> settings) {
        return jar(folder("routes", "application.properties"), settings);
    }

    /** Runs {@code java -jar target/mail-events.jar} with these arguments. */
    public static OwnProcess jar(Path folder, Map<String, String> settings, String... arguments) {
        List<String> command = jar("-XX:SharedArchiveFile=" + Classes.ARCHIVE);
        command.addAll(List.of(arguments));
        return new OwnProcess(folder, settings, command);
    }

    private static Path archiveOfClasses() {
        Path archive = folder().resolve("mail-events.jsa");
        List<String> command = jar("-XX:ArchiveClassesAtExit=" + archive);
        try (SmtpServer server = new SmtpServer(address -> "250 ok", () -> { });
                OwnProcess application = new OwnProcess(folder("routes", "application.properties"),
                        Map.of("alert.endpoint", server.endpoint(), "alert.first-delay", "100ms"), command).started()) {
            application.post(FORM, Payload.form("deliveries", Payload.delivery("queued")));
            application.post(JSON, Payload.json("bounces", Payload.bounce("2")));
            await().until(() -> !server.taken.isEmpty());
        }
        return archive;
    }

    private static List<String> jar(String option) {
        List<String> command = new ArrayList<>(SHORT_LIVED);
        command.addAll(List.of(TEMPORARY, option, "-jar", Path.of("target/mail-events.jar").toAbsolutePath().toString()));
        return command;
    }

    /** Runs {@code camel run application.properties} in a folder that also holds the sources. */
    public static OwnProcess camelRun(Map<String, String> settings) {
        return camelRun(folder("routes", ROUTE_TESTS, "application.properties", "src/main"), settings);
    }

    public static OwnProcess camelRun(Path folder, Map<String, String> settings) {
        return new OwnProcess(folder, settings, camel("run", "application.properties"));
    }

    /**
     * This command in this folder. The process can read the folder, and can write only into its {@code data/}.
     *
     * @param command the command, which begins with the path of a {@code java}. The Java of the tests replaces that path.
     */
    public static OwnProcess confined(Path folder, Map<String, String> settings, List<String> command) throws IOException {
        List<String> confined = new ArrayList<>(asAnotherUser());
        confined.addAll(SHORT_LIVED);
        confined.addAll(command.subList(1, command.size()));
        Files.createDirectories(folder.resolve("data"));
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : (Iterable<Path>) files.filter(path -> !Files.isSymbolicLink(path))::iterator) {
                String permissions = file.endsWith("data") ? "rwxrwxrwx" : Files.isDirectory(file) ? "r-xr-xr-x" : "r--r--r--";
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permissions));
            }
        }
        return new OwnProcess(folder, folder.getParent(), settings, confined);
    }

    /** If the tests run as root, the process runs as another user, because root could write everywhere. */
    private static List<String> asAnotherUser() {
        boolean root = System.getProperty("user.name").equals("root");
        return root ? List.of("setpriv", "--reuid=10001", "--regid=10001", "--clear-groups") : List.of();
    }

    /** A command line of the Camel CLI, whose class path Maven wrote into target/. It downloads into Maven's own repository. */
    private static List<String> camel(String... arguments) {
        try {
            List<String> command = new ArrayList<>(SHORT_LIVED);
            command.addAll(List.of(TEMPORARY, "-Dmaven.repo.local=" + System.getProperty("maven.repo.local"),
                    "-cp", Files.readString(Path.of("target/camel-cli.classpath")).strip(),
                    Path.of("src/test/cli/Camel.java").toAbsolutePath().toString()));
            command.addAll(List.of(arguments));
            return command;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * A new folder with copies of these files and folders of the project. The tests of the routes are copied only if they are named,
     * because most edits in the tests of Java change what the routes decide.
     */
    public static Path folder(String... names) {
        try {
            Path folder = TemporaryFolder.create("mail-events");
            for (String name : names) {
                Files.createDirectories(folder.resolve(name).getParent());
                try (Stream<Path> files = Files.walk(Path.of(name))) {
                    for (Path file : (Iterable<Path>) files.filter(path -> name.startsWith(ROUTE_TESTS)
                            || !path.startsWith(ROUTE_TESTS))::iterator) {
                        Files.copy(file, folder.resolve(file.toString()));
                    }
                }
            }
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until the application takes webhooks. */
    public OwnProcess started() {
        await().atMost(Duration.ofMinutes(10)).pollInterval(Duration.ofMillis(200)).until(() -> {
            if (!process.isAlive()) {
                throw new IllegalStateException(log());
            }
            return log().contains("Mail Events takes webhooks");
        });
        return this;
    }

    /** Waits until the process has ended by itself. @return the exit code */
    public int ended() {
        try {
            if (!process.waitFor(1, TimeUnit.MINUTES)) {
                process.destroyForcibly();
                throw new IllegalStateException(log());
            }
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    public long pid() {
        return process.pid();
    }

    @Override
    public Path spool() {
        return spool;
    }

    @Override
    public String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroy();
        ended();
    }

    /** Kills the process, as {@code kill -9} does. */
    public void kill() {
        process.destroyForcibly();
        ended();
    }

    private static String variable(String setting) {
        return setting.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
    }
}
