package org.mailevents.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.mailevents.support.MailEvents;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.RunningJvm;

/** Mail Events in its own folder, and the process that runs there now. */
final class Installation implements AutoCloseable {

    final Path folder = OwnProcess.folder("routes", "application.properties");

    private final Map<String, String> settings = new HashMap<>(Map.of("store.max-wait", "5s",
            "camel.server.port", String.valueOf(MailEvents.freePort()), "camel.management.port", String.valueOf(MailEvents.freePort())));
    private volatile OwnProcess process;

    /** The settings take effect at the next start. */
    void set(Map<String, String> some) {
        settings.putAll(some);
    }

    /** Also the name of its connections to the database, if the test has set that. */
    String name() {
        return folder.getFileName().toString();
    }

    /** The value that {@link #set} has given, or the port, which stays the same. */
    String setting(String name) {
        return settings.get(name);
    }

    OwnProcess process() {
        return process;
    }

    void start() {
        launch();
        process.started();
    }

    /** Starts the process, and does not wait until it takes webhooks. */
    void launch() {
        process = OwnProcess.jar(folder, settings);
    }

    /** Stops the process with SIGTERM, as an operator does. */
    void stop() {
        process.close();
    }

    /** Kills the process, as {@code kill -9} does. */
    void kill() {
        process.kill();
    }

    /** Stops the process in the middle of its work, as a machine without CPU time does, until {@link #thaw}. */
    void freeze() {
        signal("STOP");
    }

    void thaw() {
        signal("CONT");
    }

    private void signal(String name) {
        try {
            new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).inheritIO().start().waitFor();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The used heap after a full garbage collection, in MB. */
    long liveHeap() {
        try (RunningJvm jvm = new RunningJvm(process)) {
            return jvm.liveHeap();
        }
    }

    /** The webhooks in the spool, including those in {@code failed/}. */
    List<Path> spooled() {
        Path spool = folder.resolve("data/spool");
        return Stream.of(spool, spool.resolve("failed")).filter(Files::isDirectory).flatMap(Installation::webhooks).toList();
    }

    private static Stream<Path> webhooks(Path directory) {
        try (Stream<Path> files = Files.list(directory)) {
            return files.filter(file -> file.toString().matches(".*\\.(json|form)")).toList().stream();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    String read(String file) {
        try {
            return Files.readString(folder.resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    void save(String file, String text) {
        try {
            Files.writeString(folder.resolve(file), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        if (process != null) {
            process.kill();
        }
    }
}
