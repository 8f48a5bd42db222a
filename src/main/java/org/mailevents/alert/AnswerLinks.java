package org.mailevents.alert;

import java.util.function.Function;
import org.mailevents.answer.Act;
import org.mailevents.answer.SignedLinks;

/**
 * The links by which the recipient of a mail answers it. Each link opens a page that says what will happen, and only the button of that
 * page acts.
 *
 * @param acknowledge the recipient looks after the incident
 * @param mute        the recipient does not want mails about this cause and destination for some time
 * @param lessOften   the recipient wants a digest instead of the mails of incidents
 */
public record AnswerLinks(String acknowledge, String mute, String lessOften) {

    /** The links of a delivery. A mail that is about no incident can only be had less often; the other links are empty. */
    static AnswerLinks of(SignedLinks links, Delivery delivery) {
        boolean ofIncident = delivery.mailing() instanceof Alert;
        Function<Act, String> url = act -> ofIncident || act == Act.LESS_OFTEN
                ? links.url(act, delivery.id(), delivery.mailing().madeAt()) : "";
        return new AnswerLinks(url.apply(Act.ACKNOWLEDGE), url.apply(Act.MUTE), url.apply(Act.LESS_OFTEN));
    }
}
