package org.mailevents.alert;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.alert.BounceRows.Stored;

/**
 * Recognises the bounces of Mail Events' own alerts. An alert about such a bounce could bounce again, and so on without end. A bounce is
 * Mail Events' own in four cases:
 * <ul>
 * <li>Its recipient is a recipient of alerts.
 * <li>Its Message-ID is that of an alert.
 * <li>It has the mark that the vendor hands back as {@code apiData}. A mail server may have replaced the Message-ID.
 * <li>Its sender is {@code alert.from}, and this address has not sent mail to others within the last day.
 * </ul>
 */
final class OwnBounces {

    /** The content of the header X-Api-Data of each alert. */
    static final String MARK = "mail-events-alert";

    /** The search for other mail of the sender reads no more than this, because the table has no index by sender. */
    private static final Duration LATELY = Duration.ofDays(1);

    private static final String FIND = """
            SELECT e.event_id, LOWER(e.recipient) AS address, %s AS size FROM mail_event e
            WHERE e.alert_state = 'pending' AND e.audience = :audience
            AND (LOWER(e.recipient) IN (<recipients>)
            OR e.message_id IN (SELECT message_id FROM alert_mail)
            OR e.api_data = '%s'
            OR COALESCE(LOWER(e.sender), '') = :sender
            AND NOT EXISTS (SELECT 1 FROM mail_event other WHERE LOWER(other.sender) = :sender AND other.received_at > :since
            AND other.recipient <> e.recipient AND LOWER(other.recipient) NOT IN (<recipients>)))
            ORDER BY e.event_id FOR UPDATE
            """.formatted(BounceRows.STORED_SIZE, MARK);

    /** While bounces wait for their mail, new own bounces among them are looked for at most so often. */
    private static final Duration LOOKED_AGAIN = Duration.ofSeconds(30);

    private final String sender;
    private final List<String> recipients;
    private final Clock clock;
    private final Map<String, Looked> looked = new HashMap<>();

    /**
     * @param sender     the address of {@code alert.from}
     * @param recipients every address that an alert may go to, as it is stored: hashed, and as it was stored before recipients were hashed
     */
    OwnBounces(String sender, Set<String> recipients, Clock clock) {
        this.clock = clock;
        this.sender = sender.toLowerCase(Locale.ROOT);
        this.recipients = recipients.stream().map(address -> address.toLowerCase(Locale.ROOT)).toList();
    }

    /**
     * @param address the recipient in lower case, as it is stored, or null if there is none
     * @param size    as {@link BounceRows#STORED_SIZE} computes it
     */
    record OwnBounce(UUID eventId, String address, long size) {
    }

    /** When the newest bounce was received that was looked at, and when that was. */
    private record Looked(Instant newest, Instant at) {
    }

    /** Whether new bounces wait. They may wait long for their mail, but the recipients whom the alerts do not reach are told soon. */
    boolean mayBeAmong(AudienceState state) {
        Looked last = looked.get(state.audience());
        Instant now = clock.instant();
        return state.pending() != null && (last == null || !last.newest().equals(state.pending().newest())
                && (last.at().isAfter(now) || !last.at().plus(LOOKED_AGAIN).isAfter(now)));
    }

    /** Notes that the pending bounces of the audience are looked at. */
    void lookedAt(AudienceState state) {
        if (state.pending() != null) {
            looked.put(state.audience(), new Looked(state.pending().newest(), clock.instant()));
        }
    }

    /**
     * The own bounces among the pending ones of the audience. The transaction locks them, so that a second process waits here until the
     * first one has reported their recipients. Otherwise both would report them.
     */
    List<OwnBounce> find(Handle handle, String audience) {
        return handle.createQuery(FIND).bind("audience", audience).bindList("recipients", recipients).bind("sender", sender)
                .bind("since", clock.instant().minus(LATELY)).mapTo(OwnBounce.class).list();
    }

    /** The recipients whom alerts did not reach, as they are stored, each on one line. */
    static Set<String> unreachable(List<OwnBounce> bounces) {
        return bounces.stream().map(OwnBounce::address).filter(Objects::nonNull).map(address -> address.replaceAll("\\R", " "))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** Sets the bounces to {@code own}, so that no mail reports them. */
    static void markOwn(Jdbi jdbi, List<OwnBounce> bounces) {
        BounceRows.updateInSteps(jdbi, bounces.stream().map(bounce -> new Stored(bounce.eventId(), bounce.size())).toList(), "pending",
                "alert_state = 'own'");
    }
}
