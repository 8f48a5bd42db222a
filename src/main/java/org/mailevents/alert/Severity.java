package org.mailevents.alert;

import org.mailevents.alert.Alert.Urgency;

/**
 * How serious the pending bounces of an audience are.
 *
 * @param urgency  why a mail about them would be urgent, or null
 * @param unusual  whether the audience has far more bounces than usual
 * @param allClear whether the audience has so many bounces more than usual that the end of the incident is told
 */
record Severity(Urgency urgency, boolean unusual, boolean allClear) {

    static final Severity NONE = new Severity(null, false, false);

    Severity and(Severity other) {
        return new Severity(urgency == null ? other.urgency : urgency, unusual || other.unusual, allClear || other.allClear);
    }
}
