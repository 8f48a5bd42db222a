package org.mailevents.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.mailevents.support.PostgresServer;

/**
 * A control group of Linux that limits the memory of a PostgreSQL server, the cached pages of its files included. So a table that is larger
 * than the memory of a machine can be measured on a machine with more memory.
 */
final class MemoryLimit {

    private static final Path ROOT = Path.of("/sys/fs/cgroup");
    private static final String GROUP = "mail-events-benchmark-" + ProcessHandle.current().pid();

    private MemoryLimit() {
    }

    /**
     * Moves all processes of the server into a group of this size. New connections of the server are in the same group.
     *
     * @throws IOException if this is not allowed, or the system has no memory control groups
     */
    static void apply(PostgresServer server, long bytes) throws IOException {
        boolean first = Files.isDirectory(ROOT.resolve("memory")); // version 1 has a tree for each controller
        Path group = ROOT.resolve(first ? "memory" : "").resolve(GROUP);
        Files.createDirectory(group);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> remove(group)));
        Files.writeString(group.resolve(first ? "memory.limit_in_bytes" : "memory.max"), String.valueOf(bytes));
        for (ProcessHandle process : server.processes()) {
            try {
                Files.writeString(group.resolve("cgroup.procs"), String.valueOf(process.pid()));
            } catch (IOException e) {
                if (process.isAlive()) { // a connection may have ended meanwhile
                    throw e;
                }
            }
        }
    }

    /** A group can be removed when its last process has ended: the server stops with this JVM. */
    private static void remove(Path group) {
        try {
            for (int attempt = 0; attempt < 100 && !Files.readString(group.resolve("cgroup.procs")).isEmpty(); attempt++) {
                Thread.sleep(100);
            }
            Files.delete(group);
        } catch (IOException | InterruptedException e) {
            System.err.println("Remove the empty control group " + group + " with rmdir: " + e);
        }
    }
}
