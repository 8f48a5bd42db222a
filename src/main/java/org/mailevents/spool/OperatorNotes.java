package org.mailevents.spool;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;

/**
 * Remembers when the operators were last told of a problem with the spool. Each note is an empty file {@code .told-<problem>} in the
 * spool's folder, and its modification time is the time of the mail. So a note survives a restart, and it needs no database, which may be
 * down.
 */
public final class OperatorNotes {

    private final Path directory;

    OperatorNotes(Path directory) {
        this.directory = directory;
    }

    /** When the operators were last told of this problem, by this process or by another one; 1970 if they never were. */
    public Instant lastTold(String problem) {
        return SpoolFile.lastModified(note(problem));
    }

    /** Notes that the operators were told of this problem at this time. */
    public void noteTold(String problem, Instant when) throws IOException {
        Path note = note(problem);
        Files.write(note, new byte[0]);
        Files.setLastModifiedTime(note, FileTime.from(when));
    }

    /** Removes the note, because the problem is over. */
    public void forget(String problem) {
        note(problem).toFile().delete();
    }

    private Path note(String problem) {
        return directory.resolve(".told-" + problem);
    }
}
