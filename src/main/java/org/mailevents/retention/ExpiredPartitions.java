package org.mailevents.retention;

import java.time.Instant;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.mailevents.database.EventPartitions;
import org.mailevents.database.EventPartitions.Partition;

/** Drops a partition of {@code mail_event} with all its events, which takes no time, however many events it has. */
final class ExpiredPartitions {

    private ExpiredPartitions() {
    }

    /**
     * Drops the oldest partition in which every event was received before a time and waits for no mail.
     *
     * @param endOfAlerts a bounce received until this time does not wait for the all-clear of its incident, as in
     *                    {@link ExpireEvents#ALERT_DONE}
     * @return the name of the partition, if there was one
     */
    static Optional<String> dropOldest(Handle handle, Instant before, Instant endOfAlerts) {
        for (Partition partition : EventPartitions.list(handle)) {
            if (partition.until().isAfter(before)) {
                return Optional.empty(); // neither this partition nor a later one
            }
            if (isExpired(handle, partition.name(), before, endOfAlerts)) {
                return drop(handle, partition.name(), before, endOfAlerts);
            }
        }
        return Optional.empty();
    }

    /** An event may come late into the partition after it was looked at, so the table is locked and looked at again. */
    private static Optional<String> drop(Handle handle, String partition, Instant before, Instant endOfAlerts) {
        // a webhook that comes after this statement waits for the same table, so this statement does not wait for long
        handle.execute("SET LOCAL lock_timeout = '500ms'");
        handle.execute("LOCK TABLE ONLY mail_event IN ACCESS EXCLUSIVE MODE");
        handle.execute("LOCK TABLE " + partition + " IN ACCESS EXCLUSIVE MODE");
        if (!isExpired(handle, partition, before, endOfAlerts)) {
            return Optional.empty();
        }
        handle.execute("DROP TABLE " + partition);
        return Optional.of(partition);
    }

    /** Three questions that indexes answer. {@link ExpireEvents#ALERT_DONE} would read every row. */
    private static boolean isExpired(Handle handle, String partition, Instant before, Instant endOfAlerts) {
        return !exists(handle, "SELECT 1 FROM " + partition + " WHERE received_at >= ? LIMIT 1", before)
                && !exists(handle, "SELECT 1 FROM " + partition + " WHERE alert_state IN ('pending', 'claimed') LIMIT 1")
                && !exists(handle, "SELECT 1 FROM alert_incident i JOIN alert_mail m ON m.incident_id = i.incident_id JOIN " + partition
                + " e ON e.alert_id = m.mail_id WHERE (i.closed_at IS NULL OR EXISTS (SELECT 1 FROM alert_mail u"
                + " WHERE u.incident_id = i.incident_id AND (" + ExpireEvents.UNDONE + ")))"
                + " AND e.alert_state = 'sent' AND e.received_at > ? LIMIT 1",
                endOfAlerts);
    }

    private static boolean exists(Handle handle, String sql, Object... parameters) {
        return handle.select(sql, parameters).mapTo(int.class).findOne().isPresent();
    }
}
