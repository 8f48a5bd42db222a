package org.mailevents.alert;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * One mail that is about no incident, to whoever operates Mail Events.
 *
 * @param id    the same when the same mail has to be sent again, so that its Message-ID is too
 * @param what  what it is about, which the words of the templates go by: {@code failed} or {@code filling} (the spool), {@code unreachable} (a
 *              recipient of alerts), {@code silent} or {@code returned} (the webhooks)
 * @param facts what is said of it; an {@link Instant} is shown in the zone of {@code webhook.time-zone}
 * @param madeAt when this was found
 */
public record Notice(UUID id, String what, Map<String, Object> facts, Instant madeAt) implements Mailing {

    /** The audience of all notices. */
    static final String OPERATORS = "operators";
    /** Between the addresses that one mail is about, each of which is one line. */
    static final String SEPARATOR = "\n";

    static List<String> addresses(String about) {
        return List.of(about.split(SEPARATOR));
    }

    @Override
    public String audience() {
        return OPERATORS;
    }

    /** Whom alerts do not reach must not be the one who is told so. */
    @Override
    public String recipients() {
        return what.equals("unreachable") ? "alert.fallback" : Mailing.super.recipients();
    }

    /** For the log, where no address belongs. */
    @Override
    public String toString() {
        return "notice to the operators: " + what;
    }
}
