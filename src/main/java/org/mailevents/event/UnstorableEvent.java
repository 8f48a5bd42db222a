package org.mailevents.event;

/** An element that cannot become a row of {@code mail_event}; the message is the reason kept beside it. */
public final class UnstorableEvent extends Exception {

    UnstorableEvent(String reason) {
        super(reason, null, false, false);
    }
}
