package org.mailevents.console;

import java.time.Instant;
import java.util.List;
import org.jdbi.v3.core.Handle;

/**
 * Whether an address is on the suppression list, as the view {@code undeliverable_recipient} decides it. H2 would read every bounce for one
 * address of that view, so its events are read here.
 *
 * @param state           {@code listed} or {@code clear}
 * @param since           since when it is on the list; null if it is not
 * @param cause           of its last bounce; null if it is not on the list
 * @param bounces         how often it has bounced so since it last accepted a mail
 * @param lastSucceededAt when it last accepted a mail; null if that is not known
 * @param leavesWith      what takes it off the list: {@code delivery} or {@code unblocking}; null if it is not on the list
 */
record AddressState(String state, Instant since, String cause, long bounces, Instant lastSucceededAt, String leavesWith) {

    /** The case of a local part matters, and that of a domain does not (RFC 5321, 2.4). */
    private static final String OF_ADDRESS = " FROM event_by_address WHERE address = LOWER(CAST(:recipient AS varchar))"
            + " AND LEFT(recipient, POSITION('@' IN recipient)) = LEFT(:recipient, POSITION('@' IN :recipient)) AND ";
    static final String LAST_SUCCEEDED = "SELECT MAX(COALESCE(occurred_at, received_at))" + OF_ADDRESS
            + "event_type = 'deliveries' AND status = 'succeeded'";
    static final String BOUNCES = "SELECT cause, COALESCE(occurred_at, received_at) AS bounced_at" + OF_ADDRESS
            + "event_type = 'bounces' AND (dead OR cause = 'not-attempted') ORDER BY bounced_at DESC, event_id LIMIT 1000";

    private record Bounce(String cause, Instant bouncedAt) {
    }

    static AddressState read(Handle handle, String recipient) {
        Instant taken = handle.createQuery(LAST_SUCCEEDED).bind("recipient", recipient).mapTo(Instant.class).one();
        List<Bounce> bounces = handle.createQuery(BOUNCES).bind("recipient", recipient).mapTo(Bounce.class).stream()
                .filter(bounce -> taken == null || !taken.isAfter(bounce.bouncedAt())).toList();
        if (bounces.isEmpty()) {
            return new AddressState("clear", null, null, 0, taken, null);
        }
        Bounce last = bounces.get(0);
        return new AddressState("listed", bounces.get(bounces.size() - 1).bouncedAt(), last.cause(), bounces.size(), taken,
                "not-attempted".equals(last.cause()) ? "unblocking" : "delivery");
    }
}
