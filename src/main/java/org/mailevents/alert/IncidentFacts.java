package org.mailevents.alert;

import java.util.List;
import org.mailevents.alert.Alert.Count;

/**
 * What a program must know of an incident, in the forms that programs read. The templates of the channels use it beside the
 * {@link AlertView}.
 *
 * @param id           of the incident, the same in all its messages
 * @param number       of the message in its incident, from 1
 * @param madeAt       as in ISO 8601, in UTC, like the other times
 * @param openedAt     when the incident's first bounce was received
 * @param lastBounceAt when the incident's last bounce was received
 * @param causes       the ids of the causes with the numbers of their bounces
 */
public record IncidentFacts(String id, int number, String madeAt, String openedAt, String lastBounceAt, List<Count> causes) {

    static IncidentFacts of(Alert alert) {
        return new IncidentFacts(alert.incident().toString(), alert.number(), alert.madeAt().toString(), alert.openedAt().toString(),
                alert.lastBounceAt().toString(), alert.causes());
    }
}
