package org.mailevents.settings;

import java.time.Clock;
import org.apache.camel.CamelContext;

/** The clock that webhooks are stamped and mails are timed by: the system's, unless one is bound in the registry, as a simulation does. */
public final class TimeSource {

    private TimeSource() {
    }

    public static Clock of(CamelContext context) {
        Clock bound = context.getRegistry().findSingleByType(Clock.class);
        return bound == null ? Clock.systemUTC() : bound;
    }
}
