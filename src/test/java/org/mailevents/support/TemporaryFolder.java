package org.mailevents.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** Folders that are deleted when the JVM of the tests ends. A run writes some gigabytes into them. */
public final class TemporaryFolder {

    private static final Set<Path> FOLDERS = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> FOLDERS.forEach(TemporaryFolder::delete)));
    }

    private TemporaryFolder() {
    }

    /** A new folder whose name begins with this text. */
    public static Path create(String name) {
        try {
            Path folder = Files.createTempDirectory(name);
            FOLDERS.add(folder);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Keeps the folder when the JVM ends, so that somebody can look into it. */
    public static void keep(Path folder) {
        FOLDERS.remove(folder);
    }

    /** Deletes the folder and as much of its contents as possible. */
    public static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException | UncheckedIOException e) {
            // A process that is ending may delete the same files.
        }
    }
}
