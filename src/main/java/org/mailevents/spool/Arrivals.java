package org.mailevents.spool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/** Files that somebody else puts into the spool. Such a file may still be being copied, so it is complete only when it has stood still for a while. */
final class Arrivals {

    private static final Duration STILL = Duration.ofSeconds(2);

    /** @param since when it was first seen so, by {@link System#nanoTime} */
    private record Look(long size, FileTime modified, long since) {

        boolean isLike(Look other) {
            return other != null && size == other.size && modified.equals(other.modified);
        }
    }

    private final Map<Path, Look> looks = new HashMap<>();

    /** Private, because the Camel CLI makes an object of every class that it can make one of, and cannot of this. */
    private Arrivals() {
    }

    static Arrivals none() {
        return new Arrivals();
    }

    /** Whether it has stood still between looks, the first of which this may be. */
    boolean isComplete(Path file) {
        Look now = look(file);
        Look before = now == null ? null : looks.merge(file, now, (last, look) -> look.isLike(last) ? last : look);
        return before != null && now.since() - before.since() >= STILL.toNanos();
    }

    /** Whether it is as it was when it was complete; a file that was never looked at is. */
    boolean isUnchanged(Path file) {
        return !looks.containsKey(file) || looks.get(file).isLike(look(file));
    }

    void forget(Path file) {
        looks.remove(file);
    }

    private static Look look(Path file) {
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            return new Look(attributes.size(), attributes.lastModifiedTime(), System.nanoTime());
        } catch (IOException gone) {
            return null;
        }
    }
}
