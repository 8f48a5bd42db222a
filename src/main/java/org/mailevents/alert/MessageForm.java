package org.mailevents.alert;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import freemarker.template.TemplateException;
import java.util.regex.Pattern;
import org.mailevents.channel.Channel;

/** Whether a text that a template of a channel has made is in the form that the channel needs: a JSON object, or a form. */
final class MessageForm {

    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final Pattern FORM = Pattern.compile("[\\w.-]+=[!-%'-<>-~]*(&[\\w.-]+=[!-%'-<>-~]*)*");

    private MessageForm() {
    }

    /** @throws BrokenMessage if the text is not in the form of the channel */
    static void require(Channel channel, String text) throws BrokenMessage {
        if (channel.contentType().endsWith("json")) {
            requireObject(channel, text);
        } else if (!FORM.matcher(text).matches()) {
            throw new BrokenMessage(channel, "no form such as body=…, with ?url(\"UTF-8\") behind each value");
        }
    }

    private static void requireObject(Channel channel, String text) throws BrokenMessage {
        try {
            if (!JSON.readTree(text).isObject()) {
                throw new BrokenMessage(channel, "JSON that is not an object");
            }
        } catch (JsonProcessingException e) { // without the text, because it may have a secret
            throw new BrokenMessage(channel, "no valid JSON: " + e.getOriginalMessage() + " in line " + e.getLocation().getLineNr()
                    + " of what it makes");
        }
    }

    /** A template makes something that its service does not understand. */
    static final class BrokenMessage extends TemplateException {

        private static final long serialVersionUID = 1L;
        private final String template;
        private final String reason;

        private BrokenMessage(Channel channel, String what) {
            super(channel.template() + " makes " + what, null);
            template = channel.template();
            reason = "the template makes " + what;
        }

        String template() {
            return template;
        }

        String reason() {
            return reason;
        }
    }
}
