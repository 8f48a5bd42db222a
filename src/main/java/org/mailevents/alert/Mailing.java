package org.mailevents.alert;

import java.util.UUID;

/** Something to mail: an {@link Alert} to an audience, or a {@link Notice} to the operators. */
sealed interface Mailing permits Alert, Notice {

    /** The same when the same mail has to be sent again, so that its Message-ID is too. */
    UUID id();

    /** Who is told: the recipients are those of {@code alert.to.<audience>}, or else of {@code alert.to}. */
    String audience();
}
