package org.mailevents.answer;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** What a recipient can answer to an alert. */
public enum Act {

    /** The recipient takes care of the incident. */
    ACKNOWLEDGE,
    /** The recipient wants no mails about one cause and destination. */
    MUTE,
    /** The recipient wants a digest instead of the mails about incidents that are not urgent. */
    LESS_OFTEN;

    /** The name in links and in the column {@code what} of the table {@code alert_answer}. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** The act of this name, or empty if there is none. */
    public static Optional<Act> of(String name) {
        return Arrays.stream(values()).filter(act -> act.toString().equals(name)).findFirst();
    }
}
