package org.mailevents.reconcile;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import org.mailevents.event.MailEvent;

/**
 * A record of the vendor's list, in the form in which it would be stored.
 *
 * @param element the record, in which recipients are hidden if they are hashed
 * @param event   the event that the record becomes
 */
record ListedRecord(ObjectNode element, MailEvent event) {

    private static final DateTimeFormatter CREATED = DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss");

    /** The time of a record in its own zone, which is the API's zone for a listed record and the console's zone for a stored one. */
    static LocalDateTime created(String text) {
        return LocalDateTime.parse(text, CREATED);
    }

    LocalDateTime created() {
        return created(event.createdText());
    }

    /** The element with the time that a webhook would give. */
    ObjectNode minus(Duration offset) {
        return element.deepCopy().put("created", CREATED.format(created().minus(offset)));
    }

    /** Whether the webhook of the record has the form of version 1. */
    boolean isVersion1() {
        return element.has("envelopeTo");
    }

    /** What a listed record and a stored event of the same fact have in common, whatever the zone of their times. */
    String fact() {
        return fact(event.messageId(), event.recipient(), event.status(), event.reason());
    }

    static String fact(String... parts) {
        return String.join("\0", Arrays.asList(parts));
    }
}
