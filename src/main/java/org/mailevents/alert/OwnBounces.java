package org.mailevents.alert;

import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.alert.BounceRows.Stored;

/**
 * Recognises the bounces of our own alerts. Alerted like others, each would be a further mail that bounces. An alert that failed is known by its
 * recipient, by its Message-ID, or, should a mail server have given it another, by the mark that the vendor hands back as
 * {@code apiData}; and by its sender, unless that address has lately sent to others too.
 */
final class OwnBounces {

    /** What our mails say in the header X-Api-Data. */
    static final String MARK = "mail-events-alert";

    /** So far back is looked for other mail of the sender: there is no index by sender. */
    private static final Duration LATELY = Duration.ofDays(1);

    private final String sender;
    private final List<String> recipients;
    private final Clock clock;

    /**
     * @param sender     the address of {@code alert.from}
     * @param recipients every address that an alert may go to, as it is stored: hashed ones beside what was stored before they were hashed
     */
    OwnBounces(String sender, Set<String> recipients, Clock clock) {
        this.clock = clock;
        this.sender = sender.toLowerCase(Locale.ROOT);
        this.recipients = recipients.stream().map(address -> address.toLowerCase(Locale.ROOT)).toList();
    }

    private static final String FIND = """
            SELECT e.event_id, LOWER(e.recipient) AS address, %s AS size FROM mail_event e
            WHERE e.alert_state = 'pending' AND e.audience = :audience
            AND (LOWER(e.recipient) IN (<recipients>) OR e.message_id IN (SELECT message_id FROM alert_mail) OR e.api_data = '%s'
            OR COALESCE(LOWER(e.sender), '') = :sender
            AND NOT EXISTS (SELECT 1 FROM mail_event other WHERE LOWER(other.sender) = :sender AND other.received_at > :since
            AND other.recipient <> e.recipient AND LOWER(other.recipient) NOT IN (<recipients>)))""".formatted(BounceRows.STORED_SIZE, MARK);

    /** @param address the recipient in lower case, or null if there is none */
    record OwnBounce(UUID eventId, String address, long size) {
    }

    List<OwnBounce> find(Handle handle, String audience) {
        return handle.createQuery(FIND).bind("audience", audience).bindList("recipients", recipients).bind("sender", sender)
                .bind("since", clock.instant().minus(LATELY)).mapTo(OwnBounce.class).list();
    }

    /** The recipients whom alerts did not reach, as they are stored, each on one line. */
    static Set<String> recipients(List<OwnBounce> bounces) {
        return bounces.stream().map(OwnBounce::address).filter(Objects::nonNull).map(address -> address.replaceAll("\\R", " "))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Takes them out of those that wait. */
    static void setAside(Jdbi jdbi, List<OwnBounce> bounces) {
        BounceRows.updateInSteps(jdbi, bounces.stream().map(bounce -> new Stored(bounce.eventId(), bounce.size())).toList(), "pending",
                "alert_state = 'own'");
    }
}
