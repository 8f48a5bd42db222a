package org.mailevents.cases;

import static org.mailevents.support.Answers.assertReceipt;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.mailevents.support.MailEvents;
import org.mailevents.support.Mailbox;
import org.mailevents.support.Payload;
import org.mailevents.support.TestDatabase;

/** A case needs a running application, its database and its mailbox. It sees them from outside. */
public interface Cases {

    /** The running application. */
    MailEvents application();

    /** The database of the application. */
    TestDatabase database();

    /** The mailbox of its alerts. */
    Mailbox mailbox();

    /** The only row that was stored for this element. */
    default Map<String, String> stored(ObjectNode element) {
        return database().row("SELECT * FROM mail_event WHERE recipient = ? AND message_id = ?", element.get("to").asText(),
                element.get("messageId").asText());
    }

    /** The row of the view message_status for the message of this element. */
    default Map<String, String> status(ObjectNode element) {
        return database().row("SELECT * FROM message_status WHERE recipient = ? AND message_id = ?", element.get("to").asText(),
                element.get("messageId").asText());
    }

    /** Posts a bounce of a new address. @return the address */
    default String bounced(String code) {
        ObjectNode bounce = Payload.bounce(code);
        assertReceipt(application().post(MailEvents.JSON, Payload.json("bounces", bounce)), 1, 1, 0, 0);
        return bounce.get("to").asText();
    }
}
