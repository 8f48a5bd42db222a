package org.mailevents.spool;

import java.util.concurrent.CompletableFuture;
import org.mailevents.event.Webhook;

/** A log outside of this machine, in which webhooks wait until a process has stored them. Any number of processes may append and read. */
public interface SharedLog {

    /** Whether every webhook goes through the log. Otherwise only a webhook that cannot be stored now does. */
    boolean takesEvery();

    /**
     * Appends a webhook without its secret, and does not wait.
     *
     * @return completes when the webhook is safe in the log. It fails if the log has not confirmed that in time; the log may have the
     *     webhook nevertheless
     */
    CompletableFuture<Void> append(Webhook webhook);

    /** Whether no webhook waits in the log; false if that is not known. */
    boolean isEmpty();
}
