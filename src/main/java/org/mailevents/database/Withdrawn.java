package org.mailevents.database;

/**
 * Why a delivery is no longer wanted. The column {@code failure} of {@code alert_delivery} holds one of these texts then, although nothing
 * has failed. Whoever reads that column tells them from the replies of servers by their common beginning.
 */
public final class Withdrawn {

    public static final String BEGINNING = "Withdrawn, because ";
    public static final String INCIDENT_TAKEN = BEGINNING + "somebody takes care of the incident";
    public static final String ANSWER_UNDONE = BEGINNING + "the answer was undone";
    public static final String RECIPIENT_REMOVED = BEGINNING + "the settings no longer name the recipient";

    private Withdrawn() {
    }
}
