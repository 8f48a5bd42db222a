package org.mailevents.database;

/** Our database was not there. A step of a team may fail for the like of its own, and that is another matter. */
public final class DatabaseAbsent extends Exception {

    public DatabaseAbsent(Exception cause) {
        super(cause);
    }
}
