package org.mailevents.database;

/**
 * The database of Mail Events could not be reached. A step of a team's own route may fail with an exception of the same kind about its own
 * database; this class tells the two apart.
 */
public final class DatabaseAbsent extends Exception {

    public DatabaseAbsent(Exception cause) {
        super(cause);
    }
}
