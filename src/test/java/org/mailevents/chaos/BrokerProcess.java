package org.mailevents.chaos;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.mailevents.support.KafkaBroker;
import org.mailevents.support.TemporaryFolder;

/** A Kafka broker in its own process, which can be killed and started again on its data. */
public final class BrokerProcess implements AutoCloseable {

    private final Path folder = TemporaryFolder.create("broker");
    private final KafkaBroker.Setup setup = new KafkaBroker.Setup();
    private Process process;

    public String address() {
        return setup.address();
    }

    public void start() {
        try {
            Path properties = folder.resolve("server.properties");
            try (var file = Files.newBufferedWriter(properties)) {
                setup.properties().store(file, null);
            }
            process = new ProcessBuilder(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx256m",
                    "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"), "kafka.Kafka",
                    properties.toString())).redirectErrorStream(true).redirectOutput(folder.resolve("log.txt").toFile()).start();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public long pid() {
        return process.pid();
    }

    /** Kills the process, as {@code kill -9} does. */
    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    @Override
    public void close() {
        if (process != null) {
            kill();
        }
    }
}
