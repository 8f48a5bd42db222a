package org.mailevents.trial;

import org.mailevents.event.MailEvent;
import org.mailevents.settings.Settings;

/**
 * Who would be mailed about a stored event. A bounce for which the routes set no audience goes to another one.
 *
 * @param undecided the audience of {@code alert.undecided}
 */
record Audiences(String undecided) {

    static Audiences of(Settings settings) {
        return new Audiences(settings.audience("alert.undecided"));
    }

    /** The audience that is mailed, or null for nobody. */
    String mailed(MailEvent event) {
        String audience = isUndecided(event) ? undecided : event.audience();
        return Settings.MUTED.equals(audience) ? null : audience;
    }

    /** The audience as a reader should see it. A bounce without an audience is shown as such, even if the same audience gets its mail. */
    String shown(MailEvent event) {
        return isUndecided(event) ? "alert.undecided (" + undecided + ")" : event.audience();
    }

    private static boolean isUndecided(MailEvent event) {
        return event.audience() == null && event.eventType().equals(MailEvent.BOUNCES);
    }
}
