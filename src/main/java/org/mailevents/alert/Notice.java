package org.mailevents.alert;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A mail that belongs to no incident. It goes to the operators of Mail Events.
 *
 * @param id     stays the same when the mail is sent again, so the Message-ID stays the same too
 * @param what   the kind of the notice, which the templates choose the words by: {@code failed} or {@code filling} (the spool),
 *               {@code unreachable} (a recipient of alerts), {@code silent} or {@code returned} (the webhooks)
 * @param facts  what the notice says, by name; the templates show an {@link Instant} in the zone of {@code webhook.time-zone}
 * @param madeAt when this was found
 */
public record Notice(UUID id, String what, Map<String, Object> facts, Instant madeAt) implements Mailing {

    /** The audience of all notices. */
    static final String OPERATORS = "operators";
    /** Separates the addresses in the column {@code about}. Each address is one line. */
    static final String SEPARATOR = "\n";

    private static final String FALLBACK = "alert.fallback";

    static List<String> addresses(String about) {
        return List.of(about.split(SEPARATOR));
    }

    @Override
    public String audience() {
        return OPERATORS;
    }

    /** A recipient whom the alerts do not reach must not be the one who is told about it. */
    @Override
    public String recipients() {
        return what.equals("unreachable") ? FALLBACK : Mailing.super.recipients();
    }

    boolean goesToFallback() {
        return recipients().equals(FALLBACK);
    }

    /** For the log, which must hold no address. */
    @Override
    public String toString() {
        return "notice '" + what + "' to " + (goesToFallback() ? FALLBACK : OPERATORS);
    }
}
