package org.mailevents.alert;

import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jdbi.v3.core.Handle;
import org.mailevents.alert.AudienceState.Pending;
import org.mailevents.alert.AudienceState.Sent;

/** Reads the state of each audience that has an open incident or a pending bounce. */
final class AudienceStates {

    private static final String INCIDENTS = "SELECT incident_id, audience, opened_at, last_bounce_at, mails, all_clear,"
            + " acknowledged_at IS NOT NULL AS acknowledged, EXISTS (SELECT 1 FROM alert_mail m WHERE m.incident_id = i.incident_id"
            + " AND m.about IS NOT NULL AND m.made_at > i.acknowledged_at) AS urgent_again, (SELECT MAX(undone_at)"
            + " FROM alert_answer a WHERE a.incident_id = i.incident_id AND a.what = 'acknowledge') AS released_at,"
            + " (SELECT MAX(made_at) FROM alert_mail m WHERE m.incident_id = i.incident_id AND m.what IN ('opened', 'update'))"
            + " AS last_mail_at FROM alert_incident i WHERE open_for IS NOT NULL";
    private static final String PENDING = "SELECT audience, COUNT(*) AS bounces, MIN(received_at) AS oldest, MAX(received_at) AS newest"
            + " FROM mail_event WHERE alert_state = 'pending' GROUP BY audience";
    /** The mails that report bounces or the end of an incident. A mail that reached nobody is none of a day's few. */
    private static final String SENT = "SELECT audience, COUNT(*) FILTER (WHERE sent_at IS NULL) > 0 AS unsent,"
            + " COUNT(*) FILTER (WHERE sent_at > ?) AS last_hour, COUNT(*) FILTER (WHERE sent_at > ? AND got) AS last_day,"
            + " MAX(sent_at) AS last_at FROM (SELECT audience, sent_at, EXISTS (SELECT 1 FROM alert_delivery d WHERE d.mail_id = m.mail_id"
            + " AND d.sent_at IS NOT NULL) AS got FROM alert_mail m WHERE what IN ('opened', 'update', 'closed')"
            + " AND (sent_at IS NULL OR made_at > ? AND sent_at <= ?)) mails GROUP BY audience";

    private AudienceStates() {
    }

    /** @return by the names of the audiences */
    static Map<String, AudienceState> read(Handle handle, Instant now) {
        Map<String, Incident> incidents = byAudience(handle, Incident.class, INCIDENTS);
        Map<String, Pending> pending = byAudience(handle, Pending.class, PENDING);
        pending.replaceAll((audience, bounces) -> bounces.notAfter(now.plus(AlertPolicy.MAX_SKEW)));
        Map<String, Sent> sent = byAudience(handle, Sent.class, SENT, now.minus(Duration.ofHours(1)), now.minus(Duration.ofDays(1)),
                now.minus(Duration.ofDays(8)), now.plus(AlertPolicy.MAX_SKEW));
        Map<String, AudienceState> states = new TreeMap<>();
        Stream.concat(incidents.keySet().stream(), pending.keySet().stream()).distinct().forEach(audience -> states.put(audience,
                new AudienceState(audience, incidents.get(audience), pending.get(audience), sent.getOrDefault(audience, Sent.NONE))));
        return states;
    }

    private static <T> Map<String, T> byAudience(Handle handle, Class<T> type, String sql, Object... parameters) {
        return handle.select(sql, parameters).reduceRows(new HashMap<>(), (values, row) -> {
            values.put(row.getColumn("audience", String.class), row.getRow(type));
            return values;
        });
    }
}
