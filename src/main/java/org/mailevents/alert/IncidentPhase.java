package org.mailevents.alert;

import java.util.Arrays;
import java.util.Locale;

/** The part that a mail plays in its incident. */
public enum IncidentPhase {

    /** The first mail, which opens the incident. */
    OPENED,
    /** A mail with new bounces while the incident lasts. */
    UPDATE,
    /** A mail that says who takes care of the incident, or that nobody does any more. It reports no bounces. */
    ACKNOWLEDGED,
    /** The all-clear: no bounce was received for {@code alert.quiet}. An ordinary incident ends without it. */
    CLOSED;

    /**
     * The value of the column {@code what} for the end of an ordinary incident. No mail tells it, only the channels that keep an incident
     * open until they are told. It is no mail of the audience, so no limit counts it.
     */
    static final String UNTOLD_END = "ended";

    /** The name in the column {@code what} and in the templates. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }

    static IncidentPhase of(String name) {
        return name.equals(UNTOLD_END) ? CLOSED : valueOf(name.toUpperCase(Locale.ROOT));
    }

    /** Whether a value of the column {@code what} tells the end of an incident. */
    static boolean isEnd(String what) {
        return what.equals(UNTOLD_END) || what.equals(CLOSED.toString());
    }

    /** Whether a value of the column {@code what} is a phase, and not the kind of a notice. */
    static boolean isPhase(String what) {
        return Arrays.stream(values()).anyMatch(phase -> phase.toString().equals(what));
    }
}
