package org.mailevents.alert;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.UUID;

/**
 * One mail to the operators: the spool needs them.
 *
 * @param what     {@code failed} or {@code filling}, which the words of the templates go by
 * @param webhooks how many webhooks have been set aside since the last notice
 * @param percent  how much of {@code spool.max-size} is used
 * @param since    when the last notice of this kind was sent, or long ago
 * @param until    when this was counted
 */
public record Notice(String what, long webhooks, long percent, Instant since, Instant until) implements Mailing {

    @Override
    public UUID id() {
        return UUID.nameUUIDFromBytes((what + since).getBytes(StandardCharsets.UTF_8));
    }

    @Override
    public String audience() {
        return "operators";
    }
}
