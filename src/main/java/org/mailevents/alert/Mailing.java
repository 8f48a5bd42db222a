package org.mailevents.alert;

import java.time.Instant;
import java.util.UUID;

/** A mail to send: an {@link Alert} to an audience, or a {@link Notice} to the operators. Its text form is for the log. */
sealed interface Mailing permits Alert, Notice {

    /** Stays the same when the mail is sent again, so the Message-ID stays the same too. */
    UUID id();

    /** When the mail was made. What the mail says is of this time. */
    Instant madeAt();

    /** Who receives the mail; {@link Recipients} knows the addresses. */
    String audience();

    /** The phase of the incident, or the kind of the notice. */
    String what();
}
