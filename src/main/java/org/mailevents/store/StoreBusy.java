package org.mailevents.store;

/** The database works, but the queue is full or the webhook waited too long. The webhook itself is valid and goes to the spool. */
public final class StoreBusy extends Exception {

    StoreBusy(String why) {
        super("The store is busy: " + why);
    }
}
