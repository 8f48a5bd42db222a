package org.mailevents;

import org.apache.camel.main.Main;

/** The application for the tests of other packages. */
public final class TestApplication {

    private TestApplication() {
    }

    /** As its jar starts it, and not yet started. */
    public static Main configured() {
        return Application.configured();
    }
}
