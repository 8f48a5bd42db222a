package org.mailevents.event;

/** Says that an element cannot become a row of {@code mail_event}. The message is the reason that is stored with the element. */
public final class UnstorableEvent extends Exception {

    UnstorableEvent(String reason) {
        super(reason, null, false, false);
    }
}
