package org.mailevents.spool;

import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * Readiness: whether the spool has room for what the database cannot take. A load balancer sends webhooks elsewhere before one would have to be
 * refused. That the database is down alone is no reason to, because the spool takes over; and a restart would make no room, so it is not about
 * liveness.
 */
final class SpoolRoom extends AbstractHealthCheck {

    private static final double NEARLY_FULL = 0.9;

    private final Spool spool;

    SpoolRoom(Spool spool) {
        super("mail-events", "spool");
        this.spool = spool;
    }

    @Override
    protected void doCall(HealthCheckResultBuilder builder, Map<String, Object> options) {
        double fill = spool.fill();
        builder.detail("percent", Math.round(fill * 100));
        if (fill >= NEARLY_FULL) {
            builder.message("The spool is nearly full: bring the database back, look into failed/, or raise spool.max-size").down();
        } else if (!spool.takesMore()) {
            builder.message("Nothing can be written into the folder of spool.directory: make room on its disk, or give the process the right to write").down();
        } else {
            builder.up();
        }
    }
}
