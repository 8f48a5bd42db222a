package org.mailevents.alert;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
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

    /** The bounces of our own mails among those that wait for an alert, and the recipients whom our mails did not reach, as they are stored, each on one line. */
    record Own(List<Stored> bounces, Set<String> recipients) {
    }

    Own find(Transaction transaction, String audience) throws SQLException {
        String places = String.join(", ", Collections.nCopies(recipients.size(), "?"));
        List<Object> parameters = new ArrayList<>(List.of(audience));
        parameters.addAll(recipients);
        parameters.addAll(List.of(sender, sender, clock.instant().minus(LATELY)));
        parameters.addAll(recipients);
        Set<String> addresses = new TreeSet<>();
        List<Stored> found = transaction.rows("SELECT e.event_id, LOWER(e.recipient) AS address, " + BounceRows.STORED_SIZE + " AS size FROM mail_event e"
                + " WHERE e.alert_state = 'pending' AND e.audience = ? AND (LOWER(e.recipient) IN (" + places + ")"
                + " OR e.message_id IN (SELECT message_id FROM alert_mail) OR e.api_data = '" + MARK + "'"
                + " OR COALESCE(LOWER(e.sender), '') = ? AND NOT EXISTS (SELECT 1 FROM mail_event other WHERE LOWER(other.sender) = ?"
                + " AND other.received_at > ? AND other.recipient <> e.recipient AND LOWER(other.recipient) NOT IN (" + places + ")))", row -> {
            Optional.ofNullable(row.getString("address")).map(address -> address.replaceAll("\\R", " ")).ifPresent(addresses::add);
            return new Stored(row.getObject("event_id", UUID.class), row.getLong("size"));
        }, parameters.toArray());
        return new Own(found, addresses);
    }

    /** Takes them out of those that wait. What is in this transaction so far is committed. */
    void setAside(Transaction transaction, Own own) throws SQLException {
        BounceRows.updateInSteps(transaction, own.bounces(), "pending", "alert_state = 'own'");
    }
}
