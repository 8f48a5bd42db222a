package org.mailevents.parse;

/** Says that a body is not a webhook. The message tells the sender what to change. */
final class UnreadableWebhook extends Exception {

    UnreadableWebhook(String detail) {
        super(detail, null, false, false);
    }
}
