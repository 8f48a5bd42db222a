package org.mailevents.settings;

import java.time.Clock;
import org.apache.camel.CamelContext;

/** The clock that gives webhooks and mails their times: the system's clock, or the clock in the registry, as in a simulation. */
public final class TimeSource {

    private TimeSource() {
    }

    public static Clock of(CamelContext context) {
        Clock bound = context.getRegistry().findSingleByType(Clock.class);
        return bound == null ? Clock.systemUTC() : bound;
    }
}
