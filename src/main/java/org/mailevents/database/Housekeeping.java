package org.mailevents.database;

import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.HandleCallback;
import org.jdbi.v3.core.Jdbi;

/**
 * Jobs that one process at a time does for all processes of a database. The lock is a row of the table {@code housekeeping}. It ends with
 * the transaction, so a process that is killed keeps no lock.
 */
public enum Housekeeping {
    COUNT, EXPIRE, PERSONAL_DATA, PARTITIONS, LOOSE_ENDS;

    private static final String LOCK = "SELECT 1 FROM housekeeping WHERE job = ? FOR UPDATE";

    /**
     * Does a piece of the job in a transaction of its own.
     *
     * @param piece does not return null
     * @return what the piece returned; empty if another process is doing the job now, and then nothing was done
     */
    public <T, X extends Exception> Optional<T> run(Jdbi jdbi, HandleCallback<T, X> piece) throws X {
        return jdbi.inTransaction(handle -> handle.select(LOCK + " SKIP LOCKED", name()).mapTo(int.class).findOne().isPresent()
                ? Optional.of(piece.withHandle(handle)) : Optional.empty());
    }

    /** Waits for the lock, and keeps it until the end of the transaction. */
    void lock(Handle handle) {
        handle.select(LOCK, name()).mapTo(int.class).one();
    }
}
