package org.mailevents.alert;

import java.util.Arrays;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.mailevents.channel.Channel;

/** Reads whether the service of a channel keeps an incident open. It does so from its first message until it is told the end. */
final class KeptOpen {

    private static final String LAST_END = "(SELECT COALESCE(MAX(number), 0) FROM alert_mail WHERE incident_id = :incident AND what = '"
            + IncidentPhase.UNTOLD_END + "')";

    private KeptOpen() {
    }

    static boolean includes(Handle handle, UUID incident) {
        return handle.createQuery("SELECT 1 FROM alert_mail m JOIN alert_delivery d ON d.mail_id = m.mail_id"
                + " WHERE m.incident_id = :incident AND m.number > " + LAST_END + " AND d.channel IN (<channels>) LIMIT 1")
                .bind("incident", incident).bindList("channels", Arrays.stream(Channel.values()).filter(Channel::keepsIncidentsOpen)
                        .map(Channel::toString).toList()).mapTo(int.class).findFirst().isPresent();
    }
}
