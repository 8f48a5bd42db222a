package org.mailevents.alert;

import java.sql.SQLException;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * Recognises the bounces of our own alerts. Alerted like others, each would be a further mail that bounces. An alert that failed is known by its
 * recipient, by its Message-ID, or, should a mail server have given it another, by the mark that the vendor hands back as
 * {@code apiData}; and by its sender, unless that address has lately sent to others too.
 */
final class OwnMail {

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
    OwnMail(String sender, Set<String> recipients, Clock clock) {
        this.clock = clock;
        this.sender = sender.toLowerCase(Locale.ROOT);
        this.recipients = recipients.stream().map(address -> address.toLowerCase(Locale.ROOT)).toList();
    }

    /** A recipient whom an alert did not reach, as it is stored, and what the mail server said. */
    record Unreachable(String address, String reason) {
    }

    /** Takes the bounces of our own mails out of those that wait for an alert. */
    List<Unreachable> setAside(Transaction transaction, String audience) throws SQLException {
        String places = String.join(", ", Collections.nCopies(recipients.size(), "?"));
        String own = " WHERE alert_state = 'pending' AND audience = ? AND (LOWER(recipient) IN (" + places + ")"
                + " OR message_id IN (SELECT message_id FROM alert_mail) OR api_data = '" + MARK + "'"
                + " OR LOWER(sender) = ? AND NOT EXISTS (SELECT 1 FROM mail_event other WHERE LOWER(other.sender) = ?"
                + " AND other.received_at > ? AND other.recipient <> mail_event.recipient AND LOWER(other.recipient) NOT IN (" + places + ")))";
        List<Object> parameters = new ArrayList<>(List.of(audience));
        parameters.addAll(recipients);
        parameters.addAll(List.of(sender, sender, clock.instant().minus(LATELY)));
        parameters.addAll(recipients);
        List<Unreachable> found = transaction.rows("SELECT LOWER(recipient) AS address, MAX(reason) AS reason FROM mail_event" + own
                + " GROUP BY LOWER(recipient)", row -> new Unreachable(row.getString("address"), row.getString("reason")), parameters.toArray());
        if (!found.isEmpty()) {
            transaction.update("UPDATE mail_event SET alert_state = 'own'" + own, parameters.toArray());
        }
        return found;
    }
}
