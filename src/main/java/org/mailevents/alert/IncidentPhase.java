package org.mailevents.alert;

import java.util.Locale;

/** Where in its incident a mail stands. */
public enum IncidentPhase {

    /** The first mail: an incident begins. */
    OPENED,
    /** News while it lasts. */
    UPDATE,
    /** The all-clear: no bounce for {@code alert.quiet}. */
    CLOSED;

    /** As the table and the templates name it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    static IncidentPhase of(String name) {
        return valueOf(name.toUpperCase(Locale.ROOT));
    }
}
