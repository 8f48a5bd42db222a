package org.mailevents.alert;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import org.mailevents.alert.Alert.Urgency;

/**
 * The form in which {@code alert_mail.about} keeps why a mail is urgent: JSON. It is decided once, when the mail is made. Otherwise a mail
 * that is sent again could say something else.
 */
final class UrgencyText {

    /** A later version may add a field. */
    private static final JsonMapper JSON = JsonMapper.builder().disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES).build();

    private UrgencyText() {
    }

    /** @return null if the mail is not urgent */
    static String of(Urgency urgency) {
        try {
            return urgency == null ? null : JSON.writeValueAsString(urgency);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("A record with texts and numbers has no JSON", e);
        }
    }

    /** @return null if the mail is not urgent */
    static Urgency read(String text) {
        try {
            return text == null ? null : JSON.readValue(text, Urgency.class);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("alert_mail.about is not an urgency: " + text, e);
        }
    }
}
