package org.mailevents.support;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** Folders for as long as the JVM of the tests lives: a run fills some gigabytes of them. */
public final class TemporaryFolder {

    private static final Set<Path> FOLDERS = ConcurrentHashMap.newKeySet();

    static {
        Runtime.getRuntime().addShutdownHook(new Thread(() -> FOLDERS.forEach(TemporaryFolder::delete)));
    }

    private TemporaryFolder() {
    }

    /** A new folder whose name begins so. */
    public static Path create(String name) {
        try {
            Path folder = Files.createTempDirectory(name);
            FOLDERS.add(folder);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Leaves it to be looked into, unless it is deleted. */
    public static void keep(Path folder) {
        FOLDERS.remove(folder);
    }

    /** Deletes it with all that is in it, as far as that can be. */
    public static void delete(Path folder) {
        try (Stream<Path> files = Files.walk(folder)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        } catch (IOException | UncheckedIOException e) {
            // a process that is just ending deletes too
        }
    }
}
