package org.mailevents.cases;

import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;

/** What a case needs: a running application, seen from outside. */
public interface Cases {

    /** The application that is asked. */
    MailEvents application();

    /** Where it stores. */
    TestDatabase database();

    /** Where its alerts arrive. */
    Mailbox mailbox();

    /** The only row of this element. */
    default Map<String, String> stored(ObjectNode element) {
        return database().row("SELECT * FROM mail_event WHERE recipient = ? AND message_id = ?", element.get("to").asText(),
                element.get("messageId").asText());
    }

    /** What its view tells of the message of this element. */
    default Map<String, String> status(ObjectNode element) {
        return database().row("SELECT * FROM message_status WHERE recipient = ? AND message_id = ?", element.get("to").asText(),
                element.get("messageId").asText());
    }

    /** Has a new address bounce. */
    default String bounced(String code) {
        ObjectNode bounce = Payload.bounce(code);
        assertReceipt(application().post(MailEvents.JSON, Payload.json("bounces", bounce)), 1, 1, 0, 0);
        return bounce.get("to").asText();
    }
}
