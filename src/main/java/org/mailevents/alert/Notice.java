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
 *               {@code unreachable} (a recipient of alerts), {@code refused} (by a server), {@code silent} or {@code returned} (the
 *               webhooks)
 * @param facts  what the notice says, by name; the templates show an {@link Instant} in the zone of {@code webhook.time-zone}
 * @param madeAt when this was found
 */
public record Notice(UUID id, String what, Map<String, Object> facts, Instant madeAt) implements Mailing {

    /** The audience of all notices. */
    static final String OPERATORS = "operators";
    /** Separates the parts of the column {@code about}, such as addresses. Each part is one line. */
    static final String SEPARATOR = "\n";

    static final String FALLBACK = "alert.fallback";
    /** The kind of the notice about recipients whom the alerts do not reach. It goes to the addresses of {@link #FALLBACK}. */
    static final String UNREACHABLE = "unreachable";
    /** The kind of the notice about a delivery that a server refuses permanently. */
    static final String REFUSED = "refused";

    static List<String> parts(String about) {
        return List.of(about.split(SEPARATOR));
    }

    @Override
    public String audience() {
        return OPERATORS;
    }

    boolean goesToFallback() {
        return what.equals(UNREACHABLE);
    }

    /** For the log, which must hold no address. */
    @Override
    public String toString() {
        return "notice '" + what + "' to " + (goesToFallback() ? FALLBACK : OPERATORS);
    }
}
