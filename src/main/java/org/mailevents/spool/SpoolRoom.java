package org.mailevents.spool;

import java.util.Map;
import org.apache.camel.health.HealthCheckResultBuilder;
import org.apache.camel.impl.health.AbstractHealthCheck;

/**
 * The readiness check of the spool: whether it has room for webhooks that cannot be stored now. A load balancer then sends webhooks
 * elsewhere before this instance must refuse one. A database that is down does not make the instance unready, because the spool takes over.
 * The check says nothing about liveness, because a restart would not free any room.
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
            builder.message("The spool is nearly full. Bring the database back, check failed/, or raise spool.max-size.").down();
        } else if (!spool.isWritable()) {
            builder.message("The folder of spool.directory cannot be written to. Free space on its disk, or give the process permission to"
                    + " write.").down();
        } else {
            builder.up();
        }
    }
}
