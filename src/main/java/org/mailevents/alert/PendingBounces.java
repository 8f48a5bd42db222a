package org.mailevents.alert;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.jdbi.v3.core.Jdbi;
import org.mailevents.alert.AudienceState.Pending;
import org.mailevents.alert.BounceRows.Stored;

/** The bounces that no mail has reported yet. */
final class PendingBounces {

    /** How many bounces a mail lists at most. The next mail reports the others. */
    static final int MAX_BOUNCES = 10_000;
    /**
     * How many bytes the list of a mail has at most. Encoding adds a third, and many mail servers refuse mails of more than 10 MB (Postfix,
     * message_size_limit). A larger mail would be refused on every retry and delay all later mails.
     */
    static final long MAX_SIZE = 5_000_000;
    /** How many bytes the large rows of a mail have together at most, because the mail claims its bounces in one transaction. */
    private static final long MAX_LARGE = 4_000_000;
    /** An SQL expression: about how many bytes a bounce takes in the list of a mail, where long texts are cut. */
    static final String LISTED_SIZE = "250 + OCTET_LENGTH(CONCAT_WS('', e.recipient, e.message_id, LEFT(e.sender, 1000),"
            + " LEFT(e.subject, 1000), LEFT(e.api_data, 1000), LEFT(e.reason, 1000)))";

    /** The last question of each audience whose answer was no. Repeated bounces wait for hours, and the question is asked every second. */
    private final Map<String, Question> answeredNo = new HashMap<>();

    private final Jdbi jdbi;

    PendingBounces(Jdbi jdbi) {
        this.jdbi = jdbi;
    }

    private record Question(Incident incident, Pending pending) {
    }

    boolean areNews(AudienceState state) {
        return jdbi.withHandle(handle -> areNews(handle, state));
    }

    /** Whether a pending bounce has an address and cause that no mail of the incident has reported. */
    boolean areNews(Handle handle, AudienceState state) {
        Question question = new Question(state.incident(), state.pending());
        if (question.equals(answeredNo.get(state.audience()))) {
            return false;
        }
        // EXCEPT instead of NOT EXISTS: PostgreSQL expects few pending rows, and would compare each of them with each reported row
        boolean areNews = handle.select("SELECT recipient, cause FROM mail_event WHERE alert_state = 'pending' AND audience = ?"
                + " EXCEPT SELECT told.recipient, told.cause FROM mail_event told JOIN alert_mail m ON m.mail_id = told.alert_id"
                + " WHERE m.incident_id = ? LIMIT 1", state.audience(), state.incident().incidentId()).mapToMap().findFirst().isPresent();
        if (!areNews) {
            answeredNo.put(state.audience(), question);
        }
        return areNews;
    }

    /** @param listedSize as {@link #LISTED_SIZE} computes it */
    private record PendingBounce(UUID eventId, long storedSize, long listedSize) {
    }

    /** The oldest pending bounces, as many as fit into a mail. */
    static List<Stored> oldest(Handle handle, String audience) {
        List<PendingBounce> oldest = handle.select("SELECT e.event_id, " + LISTED_SIZE + " AS listed_size, " + BounceRows.STORED_SIZE
                + " AS stored_size FROM mail_event e WHERE e.alert_state = 'pending' AND e.audience = ?"
                + " ORDER BY e.received_at, e.event_id LIMIT " + MAX_BOUNCES, audience).mapTo(PendingBounce.class).list();
        List<Stored> fitting = new ArrayList<>();
        long size = 0;
        long large = 0;
        for (PendingBounce bounce : oldest) {
            Stored stored = new Stored(bounce.eventId(), bounce.storedSize());
            size += bounce.listedSize();
            large += stored.isLarge() ? stored.size() : 0;
            if ((size > MAX_SIZE || large > MAX_LARGE) && !fitting.isEmpty()) {
                break;
            }
            fitting.add(stored);
        }
        return fitting;
    }
}
