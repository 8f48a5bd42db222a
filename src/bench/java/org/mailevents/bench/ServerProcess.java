package org.mailevents.bench;

import static org.awaitility.Awaitility.await;

import java.io.File;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.mailevents.support.MailEvents;
import org.mailevents.support.OwnProcess;
import org.mailevents.support.TestDatabase;

/** A server of the comparison, in its own process and its own folder. All servers have the same Java and the same memory. */
final class ServerProcess implements AutoCloseable {

    static final String JAVA = Path.of(System.getProperty("java.home"), "bin", "java").toString();

    private static final List<String> MEMORY = List.of(System.getProperty("bench.jvm",
            "-Xmx112m -XX:+UseSerialGC -XX:ReservedCodeCacheSize=64m").split(" "));

    final int port = MailEvents.freePort();
    private final File log;
    private final Process process;

    private ServerProcess(List<String> program, TestDatabase database, Map<String, String> settings, Path folder) throws IOException {
        log = folder.resolve("log.txt").toFile();
        List<String> command = new ArrayList<>(List.of(JAVA));
        command.addAll(MEMORY);
        command.addAll(program);
        ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile()).redirectErrorStream(true).redirectOutput(log);
        Map<String, String> environment = builder.environment();
        environment.put("MALLOC_ARENA_MAX", "2"); // by default, glibc keeps freed memory for each thread
        environment.put("CAMEL_SERVER_PORT", String.valueOf(port));
        environment.put("CAMEL_MANAGEMENT_PORT", String.valueOf(MailEvents.freePort()));
        database.settings().forEach((key, value) -> environment.put(key.toUpperCase(Locale.ROOT).replace('.', '_'), value));
        environment.putAll(settings);
        process = builder.start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        await().atMost(Duration.ofMinutes(1)).until(this::answers);
    }

    /**
     * Mail Events, as a user runs it.
     *
     * @param settings environment variables
     */
    static ServerProcess jar(TestDatabase database, Map<String, String> settings) throws IOException {
        return new ServerProcess(List.of("-jar", Path.of("target/mail-events.jar").toAbsolutePath().toString()), database, settings,
                OwnProcess.folder("routes", "application.properties"));
    }

    /** A server that Mail Events is compared with. It uses the same environment variables. */
    static ServerProcess of(Class<?> main, TestDatabase database) throws IOException {
        return new ServerProcess(List.of("-classpath", System.getProperty("java.class.path"), main.getName()), database,
                Map.of(), OwnProcess.folder("routes"));
    }

    long pid() {
        return process.pid();
    }

    private boolean answers() throws IOException {
        if (!process.isAlive()) {
            throw new IllegalStateException(Files.readString(log.toPath()));
        }
        try (Socket socket = new Socket("127.0.0.1", port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    @Override
    public void close() {
        process.destroy();
        process.onExit().completeOnTimeout(process, 20, TimeUnit.SECONDS).join().destroyForcibly();
    }

    /**
     * The processor time and the memory of a process, as Linux reports them (proc(5)).
     *
     * @param pid the process id
     */
    record Usage(long pid) {

        /** Makes the peak begin anew. */
        void resetPeak() throws IOException {
            Files.writeString(Path.of("/proc/" + pid + "/clear_refs"), "5");
        }

        /** The largest amount of memory since the last reset, in MB. */
        double peakMegabytes() throws IOException {
            return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream().filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).sum() * 1024 / 1e6;
        }

        /** User and system time together. Linux counts hundredths of a second on all platforms that Java runs on. */
        double cpuSeconds() throws IOException {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
            return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / 100.0;
        }
    }
}
