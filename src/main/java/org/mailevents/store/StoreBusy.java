package org.mailevents.store;

/** The database is there, and there is no room or no time left for this webhook: it is not the webhook's fault. */
public final class StoreBusy extends Exception {

    StoreBusy(String why) {
        super("The store is busy: " + why);
    }
}
