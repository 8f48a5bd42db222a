package org.mailevents.spool;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicLong;

/** Counts the bytes that the spool takes on its disk, and refuses a file that would exceed {@code spool.max-size}. It is thread-safe. */
final class SpoolSize {

    /** A file takes at least one block of the disk. */
    static final int BLOCK = 4_096;

    private final long limit;
    private final AtomicLong used = new AtomicLong();
    /** The bytes of the files that are being written. */
    private final AtomicLong writing = new AtomicLong();
    /** All bytes that were ever written; this number never decreases. */
    private final AtomicLong added = new AtomicLong();

    /** @param limit the value of {@code spool.max-size}, in bytes */
    SpoolSize(long limit) {
        this.limit = limit;
    }

    /** Writes a file. */
    interface FileWriter {
        void write() throws IOException;
    }

    /** Gives the bytes that all files take. */
    interface FolderScan {
        long bytes() throws IOException;
    }

    /**
     * Writes a file if it fits.
     *
     * @param length of the file, in bytes
     * @throws IOException when the file would exceed the limit, or when it cannot be written
     */
    void add(long length, FileWriter file) throws IOException {
        long taken = onDisk(length);
        try {
            if (used.get() + writing.addAndGet(taken) > limit) {
                throw new IOException("The spool has reached spool.max-size (" + limit + " bytes)");
            }
            file.write();
            added.addAndGet(taken);
            used.addAndGet(taken);
        } finally {
            writing.addAndGet(-taken);
        }
    }

    /** @param length of a file that was deleted, in bytes */
    void subtract(long length) {
        used.addAndGet(-onDisk(length));
    }

    /**
     * Replaces the count by the result of a scan. A file that is written during the scan may count twice until the next scan, but it always
     * counts.
     */
    void recount(FolderScan files) throws IOException {
        long before = added.get();
        used.set(files.bytes() + added.get() - before);
    }

    long used() {
        return used.get();
    }

    long limit() {
        return limit;
    }

    /** How much of the limit is used; 1 is all of it. */
    double fill() {
        return (double) used.get() / limit;
    }

    /** The bytes that a file of this length takes on a disk. */
    static long onDisk(long length) {
        return (length / BLOCK + 1) * BLOCK;
    }
}
