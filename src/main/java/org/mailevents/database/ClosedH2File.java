package org.mailevents.database;

import com.zaxxer.hikari.HikariPoolMXBean;
import com.zaxxer.hikari.SQLExceptionOverride;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Set;
import org.h2.api.ErrorCode;

/**
 * Notices that H2 has closed its database file, and has the pool open the file again. H2 closes the file when a query runs out of memory.
 * Connections that the pool has then are broken for ever, although they look open.
 */
final class ClosedH2File implements SQLExceptionOverride {

    private static final Set<Integer> CODES = Set.of(ErrorCode.DATABASE_IS_CLOSED, ErrorCode.DATABASE_CALLED_AT_SHUTDOWN,
            ErrorCode.OUT_OF_MEMORY, ErrorCode.GENERAL_ERROR_1);

    private volatile boolean noticed;

    private ClosedH2File() {
    }

    /** A method, because {@code camel run} makes an object of every class that has a constructor without arguments. */
    static ClosedH2File watched() {
        return new ClosedH2File();
    }

    /** The pool asks this about each exception of a statement. */
    @java.lang.Override
    public Override adjudicate(SQLException failure) {
        if (!CODES.contains(failure.getErrorCode())) {
            return Override.CONTINUE_EVICT;
        }
        noticed = true;
        return Override.MUST_EVICT;
    }

    /**
     * Evicts the broken connections, so that the pool's next connection opens the file again. A new connection must wait until the last
     * broken one is closed: otherwise H2 forgets the file that is open by then, and cannot open it for a third connection.
     *
     * @throws SQLTransientConnectionException while a broken connection is still in use
     */
    void reopen(HikariPoolMXBean pool) throws SQLException {
        if (!noticed) {
            return;
        }
        synchronized (this) {
            pool.softEvictConnections();
            if (noticed && pool.getTotalConnections() > 0) {
                throw new SQLTransientConnectionException("H2 has closed the file of database.url", "08001");
            }
            noticed = false;
        }
    }
}
