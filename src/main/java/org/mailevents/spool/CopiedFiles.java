package org.mailevents.spool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Watches the files that somebody else puts into the spool. Such a file may still be being copied, so it counts as complete only when it
 * has not changed for two seconds.
 */
final class CopiedFiles {

    private static final Duration UNCHANGED = Duration.ofSeconds(2);

    /** @param since when the file was first seen in this state, by {@link System#nanoTime} */
    private record State(long size, FileTime modified, long since) {

        boolean isLike(State other) {
            return other != null && size == other.size && modified.equals(other.modified);
        }
    }

    private final Map<Path, State> states = new HashMap<>();

    /** Private, because the Camel CLI creates an object of every class that it can, and it must not create one of this class. */
    private CopiedFiles() {
    }

    static CopiedFiles none() {
        return new CopiedFiles();
    }

    /** Whether the file has not changed for two seconds. The first call for a file begins to watch it. */
    boolean isComplete(Path file) {
        State now = state(file);
        State first = now == null ? null : states.merge(file, now, (last, current) -> current.isLike(last) ? last : current);
        return first != null && now.since() - first.since() >= UNCHANGED.toNanos();
    }

    /** Whether the file is still as it was when it was complete; true for a file that is not watched. */
    boolean isUnchanged(Path file) {
        return !states.containsKey(file) || states.get(file).isLike(state(file));
    }

    void forget(Path file) {
        states.remove(file);
    }

    private static State state(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return new State(attributes.size(), attributes.lastModifiedTime(), System.nanoTime());
        } catch (IOException deleted) {
            return null;
        }
    }
}
