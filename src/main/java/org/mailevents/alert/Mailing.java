package org.mailevents.alert;

import java.time.Instant;
import java.util.UUID;

/** Something to mail: an {@link Alert} to an audience, or a {@link Notice} to the operators. */
sealed interface Mailing permits Alert, Notice {

    /** The same when the same mail has to be sent again, so that its Message-ID is too. */
    UUID id();

    /** When it was made; what it tells is of this time. */
    Instant madeAt();

    /** Who is told. */
    String audience();

    /** The setting that names the recipients; {@code alert.to} where it is not set. */
    default String recipients() {
        return "alert.to." + audience();
    }
}
