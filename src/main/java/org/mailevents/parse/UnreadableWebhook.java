package org.mailevents.parse;

/** A body that is no webhook; the message tells its sender what to change. */
final class UnreadableWebhook extends Exception {

    UnreadableWebhook(String detail) {
        super(detail, null, false, false);
    }
}
