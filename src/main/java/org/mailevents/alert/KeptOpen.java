package org.mailevents.alert;

import java.util.Arrays;
import java.util.Set;
import java.util.UUID;
import org.jdbi.v3.core.Handle;
import org.mailevents.channel.Channel;

/** Reads which channels lead to a service that keeps an incident open, from its first message until it is told the end. */
final class KeptOpen {

    private static final String LAST_END = "(SELECT COALESCE(MAX(number), 0) FROM alert_mail WHERE incident_id = :incident"
            + " AND number < :number AND what = '" + IncidentPhase.UNTOLD_END + "')";

    private KeptOpen() {
    }

    /**
     * The names of the channels.
     *
     * @param number of the mail that may tell the end: only the mails before it count
     */
    static Set<String> by(Handle handle, UUID incident, int number) {
        return handle.createQuery("SELECT DISTINCT d.channel FROM alert_mail m JOIN alert_delivery d ON d.mail_id = m.mail_id"
                + " WHERE m.incident_id = :incident AND m.number < :number AND m.number > " + LAST_END
                + " AND d.channel IN (<channels>)").bind("incident", incident).bind("number", number)
                .bindList("channels", Arrays.stream(Channel.values()).filter(Channel::keepsIncidentsOpen).map(Channel::toString).toList())
                .mapTo(String.class).set();
    }
}
